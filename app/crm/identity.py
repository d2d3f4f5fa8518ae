"""Who a person is: changes of addresses that WhatsApp tells, and what an operator sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_row


@dataclass(frozen=True, slots=True)
class IdentityNote:
    """Something that happened to a client's addresses."""

    kind: str
    """`number_changed`, `earlier_owner`, `merged`, `ids_disagree`, `ambiguous_change`,
    `move_failed`, `merge_failed` or `portfolio_moved`."""
    at: datetime
    """The sender's time."""
    detail: Mapping[str, Any]
    """`address`, or `from` and `to`: addresses of this client alone."""


@dataclass(frozen=True, slots=True)
class EarlierClient:
    """A client who had an address before."""

    id: str
    incarnation: UUID
    until: datetime
    """The sender's time."""


async def apply_identity_event(
    pool: Pool,
    *,
    message_id: str,
    account: str | None,
    number_changed: bool,
    before: Sequence[str],
    after: Sequence[str],
    at: datetime,
) -> str:
    """Moves a client to its new addresses; returns what became of it (sql/events.sql).

    Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.apply_identity_event(%s, %s, %s, %s, %s, %s)",
        (account, number_changed, list(before), list(after), at, message_id),
        deadline_from_now(),
    )
    return row[0]


async def retry_identity_events(pool: Pool) -> list[str]:
    """Tries again the changes that a lock or a trigger kept: `merged` or `moved` for each done.

    Raises TryLater.
    """
    row = await fetch_row(pool, "SELECT novabot_internal.retry_events()", (), deadline_from_now())
    return row[0]


async def read_notes(source: Source, client_id: str) -> list[IdentityNote]:
    """What happened to a client's addresses, the latest first."""
    return await fetch_all(
        source, IdentityNote, "SELECT * FROM novabot_internal.client_notes(%s)", [client_id]
    )


async def find_earlier_clients(source: Source, address: str) -> list[EarlierClient]:
    """The clients who had this address before, the latest first."""
    return await fetch_all(
        source, EarlierClient, "SELECT * FROM novabot_internal.earlier_clients(%s)", [address]
    )
