"""Webhook items that no bot could read: kept for 8 days, deleted with the client they mention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_row

PAGE = 20


@dataclass(frozen=True, slots=True)
class SetAsideItem:
    """A row of "SetAside"."""

    id: int
    address: str | None
    item: str
    """JSON without message ids; cut where it was long."""
    reason: str
    """One line in English, without personal data."""
    at: datetime


async def list_set_aside(source: Source, client_id: str | None) -> list[SetAsideItem]:
    """The latest items that mention a client; of all clients for None."""
    return await fetch_all(
        source,
        SetAsideItem,
        "SELECT * FROM novabot_internal.items_set_aside(%s, %s)",
        [client_id, PAGE],
    )


async def set_aside(
    pool: Pool, item: str, reason: str, *, key: str, address: str | None, at: datetime | None
) -> None:
    """Keeps an item, once for its key, unless its sender was reset after it was written.

    Raises TryLater.
    """
    await fetch_row(
        pool,
        "SELECT novabot_internal.set_aside(%s, %s, %s, %s, %s)",
        (address, item, reason, at, key),
        deadline_from_now(),
    )
