"""Periodic work: takeover of abandoned messages, trigger audit, pruning."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app.bot.audit import TriggerAudit
from app.bot.sending.number import Number
from app.bot.sending.outbox import Outbox
from app.bot.turns import BotTurns
from app.crm.conversation import find_waiting_clients
from app.crm.identity import retry_identity_events
from app.crm.resets import prune_receipts
from app.crm.sending.outbox import find_unknown_kinds, settle_abandoned
from app.crm.watermarks import prune_digests
from app.database.errors import TryLater, first_line
from app.database.pool import Pool
from app.telemetry.bot import (
    count_identity_event,
    report_taken_over,
    report_unknown_kinds,
    report_upkeep_delayed,
)

INTERVAL = 1.0
"""Seconds between two rounds."""
AUDIT_EVERY = 60
"""Rounds between two audits of the triggers; while something is wrong each round audits them."""
_PRUNE_EVERY = 60
"""Rounds between two prunings, two tries of changes of addresses that could not be carried out, and
two warnings of messages that only a newer release can send."""


class Upkeep:
    """Runs until cancelled; a database that is away is waited for."""

    def __init__(
        self,
        pool: Pool,
        bot: UUID,
        audit: TriggerAudit,
        turns: BotTurns,
        outbox: Outbox,
        *,
        number: Number,
        audit_every: int = AUDIT_EVERY,
    ) -> None:
        self._pool = pool
        self._bot = bot
        self._audit = audit
        self._turns = turns
        self._outbox = outbox
        self._number = number
        self._audit_every = audit_every

    async def run(self, row_written: asyncio.Event) -> None:
        """Begins once this bot's row is written: without it, others would take over its work."""
        await row_written.wait()
        number = 0
        while True:
            try:
                if self._audit.drift != () or number % self._audit_every == 0:
                    await self._audit.run_once()
                await self._take_over()
                if number % _PRUNE_EVERY == 0:
                    await prune_digests(self._pool)
                    for outcome in await retry_identity_events(self._pool):
                        count_identity_event(outcome)
                    await self._warn_of_unknown_kinds()
                    # Last: another program's foreign key or trigger may refuse it each time.
                    await prune_receipts(self._pool)
            except TryLater as error:
                report_upkeep_delayed(first_line(error))
            number += 1
            await asyncio.sleep(INTERVAL)

    async def _warn_of_unknown_kinds(self) -> None:
        kinds = await find_unknown_kinds(self._pool)
        if kinds:
            report_unknown_kinds(kinds)

    async def _take_over(self) -> None:
        """Wakes the work that no living bot is at."""
        abandoned = await settle_abandoned(self._pool)
        waiting = await find_waiting_clients(self._pool, self._bot)
        report_taken_over(len(waiting), abandoned)
        queued = [client.id for client in waiting if client.has_queued]
        if queued and await self._number.claim_try():
            self._outbox.try_number(queued[0])
        for client in waiting:
            if client.has_pending:
                self._turns.wake(client.id)
            if client.has_queued:
                self._outbox.wake(client.id)
