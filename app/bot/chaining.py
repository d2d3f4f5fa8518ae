"""Which of a client's messages that came together any responder may be asked about together."""

from __future__ import annotations

from collections.abc import Sequence

from app.bot.choices import find_choice
from app.bot.silent import is_silent
from app.bot.wish import find_wish
from app.messages import Message


def find_chain(messages: Sequence[Message]) -> Sequence[Message]:
    """The first, and those after it that a responder may be asked about with it."""
    chain, ids = [messages[0]], {messages[0].id}
    for message in messages[1:]:
        if (
            message.addresses != messages[0].addresses
            or message.id in ids
            or find_wish(message) is not None
            or find_choice(message) is not None
            or is_silent(message)
        ):
            break
        chain.append(message)
        ids.add(message.id)
    return chain
