"""Who a person is: changes of addresses that WhatsApp tells, and what an operator sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.crm.clients import write_label
from app.database.pool import Pool
from app.database.queries import Source, fetch_all, fetch_value
from app.database.retrying import deadline_from_now, fetch_row


@dataclass(frozen=True, slots=True)
class IdentityNote:
    """Something that happened to a client's addresses."""

    kind: str
    """What happened (sql/identity_notes.sql); one that this release does not know, too."""
    at: datetime
    """The sender's time."""
    detail: Mapping[str, Any]
    """`address`, or `from` and `to`: addresses of this client alone."""


@dataclass(frozen=True, slots=True)
class EarlierClient:
    """A client who had an address before, and does not have it now."""

    id: str
    incarnation: UUID
    nama: str | None
    until: datetime
    """The sender's time."""

    @property
    def label(self) -> str:
        return write_label(self.nama, self.id)


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
    """Moves a client to its new addresses; returns what became of it (sql/identity_events.sql).

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


async def list_identity_notes(source: Source, client_id: str) -> list[IdentityNote]:
    """What happened to a client's addresses, the latest first."""
    return await fetch_all(
        source, IdentityNote, "SELECT * FROM novabot_internal.client_notes(%s)", [client_id]
    )


async def list_earlier_clients(source: Source, addresses: Sequence[str]) -> list[EarlierClient]:
    """The clients who had one of these addresses before, the latest first."""
    return await fetch_all(
        source,
        EarlierClient,
        "SELECT e.* FROM unnest(%s::text[]) AS a (address)"
        " CROSS JOIN LATERAL novabot_internal.earlier_clients(a.address) AS e"
        " ORDER BY e.until DESC, e.id",
        [list(addresses)],
    )


async def find_portfolio_move(source: Source) -> datetime | None:
    """When it last showed, within 7 days, that the business's number moved to another portfolio."""
    return await fetch_value(source, "SELECT novabot_internal.portfolio_moved_at()")
