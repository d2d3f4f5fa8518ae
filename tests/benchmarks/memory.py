"""What a remembered session costs a bot's memory, and how long forgetting all clients stops it.

In processes of their own, so that nothing else is measured.
"""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from uuid import UUID

import psutil

from app.sessions.cache import Cache
from app.sessions.session import Session
from tests.benchmarks.asking import run_process
from tests.benchmarks.figures import Section
from tests.benchmarks.server import Place

MANY = 100_000
"""The default bound of a bot's memory."""
ALL = 1_000_000
NEEDED = 4 * 2**30
"""Bytes that have to be free for a million."""
SWEEPS = 5


class Memory:
    def __init__(self) -> None:
        self._cache = Cache(ALL, lambda: True)
        self._plain: dict[str, Session] = {}

    async def weigh_cache(self) -> tuple[int, int]:
        """Bytes by tracemalloc, and by the growth of the process."""
        return self._weigh(lambda: self._fill_cache(MANY))

    async def weigh_plain(self) -> tuple[int, int]:
        return self._weigh(lambda: self._fill_plain(MANY))

    async def collect_garbage(self) -> list[float]:
        """Seconds of full collections, as Python starts them by itself now and then."""
        gc.collect()
        return [_time(gc.collect) for _ in range(SWEEPS)]

    async def fill(self, plain: bool) -> None:
        if plain:
            self._fill_plain(ALL)
        else:
            self._fill_cache(ALL)

    async def stop_by_clear(self) -> list[float]:
        return await _watch(self._plain.clear)

    async def stop_by_evict_all(self) -> list[float]:
        return await _watch(self._cache.evict_all)

    def _fill_cache(self, count: int) -> None:
        for n in range(count):
            self._cache.keep(_make_session(n), str(628_100_000_000 + n), self._cache.mark())

    def _fill_plain(self, count: int) -> None:
        for n in range(count):
            self._plain[str(628_100_000_000 + n)] = _make_session(n)

    def _weigh(self, fill: Callable[[], None]) -> tuple[int, int]:
        gc.collect()
        before = psutil.Process().memory_info().rss
        tracemalloc.start()
        fill()
        traced = tracemalloc.get_traced_memory()[0]
        overhead = tracemalloc.get_tracemalloc_memory()
        tracemalloc.stop()
        grown = psutil.Process().memory_info().rss - before - overhead
        return traced, grown


@asynccontextmanager
async def open_memory() -> AsyncIterator[Memory]:
    yield Memory()


def measure(_: Place) -> Iterator[Section]:
    section = Section(f"memory: bytes a remembered session, of {MANY:,}")
    sizes: dict[str, tuple[int, int]] = {}
    sweeps: list[float] = []
    with run_process(open_memory) as process:
        sizes["plain dict of sessions"] = process.ask("weigh_plain")
    with run_process(open_memory) as process:
        empty = process.ask("collect_garbage")
        sizes["Cache"] = process.ask("weigh_cache")
        sweeps = process.ask("collect_garbage")
    base = None
    for name, (traced, _grown) in sizes.items():
        section.add(f"{name}, tracemalloc", [traced / MANY], "B", than=base)
        base = base or section.figures[0].name
    yield section

    section = Section("memory: how long the event loop stands still")
    section.add("full garbage collection, empty Cache", empty, "ms")
    section.add(
        f"full garbage collection, {MANY:,} sessions", sweeps, "ms", than=section.figures[0].name
    )
    if psutil.virtual_memory().available < NEEDED:
        section.note(f"forgetting {ALL:,} at once: skipped, it needs 4 GiB of memory")
    else:
        clear, evict = f"dict.clear() of {ALL:,} sessions", f"Cache.evict_all() of {ALL:,}"
        for name, plain, stop in (
            (clear, True, "stop_by_clear"),
            (evict, False, "stop_by_evict_all"),
        ):
            with run_process(open_memory) as process:
                process.ask("fill", plain)
                gaps = process.ask(stop)
            section.add(f"{name}: longest", [max(gaps)], "ms", than=_find(section, clear))
            section.add(f"{name}: in all", [sum(gaps)], "ms", than=_find(section, f"{clear}: in"))
    yield section


def _find(section: Section, start: str) -> str | None:
    return next((f.name for f in section.figures if f.name.startswith(start)), None)


async def _watch(act: Callable[[], object]) -> list[float]:
    """How long each round of the loop took, from the act until its work is done."""
    loop = asyncio.get_running_loop()
    gaps: list[float] = []
    gc.disable()
    last = loop.time()
    act()
    quiet = 0
    while quiet < 50:
        await asyncio.sleep(0)
        now = loop.time()
        gaps.append(now - last)
        quiet = quiet + 1 if now - last < 5e-5 else 0
        last = now
    gc.enable()
    return gaps


def _time(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _make_session(n: int) -> Session:
    """As it comes from the database: nothing shared with another."""
    return Session(
        id=f"{628_100_000_000 + n}@c.us",
        incarnation=UUID(int=3 * n + (1 << 100)),
        nama=f"Budi {n}",
        context={"language": "id", "asked": n % 2 == 0},
        user_revision=UUID(int=3 * n + 1 + (1 << 100)),
        session_revision=UUID(int=3 * n + 2 + (1 << 100)),
    )
