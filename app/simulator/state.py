"""What the routes share."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from app.simulator.chats import Chats
from app.simulator.delivery import Delivery
from app.simulator.faults import Faults
from app.simulator.phones import Phones
from app.simulator.request_log import Record
from app.simulator.statuses import Statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One simulator's state and workers; `closing` is set once, when it stops."""

    chats: Chats
    record: Record
    faults: Faults
    delivery: Delivery
    statuses: Statuses
    phones: Phones
    closing: anyio.Event

    def end_streams(self) -> None:
        """Ends live streams and long polls, and lets go whatever a fault holds."""
        self.closing.set()
        self.faults.clear()
        self.chats.changed.emit()
        self.record.changed.emit()
