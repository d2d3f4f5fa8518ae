"""One task a client: work of the same client is done in order, of different ones side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from app.bot.ending import finish_tasks
from app.telemetry.bot import report_work_failed


class Workers:
    """Runs `work(client)` for every client woken, at most once at a time for each.

    A client woken while its work runs gets another round after it. An error is logged and ends
    that round: what it left undone is still in the database, and woken again from there.
    """

    def __init__(self, work: Callable[[str], Awaitable[None]]) -> None:
        self._work = work
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False

    def wake(self, client: str) -> None:
        """There is something to do for this client."""
        if client in self._tasks:
            self._again.add(client)
        elif not self._stopping:
            self._tasks[client] = asyncio.create_task(self._run(client))

    def is_at(self, client: str) -> bool:
        """Whether work of this client is being done."""
        return client in self._tasks

    async def finish(self, seconds: float) -> None:
        """Takes no more work, and gives what runs this long to end before it is cancelled."""
        self._stopping = True
        self._again.clear()
        await finish_tasks(list(self._tasks.values()), seconds)

    async def _run(self, client: str) -> None:
        try:
            while True:
                self._again.discard(client)
                try:
                    await self._work(client)
                except Exception as error:
                    report_work_failed(error)
                if client not in self._again or self._stopping:
                    return
        finally:
            del self._tasks[client]
