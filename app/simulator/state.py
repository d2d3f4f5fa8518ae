"""The state that all routes share."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from app.simulator.chats import Chats
from app.simulator.delivery import Delivery
from app.simulator.endpoint.faults import Faults
from app.simulator.endpoint.request_log import RecordedRequests
from app.simulator.files import Files
from app.simulator.phones import Phones
from app.simulator.statuses import Statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorState:
    """The state and the workers of one simulator; `closing` is set once, when it stops."""

    chats: Chats
    requests: RecordedRequests
    faults: Faults
    delivery: Delivery
    statuses: Statuses
    files: Files
    phones: Phones
    closing: anyio.Event

    def end_streams(self) -> None:
        """Ends live streams and long polls, and releases what a fault holds."""
        self.closing.set()
        self.faults.clear()
        self.chats.changes.announce()
        self.requests.changes.announce()
