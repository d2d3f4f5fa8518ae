"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

DEADLINE = 15.0
"""Seconds until a condition counts as never coming true."""


async def until(
    condition: Callable[[], object | Awaitable[object]], what: str, seconds: float = DEADLINE
) -> None:
    """Returns once the condition holds; fails, saying `what` did not happen, at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        await asyncio.sleep(0.01)
