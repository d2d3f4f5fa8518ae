"""Ends tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable

_CANCEL_AGAIN = 1.0
"""Seconds after which a task that goes on is cancelled again."""


async def finish_tasks(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Gives them this long to end by themselves, and cancels those that run longer."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        await end_tasks(late)


async def end_tasks(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancels them until they have ended; returns no sooner.

    Once may not be enough: in Python 3.11, `asyncio.wait_for` loses a cancellation that comes with
    the result (https://github.com/python/cpython/issues/86296), and the pool waits for a connection
    by it.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN)
