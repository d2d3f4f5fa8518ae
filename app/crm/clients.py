"""Clients: listing, finding and describing them, and pausing the bot for one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from app.addresses import write_address
from app.crm.errors import UnknownClient, UnreadableCursor, reading_handle
from app.database.queries import Source, fetch_all, fetch_one, fetch_value

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A row of the list."""

    id: str
    nama: str | None
    profile_name: str | None
    active_at: datetime
    cursor: str
    """Its place in the list."""
    paused: bool
    messages: int
    last_message_at: datetime | None
    last_text: str | None
    last_kind: str | None
    last_direction: str | None
    last_status: str | None
    last_author: str | None

    @property
    def number(self) -> str:
        return write_address(self.id)


@dataclass(frozen=True, slots=True)
class ClientPage:
    clients: list[ListedClient]
    next: str | None
    """The cursor of the following page."""


@dataclass(frozen=True, slots=True)
class Client:
    """Everything that is kept of a client; messages and items set aside are counted."""

    id: str
    incarnation: UUID
    nama: str | None
    profile_name: str | None
    created_at: datetime
    active_at: datetime
    paused_at: datetime | None
    paused_until: datetime | None
    """While the bot steps back because a person has written on the phone."""
    context: Mapping[str, Any] | None
    """None without a session."""
    updated_at: datetime | None
    aliases: list[str]
    former_aliases: list[str]
    """Addresses that lead to the client no more, the latest first."""
    received: int
    sent: int
    queued: int
    set_aside: int

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None or self.paused_until is not None

    @property
    def number(self) -> str:
        return write_address(self.id)

    @property
    def label(self) -> str:
        return write_label(self.nama, self.id)


Likeness = Literal["same", "spelling", "letter_case", "slip", "ending"]
"""How an address resembles a handle, the nearest first: it is the one that the handle means,
the same digits with another country code or none, the same letters in another case, one slip of a
finger away, or has the same last 7 digits."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An address of a client that resembles a handle that leads to no client."""

    address: str
    likeness: Likeness
    is_former: bool
    """The client had it before, and does not have it now."""


def write_label(nama: str | None, client_id: str) -> str:
    """What a client is called on pages: the name, else the number."""
    return nama if nama and nama.strip() else write_address(client_id)


async def list_clients(source: Source, search: str, after: str) -> ClientPage:
    """A page of clients after a cursor ("" for the first). Raises UnreadableCursor."""
    after_at, after_id = _read_cursor(after)
    clients = await fetch_all(
        source,
        ListedClient,
        "SELECT * FROM novabot_internal.list_clients(%s, %s::timestamptz, %s, %s)",
        [search, after_at, after_id, PAGE + 1],
    )
    shown = clients[:PAGE]
    more = len(clients) > PAGE
    return ClientPage(shown, _write_cursor(shown[-1].cursor) if more else None)


async def count_clients(source: Source) -> int:
    return int(await fetch_value(source, 'SELECT count(*) FROM public."User"'))


async def find_client(source: Source, client_id: str) -> Client | None:
    """The client with exactly this id."""
    return await fetch_one(
        source, Client, "SELECT * FROM novabot_internal.describe_client(%s)", [client_id]
    )


async def get_client(source: Source, handle: str) -> Client:
    """The client that a handle in any spelling leads to. Raises UnreadableHandle, UnknownClient."""
    client = await find_client(source, handle)
    if client is None:
        client = await find_client(source, await get_client_id(source, handle))
    if client is None:
        raise UnknownClient
    return client


async def get_client_id(source: Source, handle: str) -> str:
    """The id that a handle leads to. Raises UnreadableHandle, UnknownClient."""
    with reading_handle():
        found = await fetch_value(source, "SELECT novabot_internal.find_client(%s)", [handle])
    if found is None:
        raise UnknownClient
    return cast("str", found)


async def list_near_misses(source: Source, handle: str, most: int) -> list[NearMiss]:
    """The nearest address of each client who has one like it, the nearest first.

    Raises UnreadableHandle, and psycopg's LockNotAvailable after 2 s behind another transaction's
    lock.
    """
    with reading_handle():
        return await fetch_all(
            source,
            NearMiss,
            "SELECT * FROM novabot_internal.near_misses(%s, %s)",
            [handle, most],
        )


async def pause_client(
    source: Source, client_id: str, incarnation: UUID | None, *, pausing: bool
) -> bool:
    """Pauses the bot for a client, so that a person can answer, or lets it answer again.

    False, and nothing done, if the client is gone or is another incarnation than this one (None:
    the current one).
    """
    return bool(
        await fetch_value(
            source,
            "SELECT novabot_internal.pause_client(%s, %s, %s)",
            [client_id, incarnation, pausing],
        )
    )


def _write_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str | None, str | None]:
    if not cursor:
        return None, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise UnreadableCursor from None
    at, _, client_id = position.partition(" ")
    if not client_id or "\0" in client_id:
        raise UnreadableCursor
    return at, client_id
