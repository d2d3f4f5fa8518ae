"""The names that clients tell in several messages, or in answer to NovaBot's question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.messages import Message, Reply
from app.nova import respond
from app.sessions.session import Session

AT = datetime(2026, 1, 1, tzinfo=UTC)


def say(session: Session, text: str, kind: str = "text", *, forwarded: bool = False) -> Reply:
    return respond(session, Message("wamid.1", ("628",), kind, text, AT, forwarded))


def after(session: Session, reply: Reply) -> Session:
    """The session as the turn leaves it."""
    nama = session.nama if reply.learnt_name is None else reply.learnt_name or None
    return replace(session, context=reply.context, nama=nama)


def read_table(table: str) -> list[tuple[str, str | None]]:
    """Of each line, what stands before the last bar and the name after it, None for `-`."""
    rows = [line.rpartition(" | ") for line in table.strip().splitlines()]
    return [(said, None if name == "-" else name) for said, _, name in rows]


IN_TWO_MESSAGES = """
nama saya | Petang | Petang
nama saya | petang | Petang
Nama saya | Bulan | Bulan
halo min, nama saya | Galih Prakoso | Galih Prakoso
namaku | ratih | Ratih
nama gue | Dimas bro | Dimas
nama saya adalah | Siti Rohmah kak | Siti Rohmah
nama saya: | Agus Salim | Agus Salim
nama saya... | Wulan | Wulan
nama saya itu | Mawar | Mawar
nama saya | adalah Tono | Tono
nama saya | Pak Agus | Agus
nama saya | H. Muhidin | H. Muhidin
nama saya | h. muhidin | H. Muhidin
nama saya | I Wayan Sudiarta | I Wayan Sudiarta
nama saya | ni luh putu | Ni Luh Putu
nama saya | Handayanto | Handayanto
nama saya | Zulkarim Hidayat | Zulkarim Hidayat
nama saya | Bond, James Bond | James Bond
nama saya kak | Yanti 😊 | Yanti
perkenalkan nama saya | Yosef | Yosef
nama lengkap saya | Rina Kartika | Rina Kartika
saya biasa dipanggil | Kiki | Kiki
panggil saya | Ucup | Ucup
panggil aja | Nining | Nining
pesan atas nama | Dewi | Dewi
saya | Budi | Budi
perkenalkan, saya | Joko | Joko
Nama: | Hendra | Hendra
nama | Joko | Joko
my name is | John | John
My name is... | Sarah Connor | Sarah Connor
Hi, my name is | Grace | Grace
my name | Peter | Peter
my full name is | Jean-Luc Picard | Jean-Luc Picard
call me | Bob | Bob
please call me | Ziggy Stardust | Ziggy Stardust
I'm | Sarah | Sarah
hello i am | Mike | Mike
nama saya | mau pesan dua | -
nama saya | besok ya | -
nama saya | Besok | -
nama saya | siapa? | -
nama saya | Budi? | -
nama saya | terima kasih | -
nama saya | Terima Kasih | -
nama saya | Kirim ke Bandung | -
nama saya | Jakarta | -
nama saya | Halo kak | -
nama saya | Pagi | -
nama saya | Berapa harganya | -
nama saya | tidak mau | -
nama saya | Tidak | -
nama saya | Rahasia | -
nama saya | hmmm | -
nama saya | waduh | -
nama saya | Astaga | -
nama saya | Sip | -
nama saya | OK | -
nama saya | 12345 | -
nama saya | 👍 | -
nama saya | Budi mau pesan dua | -
nama saya | lupa | -
nama saya | Made in China | -
nama saya | Gojek | -
nama saya? | Rina | -
bukan nama saya | Rina | -
siapa nama saya | Rina, paket saya mana | -
nama suami saya | Bambang | -
kalau nama saya | Bambang | -
namanya | Bambang | -
ini | Bambang | -
terima kasih | Bambang | -
jangan panggil saya | Bambang | -
cek nama saya | Bambang | -
call me | later | -
call me | Tomorrow | -
call me | back please | -
call me | ASAP | -
my name is | what? | -
my name is | Never mind | -
my name is | secret | -
his name is | Robert | -
saya | mau | -
saya | Bingung | -
saya | Bu Rina | -
saya | Bunga | -
I am | Happy | -
I'm | Waiting | -
I'm | Hope | -
"""


@pytest.mark.parametrize(("said", "name"), read_table(IN_TWO_MESSAGES))
def test_a_name_told_in_two_messages_is_learnt(said: str, name: str | None) -> None:
    begun, _, completed = said.partition(" | ")
    session = Session(context={"asked": True})
    reply = say(session, begun)
    assert reply.learnt_name is None
    context = {key: value for key, value in reply.context.items() if key != "awaiting"}
    assert say(replace(session, context=context), completed).learnt_name == name


@pytest.mark.parametrize(
    "between",
    [("ok", "text", False), ("", "image", False), ("Ya", "button", False), ("Ani", "text", True)],
)
def test_any_other_message_drops_a_name_that_was_begun(between: tuple[str, str, bool]) -> None:
    session = Session(nama="Wahyuni")
    begun = after(session, say(session, "nama saya"))
    assert begun.context["begun"] == "name"
    text, kind, forwarded = between
    reply = say(begun, text, kind, forwarded=forwarded)
    assert reply.learnt_name is None and "begun" not in reply.context
    assert say(after(begun, reply), "Budi").learnt_name is None
    assert say(begun, "Budi", "button").learnt_name is None
    assert say(begun, "Budi").learnt_name == "Budi"


def test_asked_for_the_name_a_client_who_began_to_tell_it_is_asked_to_go_on() -> None:
    assert say(Session(), "nama saya").answers == ("Ya, siapa nama Anda?",)
    assert say(Session(), "my name is").answers == ("Yes, what is your name?",)
    assert "name?" not in str(say(Session(context={"asked": True}), "call me").answers)


ANSWERS_TO_THE_QUESTION = """
Budi | Budi
budi santoso | Budi Santoso
namanya Budi | Budi
nama nya Sri Wahyuni | Sri Wahyuni
nama Tuti | Tuti
Nama: Tuti | Tuti
panggil Yudi | Yudi
panggil aja Bu Rina | Rina
it's Sarah | Sarah
just Bob | Bob
Pak Agus | Agus
H. Muhidin | H. Muhidin
h. muhidin | H. Muhidin
H Muhidin | H Muhidin
H.Muhidin | H.Muhidin
Hj. Siti Aminah | Siti Aminah
James Bond | James Bond
Bond, James Bond | James Bond
Siregar | Siregar
Zulkarim Siregar | Zulkarim Siregar
I Wayan Sudiarta | I Wayan Sudiarta
i wayan sudiarta | I Wayan Sudiarta
I Gusti Ngurah Rai | I Gusti Ngurah Rai
Ni Luh Putu Ayu | Ni Luh Putu Ayu
ni kadek sri | Ni Kadek Sri
Ida Bagus Oka | Ida Bagus Oka
Anak Agung Gde Raka | Anak Agung Gde Raka
Cokorda Raka | Cokorda Raka
Desak Putu Rita | Desak Putu Rita
Pande Made Rai | Pande Made Rai
terima kasih | -
Terima Kasih | -
tidak mau | -
Tidak Mau | -
besok | -
Besok | -
Besok Pagi | -
nanti saja | -
Bandung | -
Gojek | -
Ya | -
Boleh | -
Bebas | -
Terserah | -
Apa saja | -
Rahasia | -
Kak | -
Ibu | -
Anak Jakarta | -
Anonim | -
Astaga | -
namanya siapa | -
namanya bagus | -
namanya juga usaha | -
nama toko | -
panggil teknisi | -
panggil polisi | -
just looking | -
it's late | -
H. | -
I | -
I made it | -
ni made in china | -
Budi? | -
"""


@pytest.mark.parametrize(("text", "name"), read_table(ANSWERS_TO_THE_QUESTION))
def test_a_bare_answer_to_the_question_for_the_name_is_one(text: str, name: str | None) -> None:
    asked = after(Session(), say(Session(), "halo"))
    assert say(asked, text).learnt_name == name


NOT_TOLD_UNASKED = """
namanya Budi
Budi
panggil Budi
I Wayan Sudiarta
Bond, James Bond
H. Muhidin
"""


@pytest.mark.parametrize("text", NOT_TOLD_UNASKED.strip().splitlines())
def test_unasked_the_same_words_are_none(text: str) -> None:
    assert say(Session(), text).learnt_name is None


CORRECTIONS = """
Andi | bukan Andi, tapi Budi | Budi
Andi | bukan andi tapi budi | Budi
Andi | Bukan Andi, Budi | Budi
Andi | Bukan Andi kak, Budi | Budi
Andi | bukan Andi melainkan Budi Santoso | Budi Santoso
Andi | Budi, bukan Andi | Budi
Andi | Budi bukan Andi | Budi
Andi | eh budi, bukan andi kak | Budi
Andi | nama saya bukan Andi | -
Andi | nama saya bukan Andi tapi Budi | Budi
Andi | saya bukan Andi | -
Andi | saya bukan Andi kak, saya Budi | Budi
Andi | bukan Andi | -
Andi | bukan Andi, seharusnya Xabiru | Xabiru
Andi | bukan Andi, yang benar Budi | Budi
Andi | jangan panggil saya Andi | -
Andi | jangan panggil saya Andi lagi | -
Andi | jgn panggil aku andi dong | -
Andi | tolong jangan panggil saya Andi | -
Andi | jangan panggil saya Andi, panggil saya Budi | Budi
Andi | jangan panggil saya Andi, panggil Budi | Budi
Andi | jangan panggil saya Andi, Budi saja | Budi
Andi | jangan panggil saya Andi tapi Budi | Budi
Andi | jangan panggil saya Andi, saya nggak suka | -
Andi | saya tidak mau dipanggil Andi | -
Andi | aku gak suka dipanggil andi | -
Andi | don't call me Andi | -
Andi | please don't call me Andi anymore | -
Andi | don't call me Andi, call me Budi | Budi
Andi | don't call me Andi but Budi | Budi
Andi | stop calling me Andi | -
Andi | could you stop calling me Andi? | -
Andi | I don't want to be called Andi | -
Andi | not Andi, Budi | Budi
Andi | not Andi but Budi | Budi
Andi | it's Budi, not Andi | Budi
Andi | it's not Andi, it's Budi | Budi
Andi | I'm not Andi | -
Andi | my name is not Andi | -
Andi | my name isn't Andi | -
Andi | my name is not Andi, it's Budi | Budi
Andi | that's not my name | -
Andi | itu bukan nama saya | -
Andi | don't call me that | -
Andi | jangan panggil saya begitu | -
Andi | nama saya salah, yang benar Budi | Budi
Andi | my name is wrong, it should be Budi | Budi
Andi | salah nama, Budi | Budi
Andi Wijaya | bukan Andi, tapi Budi | Budi
Andi | ubah nama jadi Budi | Budi
Andi | ganti nama ke Budi Santoso | Budi Santoso
Andi | tolong ubah nama menjadi Budi ya | Budi
Andi | mau ganti nama jadi Budi | Budi
Andi | saya mau ganti nama jadi Budi | Budi
Andi | ganti namaku jadi Budi | Budi
Andi | nama saya diganti jadi Budi | Budi
Andi | change name to Budi | Budi
Andi | change my name to Budi | Budi
Andi | please change name to Budi | Budi
Andi | rename me to Budi | Budi
Andi | ganti nama saya | Budi | Budi
Andi | jangan panggil saya Andi | Budi | Budi
Andi | saya bukan Andi | namanya Budi | Budi
Andi | bukan Rina, tapi Budi | Andi
Andi | bukan Jakarta, tapi Bandung | Andi
Andi | bukan Andi yang pesan | Andi
Andi | bukan Andi tapi Budi yang bayar | Andi
Andi | bukan Andi, tapi Budi yang bayar | Andi
Andi | yang pesan bukan Andi, tapi Budi | Andi
Andi | kalau bukan Andi, Budi | Andi
Andi | saya bukan Andi? | Andi
Andi | bukan Andi? | Andi
Andi | jangan panggil saya Pak | Andi
Andi | jangan panggil saya bos | Andi
Andi | jangan panggil saya nanti malam | Andi
Andi | don't call me at night | Andi
Andi | don't call me | Andi
Andi | don't call me sir | Andi
Andi | jangan panggil teknisi | Andi
Andi | jangan panggil Rina | Andi
Andi | my name is wrong on the invoice | Andi
Andi | nama saya di struk salah | Andi
Andi | ubah nama penerima jadi Budi | Andi
Andi | ubah nama jadi Budi di resi | Andi
Andi | ganti nama file jadi laporan | Andi
Andi | ganti nama jadi Toko Maju | Andi
Andi | Twitter ganti nama jadi X | Andi
Andi | toko itu ganti nama jadi Berkah | Andi
Andi | dia ganti nama jadi Budi | Andi
Andi | I'm not Andi's wife | Andi
Andi | saya bukan temannya Andi | Andi
Andi | bukan untuk Andi | Andi
Andi | jangan kirim ke Andi | Andi
Andi | not now | Andi
Andi | tidak | Andi
Andi | bukan | Andi
Andi | bukan itu | Andi
Andi | bukan Andi, terima kasih | -
Andi | bukan Andi, mau pesan | Andi
Petang | bukan petang | Petang
Petang | bukan petang, tapi pagi | Petang
Petang | bukan petang tapi malam | Petang
Hope | not hope | Hope
Andi | mau ganti nama | Budi | Budi
Andi | change my name | Bob | Bob
Andi | ganti nama saya dong kak | terima kasih | Andi
Wahyu | nama saya | Petang | Petang
Wahyu | nama saya | siapa | Wahyu
Wahyu | saya | Budi | Budi
Wahyu | halo | Budi | Wahyu
Wahyu | ok | namanya Budi | Wahyu
Budi | bukan budi santoso, budi hartono | Budi
Budi Santoso | bukan Budi Santoso, Budi Hartono | Budi Hartono
Budi Santoso | bukan Budi, tapi Budiman | Budiman
Mawar | bukan Mawar, tapi Melati | Melati
Sari | sarinya bukan yang ini | Sari
Ayu | jangan panggil saya ayu | -
Ayu | jangan panggil aku Ayu, panggil aja Made | Made
Ayu | nama saya bukan Ayu, nama saya Putri | Putri
Ayu | bkn Ayu, Putri | Putri
Ayu | Bukan Ayu!! Putri!! | Putri
Ayu | eh bukan Ayu tapi Putri ya kak | Putri
Ayu | maaf, bukan Ayu tapi Putri | Putri
Ayu | maaf bukan Ayu, tetapi Putri Ayu | Putri Ayu
Ayu | no, not Ayu. Putri | Putri
Ayu | Sorry, it's Putri not Ayu | Putri
Ayu | my name is Putri, not Ayu | Putri
Ayu | I'm Putri not Ayu | Putri
Ayu | nama saya Putri bukan Ayu | Putri
Ayu | tolong ganti nama saya dari Ayu jadi Putri | Putri
Ayu | ubah nama dari Ayu menjadi Putri | Putri
Ayu | ganti nama Ayu jadi Putri | Putri
Ayu | change my name from Ayu to Putri | Putri
Ayu | koreksi: Putri | Ayu
Ayu | koreksi nama: Putri | Putri
Ayu | update nama: Putri | Putri
Ayu | bukan Ayu tapi kakaknya | Ayu
Ayu | bukan Ayu tapi suaminya | Ayu
Ayu | bukan Ayu tapi barangnya | Ayu
Ayu | bukan Ayu tapi besok | Ayu
Ayu | bukan Ayu tapi Bandung | Ayu
Ayu | saya bukan Ayu, saya kakaknya | Ayu
Ayu | ini bukan Ayu | -
Ayu | ini bukan Ayu, ini Putri | Putri
Ayu | this is not Ayu | -
Ayu | This is not Ayu, this is Putri | Putri
Ayu | kirim ke Putri, bukan Ayu | Ayu
Ayu | buat Putri bukan Ayu | Ayu
Ayu | penerimanya Putri bukan Ayu | Ayu
Ayu | Putri yang bayar, bukan Ayu | Ayu
Ayu | apakah bukan Ayu? | Ayu
Ayu | hapus nama Ayu | Ayu
Ayu | dia bukan Ayu | Ayu
Ayu | don't call Ayu | Ayu
Ayu | do not call me Ayu please | -
Ayu | you can stop calling me Ayu now | -
Ayu | please stop calling me | Ayu
Ayu | jangan sebut saya Ayu | -
Ayu | jangan sebut nama Ayu | Ayu
Ayu | saya gak mau dipanggil Ayu, panggil Putri aja | Putri
Ayu | saya lebih suka dipanggil Putri | Putri
Ayu | I prefer to be called Putri | Putri
Ayu | nama baru saya Putri | Putri
Ayu | my new name is Putri | Putri
Ayu | lupakan nama Ayu | Ayu
Ayu | bukan Ayu, ke Putri | Ayu
Ayu | bukan Ayu, sama Putri | Ayu
Ayu | ganti nama penerima dari Ayu jadi Putri | Ayu
Ayu | ganti nama Rina jadi Putri | Ayu
Ayu | ini bukan Ayu? | Ayu
Mawar | ini bukan mawar | Mawar
Mawar | ini bukan Mawar, ini Melati kak | Melati
Mawar | saya bukan Mawar | -
Andi | Rina: "saya bukan Andi" | Andi
Andi | Budi, bukan Andi? | Andi
"""
"""What the client is called before, what they write, and what they are called then."""


@pytest.mark.parametrize(("said", "name"), read_table(CORRECTIONS))
def test_a_correction_changes_or_ends_the_name_that_is_known(said: str, name: str | None) -> None:
    known, *texts = said.split(" | ")
    session = Session(nama=known, context={"asked": True})
    for text in texts:
        session = after(session, say(session, text))
    assert session.nama == name


@pytest.mark.parametrize("text", ["jangan panggil saya Andi", "saya bukan Andi", "I'm not Andi"])
def test_a_name_that_is_denied_is_forgotten_and_asked_for(text: str) -> None:
    session = Session(nama="Andi", context={"asked": True})
    reply = say(session, text)
    assert reply.learnt_name == "" and "Andi" not in str(reply.answers)
    assert "?" in str(reply.answers)
    assert say(after(session, reply), "Budi").learnt_name == "Budi"
    other = Session(nama="Wahyuni", context={"asked": True})
    assert say(other, text).learnt_name is None


@pytest.mark.parametrize(
    "text",
    ["bukan Andi, tapi Budi", "Budi, bukan Andi", "saya bukan Andi", "not Andi but Budi"],
)
def test_what_is_denied_of_others_teaches_nothing(text: str) -> None:
    assert say(Session(), text).learnt_name is None
    assert say(Session(nama="Wahyuni"), text).learnt_name is None
    assert say(Session(nama="Andi"), text, forwarded=True).learnt_name is None
    assert say(Session(nama="Andi"), text, "button").learnt_name is None


def test_a_stranger_who_does_not_want_a_name_is_asked_for_the_right_one() -> None:
    session = Session(context={"asked": True})
    reply = say(session, "jangan panggil saya Andi")
    assert reply.learnt_name is None and "menyapa" in str(reply.answers)
    assert say(after(session, reply), "Budi").learnt_name == "Budi"
    assert "menyapa" not in str(say(session, "jangan panggil saya Pak").answers)
    assert say(session, "ubah nama jadi Budi").learnt_name == "Budi"


CONVERSATIONS = """
nama saya | Petang | siapa nama saya? | Petang
hai | nama saya | Petang | Petang
Nama saya adalah... | Budi | Budi
nama saya ini | Budi | Budi
nama sy | budi | Budi
nm gw | Reza | Reza
my name's | Kate | Kate
Hello! My name is: | Tom Hanks | Tom Hanks
perkenalkan nama saya adalah | Dr. Sari Dewanti | Sari Dewanti
assalamualaikum, nama saya | Abdullah bin Umar | Abdullah bin Umar
nama saya | budi santoso | Budi Santoso
nama saya | BUDI SANTOSO | Budi Santoso
nama saya | *Petang* | Petang
nama saya | "Petang" | Petang
nama saya | Petang. | Petang
nama saya | Petang! | Petang
nama saya | Petang ya | Petang
nama saya | Petang 😊 | Petang
nama saya | Petang, salam kenal | Petang
nama saya | Selamat petang | -
nama saya | Selamat Petang | -
nama saya | O | -
nama saya | ok deh | -
nama saya | gak jadi | -
nama saya | Gak jadi deh | -
nama saya | Ga Jadi | -
nama saya | Mau tanya harga | -
nama saya | Mau Tanya Harga | -
nama saya | Bisa Kirim Sekarang | -
nama saya | Lupa Kak | -
nama saya | Pesanan Saya Mana | -
nama saya | Barang Belum Sampai | -
nama saya | Toko Tutup | -
nama saya | Hari Minggu | -
nama saya | Hari ini | -
nama saya | Indah sekali | -
nama saya | Bulan depan | -
nama saya | Jakarta Selatan | -
nama saya | Bali Indah | -
nama saya | Kopi Susu | -
nama saya | Mie Ayam | -
nama saya | Nasi Padang | -
nama saya | Dewi Lestari | Dewi Lestari
nama saya | ada di KTP | -
nama saya | sudah ada | -
nama saya | sama | -
nama saya | Sama seperti tadi | -
nama saya | salah | -
nama saya | ganti dong | -
nama saya | jangan disebut | -
nama saya | bukan Budi | -
nama saya | Budi bukan Andi | Budi
nama saya | saya Budi | Budi
nama saya | bukan Andi tapi Budi | Budi
my name is | not important | -
my name is | Nothing | -
my name is | Not Telling | -
my name is | hi | -
my name is | Good Morning | -
my name is | How Much | -
my name is | Where Is My Order | -
my name is | Never Mind | -
my name is | Just Kidding | -
my name is | Oh Sorry | -
my name is | Wait A Minute | -
my name is | hold on | -
my name is | One sec | -
my name is | One Second | -
my name is | Mary Jane Watson | Mary Jane Watson
my name is | mary | Mary
my name is | Hope | Hope
my name is | hope | Hope
my name is | Al | -
panggil saya | Budi saja | Budi
panggil saya | Kak | -
panggil saya | Bos | -
panggil saya | Sayang | -
panggil saya | Admin | -
call me | Maybe | -
call me | ASAP | -
call me | Monday | -
call me | Now | -
call me | May | May
call me | Mr. Smith | Smith
saya | Dewi | Dewi
aku | Rina | Rina
aku | Rina? | -
I am | John Smith | John Smith
i am | john | John
I am | Lost | -
I'm | Jakarta | -
halo | bukan Andi, tapi Budi | Budi
halo | Budi, bukan Andi | Budi
halo | bukan Andi | -
halo | bukan Jakarta, tapi Bandung | -
halo | bukan itu, tapi Budi | -
nama saya | Rahmat Hidayat, mau pesan | -
nama saya | Sri Mulyani Indrawati | Sri Mulyani Indrawati
nama saya | Mas Budi | Budi
nama saya | Ibu | -
nama saya | Kapan ya | -
nama saya | Coba tebak | -
nama saya | Tebak | -
nama saya | Ada deh | -
nama saya | Eh salah kirim | -
nama saya | Salah Kirim | -
nama saya | Maaf Kepencet | -
nama saya | Kepencet | -
nama saya | Ga Penting | -
nama saya | Penting Banget | -
nama saya | Cek Ongkir | -
nama saya | Cek Resi Dong | -
nama saya | Transfer BCA | -
nama saya | Sudah Transfer | -
nama saya | Bukti Transfer | -
nama saya | Alamat Lengkap | -
nama saya | Jalan Sudirman | -
nama saya | Jl. Melati 5 | -
nama saya | Kota Bandung | -
nama saya | Shopee Food | -
nama saya | Grab Food | -
nama saya | Redmi Note | -
nama saya | Warung Sederhana | -
nama saya | Indomie Goreng | -
nama saya | Yamaha Mio | -
nama saya | Mohon Maaf | -
nama saya | Selamat Pagi | -
nama saya | Good Morning | -
nama saya | Kurang Tahu | -
nama saya | Ngga Usah | -
nama saya | Nggausah Deh | -
nama saya | Waduh Astaga | -
nama saya | Anjay Mantul | -
nama saya | Hehe Becanda | -
nama saya | Happy Birthday | -
nama saya | See You | -
nama saya | Thank You | -
nama saya | Free Ongkir | -
nama saya | Flash Sale | -
nama saya | Best Seller | -
nama saya | Iphone Bekas | -
nama saya | Loading | -
nama saya | Bentar Ya | -
nama saya | Tunggu Dulu | -
nama saya | Lanjut Besok | -
nama saya | Kirim Sekarang | -
nama saya | Bisa COD | -
nama saya | Barang Ready | -
nama saya | Ready Stok | -
nama saya | Warna Merah | -
nama saya | Ukuran XL | -
nama saya | Dua Porsi | -
nama saya | Satu Aja | -
nama saya | Orang Baik | -
nama saya | Hamba Allah | -
nama saya | Manusia Biasa | -
nama saya | Superman | -
my name is | Track Order | -
my name is | Cancel Order | -
my name is | Customer Service | -
my name is | Oops Sorry | -
my name is | Hang On | -
my name is | Guess Who | -
my name is | Delivery Status | -
my name is | Something Else | -
my name is | Two Pieces | -
my name is | Big Size | -
my name is | Blue Shirt | -
my name is | Free Shipping | -
my name is | Lol Jk | -
halo | Cek Ongkir | -
halo | Redmi Note | -
halo | Sudah Transfer | -
halo | Jl. Melati | -
halo | Selamat Pagi | -
halo | Sip Makasih | -
halo | Mantap Siregar | -
halo | Belum Ada | -
halo | Ada Promo | -
halo | Ayam Geprek | -
halo | Dewi Sri | Dewi Sri
halo | Bintang Lima | -
halo | Bulan Depan | -
halo | Hari Ini | -
halo | Surya Pro Mild | -
halo | Mega Mall | -
halo | Melati Hotel | -
halo | Untung Banyak | -
halo | Bagus Banget | -
halo | Indah Sekali | -
halo | Jaya Abadi | -
halo | Rahmat Jaya | Rahmat Jaya
halo | Ok Budi | -
halo | Makasih Rina | -
halo | Sari Rasa | -
"""
"""What a stranger writes, and what they are called then."""


@pytest.mark.parametrize(("said", "name"), read_table(CONVERSATIONS))
def test_a_stranger_is_called_by_what_the_conversation_tells(said: str, name: str | None) -> None:
    session = Session()
    for text in said.split(" | "):
        session = after(session, say(session, text))
    assert session.nama == name
