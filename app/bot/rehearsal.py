"""Whether this bot could commit a turn and a reset now: `/ready` asks here.

Each second the bot looks at what makes them fail on a server that answers (sql/readiness.sql). It
tries both, and rolls them back, at its start, after a reconnection, when the server or its timeline
is another one (behind a pooler no connection tells that), and after the database refused a message
or a heartbeat. It is not ready until the try succeeds, which is repeated each second. Whether
commits wait for a synchronous standby, no try that is rolled back can tell: that is known from the
last commit that waited in vain, until the heartbeat commits again.
"""

from __future__ import annotations

import asyncio

import psycopg
from psycopg_pool import PoolTimeout

from app.crm.write_check import (
    COMMITS_WAIT,
    RehearsalFailed,
    describe_refusal,
    examine_writing,
    rehearse,
)
from app.database.errors import Busy, TryLater, Unconfirmed, first_line
from app.database.pool import Pool
from app.database.readiness import find_absence
from app.telemetry.bot import report_rehearsed, report_unwritable

INTERVAL = 1.0
"""Seconds between two looks."""


class Rehearsal:
    """Runs until cancelled. The texts name no client, no server and nothing that it said."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        self._fault: str | None = None
        self._absence: str | None = None
        self._commits_wait = False
        """Whether the server says so."""
        self._has_waited = False
        """Whether the last commit waited in vain."""
        self._server: str | None = None
        """On which the last try succeeded; None while one is due."""
        self._due = asyncio.Event()

    @property
    def fault(self) -> str | None:
        """Why turns and resets fail."""
        return self._fault

    @property
    def absence(self) -> str | None:
        """Why no connection can be had, where a server answers that only reads."""
        return self._absence

    def find_delay(self) -> str | None:
        """That no turn has been tried yet since the start, or since the listener reconnected."""
        return None if self._server else "a turn and a reset have not been tried yet"

    def find_obstacle(self) -> str | None:
        """Why nothing is to be committed now: each try would hold a connection until its deadline,
        and its result would be lost."""
        return COMMITS_WAIT if self._commits_wait or self._has_waited else None

    def note_reconnection(self) -> None:
        """It may be another server."""
        self._server = None
        self._due.set()

    def note_refusal(self, error: Exception) -> None:
        """The database did not commit a message or a heartbeat, or did not confirm it. What is
        known stands until a turn has been tried."""
        if isinstance(error, Unconfirmed):
            self._has_waited = True
        self._due.set()

    def note_heartbeat(self) -> None:
        """A heartbeat is committed, and confirmed."""
        if self._has_waited:
            self._has_waited = False
            self._due.set()

    async def run(self) -> None:
        """Looks, and tries what is due."""
        while True:
            await self._look()
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._due.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        due = self._due.is_set()
        self._due.clear()
        try:
            writing = await examine_writing(self._pool)
            self._absence = None
            self._commits_wait = writing.commits_wait
            text = writing.text or (COMMITS_WAIT if self._has_waited else None)
            if text is not None:
                self._note_fault(f"{text}: run novabot doctor")
            elif due or self._fault is not None or writing.server != self._server:
                await rehearse(self._pool)
                if not self._due.is_set():
                    self._server = writing.server
                self._note_fault(None)
        except Busy as error:
            # A lock on a table for more than a second: what was known before still stands.
            report_unwritable(first_line(error))
            await self._pause()
        except (TryLater, RehearsalFailed, psycopg.Error, PoolTimeout) as error:
            if isinstance(error, PoolTimeout) or isinstance(error.__cause__, PoolTimeout):
                self._absence = await find_absence(self._url)
            fault = f"turns and resets cannot be made: {describe_refusal(error)}"
            self._note_fault(fault, first_line(error))
            await self._pause()

    async def _pause(self) -> None:
        """So that what cannot be done is not tried at once again."""
        await asyncio.sleep(INTERVAL)
        self._due.set()

    def _note_fault(self, fault: str | None, said: str | None = None) -> None:
        if fault is not None:
            self._server = None
            report_unwritable(said or fault)
        elif self._fault is not None:
            report_rehearsed()
        self._fault = fault
