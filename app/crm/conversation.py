"""A client's messages, in and out: a page of them, and those that wait for a bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_rows
from app.message_kinds import KINDS
from app.messages import Message

PAGE = 60


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of "Conversation"."""

    id: int
    direction: str
    kind: str
    body: str
    at: datetime
    status: str
    error_code: int | None
    error_text: str | None
    token: UUID
    """Its name in forms: ids come back after TRUNCATE … RESTART IDENTITY."""
    detail: Mapping[str, Any] | None
    offers: list[str]
    """What an operator may say becomes of it: `resend`, `arrived` (sql/operator_sending.sql)."""

    author: str
    """`bot`, `client`, `phone`, `operator:NAME`, `api:NAME`."""

    @property
    def outgoing(self) -> bool:
        return self.direction == "out"

    @property
    def quotes(self) -> str | None:
        """WhatsApp's id of the message that this one quotes."""
        detail = self.detail or {}
        quoted: object = detail.get("quotes")
        found: object = None
        if self.outgoing and self.kind == "quote":
            found = detail.get("message_id")
        elif isinstance(quoted, dict) and (not self.outgoing or self.author == "phone"):
            found = cast("dict[str, Any]", quoted).get("id")
        return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """The beginning of a message that another one quotes."""

    message_id: str
    id: int
    direction: str
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Conversation:
    messages: list[StoredMessage]
    """The oldest first."""
    before: int | None
    """The message before which there are more; None if these are all."""
    quoted: Mapping[str, QuotedMessage]
    """What they quote and the chat still holds, by WhatsApp's id."""


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A stored message that this bot has claimed, to answer it; or several, as one."""

    token: UUID
    """Of the last."""
    message: Message
    """The last, with the texts of all, a line each, and their details; where two have the same
    detail, the later one's."""
    attempts: int
    """Of the one tried most often, this one included."""


@dataclass(frozen=True, slots=True)
class WaitingClient:
    """A client with something to do that no living bot has claimed."""

    id: str
    has_pending: bool
    """A message to answer."""
    has_queued: bool
    """A message to send, of a kind that this release can send."""


async def read_conversation(source: Source, client_id: str, before: int | None) -> Conversation:
    """The latest messages of a client, or the latest before one of them."""
    messages = await fetch_all(
        source,
        StoredMessage,
        "SELECT * FROM novabot_internal.client_timeline(%s, %s, %s)",
        [client_id, before, PAGE + 1],
    )
    more = len(messages) > PAGE
    shown = messages[:PAGE][::-1]
    return Conversation(
        shown, shown[0].id if more else None, await _find_quoted(source, client_id, shown)
    )


async def _find_quoted(
    source: Source, client_id: str, messages: Sequence[StoredMessage]
) -> Mapping[str, QuotedMessage]:
    sought = {message.quotes for message in messages} - {None}
    if not sought:
        return {}
    found = await fetch_all(
        source,
        QuotedMessage,
        "SELECT * FROM novabot_internal.messages_quoted(%s, %s)",
        [client_id, list(sought)],
    )
    return {quoted.message_id: quoted for quoted in found}


async def claim_pending(pool: Pool, client: str, bot: UUID) -> PendingMessage | None:
    """Gives this bot the client's oldest stored message, with those that are answered with it.

    None before they are due, and while a living bot has them. Raises TryLater.
    """
    rows = await fetch_rows(
        pool,
        'SELECT token, addresses, kind, body, detail, at, "waMessageId", attempts'
        " FROM novabot_internal.claim_pending(%s, %s)",
        (client, bot),
        deadline_from_now(),
    )
    if not rows:
        return None
    token, addresses, kind, _, _, at, message_id, _ = rows[-1]
    detail: dict[str, Any] = {}
    for row in rows:
        detail |= row[4] or {}
    message = Message(
        id=message_id or "",
        addresses=tuple(addresses),
        kind=kind,
        text="\n".join(row[3] for row in rows),
        at=at,
        forwarded=bool(detail.get("forwarded")),
        detail=detail,
    )
    return PendingMessage(token, message, max(row[7] for row in rows))


async def find_waiting_clients(pool: Pool, bot: UUID) -> list[WaitingClient]:
    """Those whose turn it is first, a thousand at the most. Raises TryLater."""
    rows = await fetch_rows(
        pool,
        "SELECT client, has_pending, has_queued"
        " FROM novabot_internal.clients_waiting(%s, %s::text[])",
        (bot, list(KINDS)),
        deadline_from_now(),
    )
    return [WaitingClient(*row) for row in rows]
