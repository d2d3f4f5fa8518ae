"""What DBAs do to the tables while two bots remember the clients concerned.

What each door writes and sends is tests/sql; here it is what the bots answer the moment after.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.local.postgres_programs import find_program
from tests.system.faults.acts import (
    acknowledgements,
    bot_pids,
    find_in_logs,
    last_reset,
    value,
    wait_all_ready,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client
from tests.system.nova import Nova

STORM = 4.0
"""Seconds of single deletes."""

Act = Callable[[psycopg.Connection[Any], Client, Client], None]


def take_back_to_a_savepoint(conn: psycopg.Connection[Any], gone: Client, kept: Client) -> None:
    with conn.transaction():
        conn.execute("SAVEPOINT here")
        conn.execute('DELETE FROM "User" WHERE id = %s', (kept.id,))
        conn.execute("ROLLBACK TO here")
        conn.execute('DELETE FROM "User" WHERE id = %s', (gone.id,))


def merge(conn: psycopg.Connection[Any], gone: Client, kept: Client) -> None:
    conn.execute(
        'MERGE INTO "User" AS u USING (VALUES (%s)) AS g (id) ON u.id = g.id'
        " WHEN MATCHED THEN DELETE",
        (gone.id,),
    )


def delete_in_a_cte(conn: psycopg.Connection[Any], gone: Client, kept: Client) -> None:
    conn.execute(
        'WITH g AS (DELETE FROM "User" WHERE id = %s RETURNING id) SELECT count(*) FROM g',
        (gone.id,),
    )


def cascade(conn: psycopg.Connection[Any], gone: Client, kept: Client) -> None:
    """From a table that the DBA adds while the bots run."""
    conn.execute("CREATE TABLE company (id int PRIMARY KEY)")
    conn.execute('ALTER TABLE "User" ADD company int REFERENCES company ON DELETE CASCADE')
    try:
        conn.execute("INSERT INTO company VALUES (1), (2)")
        conn.execute('UPDATE "User" SET company = 1 WHERE id = %s', (gone.id,))
        conn.execute('UPDATE "User" SET company = 2 WHERE id = %s', (kept.id,))
        assert kept.ask(1) == ("Sari", "Sari")
        conn.execute("DELETE FROM company WHERE id = 1")
        assert gone.ask(0) == UNKNOWN
    finally:
        conn.execute('ALTER TABLE "User" DROP company')
        conn.execute("DROP TABLE company")


def delete_as_a_replica(conn: psycopg.Connection[Any], gone: Client, kept: Client) -> None:
    conn.execute("SET session_replication_role = replica")
    conn.execute('DELETE FROM "User" WHERE id = %s', (gone.id,))
    conn.execute("RESET session_replication_role")


SIGNALLED: list[Act] = [
    take_back_to_a_savepoint,
    merge,
    delete_in_a_cte,
    cascade,
    delete_as_a_replica,
]


def introduce(nova: Nova) -> tuple[Client, Client]:
    """Two clients whom both bots remember."""
    gone, kept = Client(nova), Client(nova)
    for bot in (0, 1):
        gone.tell("Petang", bot)
        kept.tell("Sari", bot)
    for bot in (0, 1):
        assert kept.ask(bot) == ("Sari", "Sari")
    return gone, kept


@pytest.mark.parametrize("act", SIGNALLED)
def test_a_delete_of_any_kind_is_forgotten_by_both_bots_and_acknowledged(
    nova: Nova, act: Act
) -> None:
    gone, kept = introduce(nova)
    with nova.connect() as conn:
        receipts = value(conn, 'SELECT count(*) FROM "Reset"')
        act(conn, gone, kept)
        for bot in (0, 1):
            assert gone.ask(bot) == UNKNOWN
            assert kept.ask(bot) == ("Sari", "Sari")
        assert value(conn, 'SELECT count(*) FROM "Reset"') == receipts + 1
        wait_for_acknowledgements(conn, last_reset(conn), 2, 5)
    assert not find_in_logs(nova, "item set aside")


def test_a_delete_with_all_triggers_off_sends_nothing_and_the_fence_has_it(nova: Nova) -> None:
    gone, kept = introduce(nova)
    with nova.connect() as conn:
        before = last_reset(conn)
        conn.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
        conn.execute('DELETE FROM "User" WHERE id = %s', (gone.id,))
        conn.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
        assert last_reset(conn) == before
        for bot in (0, 1):
            assert gone.ask(bot) == UNKNOWN
            assert kept.ask(bot) == ("Sari", "Sari")
        gone.tell("Fajar", 1)
        assert gone.ask(0) == ("Fajar", "Fajar")
        # ENABLE ALWAYS is lost, silently; a new migration brings it back, and it is heard again.
        always = """SELECT bool_and(tgenabled = 'A') FROM pg_trigger
                    WHERE NOT tgisinternal AND tgrelid = '"User"'::regclass"""
        assert value(conn, always) is False
        assert nova.command("migrate", "--force").returncode == 0
        assert value(conn, always) is True
        delete_as_a_replica(conn, gone, kept)
        wait_for_acknowledgements(conn, last_reset(conn), 2, 5)
        assert gone.ask(0) == gone.ask(1) == UNKNOWN


def test_the_same_ids_after_a_truncate_that_restarts_them_are_other_clients(nova: Nova) -> None:
    gone, kept = introduce(nova)
    with nova.connect() as conn:
        conn.execute('TRUNCATE "User" RESTART IDENTITY CASCADE')
        for client in (gone, kept):
            conn.execute('INSERT INTO "User" (id) VALUES (%s)', (client.id,))
            conn.execute('INSERT INTO "Conversation" ("userId") VALUES (%s)', (client.id,))
        for bot in (0, 1):
            assert gone.ask(bot) == kept.ask(bot) == UNKNOWN
        wait_for_acknowledgements(conn, last_reset(conn), 2, 5)


def test_a_client_with_another_id_is_known_by_it_alone(nova: Nova) -> None:
    moved, _ = introduce(nova)
    new = Client(nova)
    with nova.connect() as conn:
        conn.execute('UPDATE "User" SET id = %s WHERE id = %s', (new.id, moved.id))
    for bot in (0, 1):
        assert new.ask(bot) == ("Petang", "Petang")
        assert moved.ask(bot) == UNKNOWN
    new.tell("Fajar", 1)
    assert moved.ask(0) == UNKNOWN and new.ask(0) == ("Fajar", "Fajar")


def test_a_client_inserted_by_hand_is_known_at_once_also_to_a_bot_that_has_met_it(
    nova: Nova,
) -> None:
    inserted, (gone, kept) = Client(nova), introduce(nova)
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User" WHERE id = %s', (gone.id,))
        for client in (inserted, gone):
            conn.execute('INSERT INTO "User" (id, nama) VALUES (%s, %s)', (client.id, "Wati"))
            assert client.ask(0) == client.ask(1) == ("Wati", "-")
        conn.execute('DELETE FROM "Session" WHERE "userId" = %s', (kept.id,))
        conn.execute(
            'INSERT INTO "Session" ("userId", context) VALUES (%s, %s)',
            (kept.id, '{"last": "Ani"}'),
        )
        assert kept.ask(0) == kept.ask(1) == ("Sari", "Ani")


def test_a_dump_restored_over_running_bots_is_the_truth_from_then_on(
    nova: Nova, tmp_path: Path
) -> None:
    pids = bot_pids(nova)
    back, kept = introduce(nova)
    dump = tmp_path / "dump"
    run_program("pg_dump", "--format=custom", f"--file={dump}", nova.database_url)
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User" WHERE id = %s', (back.id,))
    late = Client(nova)
    for bot in (0, 1):
        assert back.ask(bot) == UNKNOWN
        kept.tell("Fajar", bot)
        late.tell("Ani", bot)
    run_program(
        "pg_restore",
        *("--clean", "--if-exists", "--single-transaction", "--exit-on-error"),
        f"--dbname={nova.database_url}",
        str(dump),
    )
    for bot in (0, 1):
        # The DBA's will: a client in the dump is known as then, any other is unknown.
        assert back.ask(bot) == ("Petang", "Petang")
        assert kept.ask(bot) == ("Sari", "Sari")
        assert late.ask(bot) == UNKNOWN
    wait_all_ready(nova)
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User" WHERE id = %s', (back.id,))
        wait_for_acknowledgements(conn, last_reset(conn), 2)
    assert back.ask(0) == back.ask(1) == UNKNOWN
    assert bot_pids(nova) == pids


@pytest.mark.timeout(300)
def test_very_many_in_one_statement_are_forgotten_by_both_bots(nova: Nova) -> None:
    many = 100_000
    gone, kept = introduce(nova)
    prefix = f"6287{len(str(many))}"  # who is asked about afterwards is a client again
    with nova.connect() as conn:
        conn.execute(
            """INSERT INTO "User" (id, nama)
               SELECT %s || lpad(n::text, 8, '0') || '@c.us', 'Ramai'
               FROM generate_series(1, %s) AS n""",
            (prefix, many),
        )
        conn.execute("ANALYZE")
    with nova.connect() as conn:
        held = [Client(nova, f"{prefix}{number:08}") for number in (1, many // 2, many)]
        for client in held:
            assert client.ask(0)[0] == client.ask(1)[0] == "Ramai"
        begun = time.monotonic()
        done = conn.execute(
            'DELETE FROM "User" WHERE id LIKE %s OR id = %s', (f"{prefix}%", gone.id)
        )
        took = time.monotonic() - begun
        assert done.rowcount == many + 1
        wait_for_acknowledgements(conn, last_reset(conn), 2, 5)
        acknowledged = time.monotonic() - begun - took
        for client in (gone, *held):
            assert client.ask(0) == client.ask(1) == UNKNOWN
        assert kept.ask(0) == kept.ask(1) == ("Sari", "Sari")
    print(f"{many} deleted in {took:.2f} s, acknowledged {acknowledged * 1000:.0f} ms later")


def test_single_deletes_as_fast_as_the_server_takes_them_are_all_acknowledged(nova: Nova) -> None:
    _, kept = introduce(nova)
    deleted = 0
    with nova.connect() as conn:
        begun, first = time.monotonic(), last_reset(conn) or 0
        while time.monotonic() < begun + STORM:
            conn.execute("INSERT INTO \"User\" (id) VALUES ('62871@c.us')")
            conn.execute("DELETE FROM \"User\" WHERE id = '62871@c.us'")
            deleted += 1
        took = time.monotonic() - begun
        last = last_reset(conn)
        assert value(conn, 'SELECT count(*) FROM "Reset" WHERE id > %s', first) == deleted
        wait_for_acknowledgements(conn, last, 2)
        late = time.monotonic() - begun - took
        missing = value(
            conn,
            """SELECT count(*) FROM "Reset" AS r WHERE r.id > %s AND 2 >
               (SELECT count(*) FROM "ResetAck" AS a WHERE a."resetId" = r.id)""",
            first,
        )
        assert missing == 0 and acknowledgements(conn, last) == 2
        slowest = value(
            conn,
            """SELECT max(extract(epoch FROM a."ackedAt" - r.at)) FROM "Reset" AS r
               JOIN "ResetAck" AS a ON a."resetId" = r.id WHERE r.id > %s""",
            first,
        )
    assert kept.ask(0) == kept.ask(1) == ("Sari", "Sari")
    print(
        f"{deleted / took:.0f} deletes/s, the slowest acknowledged after {float(slowest):.3f} s,"
        f" the last {late:.3f} s after the end"
    )


def run_program(name: str, *arguments: str) -> None:
    program = find_program(name)
    assert program is not None
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
