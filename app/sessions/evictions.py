"""What a notification asks a bot to forget. Pure: notification in, eviction out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never
from uuid import UUID

from app.notifications import (
    ALL_CLIENTS,
    Malformed,
    ResetAcknowledged,
    SentByHand,
    SessionChanged,
    SessionReset,
    read_notification,
)


class Memory(Protocol):
    """What a process holds of clients. Each method returns how many of them it dropped."""

    def evict(self, incarnations: Iterable[UUID]) -> int: ...

    def evict_client(self, client_id: str) -> int: ...

    def evict_all(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Eviction:
    """Which clients a bot has to forget, and why."""

    cause: Literal["reset", "edit", "hand", "malformed", "gap"]
    clients: frozenset[UUID] | str
    """Incarnations, one client's id, or ALL_CLIENTS."""
    reset: int | None = None
    """The `"Reset"` row to acknowledge."""

    def apply_to(self, memory: Memory) -> int:
        """Drops these clients from a memory; returns how many it held."""
        match self.clients:
            case frozenset() as incarnations:
                return memory.evict(incarnations)
            case "*":
                return memory.evict_all()
            case client_id:
                return memory.evict_client(client_id)


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
            return Eviction("malformed", ALL_CLIENTS)
        case _:
            assert_never(notification)
