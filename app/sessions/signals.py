"""What a notification asks a bot to forget. Pure: notification in, eviction out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never
from uuid import UUID

from app.notifications import (
    EVERYBODY,
    Malformed,
    ResetAcknowledged,
    SentByHand,
    SessionChanged,
    SessionReset,
    read_notification,
)


@dataclass(frozen=True, slots=True)
class Eviction:
    """Whom to forget, and why."""

    cause: Literal["reset", "edit", "hand", "garbled", "gap"]
    clients: frozenset[UUID] | str
    """Incarnations, one client's id, or EVERYBODY."""
    reset: int | None = None
    """The `"Reset"` row to acknowledge."""


def read_eviction(channel: str, payload: str) -> Eviction:
    """What to forget. A payload in none of the known forms: all clients, to be safe."""
    notification = read_notification(channel, payload)
    match notification:
        case SessionReset(reset, clients):
            return Eviction("reset", clients, reset)
        case SessionChanged(clients):
            return Eviction("edit", clients)
        case SentByHand(client):
            return Eviction("hand", client)
        case ResetAcknowledged() | Malformed():
            return Eviction("garbled", EVERYBODY)
        case _:
            assert_never(notification)
