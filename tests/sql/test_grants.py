"""Each grant that sql/README.md gives as an example is enough for what it says, and for no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from app.database.migrating.migrations import sql_directory
from tests.sql.acts import NOTHING, Notices, add_client, counts, one, remaining

Connect = Callable[[], psycopg.Connection]

CLIENT = "6281717407674@c.us"
REFUSED = (
    'SELECT context FROM "Session"',
    'SELECT * FROM "DigestKey"',
    "SELECT * FROM novabot_internal.load_session(ARRAY['6281717407674'])",
    "SELECT * FROM load_session(ARRAY['6281717407674'])",
    "SELECT novabot_internal.set_bulk_watermark()",
)


def documented() -> dict[str, str]:
    """The grants of the page, by what stands behind them."""
    page = (sql_directory() / "README.md").read_text()
    return {
        purpose: grant
        for grant, purpose in re.findall(r"^(GRANT .+ TO clerk;) +-- (.+)$", page, re.MULTILINE)
    }


RESETS_BY_DELETE = "may reset by DELETE; children and receipt follow"
RESETS_BY_HANDLE = "may reset by handle, whichever client it is"
READS_RECEIPTS = "reset_receipt(), wait_for_acks()"


@pytest.fixture
def clerk(connection: psycopg.Connection) -> Iterator[str]:
    role = f"clerk_{uuid4().hex}"
    connection.execute(f"CREATE ROLE {role}".encode())
    yield role
    connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@contextmanager
def acting(conn: psycopg.Connection, role: str) -> Iterator[None]:
    conn.execute(f"SET ROLE {role}".encode())
    try:
        yield
    finally:
        conn.execute("RESET ROLE")


def give(conn: psycopg.Connection, role: str, purpose: str) -> None:
    conn.execute(documented()[purpose].replace("clerk", role).encode())


def refuse(conn: psycopg.Connection, *statements: str) -> None:
    for statement in (*REFUSED, *statements):
        with pytest.raises(errors.InsufficientPrivilege):
            conn.execute(statement.encode())


def test_the_page_gives_these_grants() -> None:
    assert documented().keys() == {RESETS_BY_DELETE, RESETS_BY_HANDLE, READS_RECEIPTS}


@pytest.mark.parametrize(
    "statement", [f"DELETE FROM \"User\" WHERE id = '{CLIENT}'", 'DELETE FROM "User"']
)
def test_a_role_with_select_and_delete_resets_and_reads_nothing_else(
    connection: psycopg.Connection, clerk: str, statement: str
) -> None:
    add_client(connection, conversations=2)
    notices = Notices.of(connection)
    give(connection, clerk, RESETS_BY_DELETE)
    with acting(connection, clerk):
        refuse(connection, "SELECT reset_client('6281717407674')", 'TRUNCATE "User" CASCADE')
        connection.execute(statement.encode())
    assert remaining(connection) == NOTHING
    assert counts(connection) == [(1, 1, 2)]
    assert len(notices.resets()) == 1


def test_a_role_with_execute_on_reset_client_resets_and_reads_nothing(
    connection: psycopg.Connection, clerk: str
) -> None:
    add_client(connection, conversations=2)
    give(connection, clerk, RESETS_BY_HANDLE)
    with acting(connection, clerk):
        refuse(connection, 'SELECT * FROM "User"', 'DELETE FROM "User"')
        assert one(connection, "SELECT clients FROM reset_client('0817-1740-7674')") == 1
    assert remaining(connection) == NOTHING


def test_a_role_with_select_on_the_receipts_reads_them_and_waits(
    connection: psycopg.Connection, clerk: str
) -> None:
    bot, reset = uuid4(), one(connection, "SELECT id FROM reset_client('6281717407674')")
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 7, true, 0)", (bot,))
    connection.execute('UPDATE "Bot" SET "startedAt" = now() - interval \'1 hour\'')
    give(connection, clerk, READS_RECEIPTS)
    notices = Notices.of(connection)
    with acting(connection, clerk):
        refuse(connection, 'SELECT * FROM "User"', "SELECT reset_client('6281717407674')")
        read = "SELECT missing FROM reset_receipt(%s)"
        assert one(connection, read, reset) == [str(bot)]
        connection.execute("CALL wait_for_acks(%s, '20 ms')", (reset,))
        assert f"still missing: {bot} (here, pid 7)" in notices.texts[-1]
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{1}')", (bot, reset)
    )
    with acting(connection, clerk):
        assert one(connection, "SELECT acks -> 0 ->> 'bot' FROM reset_receipt(%s)", reset)
        connection.execute("CALL wait_for_acks(%s)", (reset,))
        assert notices.texts[-1] == f"reset {reset}: acknowledged by all (1)"


def test_all_of_them_together_open_nothing_more(connection: psycopg.Connection, clerk: str) -> None:
    for purpose in documented():
        give(connection, clerk, purpose)
    with acting(connection, clerk):
        refuse(connection)
    # Even where a DBA opens the schema, each function stays closed.
    connection.execute(f"GRANT USAGE ON SCHEMA novabot_internal TO {clerk}".encode())
    with acting(connection, clerk):
        refuse(
            connection,
            "SELECT novabot_internal.digest_of('x')",
            "SELECT novabot_internal.list_clients(NULL, NULL, NULL, 9)",
        )
