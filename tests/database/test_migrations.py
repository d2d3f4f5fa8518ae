"""Migrations, on the real files of sql/."""

from __future__ import annotations

import hashlib
import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app.database.migrating.migrations import (
    MigrationError,
    find_newer_release,
    find_schema_fault,
    migrate,
    pending,
    sql_directory,
)
from app.database.migrating.releases import RELEASE
from app.database.pool import Pool, open_pool

FROZEN = {
    "0001_model.sql": ("edd6aa2af488c690edb3c8cd946e2d1a9525802a4937e2195a52f44b5c796838"),
    "0002_after_a_bulk_delete.sql": (
        "bdf52f4be657638333dbd1c1e1791e6b002abcd7b691e90ef64d3a2dd54a35c1"
    ),
}
"""SHA-256 of every migration that a release has shipped; a release adds its own."""


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


def test_a_migration_that_a_release_shipped_is_never_edited() -> None:
    shipped = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (sql_directory() / "migrations").glob("*.sql")
        if path.name in FROZEN
    }
    assert shipped == FROZEN


def test_an_edited_migration_is_refused_by_name(connection: psycopg.Connection) -> None:
    connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name LIKE '0001%'""")
    with pytest.raises(MigrationError, match=r"sql/migrations/0001\w*\.sql was edited"):
        migrate(connection)


def test_a_database_newer_than_the_code_is_refused(connection: psycopg.Connection) -> None:
    connection.execute("""INSERT INTO "Migration" VALUES ('9999_future.sql', 'x')""")
    with pytest.raises(MigrationError, match=r"newer than this novabot: it has 9999_future\.sql"):
        migrate(connection)


def test_a_schema_of_a_later_release_is_refused_even_without_a_new_migration(
    connection: psycopg.Connection,
) -> None:
    become_release(connection, "99.0.0", "0.2.0")
    for force in (False, True):
        with pytest.raises(MigrationError, match=r"newer than this novabot: .* 99\.0\.0; install"):
            migrate(connection, force=force)
    with pytest.raises(MigrationError, match=r"newer than this novabot"):
        pending(connection)


def test_a_role_that_may_not_create_is_told_so(connection: psycopg.Connection) -> None:
    connection.execute("DROP SCHEMA novabot_internal CASCADE")
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute("GRANT USAGE ON SCHEMA public TO pg_monitor; SET ROLE pg_monitor")
    with pytest.raises(MigrationError, match="migrate as its owner"):
        migrate(connection)


def test_postgresqls_detail_and_hint_are_told_of_what_the_server_refuses(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        """
        CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE 'no space left' USING
                ERRCODE = 'disk_full', DETAIL = 'All is written.', HINT = 'Free some space.';
        END $$;
        CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
        EXECUTE FUNCTION refuse();
        """
    )
    said = "^The database refuses: no space left. All is written. Free some space$"
    with pytest.raises(MigrationError, match=said):
        migrate(connection, force=True)


def test_a_table_of_another_role_in_place_of_ours_is_not_used(
    empty_database_url: str,
) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute('CREATE TABLE public."Migration" (name text, checksum text)')
        conn.execute('ALTER TABLE public."Migration" OWNER TO pg_monitor')
        conn.execute("CREATE ROLE migrating_owner LOGIN PASSWORD 'x' CREATEDB")
        conn.execute("GRANT CREATE ON SCHEMA public TO migrating_owner")
        try:
            url = make_conninfo(empty_database_url, user="migrating_owner", password="x")
            refusal = "belongs to the role pg_monitor: DROP TABLE"
            with (
                psycopg.connect(url, autocommit=True) as theirs,
                pytest.raises(MigrationError, match=refusal),
            ):
                migrate(theirs)
        finally:
            conn.execute("DROP OWNED BY migrating_owner; DROP ROLE migrating_owner")


def test_a_migration_whose_watching_connection_is_ended_applies_no_further_step(
    connection: psycopg.Connection, database_url: str
) -> None:
    """Another migration could have begun meanwhile."""
    applied = """SELECT "appliedAt" FROM "Migration" WHERE name = 'sql/*.sql'"""
    before = connection.execute(applied).fetchall()
    with psycopg.connect(database_url) as holder:
        holder.execute('LOCK TABLE "Session"')

        def end_watcher(line: str) -> None:
            holder.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE application_name = 'novabot migrate' AND datname = current_database()"
            )
            holder.commit()

        with pytest.raises(MigrationError, match="terminating connection"):
            migrate(connection, force=True, report=end_watcher)
    assert connection.execute(applied).fetchall() == before
    assert migrate(connection, force=True).routines


def test_a_database_without_the_schema_public_is_told_so(connection: psycopg.Connection) -> None:
    connection.execute("DROP SCHEMA novabot_internal CASCADE; DROP SCHEMA public CASCADE")
    with pytest.raises(MigrationError, match="CREATE SCHEMA public"):
        migrate(connection)


def test_the_code_and_its_schema_are_of_one_release(connection: psycopg.Connection) -> None:
    row = connection.execute("SELECT release FROM novabot_internal.schema_release()").fetchone()
    assert row == (RELEASE,)


async def test_a_schema_that_is_behind_is_to_be_migrated(
    pool: Pool, connection: psycopg.Connection
) -> None:
    async with pool.connection() as conn:
        assert await find_schema_fault(conn) is None
        connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name = 'sql/*.sql'""")
        assert "run novabot migrate" in (await find_schema_fault(conn) or "")
        connection.execute("DROP SCHEMA novabot_internal CASCADE")
        assert "run novabot migrate" in (await find_schema_fault(conn) or "")


@pytest.mark.parametrize(
    ("release", "oldest_working", "fault"),
    [
        ("0.2.1", "0.2.0", None),
        ("0.10.0", "0.1.9", None),
        ("99.0.0", "0.2.0", None),
        ("99.0.0", "98.5.0", "needs novabot 98.5.0 or newer: install the newer one"),
        ("0.2.0", "0.2.0", "does not know (9999_future.sql): install the novabot that"),
        ("0.1.9", "0.1.0", "does not know (9999_future.sql): install the novabot that"),
        ("0.3.0rc1", "0.2.0", None),
        ("0.3.0rc1", "0.3.0rc1", "newer (0.3.0rc1), and needs novabot 0.3.0rc1 or newer"),
    ],
)
async def test_a_newer_schema_is_used_if_it_says_that_it_works_with_this_release(
    pool: Pool,
    connection: psycopg.Connection,
    release: str,
    oldest_working: str,
    fault: str | None,
) -> None:
    connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name = 'sql/*.sql'""")
    connection.execute("""INSERT INTO "Migration" VALUES ('9999_future.sql', 'x')""")
    become_release(connection, release, oldest_working)
    async with pool.connection() as conn:
        found = await find_schema_fault(conn)
    assert (found is None) == (fault is None)
    assert fault is None or fault in (found or "")
    assert find_newer_release(connection) == (release if fault is None else None)


async def test_a_database_without_a_schema_is_to_be_migrated(empty_database_url: str) -> None:
    pool = await open_pool(empty_database_url, name="test")
    async with pool, pool.connection() as conn:
        assert "run novabot migrate" in (await find_schema_fault(conn) or "")


def become_release(conn: psycopg.Connection, release: str, oldest_working: str) -> None:
    """What the schema of that release says of itself."""
    conn.execute(
        f"""
        CREATE OR REPLACE FUNCTION novabot_internal.schema_release(
            OUT release text, OUT oldest_working text
        ) RETURNS record LANGUAGE sql AS $$ SELECT '{release}', '{oldest_working}' $$
        """.encode()
    )
