"""Locks of a DBA: an open transaction over many clients, TRUNCATE and bulk DELETE under load."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import psycopg
from psycopg import errors

from app.local.embedded import EmbeddedServer
from tests.system.faults.acts import (
    ServerLog,
    find_in_logs,
    last_reset,
    value,
    wait_all_ready,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client, talking
from tests.system.nova import Nova, wait_for

LOCKED, OTHERS = 20, 24
STORM = 6.0
"""Seconds of load."""


def test_an_open_transaction_over_20_clients_costs_these_503_in_a_second_and_no_others(
    nova: Nova,
) -> None:
    locked = [Client(nova) for _ in range(LOCKED)]
    others = [Client(nova) for _ in range(OTHERS)]
    with nova.connect() as conn, ThreadPoolExecutor(LOCKED + OTHERS) as threads:
        for client in (*locked, *others):
            client.tell("Petang", bot=int(client.phone) % 2)
        with conn.transaction():
            ids = [client.id for client in locked]
            assert conn.execute('DELETE FROM "User" WHERE id = ANY (%s)', (ids,)).rowcount == LOCKED
            stuck = [threads.submit(c.post, "A 1", i % 2) for i, c in enumerate(locked)]
            served = [threads.submit(c.post, "A 2", i % 2) for i, c in enumerate(others)]
            first = [task.result() for task in served]
            # A second round, while the others wait: no connection is held by who waits.
            second = [task.result() for task in [threads.submit(c.post, "A 3") for c in others]]
            outcomes = [task.result() for task in stuck]
        slowest = max(seconds for _, seconds in [*first, *second])
        refused = max(seconds for _, seconds in outcomes)
        print(f"others served in {slowest:.2f} s at most, the locked refused in {refused:.2f} s")
        assert {status for status, _ in [*first, *second]} == {200}
        assert {status for status, _ in outcomes} == {503}
        assert slowest < 1.0
        assert refused < 1.8
        for client in locked:
            assert client.ask(bot=1) == UNKNOWN


@contextmanager
def load(nova: Nova, clients: list[Client], threads: int = 6) -> Iterator[list[float]]:
    """Messages of these clients at both bots as fast as they are taken; how long each took."""
    stop, took, numbers = threading.Event(), list[float](), count(1_000_000)

    def press(mine: list[Client]) -> None:
        chance = random.Random()
        while not stop.is_set():
            client = chance.choice(mine)
            status, seconds = client.post(f"T {next(numbers)} Petang", chance.randrange(2))
            assert status in (200, 503), status
            if status == 200:
                took.append(seconds)

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(press, clients[i::threads]) for i in range(threads)]
        try:
            yield took
        finally:
            stop.set()
        for task in running:
            task.result()


def test_truncate_under_full_load_waits_for_turns_and_never_deadlocks(
    nova: Nova, shared_server: EmbeddedServer
) -> None:
    log, clients = ServerLog(shared_server), [Client(nova) for _ in range(18)]
    slowest, truncated = 0.0, 0
    with load(nova, clients) as took, nova.connect() as conn:
        until = time.monotonic() + STORM
        while time.monotonic() < until:
            served, begun = len(took), time.monotonic()
            conn.execute('TRUNCATE "User" RESTART IDENTITY CASCADE')
            slowest, truncated = max(slowest, time.monotonic() - begun), truncated + 1
            wait_for(lambda s=served: len(took) > s + 20, "turns to go on", 5)
    with nova.connect() as conn:
        conn.execute('TRUNCATE "User" CASCADE')
        for client in clients[:4]:
            assert client.ask(0) == client.ask(1) == UNKNOWN
        wait_for_acknowledgements(conn, last_reset(conn), 2)
    print(f"{truncated} TRUNCATEs, the slowest {slowest:.2f} s; {len(took)} turns")
    assert log.find("deadlock") == []
    assert truncated > 3
    wait_all_ready(nova)


def test_bulk_deletes_under_turns_and_status_callbacks_make_no_victim_of_ours(
    nova: Nova, shared_server: EmbeddedServer
) -> None:
    log, clients = ServerLog(shared_server), [Client(nova) for _ in range(24)]
    deleted = victims = statuses = 0
    chance = random.Random()
    with talking(nova, clients=1) as talk, load(nova, clients) as took, nova.connect() as conn:
        begun = time.monotonic()
        # Status callbacks come late behind so many turns: the storm lasts until one was applied.
        while (lasted := time.monotonic() - begun) < STORM or (not statuses and lasted < 60):
            served = len(took)
            ids = [c.id for c in chance.sample(clients, 16)]
            try:
                deleted += conn.execute('DELETE FROM "User" WHERE id = ANY (%s)', (ids,)).rowcount
            except errors.DeadlockDetected:
                victims += 1
            wait_for(lambda s=served: len(took) > s + 20, "turns to go on", 5)
            statuses += value(
                conn,
                "SELECT count(*) FROM \"Conversation\" WHERE status IN ('delivered', 'read')",
            )
    took.sort()
    print(
        f"{deleted} clients deleted, {len(took)} turns, 99 % within"
        f" {took[len(took) * 99 // 100] * 1000:.0f} ms, {statuses} delivered, {talk.rounds} rounds"
    )
    assert log.find("deadlock") == [] and victims == 0
    assert not find_in_logs(nova, "deadlock")
    assert deleted > 20 and statuses
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User"')
        wait_for_acknowledgements(conn, last_reset(conn), 2)


def test_a_deadlock_between_two_dbas_is_theirs(nova: Nova) -> None:
    """One of the two is told; the clients are served, and the reset is one of the two."""
    first, second = Client(nova), Client(nova)
    for client in (first, second):
        client.tell("Petang")
    statement = b'DELETE FROM "User" WHERE id = %s'
    with nova.connect() as one, nova.connect() as two, ThreadPoolExecutor(1) as threads:
        one.execute("BEGIN")
        two.execute("BEGIN")
        one.execute(statement, (first.id,))
        two.execute(statement, (second.id,))
        other = threads.submit(one.execute, statement, (second.id,))
        victim: psycopg.Connection | None = None
        try:
            two.execute(statement, (first.id,))
        except errors.DeadlockDetected:
            victim = two
        error = other.exception()
        if victim is None:
            assert isinstance(error, errors.DeadlockDetected)
            victim = one
        one.execute("ROLLBACK" if victim is one else "COMMIT")
        two.execute("ROLLBACK" if victim is two else "COMMIT")
    assert first.ask(1) == second.ask(1) == UNKNOWN
