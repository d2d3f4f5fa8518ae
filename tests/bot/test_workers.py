"""How the tasks of a bot end."""

from __future__ import annotations

import asyncio

import pytest

from app.bot import ending
from app.bot.ending import end_tasks
from app.bot.workers import Workers


class Deaf:
    """Work that loses one cancellation, as `asyncio.wait_for` of Python 3.11 may."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def work(self, _: str = "") -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                if self.cancelled > 1:
                    raise


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_CANCEL_AGAIN", 0.01)


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    deaf = Deaf()
    task = asyncio.create_task(deaf.work())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_tasks([task])
    assert task.cancelled()
    assert deaf.cancelled == 2


async def test_work_that_loses_a_cancellation_ends_all_the_same() -> None:
    deaf = Deaf()
    crew = Workers(deaf.work)
    crew.wake("1@c.us")
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await crew.finish(0.01)
    assert not crew.is_at("1@c.us")
