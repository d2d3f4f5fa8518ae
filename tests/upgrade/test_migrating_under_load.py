"""`novabot migrate` while clients chat and another session stays in its transaction, like pg_dump.

`make migrate-load CLIENTS=100000 SECONDS=60` is the same with many clients, for longer.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from app.database.migrating.migrations import migrate, pending
from tests.sql.acts import one
from tests.system.nova import PHONE_NUMBER_ID, Nova, wait_for
from tests.upgrade.conftest import wait_until_listening
from tests.upgrade.releases import LAST, SAME_SCHEMA, Release, run_from
from tests.webhook_bodies import text_body

CLIENTS = int(os.environ.get("NOVABOT_MIGRATE_CLIENTS", "2000"))
SECONDS = float(os.environ.get("NOVABOT_MIGRATE_SECONDS", "1"))
MESSAGES = 10
"""Of each client."""
REFUSED = 1.0
"""Seconds for which messages may be refused, altogether."""
GONE = 10.0
"""Seconds until the server has noticed that a migration was killed."""
SIGNALS = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}
"""Each with the exit status of a migration that it ends."""
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'novabot migrate'"
ASKING = """
    SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE a.application_name = 'novabot migrate' AND NOT l.granted
"""
HOLDING = """
    SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE
        a.application_name = 'novabot migrate' AND a.wait_event = 'PgSleep'
        AND l.mode = 'AccessExclusiveLock' AND l.relation = '"Conversation"'::regclass
"""
FILL = """
    INSERT INTO "User" (id, nama)
    SELECT (6281300000000 + i) || '@c.us', 'n' || i FROM generate_series(1, %(clients)s) AS i;
    INSERT INTO "Session" ("userId") SELECT id FROM "User" ON CONFLICT DO NOTHING;
    INSERT INTO "Conversation" ("userId", body)
    SELECT (6281300000000 + i) || '@c.us', 'message ' || m
    FROM generate_series(1, %(clients)s) AS i, generate_series(1, %(messages)s) AS m
"""
SLOW_STEP = """
    CREATE FUNCTION sleep_after_a_command() RETURNS event_trigger LANGUAGE plpgsql
    AS 'BEGIN PERFORM pg_sleep(60); END';
    CREATE EVENT TRIGGER slow_step ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
    EXECUTE FUNCTION sleep_after_a_command();
"""


class Load:
    """Clients who write all the time, each message again until it is taken."""

    def __init__(self, nova: Nova) -> None:
        self.taken = 0
        self.slowest = 0.0
        self._nova = nova
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._refused: list[tuple[float, float]] = []

    def press(self) -> None:
        chance = random.Random()
        while not self._stop.is_set():
            phone = str(6281300000000 + chance.randint(1, CLIENTS))
            begun, refused_at = time.monotonic(), None
            wamid = f"wamid.{chance.getrandbits(96):x}"
            while (status := self._post(phone, wamid)) != 200:
                assert status == 503, status
                refused_at = refused_at or time.monotonic()
            now = time.monotonic()
            with self._lock:
                self.taken += 1
                self.slowest = max(self.slowest, now - begun)
                if refused_at is not None:
                    self._refused.append((refused_at, now))

    def stop(self) -> None:
        self._stop.set()

    def count_refused_seconds(self) -> float:
        """For how long some message was refused: from its first 503 until it was taken."""
        total, end = 0.0, 0.0
        for first, last in sorted(self._refused):
            total += max(0.0, last - max(first, end))
            end = max(end, last)
        return total

    def _post(self, phone: str, wamid: str) -> int:
        body = text_body(phone, "halo", phone_number_id=PHONE_NUMBER_ID, message_id=wamid)
        return self._nova.post(0, body)


@contextmanager
def pressing(load: Load, threads: int = 3) -> Iterator[None]:
    running = [threading.Thread(target=load.press) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        load.stop()
        for thread in running:
            thread.join()


@pytest.mark.timeout(120 + 3 * SECONDS + CLIENTS / 500)
def test_clients_are_served_while_a_migration_waits_and_nothing_waits_after_it_is_killed(
    open_nova: Callable[[], Nova], unpacked: Callable[[Release], Path]
) -> None:
    nova = open_nova()
    with nova.connect() as conn, psycopg.connect(nova.database_url) as reader:
        if not pending(conn):
            pytest.skip(SAME_SCHEMA)
        with psycopg.ClientCursor(conn) as cursor:
            cursor.execute(FILL, {"clients": CLIENTS, "messages": MESSAGES})
        nova.start_simulator()
        nova.start_bot(0, **run_from(unpacked(LAST), LAST))
        wait_until_listening(nova, 0)
        load = Load(nova)
        with pressing(load):
            wait_for(lambda: load.taken > 20, "the load to begin")
            reader.execute('SELECT FROM "User", "Conversation" LIMIT 1')
            kill(nova, conn, ASKING, signal.SIGKILL)
            migration = nova.run("migrate")
            wait_for(lambda: "waits, for" in migration.read_log(), "the migration to wait")
            before = load.taken
            reads_until = time.monotonic() + SECONDS
            wait_for(
                lambda: time.monotonic() > reads_until and load.taken > before,
                "messages to be taken while the migration waits",
                SECONDS + 20,
            )
            assert migration.popen.poll() is None
            reader.commit()
            assert migration.popen.wait(60) == 0, migration.read_log()
            before = load.taken
            wait_for(lambda: load.taken > before + 20, "the load to go on")
        assert pending(conn) == ()
        told = [
            line.partition(" at most, for ")[2]
            for line in migration.read_log().splitlines()
            if "waits, for" in line
        ]
        assert f"process {reader.info.backend_pid}" in told[0]
        # Autovacuum may come and go meanwhile.
        assert all(line != following for line, following in pairwise(told)), told
    refused = load.count_refused_seconds()
    print(f"{load.taken} messages, refused for {refused:.2f} s, slowest {load.slowest:.2f} s")
    assert refused <= REFUSED


def test_a_migration_that_is_killed_in_the_middle_of_a_step_leaves_no_lock(
    open_nova: Callable[[], Nova],
) -> None:
    nova = open_nova()
    with nova.connect() as conn:
        if not pending(conn):
            pytest.skip(SAME_SCHEMA)
        conn.execute(SLOW_STEP.encode())
        before = pending(conn)
        for number in SIGNALS:
            kill(nova, conn, HOLDING, number)
        assert pending(conn) == before
        conn.execute("DROP EVENT TRIGGER slow_step; DROP FUNCTION sleep_after_a_command()")
        migrate(conn)
        assert pending(conn) == ()


def kill(nova: Nova, conn: psycopg.Connection, moment: str, number: signal.Signals) -> None:
    """Starts a migration and ends it at a moment; the server is left as if it had not been."""
    migration = nova.run("migrate")
    wait_for(lambda: one(conn, moment), f"the migration to be there, see {migration.log}")
    migration.send(number)
    sent = time.monotonic()
    wait_for(lambda: one(conn, OURS) == 0, "its sessions to end", GONE)
    print(f"{number.name}: gone after {time.monotonic() - sent:.2f} s")
    assert migration.popen.wait(10) == SIGNALS[number], migration.read_log()
    assert ("stopped;" in migration.read_log()) == (number != signal.SIGKILL)
