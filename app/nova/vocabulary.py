"""Small words of Indonesian and English that a reader of names knows: the grammar's, the polite
ones, titles. Lower case, straight apostrophes, no final dot.
"""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text block."""
    return frozenset(text.split())


ME = word_set(
    """
    saya sy sya syaa saia saye aku ku akuh akoh akuu akyu aq ak gue gua gw gwe gwa guwe gweh ane w q
    hamba abdi kula kulo inyong ambo awak
    """
)
"""First persons of Indonesian, as people type them."""

TITLES = word_set(
    """
    mr mrs ms miss mister dr drs dra drg prof professor ir sir madam hj ust ustad ustadz ustadzah
    ustaz kyai kiai kh rev pdt pak bapak bpk bp ibu bu kak kakak kk ka mas mbak mba mbk bang abang
    om tante nona nyonya ny tuan tn ko koh ci cik kang neng teh uda uni mpok mbah eyang haji hajah
    ustazah pendeta pastor romo suster bidan ners letda lettu letkol kapten mayor kolonel serda
    sertu serka pelda peltu kopda kopral praka pratu briptu bripda bripka brigadir aipda aiptu ipda
    iptu akp kompol akbp
    """
)
"""Said before a name and not part of it."""

DEGREES = word_set(
    """
    s.kom s.e s.h s.pd s.t s.si s.sos s.ag s.ked s.ip s.psi s.ak s.tr s.farm s.kep s.gz s.hum s.pt
    s.ds s.sn m.kom m.m m.h m.pd m.t m.si m.sc m.ag m.hum m.ak m.kes m.eng m.a b.a b.sc b.eng a.md
    ph.d phd msc bsc mba skom mkom spd mpd lc sh se st mm mt msi ssi ssos esq
    """
)
"""Said behind a name and not part of it."""

PARTICLES = word_set(
    """
    bin binti bte bint ibn ibnu al el de da dos das del della der den van von zu la le du di
    """
)
"""Lower-case words inside a name, when another of its words follows."""

ABBREVIATIONS = word_set(
    """
    mr mrs ms dr drs dra drg prof ir hj ust kh rev pdt bpk bp ny tn sdr moh muh mohd md muhd abd tb
    st jr sr ph
    """
)
"""A dot behind these ends no sentence."""

ENGLISH_TITLES = word_set("mr mrs ms mister sir madam")
"""Behind these a name follows, even one like Brown."""

SALUTATIONS = word_set(
    """
    hai hi hello halo hallo helo hey hei hy hola permisi assalamualaikum assalamu'alaikum aslm ass
    asalamualaikum salam shalom syalom selamat pagi siang sore petang malam good morning afternoon
    evening dear greetings perkenalkan
    """
)

QUESTIONS = word_set(
    """
    siapa siapakah sapa spa sp apa apakah apaan kenapa mengapa knp bagaimana gimana gmn kapan mana
    berapa brp what who which when where why how whose
    """
)

FILLERS = word_set(
    """
    ya iya yah yak yes yeah yep yup kak ka kk nih ni lho loh lo dong donk sih deh kok kan tuh mah
    aja saja aj thanks thank thx ty tks makasih mksh trims terimakasih terima kasih bro sis gan min
    mimin admin sob cuy coy bos boss mas mbak mba pak bu bang om tante sir madam maam ma'am pls plis
    please plz ok oke okay okey hehe hehehe hehehehe haha hahaha wkwk wkwkwk hihi xixi lol btw salam
    speaking here calling cheers regards again too juga jg anyway kang teh pakde bude
    """
)
"""What people add behind a name."""

NAMES_TOO = word_set(
    """
    an do so in ada will may my to min mas lo ka mo ni ko la le da de al el tu dan kok lalu ty
    """
)
"""Function words that are a name's part as well, when written with a capital among lower case."""

