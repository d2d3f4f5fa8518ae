"""Signals tell every open page that something happened; the page fetches what.

A signal carries ids of resets and incarnations, nothing else, so it may be lost, merged or
repeated. Each page has a bounded set of signals still to be sent; beyond the bound they become
ANYTHING.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, assert_never

from app.notifications import (
    ALL_CLIENTS,
    Malformed,
    Notification,
    ResetAcknowledged,
    SentByHand,
    SessionChanged,
    SessionReset,
)

MOST_PENDING = 32


@dataclass(frozen=True, slots=True)
class Signal:
    event: Literal["reset", "acknowledged", "not_listening"]
    """not_listening: no notifications arrive; what is on the page may be out of date."""
    data: str = '{"reset": "*"}'
    """JSON: `reset` an id or "*" for any, `clients` incarnations or "*"."""


ANYTHING = Signal("reset")
"""Any number of resets and acknowledgements may have happened."""
NOT_LISTENING = Signal("not_listening", "{}")


@dataclass(slots=True, eq=False)
class Subscription:
    """The signals that one page has not been sent yet."""

    _pending: dict[Signal, None] = field(default_factory=dict[Signal, None])
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False

    def add(self, signal: Signal) -> None:
        if len(self._pending) >= MOST_PENDING:
            signal = ANYTHING
        if signal in (ANYTHING, NOT_LISTENING):
            self._pending.clear()
        self._pending[signal] = None
        self._arrived.set()

    def close(self) -> None:
        self._closed = True
        self._arrived.set()

    async def take(self) -> tuple[Signal, ...]:
        """Waits for signals and takes them all; empty once closed."""
        await self._arrived.wait()
        self._arrived.clear()
        taken = () if self._closed else tuple(self._pending)
        self._pending.clear()
        return taken


@dataclass(slots=True)
class Signals:
    """All open pages. Used within one event loop."""

    _subscriptions: set[Subscription] = field(default_factory=set[Subscription])
    _listening: bool = False
    _closed: bool = False

    @contextmanager
    def subscribe(self) -> Generator[Subscription]:
        """A page's subscription; its first signal says whether the dashboard is listening."""
        subscription = Subscription()
        subscription.add(ANYTHING if self._listening else NOT_LISTENING)
        if self._closed:
            subscription.close()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def publish(self, signal: Signal) -> None:
        if signal == NOT_LISTENING and not self._listening:
            return
        self._listening = signal != NOT_LISTENING
        for subscription in self._subscriptions:
            subscription.add(signal)

    def close(self) -> None:
        """Ends every stream, and those that are opened later."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.close()


def choose_signal(notification: Notification) -> Signal:
    """The signal that a notification makes for the pages; ANYTHING if it names no reset."""
    match notification:
        case ResetAcknowledged(reset):
            return Signal("acknowledged", json.dumps({"reset": reset}))
        case SessionReset(reset, clients):
            told = clients if clients == ALL_CLIENTS else sorted(map(str, clients))
            return Signal("reset", json.dumps({"reset": reset, "clients": told}))
        case SessionChanged() | SentByHand() | Malformed():
            return ANYTHING
        case _:
            assert_never(notification)
