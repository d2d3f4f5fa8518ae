"""Telling the database which resets this bot has carried out: rows in "ResetAck".

A batch is one statement, so that a thousand resets in a second cost a few transactions. A responder
with a memory of its own is told first who was forgotten; what kept it stands in the row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.database.errors import TryLater
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_rows
from app.sessions import clock
from app.sessions.forgotten import read_forgotten
from app.telemetry.bot import observe_eviction, report_acknowledgement_delayed

_BATCH = 1_000
_GATHER = 0.005
"""Seconds before a batch is written. Its own NOTIFY wakes every listening process; sent at once,
with 16 bots, it would delay the evictions that it reports (they took 2 to 7 ms, now 1)."""
_PAUSE = 0.5
"""Seconds before the next try while the database is away."""


Tell = Callable[[frozenset[UUID] | None], Awaitable[str | None]]
"""Makes the responder forget these incarnations (None: any client); returns why it may have not."""


@dataclass(slots=True)
class _Evicted:
    reset: int
    sessions: int
    at: datetime | None
    """When, in the database's clock; None for one that was missed."""
    clients: frozenset[UUID] | None
    """Incarnations; None if they are not known, or the reset was missed."""
    is_told: bool = False
    """Whether the responder was told, so that it is not when the row is written at another try."""
    error: str | None = None


class Acknowledgements:
    """Collects what was evicted; `run` writes it. `tell` is None without a memory of a
    responder's own."""

    def __init__(self, pool: Pool, bot: UUID, *, tell: Tell | None = None) -> None:
        self._pool = pool
        self._bot = bot
        self._tell_responder = tell
        self.database_clock = clock.DatabaseClock()
        self._evicted: list[_Evicted] = []
        self._waiting = asyncio.Event()

    @property
    def tells(self) -> bool:
        """Whether a responder is told, and so has to hear of what no bot has told one yet."""
        return self._tell_responder is not None

    def add(self, reset: int, sessions: int, clients: frozenset[UUID] | None) -> None:
        """This reset's sessions (how many) are no longer in memory."""
        self._evicted.append(
            _Evicted(reset, sessions, self.database_clock.read(clock.now()), clients)
        )
        self._waiting.set()

    def add_missed(self, resets: Sequence[int]) -> None:
        """These were committed while this bot did not listen. It remembers nothing from that time,
        so they count as carried out."""
        waiting = {evicted.reset for evicted in self._evicted}
        self._evicted += [
            _Evicted(reset, 0, None, None) for reset in resets if reset not in waiting
        ]
        self._waiting.set()

    async def run(self) -> None:
        """Writes until it is cancelled; what could not be written is tried again."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            await asyncio.sleep(_GATHER)
            try:
                await self._write()
            except TryLater as error:
                report_acknowledgement_delayed(str(error))
                await asyncio.sleep(_PAUSE)
                self._waiting.set()

    async def _write(self) -> None:
        while self._evicted:
            batch = self._evicted[:_BATCH]
            await self._tell(batch)
            # A notification may arrive twice; the second finds nothing left to drop.
            sessions: dict[int, int] = {}
            moments: dict[int, datetime | None] = {}
            for evicted in batch:
                sessions[evicted.reset] = sessions.get(evicted.reset, 0) + evicted.sessions
                moments[evicted.reset] = evicted.at
            errors = {evicted.reset: evicted.error for evicted in batch}
            rows = await fetch_rows(
                self._pool,
                "SELECT reset, seconds"
                " FROM novabot_internal.acknowledge_resets("
                "%s, %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[])",
                (
                    self._bot,
                    list(sessions),
                    list(sessions.values()),
                    list(moments.values()),
                    list(errors.values()),
                ),
                deadline_from_now(),
            )
            del self._evicted[: len(batch)]
            seconds = dict(rows)
            for evicted in batch:
                if evicted.reset in seconds and evicted.at is not None:
                    observe_eviction(evicted.reset, evicted.sessions, seconds[evicted.reset])

    async def _tell(self, batch: Sequence[_Evicted]) -> None:
        """Once for all of them: the responder forgets many as quickly as one."""
        untold = [evicted for evicted in batch if not evicted.is_told]
        if self._tell_responder is None or not untold:
            return
        who = {evicted.reset: evicted.clients for evicted in untold if evicted.clients is not None}
        unsaid = [evicted.reset for evicted in untold if evicted.clients is None]
        if unsaid:
            who |= await read_forgotten(self._pool, unsaid, deadline_from_now())
        is_all_said = all(evicted.reset in who for evicted in untold)
        forgotten = frozenset[UUID]().union(*who.values())
        error = await self._tell_responder(forgotten if is_all_said else None)
        for evicted in untold:
            evicted.is_told, evicted.error = True, error
