"""audit.sql: what has changed in what forgetting depends on is found, and told how to mend."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from app.database.migrating.migrations import migrate

Connect = Callable[[], psycopg.Connection]
SLEEPS = "is not ENABLE ALWAYS: it does not fire under session_replication_role = replica"
REPLACED = """
    CREATE FUNCTION say_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE OR REPLACE TRIGGER reset_deleted AFTER DELETE ON "User"
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION say_nothing();
    ALTER TABLE "User" ENABLE ALWAYS TRIGGER reset_deleted
"""
NARROWED = """
    CREATE OR REPLACE TRIGGER bury_orphans BEFORE INSERT ON "User"
        FOR EACH ROW WHEN (false) EXECUTE FUNCTION novabot_internal.bury_orphans();
    ALTER TABLE "User" ENABLE ALWAYS TRIGGER bury_orphans
"""
UNRESTRICTED = """
    ALTER TABLE "Session" DROP CONSTRAINT "Session_userId_fkey",
        ADD FOREIGN KEY ("userId") REFERENCES "User" (id)
"""


def audit(conn: psycopg.Connection) -> list[str]:
    row = conn.execute("SELECT novabot_internal.audit_triggers()").fetchone()
    assert row is not None
    return row[0]


def find_drift(conn: psycopg.Connection) -> list[tuple[str, str]]:
    return conn.execute("SELECT fault, mend FROM novabot_internal.find_drift()").fetchall()


def apply_mends(conn: psycopg.Connection, mends: list[str]) -> None:
    """Does what it says: SQL as SQL, and `novabot migrate --force` where it is named."""
    for mend in mends:
        statements = mend.replace("novabot migrate --force", "").removesuffix("; then ")
        if statements:
            conn.execute(statements.encode())
    if any("novabot migrate --force" in mend for mend in mends):
        migrate(conn, force=True)


def test_a_migrated_database_is_as_shipped(connection: psycopg.Connection) -> None:
    assert audit(connection) == []
    expected = connection.execute(
        "SELECT relation, name, kind, routine"
        " FROM novabot_internal.expected_triggers() ORDER BY 1, 2"
    ).fetchall()
    present = connection.execute(
        "SELECT relation, name, kind, routine"
        " FROM novabot_internal.present_triggers() ORDER BY 1, 2"
    ).fetchall()
    assert present == expected


@pytest.mark.parametrize(
    ("damage", "faults"),
    [
        (
            'ALTER TABLE "User" DISABLE TRIGGER reset_deleted',
            ['trigger reset_deleted on "User" is disabled'],
        ),
        (
            'DROP TRIGGER renew_revision ON "Session"',
            ['trigger renew_revision on "Session" is missing'],
        ),
        (
            'ALTER TABLE "User" ENABLE TRIGGER reset_truncated',
            [f'trigger reset_truncated on "User" {SLEEPS}'],
        ),
        (
            'ALTER TABLE "User" ENABLE REPLICA TRIGGER begin_reset',
            [f'trigger begin_reset on "User" {SLEEPS}'],
        ),
        (
            'ALTER TABLE "Session" DISABLE TRIGGER ALL; ALTER TABLE "Session" ENABLE TRIGGER ALL',
            [
                f'trigger renew_revision on "Session" {SLEEPS}',
                f'trigger signal_deleted on "Session" {SLEEPS}',
                f'trigger signal_truncated on "Session" {SLEEPS}',
            ],
        ),
        (
            REPLACED,
            [
                (
                    'trigger reset_deleted on "User" is not as shipped:'
                    " AFTER DELETE STATEMENT OLD TABLE gone, calls public.say_nothing"
                )
            ],
        ),
        (
            NARROWED,
            [
                (
                    'trigger bury_orphans on "User" is not as shipped:'
                    " BEFORE INSERT ROW WHEN, calls novabot_internal.bury_orphans"
                )
            ],
        ),
        (
            'ALTER TABLE "Session" DROP CONSTRAINT "Session_userId_fkey"',
            ['the foreign key of "Session" is missing'],
        ),
        (UNRESTRICTED, ['foreign key Session_userId_fkey of "Session" does not cascade']),
        (
            'ALTER TABLE "Conversation" DISABLE TRIGGER ALL',
            ['foreign key Conversation_userId_fkey of "Conversation" is disabled'],
        ),
        (
            'CREATE RULE keep AS ON DELETE TO "User" DO INSTEAD NOTHING',
            ['rule keep replaces statements on "User"'],
        ),
    ],
    ids=lambda value: value.split("\n")[-2].strip() if "\n" in value else value[:60],
)
def test_each_damage_is_found_and_mended_by_what_is_said(
    connection: psycopg.Connection, damage: str, faults: list[str]
) -> None:
    connection.execute(damage.encode())
    found = find_drift(connection)
    assert [fault for fault, _ in found] == faults == audit(connection)
    apply_mends(connection, [mend for _, mend in found])
    assert audit(connection) == []


def test_a_table_restored_with_its_triggers_disabled_is_found_whole(
    connection: psycopg.Connection,
) -> None:
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
    faults = audit(connection)
    assert sum("is disabled" in fault and "trigger" in fault for fault in faults) == 9
    assert sum(fault.startswith("foreign key") for fault in faults) == 3
    apply_mends(connection, [mend for _, mend in find_drift(connection)])
    assert audit(connection) == []


def test_a_trigger_that_is_not_ours_is_no_fault(connection: psycopg.Connection) -> None:
    connection.execute("""
        CREATE FUNCTION audit_log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER audit_log AFTER DELETE ON "User" EXECUTE FUNCTION audit_log()
    """)
    assert audit(connection) == []


def test_missing_tables_are_faults_and_no_error(connection: psycopg.Connection) -> None:
    connection.execute('DROP TABLE "Session"')
    assert 'trigger signal_deleted on "Session" is missing' in audit(connection)
    assert 'the foreign key of "Session" is missing' in audit(connection)


def test_a_role_without_rights_may_not_even_audit(
    connection: psycopg.Connection, stranger: str
) -> None:
    connection.execute(f"SET ROLE {stranger}".encode())
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="novabot_internal"):
            audit(connection)
    finally:
        connection.execute("RESET ROLE")


@pytest.mark.parametrize(
    ("grant", "fault"),
    [
        ('GRANT SELECT ON "User" TO PUBLIC', 'PUBLIC may read or write "User"'),
        (
            'GRANT SELECT (body) ON "Conversation" TO PUBLIC',
            'PUBLIC may read or write "Conversation"',
        ),
        (
            'GRANT DELETE ON "DigestKey" TO PUBLIC',
            'PUBLIC may read or write "DigestKey"',
        ),
        (
            "GRANT EXECUTE ON FUNCTION reset_client TO PUBLIC",
            "PUBLIC may call public.reset_client(text,text,text), which acts as its owner",
        ),
    ],
)
def test_open_rights_are_found_and_closed_by_what_is_said(
    connection: psycopg.Connection, grant: str, fault: str
) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(grant.encode())
    found = connection.execute(
        "SELECT fault, mend, grave FROM novabot_internal.find_open_rights()"
    ).fetchall()
    assert [(told, grave) for told, _, grave in found] == [(fault, True)]
    apply_mends(connection, [mend for _, mend, _ in found])
    assert connection.execute("SELECT FROM novabot_internal.find_open_rights()").fetchall() == []


def test_whoever_may_read_the_key_of_the_digests_is_named(
    connection: psycopg.Connection, stranger: str
) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for grant, revoke in (
        (
            f'GRANT SELECT ON "DigestKey" TO {stranger}',
            f'REVOKE ALL ON "DigestKey" FROM {stranger}',
        ),
        (f"GRANT pg_read_all_data TO {stranger}", f"REVOKE pg_read_all_data FROM {stranger}"),
    ):
        connection.execute(grant.encode())
        found = connection.execute(
            "SELECT fault FROM novabot_internal.find_open_rights()"
        ).fetchall()
        assert found == [(f'role {stranger} may read "DigestKey", the key of all digests',)]
        connection.execute(revoke.encode())
        assert (
            connection.execute("SELECT FROM novabot_internal.find_open_rights()").fetchall() == []
        )


def test_a_schema_that_all_idle_may_create_in_is_named(connection: psycopg.Connection) -> None:
    connection.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    row = connection.execute(
        "SELECT fault, mend, grave FROM novabot_internal.find_open_rights()"
    ).fetchone()
    assert row is not None and "may create objects" in row[0] and row[2] is False
    apply_mends(connection, [row[1]])
    assert connection.execute("SELECT FROM novabot_internal.find_open_rights()").fetchall() == []


def test_open_transactions_are_found_a_listeners_at_once(
    connection: psycopg.Connection, connect: Connect
) -> None:
    idle, listener = connect(), connect()
    listener.execute("SET application_name = 'novabot listener'")
    for conn in (idle, listener):
        conn.execute("BEGIN")
        conn.execute("SELECT 1")
    found = connection.execute(
        "SELECT pid, application FROM novabot_internal.find_idle_transactions()"
    ).fetchall()
    assert found == [(listener.info.backend_pid, "novabot listener")]
    all_idle = connection.execute(
        "SELECT pid FROM novabot_internal.find_idle_transactions('0')"
    ).fetchall()
    assert {pid for (pid,) in all_idle} == {idle.info.backend_pid, listener.info.backend_pid}
    for conn in (idle, listener):
        conn.execute("ROLLBACK")
    assert (
        connection.execute("SELECT FROM novabot_internal.find_idle_transactions('0')").fetchall()
        == []
    )


def test_everything_of_the_audit_is_explained(connection: psycopg.Connection) -> None:
    unexplained = connection.execute("""
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
    """).fetchall()
    assert unexplained == []
