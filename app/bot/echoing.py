"""Echoes: stored as what a person has said; never answered, and nothing is learnt from them."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.echoes import Echo
from app.crm.echoes import annotate_echo, store_echo
from app.database.pool import Pool
from app.messages import Message
from app.sessions.store import detail_of
from app.telemetry.bot import count_echo, report_identity


class Echoing:
    """`pause`: how long the bots do not answer a client whom an employee of the business has
    written to on the phone.
    """

    def __init__(self, pool: Pool, *, pause: timedelta, number_kept: timedelta) -> None:
        self._pool = pool
        self._pause = pause
        self._number_kept = number_kept

    async def take(self, echo: Echo) -> None:
        """An edit that comes before its message is taken as that message. Raises TryLater."""
        content = echo.content
        match content:
            case Message():
                outcome = await self._store(content)
            case Annotation():
                outcome = await self._annotate(content)
                if outcome == "unknown" and content.edited is not None:
                    await self._store(content.edited)
                    outcome = await self._annotate(content)
            case _:
                assert_never(content)
        count_echo(echo.act, outcome)

    async def _store(self, message: Message) -> str:
        outcome, identity = await store_echo(
            self._pool,
            addresses=message.addresses,
            account=message.account,
            message_id=message.id,
            kind=message.kind,
            text=message.text,
            detail=detail_of(message),
            at=message.at,
            pause=self._pause,
            number_kept=self._number_kept,
        )
        if identity is not None:
            report_identity(identity)
        return outcome

    async def _annotate(self, annotation: Annotation) -> str:
        return await annotate_echo(
            self._pool,
            addresses=annotation.addresses,
            account=annotation.account,
            event_id=annotation.id,
            target=annotation.target,
            act=annotation.act,
            text=annotation.text,
            at=annotation.at,
            number_kept=self._number_kept,
        )
