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
nama saya | Zulkarim Xabiru | Zulkarim Xabiru
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
