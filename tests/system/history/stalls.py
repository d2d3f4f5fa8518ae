"""When a service, or this process, stood still: what had begun in time was held up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

import httpx2

SHORTEST = 0.25
"""Seconds without an answer that count as standing still."""
_EVERY = 0.05
_PATIENCE = 30.0


class Stalls:
    """Asks each service all the time whether it is alive."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.intervals: list[tuple[float, float]] = []
        """From when until when one of them did not answer, by the monotonic clock."""
        self._urls = urls

    async def watch(self) -> None:
        """Until it is cancelled."""
        async with httpx2.AsyncClient(timeout=_PATIENCE, trust_env=False) as http:
            await asyncio.gather(*(self._watch(http, url) for url in self._urls))

    async def _watch(self, http: httpx2.AsyncClient, url: str) -> None:
        while True:
            asked = time.monotonic()
            try:
                await http.get(f"{url}/live")
                await asyncio.sleep(_EVERY)
            except httpx2.TransportError:
                await asyncio.sleep(_EVERY)
                continue  # ended, by a fault of the history
            answered = time.monotonic() - _EVERY
            if answered - asked > SHORTEST:
                self.intervals.append((asked, answered))


def go_back(at: float, seconds: float, stalls: Iterable[tuple[float, float]]) -> float:
    """So many seconds before `at`, not counting those in which one stood still."""
    for start, end in sorted(stalls, key=lambda stall: stall[1], reverse=True):
        if end < at - seconds:
            break
        if start < at:
            seconds -= max(0.0, at - end)
            at = start
    return at - seconds
