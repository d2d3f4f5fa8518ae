"""Clients as the pages and the API read them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import phonenumbers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.dashboard.queries import fetch_all, fetch_one, fetch_value

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A row of the list."""

    id: str
    nama: str | None
    profile_name: str | None
    active_at: datetime
    cursor: str
    paused: bool
    messages: int
    last_message_at: datetime | None
    last_text: str | None
    last_kind: str | None
    last_direction: str | None
    last_status: str | None

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
    """Everything that is kept of a client; messages are counted."""

    id: str
    incarnation: UUID
    nama: str | None
    profile_name: str | None
    created_at: datetime
    active_at: datetime
    paused_at: datetime | None
    context: Mapping[str, Any] | None
    """None without a session."""
    updated_at: datetime | None
    aliases: list[str]
    received: int
    sent: int
    queued: int
    set_aside: int

    @property
    def number(self) -> str:
        return write_address(self.id)

    @property
    def label(self) -> str:
        """What a person calls them: the name, else the number."""
        return self.nama if self.nama and self.nama.strip() else self.number


@dataclass(frozen=True, slots=True)
class SetAsideItem:
    id: int
    address: str | None
    item: str
    reason: str
    at: datetime


async def list_clients(request: Request, search: str, after: str) -> ClientPage:
    """A page of clients after a cursor ("" for the first). Raises 400 for no cursor of ours."""
    after_at, after_id = _read_cursor(after)
    clients = await fetch_all(
        request,
        ListedClient,
        "SELECT * FROM list_clients(%s, %s::timestamptz, %s, %s)",
        [search, after_at, after_id, PAGE + 1],
    )
    shown = clients[:PAGE]
    more = len(clients) > PAGE
    return ClientPage(shown, _write_cursor(shown[-1].cursor) if more else None)


async def count_clients(request: Request) -> int:
    return int(await fetch_value(request, 'SELECT count(*) FROM "User"'))


async def find_client_id(request: Request, handle: str) -> str | None:
    """The id that a handle leads to. Raises ST001 for what is neither handle nor client."""
    return cast("str | None", await fetch_value(request, "SELECT find_client(%s)", [handle]))


async def describe_client(request: Request, client_id: str) -> Client | None:
    return await fetch_one(request, Client, "SELECT * FROM describe_client(%s)", [client_id])


async def list_set_aside(
    request: Request, client_id: str | None, most: int = 20
) -> list[SetAsideItem]:
    """Items that could not be read and mention a client; everybody's for None."""
    return await fetch_all(
        request, SetAsideItem, "SELECT * FROM items_set_aside(%s, %s)", [client_id, most]
    )


def write_address(address: str) -> str:
    """A phone number as people write it: 6281717407674@c.us → +62 817-1740-7674."""
    digits, _, domain = address.partition("@")
    if not (digits.isascii() and digits.isdigit() and domain in {"", "c.us", "s.whatsapp.net"}):
        return address
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _write_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str | None, str | None]:
    if not cursor:
        return None, None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise HTTPException(400) from None
    at, _, client_id = position.partition(" ")
    if not client_id or "\0" in client_id:
        raise HTTPException(400)
    return at, client_id