FUNCTION_WORDS = (
    QUESTIONS
    | (ME - {"w", "q"})
    | word_set(
        """
    kami kita kamu anda lu elu loe lo ente dia ia beliau mereka kalian kmu km you he she it we they
    me my mine your yours his her its our their him them us myself i i'm i've i'd i'll im ive it's
    he's she's we're you're they're that's there's what's who's let's ini itu tu sini situ sana
    disini disitu disana begini begitu gini gitu dan atau serta tapi tetapi tp namun melainkan
    karena krn sebab jika kalau kalo klo kl bila agar supaya maka jadi lalu terus trus trs kemudian
    sambil saat ketika waktu sebelum sesudah setelah sejak sampai hingga seperti kayak kyk sebagai
    sbg untuk utk buat dari dr dri di ke pada pd dalam dengan dgn dg tentang ttg oleh antara tanpa
    bagi demi para yang yg adalah ialah yaitu yakni tidak tdk tak gak ga gk nggak ngga enggak engga
    kagak bukan bkn belum blm jangan jgn ada sudah sdh udah udh dah telah akan sedang lagi lg masih
    msh pernah sering selalu kadang bisa bs boleh dapat harus wajib perlu butuh mau mo mw ingin
    pengen pengin pingin minta mohon tolong harap mesti coba sedikit banyak semua semuanya setiap
    tiap beberapa sangat bgt banget sekali amat terlalu lebih paling kurang cukup hanya cuma saja
    juga jg pun lah kah nya dulu dlu tadi nanti ntar besok kemarin sekarang skrg hari baru sebentar
    segera langsung mungkin pasti tentu memang emang sebenarnya sebenernya katanya rasa kira pikir
    pikirnya bilang kata orang org nama nm nama2 alias aka umur usia tinggal asal alamat punya milik
    pake pakai sama sm a an the this that these those there here and or but nor so yet if then than
    because since while although though until unless of at by for from in into on onto to with
    without about as over under after before between through during against per via off out up down
    not no never none is are was were be been being am isn't aren't wasn't ain't do does did don't
    doesn't didn't have has had having can can't cannot could would should shall will won't may
    might must just only also too very really quite still already now soon again always often
    sometimes ever maybe perhaps actually simply more most less least much many few some any all
    both each every other another same such own else even well right wrong correct incorrect please
    hello hi hey halo hai hallo want wanna need got get getting going gonna whom whether salah benar
    betul bener keliru palsu rahasia hilang ganti diganti diubah misspelled misspelt spelled spelt
    written listed missing unknown private secret confidential important irrelevant different
    changed registered taken long short hard difficult easy pt cv ud tbk inc ltd llc corp co
    """
    )
)
"""Never (the beginning of) a name, whatever stands before them."""

GREETINGS = word_set(
    """
    hai hi hello halo hallo helo hey hei hay hy hii hola oi woi yo alo permisi punten misi maaf mf
    sorry assalamualaikum assalamu'alaikum asalamualaikum assalamualaykum aslm ass wr wb
    waalaikumsalam alaikum salam shalom syalom selamat slmt met pagi siang sore petang malam good
    morning afternoon evening day greetings dear perkenalkan kenalkan kenalin ya iya yes yeah yep oh
    ok oke okay baik betul benar bener jadi so well and dan tapi but there everyone all semua gan
    bro sis sist mas mbak mba kak ka kakak pak bu bapak ibu min mimin admin cs bot nova novabot team
    tim sir madam om tante no actually btw eh nah alright right correct nope sure dok
    """
)
"""What may come before "saya Budi" and "I am John" in the same clause."""

VERB_ROOTS = word_set(
    """
    tulis tuliskan panggil daftar daftarkan ganti gantikan hapus ubah kirim kirimkan blokir cantum
    cantumkan sebut sebutkan catat simpan rubah input ketik cetak tampilkan pakai gunakan pinjam
    salahgunakan curi tolak terima masukkan masukin perbaiki koreksi edit hilangkan tambah tambahkan
    kenal kenali ingat lupakan baca ambil tipu hubungi telepon suruh minta larang ajak beri kasih
    ganggu bantu layani tagih eja sensor samarkan coret rusak undang jemput pecat paksa antar
    """
)
"""Behind "di-": a passive, no name."""
