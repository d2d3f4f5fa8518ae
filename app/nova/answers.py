"""What NovaBot says, in Indonesian and English.

No answer holds a time of day or a given name: clients are called Petang and Hope, and an answer to
a client whose name is unknown must not contain a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers in one language. `{name}` becomes ", X" for a client called X, else nothing."""

    met: str
    name_known: str
    """`{nama}` becomes the name itself."""
    name_unknown: str
    name_begun: str
    """After a message that ends with "my name is"."""
    name_dropped: str
    """After "don't call me X" and "I am not X"; asks for the name."""
    greeting: str
    thanks: str
    identity: str
    help: str
    received: str
    unreadable: str
    not_forgotten: str
    """In place of the farewell where the database refused to delete."""
    invitation: str
    """Asks for the name, after another answer."""


ANSWERS: Mapping[Language, Answers] = {
    "id": Answers(
        met="Salam kenal{name}! Apa yang bisa saya bantu?",
        name_known="Nama Anda {nama}.",
        name_unknown="Saya belum tahu nama Anda. Silakan beri tahu saya, siapa nama Anda?",
        name_begun="Ya, siapa nama Anda?",
        name_dropped="Baik, nama itu tidak saya pakai. Bagaimana sebaiknya saya menyapa Anda?",
        greeting="Halo{name}! Apa yang bisa saya bantu?",
        thanks="Sama-sama{name}!",
        identity="Saya NovaBot, bot yang menjawab pesan di sini{name}.",
        help="Tuliskan pertanyaan Anda{name}; saya membantu sebisanya. Agar saya melupakan "
        "semua tentang Anda, tulis: hapus data saya.",
        received="Baik{name}, pesan Anda sudah saya terima.",
        unreadable="Maaf{name}, saya hanya bisa membaca teks. Silakan tuliskan pesan Anda.",
        not_forgotten="Maaf, data Anda belum bisa saya hapus. Permintaan Anda sudah saya catat; "
        "seorang petugas akan mengurusnya.",
        invitation="Bagaimana sebaiknya saya menyapa Anda?",
    ),
    "en": Answers(
        met="Nice to meet you{name}! How can I help?",
        name_known="Your name is {nama}.",
        name_unknown="I don't know your name yet. Please tell me: what is your name?",
        name_begun="Yes, what is your name?",
        name_dropped="All right, I do not use that name. How should I address you?",
        greeting="Hello{name}! How can I help?",
        thanks="You're welcome{name}!",
        identity="I am NovaBot, the bot that answers here{name}.",
        help="Write me your question{name}; I do what I can. To make me forget everything "
        "about you, write: delete my data.",
        received="Thank you{name}, I have received your message.",
        unreadable="Sorry{name}, I can read text only. Please write me your message.",
        not_forgotten="Sorry, I could not delete your data yet. I have noted your request; a "
        "person is going to see to it.",
        invitation="How should I address you?",
    ),
}
