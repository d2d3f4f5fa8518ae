"""A clock that runs on while the process is stopped and while the machine sleeps."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime, timedelta

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_KEPT = 8
"""Measurements of the database's clock, one a second."""


def now() -> float:
    """Seconds since some moment in the past; never goes back."""
    return time.clock_gettime(_CLOCK)


class DatabaseClock:
    """What the database's clock says at a moment of `now()`, as measured by asking it.

    Exact to half of the shortest round trip among the last measurements, and off by as much as
    either clock was set or drifted since: they are renewed each second.
    """

    def __init__(self) -> None:
        self._measured: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        """Half a round trip, and the difference between the clocks, each in seconds."""

    def forget(self) -> None:
        """The next server may have another clock."""
        self._measured.clear()

    def measure(self, asked_at: float, told: datetime, answered_at: float) -> None:
        """The database said `told` between these moments of `now()`."""
        half = (answered_at - asked_at) / 2
        self._measured.append((half, told.timestamp() - (asked_at + half)))

    def read(self, at: float) -> datetime | None:
        """The database's time at a moment of `now()`; None if it was never measured."""
        if not self._measured:
            return None
        _, difference = min(self._measured)
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=at + difference)
