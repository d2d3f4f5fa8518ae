"""Logical replication: a database is copied into a new one, and nothing is lost or left over."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from app.local.postgres_programs import find_program
from tests.sql.acts import one, tables
from tests.system.nova import wait_for

CLIENTS = 2000


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A server of its own, that writes what logical replication needs."""
    with EmbeddedServer(data_dir, durable=False) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET wal_level = logical")
        server.stop()
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as conn:
            migrate(conn)
        yield server


def copy_schema(source: str, target: str) -> None:
    """As PostgreSQL's manual says before CREATE SUBSCRIPTION."""
    program = find_program("pg_dump")
    assert program is not None
    dump = subprocess.run(
        [str(program), "--schema-only", "--no-owner", f"--dbname={source}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = [line for line in dump.splitlines() if not line.startswith("\\")]
    with psycopg.connect(target, autocommit=True) as conn:
        conn.execute("\n".join(lines).encode())


def count_rows(url: str) -> dict[str, int]:
    with psycopg.connect(url, autocommit=True) as conn:
        return {table: one(conn, f'SELECT count(*) FROM "{table}"') for table in tables(conn)}


@pytest.mark.timeout(120)
def test_a_copy_by_logical_replication_has_every_row(server: EmbeddedServer) -> None:
    source, target = server.url("source"), server.url("target")
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE source TEMPLATE novabot")
        conn.execute("CREATE DATABASE target")
    with psycopg.connect(source, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO \"User\" (id, nama) SELECT '6281' || (1000000 + i) || '@c.us', 'n' || i"
            " FROM generate_series(1, %s) AS i",
            (CLIENTS,),
        )
        conn.execute('INSERT INTO "Session" ("userId") SELECT id FROM "User"')
        conn.execute(
            'INSERT INTO "Conversation" ("userId", direction, body)'
            " SELECT id, 'in', 'm' || i FROM \"User\", generate_series(1, 5) AS i"
        )
        conn.execute("DELETE FROM \"User\" WHERE nama IN ('n1', 'n2')")
        conn.execute("CREATE PUBLICATION everything FOR ALL TABLES")
        conn.execute(
            "SELECT pg_create_logical_replication_slot('everything', 'pgoutput')",
        )
    wanted = count_rows(source)
    assert wanted["User"] == wanted["Session"] == wanted["Alias"] == CLIENTS - 2
    copy_schema(source, target)
    with psycopg.connect(target, autocommit=True) as conn:
        # In one server the slot has to be there before: CREATE SUBSCRIPTION would wait for itself.
        conn.execute(
            f"CREATE SUBSCRIPTION everything CONNECTION '{make_conninfo(source)}'"
            " PUBLICATION everything WITH (create_slot = false, slot_name = everything)".encode()
        )
        wait_for(
            lambda: one(conn, "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"),
            "every table to be copied",
            60,
        )
        assert count_rows(target) == wanted
        assert one(conn, "SELECT sum(orphans) FROM novabot_internal.count_orphans()") == 0
        # What happens from now on arrives too.
        with psycopg.connect(source, autocommit=True) as writer:
            writer.execute("INSERT INTO \"User\" (id, nama) VALUES ('628999@c.us', 'Ana')")
        wait_for(lambda: one(conn, "SELECT count(*) FROM \"Alias\" WHERE alias = '628999'"), "Ana")
        assert one(conn, "SELECT nama FROM \"User\" WHERE id = '628999@c.us'") == "Ana"
        conn.execute("ALTER SUBSCRIPTION everything DISABLE")
        conn.execute("ALTER SUBSCRIPTION everything SET (slot_name = NONE)")
        conn.execute("DROP SUBSCRIPTION everything")
