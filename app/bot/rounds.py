"""What a bot does by the clock: it says that it is there, takes over work, and tidies up."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import LiteralString
from uuid import UUID

from app.bot.answering import Answering
from app.bot.outbox import Outbox
from app.database.pool import Pool
from app.sessions.errors import StoreError
from app.sessions.store import deadline_from_now, fetch_row, fetch_rows
from app.telemetry import report_round_missed, report_taken_over

ROUND = 1.0
"""Seconds between rounds."""
_TIDY_EVERY = 3600
"""Rounds between two prunings."""


class Rounds:
    """Runs until cancelled; a database that is away is waited for."""

    def __init__(
        self,
        pool: Pool,
        bot: UUID,
        outbox: Outbox,
        answering: Answering,
        *,
        is_listening: Callable[[], bool],
        count_sessions: Callable[[], int],
    ) -> None:
        self._pool = pool
        self._bot = bot
        self._outbox = outbox
        self._answering = answering
        self._is_listening = is_listening
        self._count_sessions = count_sessions

    async def run(self) -> None:
        number = 0
        while True:
            try:
                await self.report()
                await self._look_around()
                if number % _TIDY_EVERY == 0:
                    await self._ask("SELECT prune_digests()")
                number += 1
            except StoreError as error:
                report_round_missed(str(error))
            await asyncio.sleep(ROUND)

    async def report(self) -> None:
        """Renews this bot's row in "Bot"."""
        await self._ask(
            "SELECT report_bot(%s, %s, %s, %s, %s)",
            self._bot,
            socket.gethostname(),
            os.getpid(),
            self._is_listening(),
            self._count_sessions(),
        )

    async def retire(self) -> None:
        """Says that this bot has stopped and remembers nobody."""
        await self._ask("SELECT retire_bot(%s)", self._bot)

    async def _look_around(self) -> None:
        abandoned = await self._ask("SELECT settle_abandoned()")
        waiting = await fetch_rows(
            self._pool,
            "SELECT client, has_pending, has_queued FROM clients_waiting(%s)",
            (self._bot,),
            deadline_from_now(),
        )
        report_taken_over(len(waiting), abandoned)
        for client, has_pending, has_queued in waiting:
            if has_pending:
                self._answering.wake(client)
            if has_queued:
                self._outbox.wake(client)

    async def _ask(self, statement: LiteralString, *parameters: object) -> int:
        row = await fetch_row(self._pool, statement, parameters, deadline_from_now())
        return row[0]
