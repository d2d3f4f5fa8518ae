"""How soon after a committed DELETE a session is out of every bot's memory.

The baseline is a bare NOTIFY to bare psycopg listeners, as many, in the same processes: one
NOTIFY, one DELETE, one NOTIFY, … Times are of the last of all bots.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg

from tests.benchmarks.asking import Process, run_process
from tests.benchmarks.bots import BARE, open_bots
from tests.benchmarks.figures import Section
from tests.benchmarks.server import Place, make_clients

FLEETS = ((1,), (1, 1), (2, 2), (4, 4, 4, 4))
"""Bots in each process: 1, 2, 4 and 16 in all."""
RESETS = 60
TURNS_A_SECOND = 200
"""In all bots together, while they listen."""
_PAUSE = 0.005
_PAUSE_A_BOT = 0.0015
"""Seconds between two resets, so that the first one's acknowledgements are written."""
_LOADED = 50
"""Clients who chat meanwhile, of each process."""


@dataclass
class _Taken:
    """Seconds, one each DELETE or NOTIFY."""

    from_return: list[float] = field(default_factory=list[float])
    from_call: list[float] = field(default_factory=list[float])


def measure(place: Place) -> Iterator[Section]:
    section = Section("forgetting: from the committed DELETE to the last bot's memory")
    bare_section = Section("forgetting: the same from before the DELETE was sent")
    with place.clone() as url, place.clone() as bare_url:
        first = 0
        for fleet in FLEETS:
            bots = sum(fleet)
            with ExitStack() as stack:
                processes = [
                    stack.enter_context(run_process(open_bots, url, bare_url, n)) for n in fleet
                ]
                for turns in (0, TURNS_A_SECOND):
                    label = f"{bots} bot{'s' * (bots > 1)}, {'turns' if turns else 'idle'}"
                    phones = make_clients(url, RESETS, first=first)
                    first += RESETS
                    for process in processes:
                        process.ask("load", phones)
                        chatting = make_clients(url, _LOADED, first=first)
                        first += _LOADED
                        process.ask("set_turns", chatting, turns / len(processes))
                    bare, ours, lost = _reset_all(url, bare_url, phones, processes, bots)
                    taken = sum(process.ask("set_turns", [], 0) for process in processes)
                    section.add(f"{label}: bare NOTIFY", bare.from_return, "µs")
                    section.add(
                        f"{label}: DELETE", ours.from_return, "µs", than=f"{label}: bare NOTIFY"
                    )
                    bare_section.add(f"{label}: bare NOTIFY", bare.from_call, "µs")
                    bare_section.add(
                        f"{label}: DELETE", ours.from_call, "µs", than=f"{label}: bare NOTIFY"
                    )
                    if lost or (turns and not taken):
                        section.note(f"{label}: {lost} not evicted, {taken} turns")
    section.note(
        "0 is when execute() returned to the program that deletes;"
        " a notification can arrive before."
    )
    section.note(f"turns: {TURNS_A_SECOND} a second, in the bots that listen; fsync is on.")
    yield section
    yield bare_section


def _reset_all(
    url: str, bare_url: str, phones: list[str], processes: list[Process], bots: int
) -> tuple[_Taken, _Taken, int]:
    """Deletes these clients one by one; the times, and how many evictions did not come."""
    deleted: dict[UUID, tuple[float, float]] = {}
    notified: dict[str, tuple[float, float]] = {}
    pause = _PAUSE + bots * _PAUSE_A_BOT
    with (
        psycopg.connect(url, autocommit=True) as conn,
        psycopg.connect(bare_url, autocommit=True) as bare_conn,
    ):
        for phone in phones:
            payload = uuid4().hex
            called = time.monotonic()
            bare_conn.execute("SELECT pg_notify(%s, %s)", (BARE, payload))
            notified[payload] = called, time.monotonic()
            time.sleep(pause)
            called = time.monotonic()
            cursor = conn.execute(
                'DELETE FROM "User" WHERE id = %s RETURNING incarnation', (f"{phone}@c.us",)
            )
            returned = time.monotonic()
            row = cursor.fetchone()
            assert row is not None
            deleted[row[0]] = called, returned
            time.sleep(pause)
    time.sleep(0.2)
    evicted: dict[UUID, list[float]] = {}
    heard: dict[str, list[float]] = {}
    for process in processes:
        news = process.ask("collect")
        for incarnation, times in news.evicted.items():
            evicted.setdefault(incarnation, []).extend(times)
        for payload, times in news.bare.items():
            heard.setdefault(payload, []).extend(times)
    bare, ours = _Taken(), _Taken()
    for payload, (called, returned) in notified.items():
        bare.from_call.append(max(heard[payload]) - called)
        bare.from_return.append(max(heard[payload]) - returned)
    lost = 0
    for incarnation, (called, returned) in deleted.items():
        times = evicted.get(incarnation, [])
        lost += bots - len(times)
        ours.from_call.append(max(times) - called)
        ours.from_return.append(max(times) - returned)
    return bare, ours, lost
