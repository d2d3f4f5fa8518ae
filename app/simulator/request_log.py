"""The record of every request to the emulated endpoint, for tests to read and wait on."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import anyio

from app.simulator.cloud_api import JsonObject, JsonValue
from app.simulator.signal import Signal

RECORD_LIMIT = 10_000

Outcome = Literal["pending", "accepted", "refused", "dropped"]


@dataclass(slots=True)
class Received:
    """One request. `at` is Unix seconds, `monotonic` this process's clock, both at arrival."""

    sequence: int
    at: float
    monotonic: float
    payload: JsonValue = None
    kind: Literal["message", "read", "invalid"] = "invalid"
    to: str | None = None
    text: str | None = None
    callback_data: str | None = None
    outcome: Outcome = "pending"
    status: int | None = None
    code: int | None = None
    message_id: str | None = None

    def as_json(self) -> JsonObject:
        return {
            "sequence": self.sequence,
            "at": self.at,
            "monotonic": self.monotonic,
            "kind": self.kind,
            "to": self.to,
            "text": self.text,
            "biz_opaque_callback_data": self.callback_data,
            "outcome": self.outcome,
            "accepted": self.outcome == "accepted",
            "status": self.status,
            "code": self.code,
            "id": self.message_id,
            "payload": self.payload,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for."""

    after: int = 0
    to: str | None = None
    outcome: str | None = None

    def fits(self, received: Received) -> bool:
        return (
            received.sequence > self.after
            and self.to in (None, received.to)
            and self.outcome in (None, received.outcome)
        )


@dataclass(slots=True)
class Record:
    """Requests in order of arrival; sequences grow by one and outlive `clear`."""

    changed: Signal = field(default_factory=Signal)
    last: int = 0
    _requests: deque[Received] = field(default_factory=lambda: deque(maxlen=RECORD_LIMIT))

    def arrive(self) -> Received:
        self.last += 1
        received = Received(self.last, at=time.time(), monotonic=time.monotonic())
        self._requests.append(received)
        self.changed.emit()
        return received

    def settle(
        self, received: Received, outcome: Outcome, status: int | None, code: int | None = None
    ) -> None:
        """What became of it: answered with `status`, or None when it got no answer."""
        received.outcome, received.status, received.code = outcome, status, code
        self.changed.emit()

    def find(self, wanted: Wanted) -> list[Received]:
        return [received for received in self._requests if wanted.fits(received)]

    async def wait(self, wanted: Wanted, seconds: float, closing: anyio.Event) -> list[Received]:
        """As `find`, but waits up to `seconds`, or until `closing`, for the first that fits."""
        with anyio.move_on_after(seconds):
            while not self.find(wanted) and not closing.is_set():
                await self.changed.wait(self.changed.version)
        return self.find(wanted)

    def clear(self) -> None:
        self._requests.clear()
