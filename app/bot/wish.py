"""The client's own wish to be forgotten: a door of its own, before any responder.

A message that wishes it is asked back once. The question is a mark in the session's row, under KEY,
which sql/sessions.sql sets and ends (`keep_wish`): so every bot knows of it, a reset takes it
along, and the fence covers it. Only the confirmation within five minutes resets the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.messages import Message, Reply
from app.nova.answers import Language
from app.nova.intents import read_language
from app.nova.wishes import Wish, read_wish
from app.sessions.session import WISH_KEY, Session


class NotAWish(Exception):
    """The confirmation of nothing: the message is answered as any other."""


class NothingKnown(Exception):
    """The confirmation of a sender who is not known, or no longer known."""


@dataclass(frozen=True, slots=True)
class Texts:
    question: str
    farewell: str
    name_forgotten: str
    nothing_known: str


TEXTS: Final[Mapping[Language, Texts]] = {
    "id": Texts(
        question="Apakah Anda yakin? Semua tentang Anda akan dihapus. Jika yakin, balas dalam 5 "
        "menit: YA HAPUS",
        farewell="Baik, saya sudah melupakan semua tentang Anda.",
        name_forgotten="Baik, saya sudah melupakan nama Anda.",
        nothing_known="Saya tidak menyimpan apa pun tentang Anda.",
    ),
    "en": Texts(
        question="Are you sure? Everything about you will be deleted. If you are, answer within "
        "5 minutes: YES DELETE",
        farewell="Done, I have forgotten everything about you.",
        name_forgotten="Done, I have forgotten your name.",
        nothing_known="I keep nothing about you.",
    ),
}


def find_wish(message: Message) -> Wish | None:
    """What the message wishes to be forgotten. A forwarded one holds another person's words."""
    return None if message.forwarded else read_wish(message.text)


def choose_texts(session: Session, message: Message) -> Texts:
    """In the language of the message."""
    before = session.context.get("language")
    return TEXTS[read_language(message.text, before if before in ("id", "en") else None)]


async def answer_wish(session: Session, message: Message) -> Reply:
    """The door's own responder. Raises NotAWish, NothingKnown."""
    texts = choose_texts(session, message)
    match find_wish(message):
        case Wish.FORGET_ME:
            return Reply({**session.context, WISH_KEY: True}, (texts.question,))
        case Wish.FORGET_NAME:
            return Reply(session.context, (texts.name_forgotten,), "")
        case Wish.CONFIRM if session.id is None:
            raise NothingKnown
        case Wish.CONFIRM if WISH_KEY in session.context:
            return Reply({}, (texts.farewell,), forget=True)
        case _:
            raise NotAWish
