"""Resets and their receipts as the pages and the API read them, and the reset itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from starlette.requests import Request

from app.dashboard.operators import actor_of
from app.dashboard.queries import fetch_all, fetch_one

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
    """It began after the reset, and so remembered nobody."""


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


async def reset_life(
    request: Request, handle: str, life: UUID | None, source: Literal["dashboard", "api"]
) -> Reset | None:
    """Resets the client in this life (None: the current one); None if it lives another one.

    Raises ST001 for an unreadable handle, LockNotAvailable after 5 s behind somebody's lock.
    """
    return await fetch_one(
        request,
        Reset,
        "SELECT r.* FROM reset_life(%s, %s, %s, %s) AS r WHERE r.id IS NOT NULL",
        [handle, life, actor_of(request), source],
    )


async def list_resets(request: Request, before: int | None) -> tuple[list[ListedReset], int | None]:
    """A page of resets, the latest first, and the id after which the next page begins."""
    resets = await fetch_all(
        request, ListedReset, "SELECT * FROM list_resets(%s, %s)", [before, PAGE + 1]
    )
    shown = resets[:PAGE]
    return shown, shown[-1].id if len(resets) > PAGE else None


async def read_receipt(request: Request, reset_id: int) -> Receipt | None:
    reset = await fetch_one(request, Reset, 'SELECT * FROM "Reset" WHERE id = %s', [reset_id])
    if reset is None:
        return None
    bots = await fetch_all(request, ReceiptBot, "SELECT * FROM receipt_bots(%s)", [reset_id])
    return Receipt(reset, bots)
