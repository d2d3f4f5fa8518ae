"""Webhook items that could not be read, kept for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_row


@dataclass(frozen=True, slots=True)
class SetAsideItem:
    id: int
    address: str | None
    item: str
    reason: str
    at: datetime


async def list_set_aside(
    source: Source, client_id: str | None, most: int = 20
) -> list[SetAsideItem]:
    """The items that mention a client; those of all clients for None."""
    return await fetch_all(
        source,
        SetAsideItem,
        "SELECT * FROM novabot_internal.items_set_aside(%s, %s)",
        [client_id, most],
    )


async def set_aside(
    pool: Pool, item: str, reason: str, *, address: str | None, at: datetime | None
) -> None:
    """Keeps an item, unless its sender was reset after it was written. Raises TryLater."""
    await fetch_row(
        pool,
        "SELECT novabot_internal.set_aside(%s, %s, %s, %s)",
        (address, item, reason, at),
        deadline_from_now(),
    )
