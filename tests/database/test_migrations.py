"""Migrations, on the real files of sql/."""

from __future__ import annotations

import threading

import psycopg
import pytest

from app.database.migrations import (
    MigrationError,
    is_current,
    migrate,
    pending,
    sql_directory,
)
from app.database.pool import Pool, open_pool


def test_an_empty_database_gets_every_migration_once(empty_database_url: str) -> None:
    files = tuple(path.name for path in sorted((sql_directory() / "migrations").glob("*.sql")))
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        assert pending(conn) == (*files, "sql/*.sql")
        first = migrate(conn)
        assert first.applied == files
        assert first.routines
        again = migrate(conn)
        assert again.applied == ()
        assert not again.routines
        assert pending(conn) == ()
        assert migrate(conn, force=True).routines


def test_migrating_side_by_side_applies_everything_once(empty_database_url: str) -> None:
    done: list[tuple[str, ...]] = []

    def run() -> None:
        with psycopg.connect(empty_database_url, autocommit=True) as conn:
            done.append(migrate(conn).applied)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert sum(bool(applied) for applied in done) == 1


def test_an_edited_migration_is_refused_by_name(connection: psycopg.Connection) -> None:
    connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name LIKE '0001%'""")
    with pytest.raises(MigrationError, match=r"sql/migrations/0001\w*\.sql was edited"):
        migrate(connection)


def test_a_database_newer_than_the_code_is_refused(connection: psycopg.Connection) -> None:
    connection.execute("""INSERT INTO "Migration" VALUES ('9999_future.sql', 'x')""")
    with pytest.raises(MigrationError, match=r"newer than this novabot: it has 9999_future\.sql"):
        migrate(connection)


def test_a_role_that_may_not_create_is_told_so(connection: psycopg.Connection) -> None:
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute("GRANT USAGE ON SCHEMA public TO pg_monitor; SET ROLE pg_monitor")
    with pytest.raises(MigrationError, match="migrate as its owner"):
        migrate(connection)


async def test_readiness_sees_whether_the_schema_is_current(
    pool: Pool, connection: psycopg.Connection
) -> None:
    async with pool.connection() as conn:
        assert await is_current(conn)
        connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name = 'sql/*.sql'""")
        assert not await is_current(conn)


async def test_a_database_without_a_schema_is_not_current(empty_database_url: str) -> None:
    pool = await open_pool(empty_database_url, name="test")
    async with pool, pool.connection() as conn:
        assert not await is_current(conn)
