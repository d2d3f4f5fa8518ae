"""The memories of bots: real caches and listeners, for a process of their own (asking.py).

It notes by the machine's monotonic clock when a session left its cache. Each bot has a
bare psycopg listener for company, in another database, which the server does not wake for ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from app.database.pool import Pool, open_pool
from app.database.retrying import deadline_from_now
from app.notifications import ALL_CLIENTS
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.cache import Cache
from app.sessions.evictions import Eviction
from app.sessions.listener import Listener
from app.sessions.store import load_session
from app.sessions.turn import Turns, ask_at_once
from tests.benchmarks.chat import make_message, nova

BARE = "bare"


@dataclass
class Heard:
    """When each bot of a process heard what: by incarnation, and by the bare payload."""

    evicted: dict[UUID, list[float]] = field(default_factory=dict[UUID, list[float]])
    bare: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


@asynccontextmanager
async def open_bots(url: str, bare_url: str, count: int) -> AsyncIterator[Bots]:
    """So many bots, ready, and as many bare listeners."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(url, name="bench", size=10)
        stack.push_async_callback(pool.close)
        bots = Bots(pool)
        for _ in range(count):
            await stack.enter_async_context(bots.add(url, bare_url))
        yield bots
        await bots.set_turns([], 0)


class Bots:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._caches: list[Cache] = []
        self._heard = Heard()
        self._turning: asyncio.Task[None] | None = None
        self._turns = 0
        self._emptied_at = 0.0
        self._emptied = asyncio.Event()

    @asynccontextmanager
    async def add(self, url: str, bare_url: str) -> AsyncIterator[None]:
        """One more bot, for as long as the context lasts."""
        bot = uuid4()
        ready = asyncio.Event()
        cache = Cache(1_000_000, lambda: True)
        acknowledgements = Acknowledgements(self._pool, bot)
        await _write(
            self._pool, "SELECT novabot_internal.report_bot(%s, 'bench', 1, true, 0)", (bot,)
        )

        def evict(eviction: Eviction) -> int:
            if eviction.clients == ALL_CLIENTS:
                ready.set()
                dropped = cache.evict_all()
                if dropped:
                    self._emptied_at = time.monotonic()
                    self._emptied.set()
                return dropped
            assert isinstance(eviction.clients, frozenset)
            dropped = cache.evict(eviction.clients)
            now = time.monotonic()
            if dropped:
                for incarnation in eviction.clients:
                    self._heard.evicted.setdefault(incarnation, []).append(now)
            return dropped

        listener = Listener(url, self._pool, bot, evict, acknowledgements, suspend=cache.suspend)
        bare = await psycopg.AsyncConnection.connect(bare_url, autocommit=True)
        await bare.execute(f"LISTEN {BARE}".encode())
        tasks = [
            asyncio.create_task(work)
            for work in (listener.run(), acknowledgements.run(), self._hear(bare))
        ]
        self._caches.append(cache)
        try:
            await ready.wait()
            while not listener.is_fresh():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await bare.close()

    async def load(self, phones: Sequence[str]) -> int:
        """Every bot remembers these clients; how many sessions that are."""
        for phone in phones:
            for cache in self._caches:
                mark = cache.mark()
                session = await load_session(self._pool, make_message(phone), deadline_from_now())
                cache.keep(session, phone, mark)
        return sum(len(cache) for cache in self._caches)

    async def count_remembered(self) -> int:
        return sum(len(cache) for cache in self._caches)

    async def set_turns(self, phones: Sequence[str], a_second: float) -> int:
        """Takes turns of these clients in the first bot from now on; how many it had taken."""
        if self._turning is not None:
            self._turning.cancel()
            await asyncio.gather(self._turning, return_exceptions=True)
            self._turning = None
        taken, self._turns = self._turns, 0
        if a_second:
            self._turning = asyncio.create_task(self._take_turns(phones, a_second))
        return taken

    async def when_emptied(self, since: float) -> float:
        """When all sessions were dropped for the first time after a moment; waits for it."""
        async with asyncio.timeout(10):
            while self._emptied_at < since:
                await self._emptied.wait()
                self._emptied.clear()
        return self._emptied_at

    async def collect(self) -> Heard:
        heard, self._heard = self._heard, Heard()
        return heard

    async def _take_turns(self, phones: Sequence[str], a_second: float) -> None:
        turns = Turns(self._pool, self._caches[0], ask_at_once(nova()))
        at = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while True:
                for phone in phones:
                    group.create_task(self._take_turn(turns, phone))
                    at += 1 / a_second
                    await asyncio.sleep(max(0, at - time.monotonic()))

    async def _take_turn(self, turns: Turns, phone: str) -> None:
        await turns.take(make_message(phone))
        self._turns += 1

    async def _hear(self, bare: psycopg.AsyncConnection[Any]) -> None:
        async for notification in bare.notifies():
            self._heard.bare.setdefault(notification.payload, []).append(time.monotonic())


async def _write(pool: Pool, statement: str, parameters: Sequence[Any]) -> None:
    async with pool.connection() as conn:
        await conn.execute(statement.encode(), parameters)
