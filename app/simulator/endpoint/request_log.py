"""Every request to the emulated endpoint, for tests to read and wait for."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import anyio

from app.simulator.changes import Changes
from app.simulator.cloud_api import JsonObject, JsonValue

KEPT_REQUESTS = 10_000

Outcome = Literal["pending", "accepted", "refused", "dropped"]


@dataclass(slots=True)
class RecordedRequest:
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
    """Which requests a test asks for; None fits all."""

    after: int = 0
    to: str | None = None
    outcome: str | None = None

    def fits(self, request: RecordedRequest) -> bool:
        return (
            request.sequence > self.after
            and self.to in (None, request.to)
            and self.outcome in (None, request.outcome)
        )


@dataclass(slots=True)
class RecordedRequests:
    """Requests in order of arrival; sequences grow by one and outlive `clear`."""

    changes: Changes = field(default_factory=Changes)
    last: int = 0
    _requests: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))

    def add(self) -> RecordedRequest:
        """A request that has just arrived."""
        self.last += 1
        request = RecordedRequest(self.last, at=time.time(), monotonic=time.monotonic())
        self._requests.append(request)
        self.changes.announce()
        return request

    def settle(
        self,
        request: RecordedRequest,
        outcome: Outcome,
        status: int | None,
        code: int | None = None,
    ) -> None:
        """Notes the outcome: answered with `status`, or None when it got no answer."""
        request.outcome, request.status, request.code = outcome, status, code
        self.changes.announce()

    def find(self, wanted: Wanted) -> list[RecordedRequest]:
        return [request for request in self._requests if wanted.fits(request)]

    async def wait(
        self, wanted: Wanted, seconds: float, closing: anyio.Event
    ) -> list[RecordedRequest]:
        """As `find`, but waits up to `seconds`, or until `closing`, for the first that fits."""
        with anyio.move_on_after(seconds):
            while not self.find(wanted) and not closing.is_set():
                await self.changes.wait(self.changes.version)
        return self.find(wanted)

    def clear(self) -> None:
        self._requests.clear()
