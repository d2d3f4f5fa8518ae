"""Writing what became of attempts to send, and taking what comes next (sql/outbox.sql)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from app.bot.sending.number import Number
from app.crm.sending.outbox import (
    Sending,
    SentMessage,
    Settled,
    settle_sendings,
    settle_sent,
    settle_unsent,
)
from app.database.errors import TryLater, first_line
from app.database.grouping import Grouping
from app.database.pool import Pool
from app.telemetry.bot import report_group_failed
from app.telemetry.sending import report_unsettled

_TOGETHER: Final = 64
"""Outcomes that are written in one statement at the most."""
_TRIES = 30
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """When the database last said that a message may be sent."""

    at: float
    """Seconds, of app.sessions.clock."""
    evictions: int
    """How many evictions this bot had heard of by then."""


@dataclass(slots=True)
class Begun:
    """A message that is `sending`, of which nothing has been written to the socket yet."""

    sending: Sending
    mark: Mark


After = Begun | Literal["look", "done"]
"""The client's next message, begun; `look`: start_sending may have one; `done`: there is none."""


@dataclass(frozen=True, slots=True)
class _Sent:
    client: str
    token: UUID
    message_id: str


class Settling:
    """Writes the outcomes of one bot's attempts."""

    def __init__(self, pool: Pool, bot: UUID, number: Number, mark: Callable[[], Mark]) -> None:
        self._pool = pool
        self._bot = bot
        self._number = number
        self._mark = mark
        self._grouping = Grouping(self._settle_together, _TOGETHER)
        self.posted: set[UUID] = set()
        """Tokens that this bot has begun to POST, or is about to, until their outcome is written.

        A `sending` row of this bot that is not among them is given to it again.
        """
        self.more: set[str] = set()
        """Clients who probably have more to be sent: their outcomes ask for it too."""

    async def settle_sent(self, client: str, token: UUID, message_id: str) -> After:
        """WhatsApp took it, under this id.

        Cancelled, it gives back what the statement in flight still gives out.
        """
        asked = self._grouping.ask(_Sent(client, token, message_id))
        try:
            after = await asyncio.shield(asked)
        except asyncio.CancelledError:
            if isinstance(following := await asked, Begun):
                await self.give_back(following.sending)
            raise
        if after is not None:
            self.posted.discard(token)
            return after
        await self._settle(token, lambda: settle_sent(self._pool, token, message_id))
        return "look"

    async def settle_unsent(
        self,
        sending: Sending,
        status: Literal["queued", "uncertain", "failed"],
        text: str | None,
        code: int | None = None,
        pause: float = 0.0,
    ) -> None:
        """The attempt did not succeed; `pause` in seconds until it is tried again."""
        await self._settle(
            sending.token,
            lambda: settle_unsent(
                self._pool, sending.token, self._bot, status, text, code=code, pause=pause
            ),
        )

    async def give_back(self, sending: Sending) -> None:
        """Queues a message of which nothing was written to the socket; any bot may take it."""
        await self.settle_unsent(sending, "queued", None)

    async def _settle_together(self, sent: Sequence[_Sent]) -> Sequence[After | None]:
        """None for one that has to be settled alone."""
        mark = self._mark()
        wanted = [each.client in self.more and self._number.try_place() for each in sent]
        messages = [
            SentMessage(each.token, each.message_id, wants_next)
            for each, wants_next in zip(sent, wanted, strict=True)
        ]
        settled: Sequence[Settled | None]
        try:
            settled = await settle_sendings(
                self._pool, messages, self._bot, self.posted, self._number.sender
            )
        except (psycopg.Error, PoolTimeout) as error:
            report_group_failed("settle_sendings", first_line(error))
            settled = [None] * len(sent)
        for wants_next, result in zip(wanted, settled, strict=True):
            if wants_next and (result is None or result.next is None):
                self._number.give_back_place()
        return [
            None if result is None else self._find_next(each.client, result, mark)
            for each, result in zip(sent, settled, strict=True)
        ]

    def _find_next(self, client: str, settled: Settled, mark: Mark) -> After:
        if settled.next is not None:
            return Begun(settled.next, mark)
        if settled.has_more:
            self.more.add(client)
            return "look"
        self.more.discard(client)
        return "done"

    async def _settle(self, token: UUID, write: Callable[[], Awaitable[None]]) -> None:
        """Writes what became of an attempt; a database that is away is asked for a while."""
        for left in reversed(range(_TRIES)):
            try:
                await write()
            except TryLater as error:
                if left == 0:
                    report_unsettled(first_line(error))
                    return
                await asyncio.sleep(_PAUSE)
            else:
                self.posted.discard(token)
                return
