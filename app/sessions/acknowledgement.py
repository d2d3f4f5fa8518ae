"""Telling the database which resets this bot has carried out: rows in "ResetAck".

A batch is one statement, so that a thousand resets in a second cost a few transactions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.database.errors import TryLater
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_rows
from app.telemetry.bot import observe_eviction, report_acknowledgement_delayed

_BATCH = 1_000
_GATHER = 0.005
"""Seconds before a batch is written. Its own NOTIFY wakes every listening process; sent at once,
with 16 bots, it would delay the evictions that it reports (they took 2 to 7 ms, now 1)."""
_PAUSE = 0.5
"""Seconds before the next try while the database is away."""


@dataclass(frozen=True, slots=True)
class _Evicted:
    reset: int
    sessions: int
    at: float | None
    """When; None for one that was missed."""


class Acknowledgements:
    """Collects what was evicted; `run` writes it."""

    def __init__(self, pool: Pool, bot: UUID) -> None:
        self._pool = pool
        self._bot = bot
        self._evicted: list[_Evicted] = []
        self._waiting = asyncio.Event()

    def add(self, reset: int, sessions: int) -> None:
        """This reset's sessions (how many) are no longer in memory."""
        self._evicted.append(_Evicted(reset, sessions, time.monotonic()))
        self._waiting.set()

    def add_missed(self, resets: Sequence[int]) -> None:
        """These were committed while this bot did not listen. It remembers nothing from that time,
        so they count as carried out."""
        waiting = {evicted.reset for evicted in self._evicted}
        self._evicted += [_Evicted(reset, 0, None) for reset in resets if reset not in waiting]
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
            # A notification may arrive twice; the second finds nothing left to drop.
            sessions: dict[int, int] = {}
            for evicted in batch:
                sessions[evicted.reset] = sessions.get(evicted.reset, 0) + evicted.sessions
            sent_at = time.monotonic()
            rows = await fetch_rows(
                self._pool,
                "SELECT reset, seconds"
                " FROM novabot_internal.acknowledge_resets(%s, %s::bigint[], %s::bigint[])",
                (self._bot, list(sessions), list(sessions.values())),
                deadline_from_now(),
            )
            del self._evicted[: len(batch)]
            seconds = dict(rows)
            for evicted in batch:
                if evicted.reset in seconds and evicted.at is not None:
                    took = seconds[evicted.reset] - (sent_at - evicted.at)
                    observe_eviction(evicted.reset, evicted.sessions, max(0.0, took))
