"""What `migrate` does with functions that are gone, that changed, and that are not ours."""

from __future__ import annotations

import psycopg
import pytest

from app.database.connection import open_async_connection
from app.database.migrating.migrations import (
    MigrationError,
    find_schema_fault,
    migrate,
    pending,
    sql_directory,
)

GONE = (
    "novabot_internal.old_one(integer, text)",
    "novabot_internal.is_alive(text)",
    "public.alias_of(text)",
    'public.is_unchanged(public."User", uuid, text, uuid, uuid)',
)
KEPT = ("public.alias_of(integer)", "public.company_report()", "company.alias_of(text)")


def make(conn: psycopg.Connection, signature: str, returns: str = "text") -> None:
    conn.execute(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql"
        f" AS 'SELECT NULL::{returns}'".encode()
    )


def exists(conn: psycopg.Connection, signature: str) -> bool:
    row = conn.execute("SELECT to_regprocedure(%s) IS NOT NULL", (signature,)).fetchone()
    return row == (True,)


def result_of(conn: psycopg.Connection, signature: str) -> str:
    row = conn.execute("SELECT pg_get_function_result(%s::regprocedure)", (signature,)).fetchone()
    assert row is not None
    return row[0]


def test_a_function_that_no_file_makes_is_dropped_and_only_if_it_is_ours(
    connection: psycopg.Connection,
) -> None:
    connection.execute("CREATE SCHEMA company")
    for signature in (*GONE, *KEPT):
        make(connection, signature)
    assert migrate(connection, force=True).routines
    assert [signature for signature in GONE if exists(connection, signature)] == []
    assert [signature for signature in KEPT if not exists(connection, signature)] == []


def test_a_function_of_another_role_is_not_dropped(
    connection: psycopg.Connection, stranger: str
) -> None:
    theirs = ("novabot_internal.old_one(integer, text)", "public.alias_of(text)")
    for signature in theirs:
        make(connection, signature)
        connection.execute(f"ALTER FUNCTION {signature} OWNER TO {stranger}".encode())
    migrate(connection, force=True)
    assert [signature for signature in theirs if not exists(connection, signature)] == []


def test_a_trigger_that_calls_a_function_that_is_gone_goes_with_it(
    connection: psycopg.Connection,
) -> None:
    connection.execute("""
        CREATE FUNCTION novabot_internal.old_trigger() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER old AFTER DELETE ON "User" EXECUTE FUNCTION novabot_internal.old_trigger()
    """)
    migrate(connection, force=True)
    assert not exists(connection, "novabot_internal.old_trigger()")
    assert connection.execute("SELECT FROM pg_trigger WHERE tgname = 'old'").fetchall() == []


@pytest.mark.parametrize(
    ("signature", "dropped", "old"),
    [
        ("novabot_internal.is_alive(uuid)", "novabot_internal.is_alive(uuid)", "(uuid)"),
        ("novabot_internal.is_alive(uuid)", "novabot_internal.is_alive(uuid)", "(b uuid)"),
        ("reset_receipt(bigint)", "public.reset_receipt(bigint)", "(bigint)"),
    ],
)
def test_a_function_whose_signature_changed_is_replaced(
    connection: psycopg.Connection, signature: str, dropped: str, old: str
) -> None:
    wanted = result_of(connection, signature)
    connection.execute(f"DROP FUNCTION {dropped}".encode())
    name = dropped.partition("(")[0]
    make(connection, f"{name}{old}", "boolean" if old == "(b uuid)" else "text")
    assert migrate(connection, force=True).routines
    assert result_of(connection, signature) == wanted


def test_a_replaced_function_keeps_its_grants(
    connection: psycopg.Connection, stranger: str
) -> None:
    connection.execute("DROP FUNCTION reset_client")
    make(connection, "public.reset_client(handle text, actor text, source text)")
    connection.execute(f"GRANT EXECUTE ON FUNCTION reset_client TO {stranger}".encode())
    migrate(connection, force=True)
    assert result_of(connection, "reset_client(text, text, text)") == '"Reset"'
    granted = "SELECT has_function_privilege(%s, 'reset_client(text, text, text)', 'EXECUTE')"
    assert connection.execute(granted, (stranger,)).fetchone() == (True,)
    assert connection.execute(granted, ("public",)).fetchone() == (False,)


