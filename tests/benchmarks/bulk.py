"""Resets of many clients, and of one: with our triggers, and with them switched off.

Each time on a fresh copy of a database in which every client has a session, an address and three
messages; foreign keys cascade in both.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import psycopg

from tests.benchmarks.figures import Section
from tests.benchmarks.server import Place, make_clients, switch_our_triggers

CLIENTS = 100_000
MESSAGES = 3
REPETITIONS = 2
SINGLE = 150
STATEMENTS = {
    f"DELETE of all {CLIENTS:,}": 'DELETE FROM "User"',
    "TRUNCATE … CASCADE": 'TRUNCATE "User" CASCADE',
}
_OURS, _OFF = "our triggers", "without our triggers"


def measure(place: Place) -> Iterator[Section]:
    section = Section(f"bulk: {CLIENTS:,} clients, {MESSAGES} messages each, fsync on")
    with place.clone() as template_url:
        template = psycopg.conninfo.conninfo_to_dict(template_url)["dbname"]
        phones = make_clients(template_url, CLIENTS, MESSAGES)
        heard: dict[str, Counter[str]] = {}
        for name, statement in STATEMENTS.items():
            taken: dict[str, list[float]] = {_OFF: [], _OURS: []}
            for _ in range(REPETITIONS):
                for kind, times in taken.items():
                    with place.clone(str(template)) as url:
                        seconds, notifications = _run(url, statement, ours=kind == _OURS)
                    times.append(seconds)
                    heard[f"{name}, {kind}"] = notifications
            _add(section, name, taken, "s")
        with place.clone(str(template)) as url:
            _add(section, "DELETE of one", _delete_singly(url, phones), "ms")
            heard[f"DELETE of 100 at once, {_OURS}"] = _delete_hundred(url, phones)
    for name, counts in heard.items():
        if name.endswith(f", {_OURS}"):
            said = ", ".join(f"{count} on {channel}" for channel, count in sorted(counts.items()))
            section.note(f"notifications of {name.partition(', our')[0]}: {said}")
    yield section


def _add(section: Section, name: str, taken: dict[str, list[float]], unit: str) -> None:
    base = None
    for kind, times in taken.items():
        label = f"{name}, {kind}"
        section.add(label, times, unit, than=base)
        base = base or label


def _run(url: str, statement: str, *, ours: bool) -> tuple[float, Counter[str]]:
    """Seconds of the statement and its commit, and how many notifications it sent by channel."""
    with (
        psycopg.connect(url, autocommit=True) as conn,
        psycopg.connect(url, autocommit=True) as listener,
    ):
        switch_our_triggers(conn, on=ours)
        listener.execute("LISTEN session_reset")
        listener.execute("LISTEN session_changed")
        conn.execute("CHECKPOINT")
        started = time.perf_counter()
        conn.execute(statement.encode())
        seconds = time.perf_counter() - started
        return seconds, Counter(n.channel for n in listener.notifies(timeout=0.2))


def _delete_singly(url: str, phones: list[str]) -> dict[str, list[float]]:
    """One client after another, by turns with and without."""
    taken: dict[str, list[float]] = {_OFF: [], _OURS: []}
    left = iter(phones)
    with psycopg.connect(url, autocommit=True) as conn:
        for _ in range(10):
            for kind, times in taken.items():
                switch_our_triggers(conn, on=kind == _OURS)
                for _ in range(SINGLE // 10):
                    started = time.perf_counter()
                    conn.execute('DELETE FROM "User" WHERE id = %s', (f"{next(left)}@c.us",))
                    times.append(time.perf_counter() - started)
        switch_our_triggers(conn, on=True)
    return taken


def _delete_hundred(url: str, phones: list[str]) -> Counter[str]:
    ids = ", ".join(f"'{phone}@c.us'" for phone in phones[-100:])
    return _run(url, f'DELETE FROM "User" WHERE id IN ({ids})', ours=True)[1]
