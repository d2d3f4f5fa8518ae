"""Taking what is to be sent, and writing what became of it (sql/outbox.sql)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from app.bot.sending.number import Number
from app.crm.sending.outbox import (
    SETTLE,
    Sending,
    SentMessage,
    Settled,
    list_settle_parameters,
    read_settled,
    settle_sendings,
    settle_sent,
    settle_unsent,
    start_sending,
)
from app.database.errors import TryLater, first_line
from app.database.grouping import Grouping
from app.database.pool import Pool
from app.telemetry.bot import report_group_failed
from app.telemetry.sending import report_unsettled

_TOGETHER: Final = 64
"""Outcomes that are written in one statement at the most."""
_PATIENCE: Final = 0.005
"""Seconds that an outcome waits for a group of turns, to be written in their statement. Not where
more of its client's is to be sent: that waits for the outcome."""
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


@dataclass(frozen=True, slots=True)
class _Batch:
    """The outcomes of one statement."""

    clients: Sequence[str]
    messages: Sequence[SentMessage]
    mark: Mark
    """From before the statement."""


class Rider:
    """Outcomes that are written in the statement of a group of turns."""

    def __init__(
        self,
        parameters: Sequence[Any],
        land: Callable[[Mapping[int, tuple[Any, ...]] | None], None],
    ) -> None:
        """`land` is called with the statement's rows by their places; with None if it failed."""
        self.statement: LiteralString = SETTLE
        self.parameters = parameters
        self.land = land


class Settling:
    """Writes the outcomes of one bot's attempts."""

    def __init__(self, pool: Pool, bot: UUID, number: Number, mark: Callable[[], Mark]) -> None:
        self._pool = pool
        self._bot = bot
        self._number = number
        self._mark = mark
        self._grouping = Grouping(self._settle_together, _TOGETHER, patience=_PATIENCE)
        self.posted: set[UUID] = set()
        """Tokens that this bot has begun to POST, or is about to, until their outcome is written.

        A `sending` row of this bot that is not among them is given to it again, if its client is
        among the doubtful.
        """
        self.doubtful: set[str] = set()
        """Clients a message of whom a call may have given out whose reply was lost.

        Of others nothing is given out again: a worker may hold a message that it has not begun to
        POST, and that has become another client's by a merge.
        """
        self.more: set[str] = set()
        """Clients who probably have more to be sent: their outcomes ask for it too."""

    async def start(self, client: str, *, is_try: bool = False) -> Begun | None:
        """The client's oldest unsent message, if it may be sent now. Raises TryLater."""
        mark = self._mark()
        posted = self.posted if client in self.doubtful else None
        self.doubtful.add(client)
        sending = await start_sending(
            self._pool, client, self._bot, posted, self._number.sender, is_try=is_try
        )
        self.doubtful.discard(client)  # the reply has come
        if sending is None:
            return None
        self.posted.add(sending.token)
        return Begun(sending, mark)

    async def settle_sent(self, client: str, token: UUID, message_id: str) -> After:
        """WhatsApp took it, under this id.

        Cancelled, it gives back what the statement in flight still gives out.
        """
        asked = self._grouping.ask(_Sent(client, token, message_id), at_once=client in self.more)
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

    def find_rider(self) -> Rider | None:
        """The outcomes that wait, to be written in a statement of the turns'."""
        asked = self._grouping.take()
        if not asked:
            return None
        batch = self._begin([sent for sent, _ in asked])
        parameters = list_settle_parameters(batch.messages, self._bot, self._number.sender)

        def land(rows: Mapping[int, tuple[Any, ...]] | None) -> None:
            settled = None if rows is None else read_settled(rows, len(asked))
            for (_, result), after in zip(asked, self._end(batch, settled), strict=True):
                if not result.done():
                    result.set_result(after)

        return Rider(parameters, land)

    async def _settle_together(self, sent: Sequence[_Sent]) -> Sequence[After | None]:
        """None for one that has to be settled alone."""
        batch, settled = self._begin(sent), None
        try:
            settled = await settle_sendings(
                self._pool, batch.messages, self._bot, self._number.sender
            )
        except (psycopg.Error, PoolTimeout) as error:
            report_group_failed("settle_sendings", first_line(error))
        return self._end(batch, settled)

    def _begin(self, sent: Sequence[_Sent]) -> _Batch:
        messages = [
            SentMessage(
                each.token,
                each.message_id,
                wants_next=each.client in self.more and self._number.try_place(),
            )
            for each in sent
        ]
        return _Batch([each.client for each in sent], messages, self._mark())

    def _end(
        self, batch: _Batch, settled: Sequence[Settled | None] | None
    ) -> Sequence[After | None]:
        """`settled` is None if the statement's reply has not come: it may have given out what
        comes next.
        """
        results = [None] * len(batch.messages) if settled is None else settled
        for client, message, result in zip(batch.clients, batch.messages, results, strict=True):
            if message.wants_next and (result is None or result.next is None):
                self._number.give_back_place()
            if message.wants_next and settled is None:
                self.doubtful.add(client)
        return [
            None if result is None else self._find_next(client, result, batch.mark)
            for client, result in zip(batch.clients, results, strict=True)
        ]

    def _find_next(self, client: str, settled: Settled, mark: Mark) -> After:
        if settled.next is not None:
            self.posted.add(settled.next.token)
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
