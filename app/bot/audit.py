"""A bot's audit of the triggers that forgetting depends on."""

from __future__ import annotations

from app.crm.triggers import audit_triggers
from app.database.errors import TryLater
from app.database.pool import Pool
from app.telemetry.bot import report_drift, report_drift_mended


class TriggerAudit:
    """What the last audit found."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._drift: tuple[str, ...] | None = None

    @property
    def drift(self) -> tuple[str, ...] | None:
        """How the triggers differ from those shipped; None while no audit could be made."""
        return self._drift

    async def run_once(self) -> None:
        """Audits, and reports what has changed since the last time. Raises TryLater."""
        before = self._drift
        try:
            self._drift = await audit_triggers(self._pool)
        except TryLater:
            self._drift = None
            raise
        if self._drift and self._drift != before:
            report_drift(self._drift)
        elif before and not self._drift:
            report_drift_mended()
