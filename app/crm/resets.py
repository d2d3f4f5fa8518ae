"""Resets and their receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from app.crm.errors import UnknownReset
from app.database.pool import Pool
from app.database.queries import Source, fetch_all, fetch_one
from app.database.retrying import deadline_from_now, fetch_row

PAGE = 50


@dataclass(frozen=True, slots=True)
class Reset:
    """A row of "Reset"."""

    id: int
    at: datetime
    actor: str
    source: str
    clients: int
    sessions: int
    conversations: int

    def counts_as_json(self) -> dict[str, Any]:
        return {
            "reset": self.id,
            "clients": self.clients,
            "sessions": self.sessions,
            "conversations": self.conversations,
        }


@dataclass(frozen=True, slots=True)
class ListedReset(Reset):
    """A row of the list."""

    acknowledged: int
    """How many bots have acknowledged it."""
    missing: int
    """How many bots have not."""
    silent: int
    """How many had been silent before it, and have not."""


@dataclass(frozen=True, slots=True)
class ReceiptBot:
    """A bot on a receipt; without `acked_at` it has not acknowledged."""

    id: UUID
    host: str
    pid: int
    evicted: int | None
    evicted_at: datetime | None
    """When it dropped the sessions, in the database's clock, by its own measure, if it has one."""
    acked_at: datetime | None
    milliseconds: float | None
    """From the reset to `evicted_at`. None for one that missed the reset and found it when it
    connected again; it forgot everything before that, and does not know when. Bots of 0.1 never do.
    """
    started_later: bool
    """It started after the reset, so it had no session to drop."""
    error: str | None
    """Why its responder may still remember these clients."""
    silent_since: datetime | None
    """When it was last seen, if it had been silent for over 15 s at the reset: it was killed, or
    stands still, and no receipt waits for it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    reset: Reset
    bots: list[ReceiptBot]

    @property
    def acknowledged(self) -> list[ReceiptBot]:
        return [bot for bot in self.bots if bot.acked_at is not None]

    @property
    def missing(self) -> list[ReceiptBot]:
        """Those that were seen within 15 s before the reset, and have not acknowledged it."""
        return [bot for bot in self.bots if bot.acked_at is None and bot.silent_since is None]

    @property
    def silent(self) -> list[ReceiptBot]:
        return [bot for bot in self.bots if bot.silent_since is not None]

    @property
    def is_late(self) -> bool:
        """Whether a bot acknowledged that does not know when it forgot."""
        return any(bot.milliseconds is None and not bot.started_later for bot in self.acknowledged)

    @property
    def failed(self) -> list[ReceiptBot]:
        """Those whose responder may still remember these clients."""
        return [bot for bot in self.bots if bot.error is not None]

    def as_json(self) -> dict[str, Any]:
        """As the API and `novabot reset --json` have it."""
        return {
            **self.reset.counts_as_json(),
            "at": self.reset.at.isoformat(),
            "actor": self.reset.actor,
            "source": self.reset.source,
            "acks": [
                {
                    "bot": str(bot.id),
                    "evicted": bot.evicted,
                    "evictedAt": bot.evicted_at.isoformat() if bot.evicted_at else None,
                    "ackedAt": bot.acked_at.isoformat() if bot.acked_at else None,
                    "error": bot.error,
                }
                for bot in self.acknowledged
            ],
            "missing": [str(bot.id) for bot in self.missing],
            "silent": [
                {"bot": str(bot.id), "since": bot.silent_since.isoformat()}
                for bot in self.silent
                if bot.silent_since
            ],
        }


async def wait_for_acknowledgements(
    conn: AsyncConnection[Any], reset_id: int, seconds: float
) -> None:
    """Until every bot has acknowledged it, or so long; `conn` is in autocommit, outside a block."""
    await conn.execute(
        "CALL public.wait_for_acks(%s, make_interval(secs => %s))", (reset_id, seconds)
    )


async def list_resets(source: Source, before: int | None) -> tuple[list[ListedReset], int | None]:
    """A page of resets, the latest first, and the id after which the next page begins."""
    resets = await fetch_all(
        source,
        ListedReset,
        "SELECT * FROM novabot_internal.list_resets(%s, %s)",
        [before, PAGE + 1],
    )
    shown = resets[:PAGE]
    return shown, shown[-1].id if len(resets) > PAGE else None


async def find_reset(source: Source, reset_id: int) -> Reset | None:
    return await fetch_one(
        source,
        Reset,
        'SELECT id, at, actor, source, clients, sessions, conversations FROM public."Reset"'
        " WHERE id = %s",
        [reset_id],
    )


async def get_receipt(source: Source, reset_id: int) -> Receipt:
    """As `find_receipt`. Raises UnknownReset."""
    receipt = await find_receipt(source, reset_id)
    if receipt is None:
        raise UnknownReset
    return receipt


async def find_receipt(source: Source, reset_id: int) -> Receipt | None:
    """Both statements need one snapshot to agree (`open_snapshot`)."""
    reset = await find_reset(source, reset_id)
    if reset is None:
        return None
    bots = await fetch_all(
        source, ReceiptBot, "SELECT * FROM novabot_internal.receipt_bots(%s)", [reset_id]
    )
    return Receipt(reset, bots)


async def prune_receipts(pool: Pool) -> None:
    """Deletes receipts that are older than 400 days. Raises TryLater."""
    await fetch_row(pool, "SELECT novabot_internal.prune_receipts()", (), deadline_from_now())
