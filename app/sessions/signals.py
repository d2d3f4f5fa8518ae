"""What a notification asks a bot to forget. Pure: payload in, eviction out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

RESET = "session_reset"
CHANGED = "session_changed"

EVERYBODY: Literal["*"] = "*"

_CLIENT_ID = re.compile(r"[0-9]{5,20}@c\.us|[A-Za-z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_BIGINT = range(1, 2**63)


@dataclass(frozen=True, slots=True)
class Eviction:
    """Whom to forget, and why."""

    cause: Literal["reset", "edit", "hand", "garbled", "gap"]
    clients: frozenset[UUID] | str
    """Incarnations, one client's id, or EVERYBODY."""
    reset: int | None = None
    """The `"Reset"` row to acknowledge."""


def read_signal(channel: str, payload: str) -> Eviction:
    """What to forget. A payload that is none of the forms we know: everybody, to be safe."""
    if payload == EVERYBODY:
        return Eviction("hand", EVERYBODY)
    if channel == RESET and _CLIENT_ID.fullmatch(payload):
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
