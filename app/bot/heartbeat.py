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
from app.database.errors import TryLater
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row, fetch_rows
from app.telemetry import (
    report_drift,
    report_drift_mended,
    report_round_missed,
    report_taken_over,
)

ROUND = 1.0
"""Seconds between rounds."""
AUDIT_EVERY = 60
"""Rounds between two audits of the triggers."""
_TIDY_EVERY = 60
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
        audit_every: int = AUDIT_EVERY,
    ) -> None:
        self._pool = pool
        self._bot = bot
        self._outbox = outbox
        self._answering = answering
        self._is_listening = is_listening
        self._count_sessions = count_sessions
        self._audit_every = audit_every
        self._drift: tuple[str, ...] | None = None

    @property
    def drift(self) -> tuple[str, ...] | None:
        """What the last audit found changed in the database's triggers; None if there is none."""
        return self._drift

    async def run(self) -> None:
        number = 0
        while True:
            try:
                await self.report()
                # While something is wrong every round looks whether it has been mended.
                if self._drift != () or number % self._audit_every == 0:
                    await self._audit()
                await self._look_around()
                if number % _TIDY_EVERY == 0:
                    await self._ask("SELECT prune_digests()")
            except TryLater as error:
                report_round_missed(str(error).partition("\n")[0])
            number += 1
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

    async def _audit(self) -> None:
        before = self._drift
        try:
            row = await fetch_row(self._pool, "SELECT audit_triggers()", (), deadline_from_now())
            self._drift = tuple(row[0])
        except TryLater:
            self._drift = None
            raise
        if self._drift and self._drift != before:
            report_drift(self._drift)
        elif before and not self._drift:
            report_drift_mended()

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
