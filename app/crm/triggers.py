"""The triggers that forgetting depends on."""

from __future__ import annotations

from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row


async def audit_triggers(pool: Pool) -> tuple[str, ...]:
    """What differs from the triggers as shipped, a line each. Raises TryLater."""
    row = await fetch_row(pool, "SELECT novabot_internal.audit_triggers()", (), deadline_from_now())
    return tuple(row[0])
