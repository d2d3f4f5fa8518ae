"""What a client chooses, before any responder: to opt out, to end that, to be answered by a person.

As the wish to be forgotten (wish.py), it is written behind the turn's fence.

docs/sending.md says what each level of opting out means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from app.crm.opting_out import read_opt_out
from app.database.pool import Pool
from app.messages import Message, Reply
from app.nova.answers import Language
from app.nova.intents import read_language
from app.nova.opting_out import Choice, is_english, read_button, read_choice
from app.sessions.session import ChoiceReply, Session


class NotAChoice(Exception):
    """There is nothing to end, or a person answers already: the message is one like any other."""


_TEXTS: Final[Mapping[Language, Mapping[Choice, str]]] = {
    "id": {
        "promotions": "Baik, Anda tidak akan menerima promosi lagi dari kami. Pesan Anda tetap "
        "kami jawab. Untuk menerimanya kembali, balas: MULAI",
        "everything": "Baik, kami tidak akan mengirim pesan lagi kepada Anda. Untuk menerimanya "
        "kembali, balas: MULAI",
        "none": "Baik, Anda akan menerima pesan dari kami lagi. Untuk berhenti, balas: BERHENTI",
        "person": "Baik, pesan Anda saya teruskan. Seseorang dari tim kami akan menjawab di sini.",
    },
    "en": {
        "promotions": "Done, you will get no more promotions from us. We still answer what you "
        "write. To get them again, answer: START",
        "everything": "Done, we will send you no more messages. To get them again, answer: START",
        "none": "Done, you will get messages from us again. To stop them, answer: STOP",
        "person": "All right, I am passing this on. A person from our team will answer you here.",
    },
}


def find_choice(message: Message) -> Choice | None:
    """What the message chooses. A forwarded one holds another person's words."""
    if message.forwarded:
        return None
    if message.kind == "button":
        return read_button(message.text, (message.detail or {}).get("payload"))
    # Not `interactive`: a list or button that a responder made means what its author says.
    return read_choice(message.text) if message.kind == "text" else None


def make_chooser(pool: Pool) -> Callable[[Session, Message], Awaitable[Reply]]:
    """The door's own responder. It raises NotAChoice, and TryLater."""

    async def answer(session: Session, message: Message) -> Reply:
        choice = find_choice(message)
        level = await read_opt_out(pool, message)
        match choice:
            case None:
                raise NotAChoice
            case "none" if level == "none":
                raise NotAChoice
            case "person" if session.paused:
                # Nothing is said, and the message waits for a person, however long the pause is.
                return ChoiceReply(session.context, choice=choice)
            case "promotions" | "everything" if level in (choice, "everything"):
                return ChoiceReply(session.context)  # said once; no responder is to guess at it
            case _:
                return ChoiceReply(
                    session.context, (_say(choice, session, message),), choice=choice
                )

    return answer


def _say(choice: Choice, session: Session, message: Message) -> str:
    before = session.context.get("language")
    language = read_language(message.text, before if before in ("id", "en") else None)
    if is_english(message.text):
        language = "en"
    return _TEXTS[language][choice]
