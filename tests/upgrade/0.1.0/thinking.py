# ruff: noqa: I001 - what it imports is of 0.1.0, and moved since
"""NovaBot as a responder of 0.1.0 that takes its time, so that messages are stored first.

It never answers a text that is exactly WAIT.
"""

from __future__ import annotations

import asyncio

from app.bot.nova import nova

from app.sessions.session import Message, Reply, Responder, Session

WAIT = "tunggu"


def make() -> Responder:
    respond = nova()

    async def think(session: Session, message: Message) -> Reply:
        if message.text == WAIT:
            await asyncio.Event().wait()
        return respond(session, message)

    return think
