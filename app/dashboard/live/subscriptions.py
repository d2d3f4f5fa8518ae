"""Signals: that something happened, told to every open page; the pages fetch what.

A signal carries ids of resets and incarnations, nothing else, so it may be lost, merged or
repeated. Each page has a bounded set of signals still to be sent; past its bound they become
one that means anything.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, cast

MOST_PENDING = 32


@dataclass(frozen=True, slots=True)
class Signal:
    event: Literal["reset", "acknowledged", "deaf"]
    """deaf: the database's signals don't come through; what is on the page may be old."""
    data: str = '{"reset": "*"}'
    """JSON: `reset` an id or "*" for any, `clients` incarnations or "*"."""


ANYTHING = Signal("reset")
DEAF = Signal("deaf", "{}")


@dataclass(slots=True, eq=False)
class Subscription:
    """What one page has still to be told."""

    _pending: dict[Signal, None] = field(default_factory=dict[Signal, None])
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    def add(self, signal: Signal) -> None:
        if len(self._pending) >= MOST_PENDING:
            signal = ANYTHING
        if signal in (ANYTHING, DEAF):
            self._pending.clear()
        self._pending[signal] = None
        self._arrived.set()

    def close(self) -> None:
        self._closed = True
        self._arrived.set()

    async def take(self) -> tuple[Signal, ...]:
        """Waits for signals and takes them all; nothing once closed."""
        await self._arrived.wait()
        self._arrived.clear()
        taken = () if self._closed else tuple(self._pending)
        self._pending.clear()
        return taken


@dataclass(slots=True)
class Signals:
    """All open pages. Used within one event loop."""

    _subscriptions: set[Subscription] = field(default_factory=set[Subscription])
    _hearing: bool = False
    _closed: bool = False

    @contextmanager
    def subscribe(self) -> Generator[Subscription]:
        """A page's subscription; it begins with the state of the hearing."""
        subscription = Subscription()
        subscription.add(ANYTHING if self._hearing else DEAF)
        if self._closed:
            subscription.close()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish(self, signal: Signal) -> None:
        if signal == DEAF and not self._hearing:
            return
        self._hearing = signal != DEAF
        for subscription in self._subscriptions:
            subscription.add(signal)

    def close(self) -> None:
        """Ends every stream, and those that are opened later."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()


def read_signal(channel: str, payload: str) -> Signal:
    """The signal that a notification means. Whatever can't be read means anything."""
    try:
        told = cast("object", json.loads(payload))
    except (ValueError, RecursionError):
        return ANYTHING
    if not isinstance(told, dict):
        return ANYTHING
    members = cast("dict[str, Any]", told)
    reset = members.get("reset")
    if not isinstance(reset, int):
        reset = "*"
    if channel == "reset_acknowledged":
        return Signal("acknowledged", json.dumps({"reset": reset}))
    clients = cast("object", members.get("clients"))
    if not isinstance(clients, list):
        clients = "*"
    return Signal("reset", json.dumps({"reset": reset, "clients": clients}))
