"""Who asked not to be written to (sql/opting_out.sql)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database.pool import Pool
from app.database.queries import Source, fetch_one
from app.database.retrying import deadline_from_now, fetch_row
from app.messages import Message


async def read_opt_out(pool: Pool, message: Message) -> str:
    """What the writer asked for before: `none`, `promotions` or `everything`. Raises TryLater."""
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.opt_out_at(%s, %s)",
        (list(message.addresses), message.at),
        deadline_from_now(),
    )
    return row[0]


@dataclass(frozen=True, slots=True)
class OptOut:
    """Why a client is not written to."""

    state: str | None
    """`promotions`, `everything`, `reset` (lately, and has not written since), or None."""
    since: datetime | None
    """When the client said so."""


async def describe_opt_out(source: Source, client_id: str) -> OptOut:
    found = await fetch_one(
        source, OptOut, "SELECT * FROM novabot_internal.describe_opt_out(%s)", [client_id]
    )
    return found or OptOut(None, None)


async def note_preference(
    pool: Pool, *, addresses: Sequence[str], event_id: str, level: str, at: datetime
) -> str:
    """WhatsApp tells that promotions stop, or go on (level `none`).

    Returns `noted`, `duplicate` or `too_old`. Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.note_preference(%s, %s, %s, %s)",
        (list(addresses), event_id, level, at),
        deadline_from_now(),
    )
    return row[0]
