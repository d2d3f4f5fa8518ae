"""How fast a name is found in what a client writes, and what the longest message can cost."""

from __future__ import annotations

from collections.abc import Iterator

from app.nova.names.finder import find_name
from app.sessions.session import Session
from tests.benchmarks.chat import make_message, nova
from tests.benchmarks.figures import Section, time_rounds
from tests.benchmarks.server import Place

ROUNDS = 40
LONGEST = 65_536
"""More than WhatsApp lets through."""
LONG_ROUNDS = 10
PHONE = "6281717407674"
UTTERANCES = (
    "Hai, nama saya John",
    "My name is De Broglie",
    "siapa nama saya?",
    "what's my name?",
    "halo kak, selamat sore",
    "panggil saja saya Ayu ya",
    "saya mau tanya soal harga, apa masih ada?",
    "I'm Budi from Bandung, is this still available?",
    "nama gw Dimas bro",
    "bukan Andi, nama saya Anton",
    "terima kasih banyak atas bantuannya",
    "Perkenalkan, saya Siti Nurhaliza dari Jakarta",
    "ok",
    "Kapan barangnya dikirim ya? Sudah seminggu saya menunggu dan belum ada kabar sama sekali.",
    "call me Ishmael",
    "👍👍👍",
)
LONG = {
    "one word": "a",
    "a phrase again and again": "nama saya ",
    "names again and again": "nama saya Budi, ",
    "emoji with joiners": "👩‍👩‍👧 ",
}


def measure(_: Place) -> Iterator[Section]:
    section = Section("names: what NovaBot's reading costs a turn")
    respond = nova()
    messages = [make_message(PHONE, text) for text in UTTERANCES]
    acts = {
        "str.split (baseline)": lambda: [text.split() for text in UTTERANCES],
        "find_name": lambda: [find_name(text) for text in UTTERANCES],
        "the whole answer": lambda: [respond(Session(), message) for message in messages],
    }
    base = None
    for name, taken in time_rounds(acts, ROUNDS).items():
        each = [seconds / len(UTTERANCES) for seconds in taken]
        rate = len(each) / sum(each)
        section.add(f"{name}, an utterance", each, "µs", than=base, rate=rate)
        base = base or section.figures[0].name
    for name, text in LONG.items():
        long = (text * LONGEST)[:LONGEST]
        message = make_message(PHONE, long)
        acts = {
            "find_name": lambda long=long: find_name(long),
            "the whole answer": lambda message=message: respond(Session(), message),
        }
        for act, taken in time_rounds(acts, LONG_ROUNDS).items():
            than = f"{act}, an utterance"
            section.add(f"{act}, {LONGEST:,} characters: {name}", taken, "µs", than=than)
    yield section
