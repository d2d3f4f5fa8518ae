"""Notes of what happened to a client's addresses: changed, given up, joined, or in conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.database.queries import Source, fetch_all

PAGE = 20


@dataclass(frozen=True, slots=True)
class ClientNote:
    kind: str
    """What happened; one that this release does not know, too."""
    at: datetime
    """In the sender's time."""
    detail: Mapping[str, object]
    """The addresses concerned, by their part in it: `from` and `to`, or `address`."""


async def list_client_notes(source: Source, client_id: str) -> list[ClientNote]:
    """The latest notes, the latest first."""
    return await fetch_all(
        source,
        ClientNote,
        "SELECT * FROM novabot_internal.client_notes(%s) LIMIT %s",
        [client_id, PAGE],
    )
