"""Digests of delivered messages and of reset addresses: what has to outlive a reset."""

from __future__ import annotations

from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row


async def prune_digests(pool: Pool) -> None:
    """Deletes what is older than 8 days. Raises TryLater."""
    await fetch_row(pool, "SELECT novabot_internal.prune_digests()", (), deadline_from_now())
