"""A client's messages, in and out, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.database.queries import Source, fetch_all

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

    @property
    def outgoing(self) -> bool:
        return self.direction == "out"


@dataclass(frozen=True, slots=True)
class Conversation:
    messages: list[StoredMessage]
    """The oldest first."""
    before: int | None
    """The message before which there are more."""


async def read_conversation(source: Source, client_id: str, before: int | None) -> Conversation:
    """The latest messages, or those before one."""
    messages = await fetch_all(
        source,
        StoredMessage,
        "SELECT * FROM client_timeline(%s, %s, %s)",
        [client_id, before, PAGE + 1],
    )
    more = len(messages) > PAGE
    shown = messages[:PAGE][::-1]
    return Conversation(shown, shown[0].id if more else None)