@pytest.mark.parametrize(
    "replaced", ["public.reset_receipt(bigint)", "public.alias_of(text)"], ids=["changed", "gone"]
)
def test_a_view_that_depends_on_a_function_is_named_and_nothing_is_applied(
    connection: psycopg.Connection, replaced: str
) -> None:
    connection.execute("DROP FUNCTION reset_receipt")
    make(connection, "public.reset_receipt(bigint)")
    make(connection, "public.alias_of(text)")
    argument = "1" if "reset_receipt" in replaced else "'x'"
    call = f"{replaced.partition('(')[0]}({argument})"
    connection.execute(f"CREATE VIEW receipts AS SELECT {call} AS it".encode())
    with pytest.raises(MigrationError, match=rf"{replaced[:12]}.* view public\.receipts depends"):
        migrate(connection, force=True)
    assert result_of(connection, "reset_receipt(bigint)") == "text"
    connection.execute("DROP VIEW receipts")
    assert migrate(connection, force=True).routines


def test_postgresqls_hint_is_passed_on(connection: psycopg.Connection) -> None:
    connection.execute('ALTER TABLE "User" RENAME "pausedAt" TO "pausedat"')
    with pytest.raises(MigrationError, match=r"sql/outbox\.sql.*Perhaps you meant"):
        migrate(connection, force=True)


async def test_a_schema_of_another_role_is_not_taken_over_nor_are_its_functions_called(
    connection: psycopg.Connection, database_url: str, stranger: str
) -> None:
    connection.execute("DROP SCHEMA novabot_internal CASCADE")
    connection.execute(
        f"""
        CREATE SCHEMA novabot_internal AUTHORIZATION {stranger};
        CREATE TABLE called (at timestamptz);
        CREATE FUNCTION novabot_internal.schema_release(OUT release text, OUT oldest_working text)
        RETURNS record LANGUAGE sql AS $$
            INSERT INTO called VALUES (now());
            SELECT '0.2.0', '0.2.0'
        $$;
    """.encode()
    )
    for attempt in (migrate, pending):
        with pytest.raises(MigrationError, match=r"novabot_internal belongs to .*DROP SCHEMA"):
            attempt(connection)
    connection.execute('DELETE FROM "Migration"')
    async with await open_async_connection(database_url) as conn:
        fault = await find_schema_fault(conn)
    assert fault == "the schema novabot_internal belongs to another role: run novabot doctor"
    assert connection.execute("SELECT FROM called").fetchall() == []


def test_what_a_superuser_migrates_for_the_owner_is_the_owners(
    connection: psycopg.Connection, stranger: str
) -> None:
    connection.execute(f'ALTER TABLE "User" OWNER TO {stranger}'.encode())
    make(connection, "public.company_report()")
    migrate(connection, force=True)
    owners = """
        SELECT DISTINCT p.proowner::regrole::text FROM pg_proc AS p
        WHERE p.pronamespace = 'novabot_internal'::regnamespace OR p.proname = 'reset_client'
        UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'novabot_internal'
    """
    assert connection.execute(owners).fetchall() == [(stranger,)]
    tables = (
        "SELECT DISTINCT tableowner FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'Migration'"
    )
    assert connection.execute(tables).fetchall() == [(stranger,)]
    theirs = "SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'company_report'"
    assert connection.execute(theirs).fetchall() == [(connection.info.user,)]
    # The tables have to live on: the role is dropped with what it owns.
    connection.execute(f'REASSIGN OWNED BY {stranger} TO "{connection.info.user}"'.encode())


def test_every_obsolete_signature_can_be_read(connection: psycopg.Connection) -> None:
    connection.execute("SET search_path = pg_catalog")
    for path in sql_directory().glob("obsolete_*.txt"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert len(lines) > 50
        for line in lines:
            connection.execute("SELECT to_regprocedure(%s)", (line,))
            assert line.startswith("public."), line
