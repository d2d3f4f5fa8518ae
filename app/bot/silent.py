"""What is stored and never answered, whichever responder there is."""

from __future__ import annotations

from app.messages import Message, Reply
from app.sessions.session import Session


def is_silent(message: Message) -> bool:
    """A call; or a message that reaches us while another app has the chat (standby): an answer
    would take the chat from that app.
    """
    return message.kind == "call" or (message.detail or {}).get("standby") is True


async def say_nothing(session: Session, _: Message) -> Reply:
    """Leaves the session as it is."""
    return Reply(session.context)
