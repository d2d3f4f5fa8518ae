"""Statements for many: what is asked while one is in flight goes together in the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Grouping(Generic[Item, Result]):
    """Calls `act` with at most `most` items, one call in flight at a time.

    With no call in flight an item waits `patience` seconds for others. `act` returns
    a result for each item in their order; what it raises, all of them get.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        most: int,
        *,
        patience: float = 0.0,
    ) -> None:
        self._act = act
        self._most = most
        self._patience = patience
        self._departure: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._flight: asyncio.Task[None] | None = None

    @property
    def is_flying(self) -> bool:
        """Whether a call is in flight, and so another comes for what is asked now."""
        return self._flight is not None

    def ask(
        self, item: Item, *, first: bool = False, at_once: bool = False
    ) -> asyncio.Future[Result]:
        """The result for this item, to be awaited; `first` puts it before those that wait.

        `at_once`: without patience. An asker who is cancelled leaves the call as it is, which
        others are in too.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        if first:
            self._waiting.appendleft((item, result))
        else:
            self._waiting.append((item, result))
        if at_once or self._patience == 0.0:
            self._depart()
        elif self._flight is None and self._departure is None:
            self._departure = loop.call_later(self._patience, self._depart)
        return result

    def take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        """What waits, at most `most` of it, for a call of the caller's own; it sets the results."""
        count = min(self._most, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(count)]
        return [(item, result) for item, result in taken if not result.done()]

    async def finish(self) -> None:
        """Waits until nothing is in flight, nor waits."""
        self._depart()
        if self._flight is not None:
            await asyncio.wait({self._flight})

    def _depart(self) -> None:
        if self._departure is not None:
            self._departure.cancel()
            self._departure = None
        if self._flight is None and self._waiting:
            self._flight = asyncio.create_task(self._fly())

    async def _fly(self) -> None:
        try:
            while self._waiting:
                asked = self.take()
                if asked:
                    await self._call(asked)
        finally:
            self._flight = None

    async def _call(self, asked: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            made = await self._act([item for item, _ in asked])
            pairs = list(zip(asked, made, strict=True))
        except Exception as error:  # handed to those who asked
            for _, result in asked:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), each in pairs:
            if not result.done():
                result.set_result(each)
