"""What clients write in the benchmarks, and who answers: the real NovaBot."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from app.bot.responder.loading import load_responder
from app.messages import Message, is_instant
from app.sessions.session import InstantResponder
from app.settings import Settings

TEXT = "Hai, apa kabar hari ini?"
ANSWER = "Terima kasih, pesannya sudah saya terima."
CONTEXT = {"language": "id", "asked": True}
"""What those write who do without the product."""


def nova() -> InstantResponder:
    """The default responder of a bot."""
    responder = load_responder(Settings.model_fields["responder"].default)
    if not is_instant(responder):
        raise TypeError("the default responder is not marked @instant")
    return responder


def make_message(phone: str, text: str = TEXT) -> Message:
    return Message(
        id=f"wamid.{uuid.uuid4().hex}",
        addresses=(phone,),
        kind="text",
        text=text,
        at=datetime.now(UTC).replace(microsecond=0),
    )
