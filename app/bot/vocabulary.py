"""What NovaBot knows of Indonesian and English words: which can't be a name, and which usually
aren't. Lower case, straight apostrophes, no final dot.
"""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text block."""
    return frozenset(text.split())


ME = word_set(
    """
    saya sy sya syaa saia aku ku akuh aq ak gue gua gw gwe gwa guwe ane w q hamba
    """
)
"""First persons of Indonesian, as people type them."""

TITLES = word_set(
    """
    mr mrs ms miss mister dr drs dra drg prof ir sir madam hj ust ustad ustadz ustadzah ustaz kyai
    kiai kh rev pdt pak bapak bpk bp ibu bu kak kakak kk ka mas mbak mba mbk bang abang om tante
    nona nyonya ny tuan tn ko koh ci cik kang neng teh uda uni
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
    speaking here calling cheers regards again too juga jg anyway
    """
)
"""What people add behind a name."""

NAMES_TOO = word_set(
    """
    an do so in ada will may my to min mas lo ka mo ni ko la le da de al el tu dan
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

COMMON_WORDS = word_set(
    """
    able absent accountant active actor adult afraid agent agree allergic alone amazed american
    angry annoyed anxious arab artist ashamed asian asleep australian available awake aware away
    awesome awful back bad baker balinese bankrupt batak beautiful behind best better big blind
    blocked bored boy brazilian british broke broken brother browsing buddhist busy buyer calm
    canadian careful catholic cautious certain cheap chef chinese christian client close closed cold
    colleague comfortable coming complete concerned confident confused cool courier crazy curious
    customer dad daughter dead deaf dear delighted depressed desperate developer diabetic disabled
    disappointed disgusted dizzy doctor done doubtful down driver drunk dumb dutch early employee
    empty engaged engineer english enough european excited exhausted expert father farmer fed female
    filipino fine finished first fit flexible florist free freelancer french friend friendly
    frustrated full fun fund funny furious game gay german girl glad gone good great grateful guest
    guilty guy happy healthy heading help helpful high hindu hit home homeless honest honored hot
    hungry hurry hurt husband idle ill impatient impressed incomplete indian indonesian innocent
    inside interested invoice italian japanese javanese jealous jewish job joke jobless journalist
    junior keen kid kidding kind korean late later lawyer lazy leader learner leaving left lesbian
    live loading local locked lonely looking lost lovely loyal lucky mad maid male malaysian man
    manager married me mechanic member merchant mom monday mother moving muslim musician myself
    nearby neighbor nervous new newbie next nice nobody nobody's normal nothing nurse odd off
    offline old online open order out outside over overseas overwhelmed owner package parent partner
    patient payment perfect picture pilot pleased police polite poor positive pregnant president
    pretty private product professional programmer proud quiet ready real refund relieved reseller
    retired rich sad safe sales satisfied scam scared scientist secretary self seller senior serious
    sick silly singaporean single sister skeptical sleepy slow small smart smoker software somebody
    someone something son sore sorry spam speechless staff starving strange stressed strong stuck
    student stupid subscriber sunday supplier support sure surprised survivor teacher team tech
    technician terrible terrified test tester testing thai there thirsty thrilled tired today
    together tomorrow tonight tourist tough trader traveler trouble true trying twice ugly unable
    unavailable uncomfortable unemployed unhappy unsure unwell upset urgent used useless user vegan
    vegetarian vendor very veteran vietnamese vip visitor visiting volunteer vs waiter waiting warm
    weak wealthy weird welcome white widow wife willing winner woman wonderful worker worried worse
    worth writer yesterday young tuesday wednesday thursday friday saturday january february march
    april june july august september october november december weekend noon midnight morning
    afternoon evening night crap insane maybe asap anytime directly immediately number phone office
    delivery shipping shop store bank company business service account address complaint question
    request proof receipt photo video file document link message chat emergency feedback reminder
    example sample everything anything issue problem error bug fact idea reason way place time thing
    stuff part end start begin batman superman legend taxi cab idiot fool liar names name's darling
    honey baby babe sweetheart boss bot robot human person people alive dying divorced color size
    price discount promo sale cash credit london paris tokyo singapore malaysia australia england
    america japan china korea india thailand vietnam europe asia africa acme google whatsapp wa ig
    instagram facebook tiktok twitter telegram shopee tokopedia tokped lazada bukalapak gojek grab
    gopay ovo dana bca bri bni mandiri bsi jne jnt sicepat anteraja ninja dhl fedex youtube email
    gmail hp cod tf ceo cto hrd hr csr it qa abadi abis abu acara aduan adik agak agama agamis agen
    ahli aki akademisi aktif akun alergi aman ambil anak anakmu ancam aneh anggota antar antri
    apoteker arsitek artis asing asisten atasan atlet awam ayah bagian bahagia bahas bahasa baik
    baik-baik bakal balas balik balita bangga bangkrut bangun bantu bapaknya barang barangnya baru
    basah batal bayar bayi bebas beda begadang bekas bela belajar beli belok bendahara bengkel benci
    beneran berangkat berani berat beres berita besar betah betulan biasa bidan bingung bisnis bisu
    bodoh bohong boleh bohongan bolak bongkar bonus booking bosan bosen botak brosur buang buka
    bukti bunda buru-buru buruh buruk buta butuh cacat calon camat cancel cantik cape capek cari cek
    cemas cemburu cepat cerai cerdas cerita checkout cinta cicil cocok coret curhat curiga cuti
    daftar dagang daerah dapur data datang debat demam deg-degan demo dendam desa deket dekat depan
    depresi desain desainer detail dewasa diam diare diskon dokter dosen dosa duda dua duduk duluan
    duta edit ekonomi emosi enak etalase fans foto fokus freelance ga gabung gagal gagap galak galau
    gampang ganggu ganteng gaptek garansi gelisah gelap gembira gemuk gendut gerah geram gila gratis
    grogi grup guru habis hafal halal hamil hampir handphone hancur hapus hati harga hebat heran
    hadir hidup hijau hilang hitung hobi hujan hukum iba ibunya iklan ikhlas ikut imigran indo
    indonesia info ingat inget insinyur instal isi islam istri isteri izin jaga jago jalan janda
    jaringan jarang jatuh jauh jawa jawab jelas jemput jengkel jemaat jenuh jera jerawatan jualan
    jual jujur jomblo jurnalis kabar kaget kagum kakaknya kalah kampung kandidat kangen kantor kapok
    karyawan karyawati kasar kasir kasihan katolik kaya kebetulan kecewa kecil kedua kehilangan
    kehujanan kejebak keluar keluarga kelas keluhan kemari kembali kena kenal kepala kepepet
    keponakan keracunan keras keren kerja kesal kesel ketiga ketinggalan ketua kesepian khawatir
    khilaf kirim klaim klien klik koki komplain konfirmasi konsultan konsumen kontak kontra
    koordinator korban kos kost kotor kristen kritis kuat kuatir kucing kuliah kulit kuli kurir
    kupon kurus kuota laki laki-laki lah lambat lancar lansia lanjut lapar laper lapor laporan lelah
    lelaki lemah lemas lembur lengkap lewat libur lihat liat lolos login logout lokasi luar lucu
    luka lulus lulusan lumayan lumpuh lunas lupa mabuk macet mahal mahasiswa mahasiswi main majikan
    makan maksa malah malas males malu mama mamah mami mampir mampu mandi mandor manajer manja
    mantan mantap marah mari masalah masuk masak masyarakat mati mantul matur menang mending
    mengerti menunggu menyesal merasa merah merinding mertua mesan mesin miskin minggu minum misi
    mitra mobil model modal motor muak mual muda mudah mukena mules mulai mundur murah murid musisi
    nabung naik nanya nangis nasabah nawar negara nelayan nenek kakek nganggur ngantuk ngerti nggak
    ngomong ngikut nikah nihil niat nomor nomer nonaktif nongkrong nonton numpang nunggu nyaman
    nyari nyasar nyesel nyoba obat ojek ojol olah operator optimis orderan oreng ortu oleh-oleh
    pacar pacarnya paham pakar paket paketnya panas pamit panik pasang pasien pasrah papa papah
    pasangan pasti patah patuh pegal pegawai pekerja pelajar pelanggan pelatih pelit pemain pembeli
    pembantu pemilik pemesan pemula penasaran penting penakut pencari pendatang pendek penerima
    pengacara pengangguran pengen pengguna pengusaha penipu penipuan penjual penonton pensiun
    pensiunan penuh penulis penyanyi perancang perawat perbaiki percaya perempuan pergi perihal
    perlu permisi pesan pesen pesanan petani petugas peduli perantau perumahan pilih pindah pindahan
    pintar pinter pinjam polisi pos pribadi pria protes puas puasa pulang pulsa pura-pura pusing
    pusat putus ragu rajin ramai rame rapat rasa regis registrasi rekan rekening rela resah resign
    restoran resmi ribet ribut rindu risih riset rugi rumah rusak saat sabar sadar sakit saksi saldo
    salut sama sampe samping sampah sanggup santai santri sayang sayangnya sebal sebel sedih segan
    sehat sejahtera sekarat sekolah sekretaris selesai selingkuh sempat semangat sembuh semester
    senang seneng sendiri sendirian seniman sensitif sepakat sepele sepi sepupu serahkan seru serius
    sesuai setuju setor sewa siap sibuk sial simpan simpel sini siswa siswi skripsi solusi sopan
    sopir supir stok stres stress suami suka sulit sunda suka-suka suntuk surat susah syok tahu taat
    tabah takjub takut tamat tambah tamu tanda tanggung tanya tau taruh tawar tega tegang teknisi
    telat teliti telepon telpon telp tersinggung teman temen tenang tempat tenaga tentara terharu
    terkejut terlambat terkirim tertarik tertipu terpaksa tes tetangga tetap tinggi tiba tidur tim
    tipu titip toko tolak top tua tuan tukang tulis tulus tunggu tunda tunai turis turun turut uang
    ulang udang umum undang undangan urus usaha usul utama utang wali wanita warga warna wartawan
    wirausaha wna wni yakin yatim zakat kartu transfer transferan alat gambar tampilan lampiran
    jawaban pertanyaan kiriman titipan contoh soal kode resi nota kuitansi kwitansi struk faktur
    mengapa lagu film judul buku aplikasi web website jakarta bandung surabaya semarang medan
    makassar palembang depok bekasi tangerang bogor jogja yogyakarta yogya malang solo surakarta
    denpasar bali lombok aceh padang riau pekanbaru jambi lampung bengkulu pontianak samarinda
    balikpapan banjarmasin manado ambon papua sumatra sumatera kalimantan sulawesi jateng jatim
    jabar banten madura betawi melayu minang tionghoa cirebon tegal senin selasa rabu kamis jumat
    jum'at sabtu januari februari maret mei juni juli agustus oktober desember pagi siang petang
    malam subuh dini perusahaan instansi organisasi name call buy see make take give tell ask know
    think look find put send say go come try let keep talk turn show hear play run hold bring write
    provide sit stand lose pay meet include continue learn lead understand watch follow stop create
    speak read allow add spend walk remember love wait serve die expect build stay fall cut teteh
    mbok eyang simbah hidden visible shown komunitas yayasan almarhum bersama allah tuhan sometime
    whenever daddy soon
    """
)
"""Usually no name: trusted as one only behind "my name is" and its like, with a capital."""

VERB_ROOTS = word_set(
    """
    tulis tuliskan panggil daftar daftarkan ganti gantikan hapus ubah kirim kirimkan blokir cantum
    cantumkan sebut sebutkan catat simpan rubah input ketik cetak tampilkan pakai gunakan pinjam
    salahgunakan curi tolak terima masukkan masukin perbaiki koreksi edit hilangkan tambah tambahkan
    kenal kenali ingat lupakan baca ambil tipu hubungi telepon suruh minta larang ajak beri kasih
    ganggu bantu layani tagih undang jemput pecat paksa antar
    """
)
"""Behind "di-": a passive, no name."""
