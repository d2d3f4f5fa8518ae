"""Resets and their receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.crm.errors import reading_handle
from app.database.queries import Source, fetch_all, fetch_one

PAGE = 50


@dataclass(frozen=True, slots=True)
class Reset:
    id: int
    at: datetime
    actor: str
    source: str
    clients: int
    sessions: int
    conversations: int


@dataclass(frozen=True, slots=True)
class ListedReset(Reset):
    acknowledged: int
    missing: int


@dataclass(frozen=True, slots=True)
class ReceiptBot:
    """A bot on a receipt; without `acked_at` it is missing."""

    id: UUID
    host: str
    pid: int
    evicted: int | None
    acked_at: datetime | None
    milliseconds: float | None
    started_later: bool
    """It began after the reset, and so remembered no client of it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    reset: Reset
    bots: list[ReceiptBot]

    @property
    def acknowledged(self) -> list[ReceiptBot]:
        return [bot for bot in self.bots if bot.acked_at is not None]

    @property
    def missing(self) -> list[ReceiptBot]:
        return [bot for bot in self.bots if bot.acked_at is None]


async def reset_incarnation(
    source: Source,
    handle: str,
    incarnation: UUID | None,
    *,
    actor: str,
    door: Literal["dashboard", "api", "cli"],
) -> Reset | None:
    """Resets the client if it is still this incarnation (None: the current one), else None.

    `actor` and `door` are the receipt's actor and source. Raises UnreadableHandle, and psycopg's
    LockNotAvailable after 5 s behind another transaction's lock.
    """
    with reading_handle():
        return await fetch_one(
            source,
            Reset,
            "SELECT r.* FROM reset_life(%s, %s, %s, %s) AS r WHERE r.id IS NOT NULL",
            [handle, incarnation, actor, door],
        )


async def list_resets(source: Source, before: int | None) -> tuple[list[ListedReset], int | None]:
    """A page of resets, the latest first, and the id after which the next page begins."""
    resets = await fetch_all(
        source, ListedReset, "SELECT * FROM list_resets(%s, %s)", [before, PAGE + 1]
    )
    shown = resets[:PAGE]
    return shown, shown[-1].id if len(resets) > PAGE else None


async def find_receipt(source: Source, reset_id: int) -> Receipt | None:
    reset = await fetch_one(source, Reset, 'SELECT * FROM "Reset" WHERE id = %s', [reset_id])
    if reset is None:
        return None
    bots = await fetch_all(source, ReceiptBot, "SELECT * FROM receipt_bots(%s)", [reset_id])
    return Receipt(reset, bots)
