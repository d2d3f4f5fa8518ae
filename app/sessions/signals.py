"""What a notification asks a bot to forget. Pure: payload in, eviction out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast
from uuid import UUID

from app.addresses import is_client_id

RESET = "session_reset"
CHANGED = "session_changed"

EVERYBODY: Literal["*"] = "*"

_BIGINT = range(1, 2**63)


class Memory(Protocol):
    """What a process holds of clients. Each method returns how many of them it dropped."""

    def evict(self, incarnations: Iterable[UUID]) -> int: ...

    def evict_client(self, client_id: str) -> int: ...

    def evict_all(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Eviction:
    """Whom to forget, and why."""

    cause: Literal["reset", "edit", "hand", "garbled", "gap"]
    clients: frozenset[UUID] | str
    """Incarnations, one client's id, or EVERYBODY."""
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


def read_signal(channel: str, payload: str) -> Eviction:
    """What to forget. A payload that is none of the forms we know: everybody, to be safe."""
    if payload == EVERYBODY:
        return Eviction("hand", EVERYBODY)
    if channel == RESET and is_client_id(payload):
        return Eviction("hand", payload)
    try:
        return _read_json(channel, json.loads(payload))
    except (ValueError, RecursionError):
        return Eviction("garbled", EVERYBODY)


def _read_json(channel: str, signal: Any) -> Eviction:
    if not isinstance(signal, dict):
        raise ValueError("not a JSON object")
    fields = cast("dict[str, Any]", signal)
    clients = _read_clients(fields.get("clients"))
    if channel == CHANGED:
        return Eviction("edit", clients)
    reset = fields.get("reset")
    if type(reset) is not int or reset not in _BIGINT:
        raise ValueError("no reset")
    return Eviction("reset", clients, reset)


def _read_clients(clients: Any) -> frozenset[UUID] | str:
    if clients == EVERYBODY:
        return EVERYBODY
    if not isinstance(clients, list):
        raise ValueError("no clients")
    return frozenset(_read_incarnation(client) for client in cast("list[Any]", clients))


def _read_incarnation(client: Any) -> UUID:
    if not isinstance(client, str):
        raise ValueError("no incarnation")
    return UUID(client)
