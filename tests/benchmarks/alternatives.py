"""The ways that the replaced system took or named, for the same job: a session out of memory.

Its DELETE runs without our triggers and takes the "Session" row along; then the dashboard leaves
a file, or sends the client's id to the bot over a WebSocket on loopback.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.benchmarks.asking import Process, run_process
from tests.benchmarks.bots import open_bots
from tests.benchmarks.figures import Section
from tests.benchmarks.receivers import POLL, open_file_readers, open_socket
from tests.benchmarks.server import Place, make_clients, switch_our_triggers

RESETS = 100
FILES = 8
AWAY = 20
"""Resets while the receiver is away."""
_PAUSE = 0.006

Reset = Callable[[str], float]
"""Resets a client id; when the DELETE had returned."""


def measure(place: Place) -> Iterator[Section]:
    section = Section("alternatives: from the committed DELETE to the bot's memory, one bot, idle")
    with (
        place.clone() as url,
        place.clone() as old_url,
        psycopg.connect(url, autocommit=True) as conn,
        psycopg.connect(old_url, autocommit=True) as old_conn,
        run_process(open_bots, url, old_url, 1) as bot,
    ):

        def reset(client: str) -> float:
            conn.execute('DELETE FROM "User" WHERE id = %s', (client,))
            return time.monotonic()

        def reset_as_before(client: str) -> float:
            with old_conn.transaction():
                old_conn.execute('DELETE FROM "Session" WHERE "userId" = %s', (client,))
                old_conn.execute('DELETE FROM "User" WHERE id = %s', (client,))
            return time.monotonic()

        phones = make_clients(url, RESETS + AWAY)
        old_phones = make_clients(old_url, RESETS + FILES + 2 * AWAY)
        switch_our_triggers(old_conn, on=False)
        clients = [f"{phone}@c.us" for phone in old_phones]
        bot.ask("load", phones)
        if find_spec("websockets") is None:
            section.note("WebSocket: skipped, the package websockets is not installed")
        else:
            with run_process(open_socket) as receiver:
                _compare_socket(section, bot, receiver, clients, reset, reset_as_before)
                _lose_by_socket(section, receiver, clients[RESETS:], reset_as_before)
        _compare_files(section, place.directory, clients[RESETS + AWAY :], reset_as_before)
        _lose_by_listener(section, bot, conn, phones[RESETS:], reset)
    yield section


def _compare_socket(
    section: Section,
    bot: Process,
    receiver: Process,
    clients: list[str],
    reset: Reset,
    reset_as_before: Reset,
) -> None:
    from websockets.sync.client import connect

    receiver.ask("remember", clients[:RESETS])
    ours: list[float] = []
    theirs: list[float] = []
    returned_at: dict[str, float] = {}
    with connect(receiver.ask("url"), proxy=None) as socket:
        for client in clients[:RESETS]:
            ours.append(reset(client))
            time.sleep(_PAUSE)
            returned_at[client] = reset_as_before(client)
            socket.send(client)
            theirs.append(returned_at[client])
            time.sleep(_PAUSE)
    evicted = [times[0] for times in bot.ask("collect").evicted.values()]
    taken = receiver.ask("collect")
    section.add("ours: NOTIFY by the trigger", _subtract(evicted, ours), "ms")
    section.add(
        "WebSocket from the dashboard",
        [taken[client] - returned_at[client] for client in returned_at],
        "ms",
        than="ours: NOTIFY by the trigger",
    )


def _lose_by_socket(
    section: Section, receiver: Process, clients: list[str], reset_as_before: Reset
) -> None:
    """The connection is down for a moment; the bot's process, and its memory, go on."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    receiver.ask("remember", clients[:AWAY])
    failed = 0
    with connect(receiver.ask("url"), proxy=None) as socket:
        receiver.ask("close")
        for client in clients[:AWAY]:
            reset_as_before(client)
            try:
                socket.send(client)
            except ConnectionClosed:
                failed += 1
    receiver.ask("open")
    left = receiver.ask("count_remembered")
    section.note(
        f"{AWAY} resets while the connection was down: WebSocket still remembers {left}"
        f" ({failed} sends failed, and are not repeated)"
    )


def _compare_files(
    section: Section, directory: Path, clients: list[str], reset_as_before: Reset
) -> None:
    queue = directory / "message-queue"
    queue.mkdir()
    name = f"file, polled every {POLL:g} s"
    with run_process(open_file_readers, queue) as readers:
        readers.ask("start", 1)
        readers.ask("remember", clients[:FILES])
        returned_at: dict[str, float] = {}
        for number, client in enumerate(clients[:FILES]):
            returned_at[client] = reset_as_before(client)
            _leave_file(queue, number, client)
            time.sleep(random.uniform(0.5, 1.5) * POLL / FILES)
        time.sleep(POLL)
        taken = readers.ask("collect")
        section.add(
            name,
            [taken[client] - at for client, at in returned_at.items()],
            "ms",
            than=section.figures[0].name if section.figures else None,
        )
        readers.ask("start", 1)
        readers.ask("remember", clients[FILES : FILES + AWAY])
        for number, client in enumerate(clients[FILES : FILES + AWAY]):
            _leave_file(queue, number, client)
        time.sleep(1.5 * POLL)
        left = readers.ask("count_remembered")
    section.note(
        f"{AWAY} resets with two bots at one folder of files: {left} of {2 * AWAY} sessions stay,"
        " because the first bot that reads a file deletes it (a bot that was away finds its files,"
        " late)"
    )


def _leave_file(queue: Path, number: int, client: str) -> None:
    path = queue / f"reset-{number}.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(client)
    fresh.rename(path)


def _lose_by_listener(
    section: Section, bot: Process, conn: psycopg.Connection, phones: list[str], reset: Reset
) -> None:
    """Ours, with the listener's connection cut just before the resets."""
    before = bot.ask("count_remembered")
    cut_at = time.monotonic()
    conn.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'novabot listener'"
    )
    for phone in phones:
        reset(f"{phone}@c.us")
    emptied_at = bot.ask("when_emptied", cut_at)
    left = bot.ask("count_remembered")
    section.note(
        f"{len(phones)} resets while ours could not hear: {left} of {before} remembered,"
        f" all dropped {(emptied_at - cut_at) * 1000:.1f} ms after the cut"
    )


def _subtract(later: list[float], earlier: list[float]) -> list[float]:
    return [a - b for a, b in zip(sorted(later), earlier, strict=True)]
