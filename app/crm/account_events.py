"""What WhatsApp tells of the business's account: rows of "AccountEvent", kept for 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_row

Severity = Literal["fault", "warning", "over", "note"]
"""fault: messages do not reach clients, or soon will not · over: an earlier fault or warning of the
same account, field and subject has ended."""
Topic = Literal[
    "account", "restriction", "violation", "access", "review", "quality", "name", "template",
    "security", "alert", "error", "other",
]  # fmt: skip
"""What an operator has to see to."""

PAGE = 20
_TOPICS: Final[Mapping[str, Topic]] = {
    "account_update": "account",
    "account_alerts": "alert",
    "account_review_update": "review",
    "business_status_update": "security",
    "phone_number_quality_update": "quality",
    "phone_number_name_update": "name",
    "message_template_status_update": "template",
    "message_template_quality_update": "template",
    "security": "security",
    "messages": "error",
}
"""By field."""
_ACCOUNT_TOPICS: Final[Mapping[str, Topic]] = {
    "ACCOUNT_RESTRICTION": "restriction",
    "ACCOUNT_VIOLATION": "violation",
    "ACCOUNT_OFFBOARDED": "access",
    "PARTNER_REMOVED": "access",
    "PARTNER_APP_UNINSTALLED": "access",
}
"""Of account_update, by the first word of the event."""


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """An event as WhatsApp told it; nothing of a client."""

    account: str | None
    """WhatsApp's id of the business account."""
    field: str
    """The webhook's field; `messages` for an error that concerns no single message."""
    event: str
    """In WhatsApp's words; empty where it has none."""
    subject: str
    """A template's name and language, or the business's number; empty for the account."""
    severity: Severity
    detail: str
    """JSON, masked and cut: to read, not to parse. Empty for a field that is not known."""
    at: datetime | None
    """As WhatsApp says."""
    key: str
    """What the same event has again when it is delivered again, and no other event."""


@dataclass(frozen=True, slots=True)
class StoredAccountEvent:
    """A row of "AccountEvent"."""

    id: int
    receivedAt: datetime  # noqa: N815 (the column's name)
    at: datetime
    account: str | None
    field: str
    event: str
    subject: str
    severity: str
    detail: str


async def note_account_event(pool: Pool, event: AccountEvent) -> bool:
    """Keeps an event, once in 8 days for its key; whether this was the first time.

    Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.note_account_event(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            event.account,
            event.field,
            event.event,
            event.subject,
            event.severity,
            event.detail,
            event.at,
            event.key,
        ),
        deadline_from_now(),
    )
    return row[0]


async def list_account_events(source: Source) -> list[StoredAccountEvent]:
    """The latest events, the last to arrive first."""
    return await fetch_all(
        source,
        StoredAccountEvent,
        "SELECT * FROM novabot_internal.list_account_events(%s)",
        [PAGE],
    )


async def list_open_account_events(source: Source) -> list[StoredAccountEvent]:
    """What is wrong now: faults of the last 30 days and warnings of the last 7 that no later event
    has ended; faults first.
    """
    return await fetch_all(
        source, StoredAccountEvent, "SELECT * FROM novabot_internal.open_account_events()"
    )


def find_topic(field: str, event: str) -> Topic:
    if field == "account_update":
        return _ACCOUNT_TOPICS.get(event.partition(" ")[0], "account")
    return _TOPICS.get(field, "other")
