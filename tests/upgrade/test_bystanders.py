"""An upgrade leaves alone what is not ours: roles with grants, and what a DBA has built on us."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.database.migrating.migrations import MigrationError, migrate, pending
from tests.sql.acts import fetch, last_reset, one
from tests.upgrade.catalog import Catalog, assert_same, read_catalog
from tests.upgrade.make_release import BAGUS, SARI, WAYAN
from tests.upgrade.releases import SAME_SCHEMA

GRANTS = (
    'GRANT SELECT, DELETE ON "User" TO {}',
    "GRANT EXECUTE ON FUNCTION reset_client TO {}",
    'GRANT SELECT ON "Reset", "ResetAck", "Bot" TO {}',
)
"""The examples of sql/README.md."""

BUILT_BY_A_DBA = """
    CREATE SCHEMA reporting;
    CREATE VIEW reporting.clients AS
        SELECT u.id, u.nama, count(c.id) AS messages
        FROM "User" AS u LEFT JOIN "Conversation" AS c ON c."userId" = u.id
        GROUP BY u.id;
    CREATE VIEW public.everything AS SELECT * FROM "Conversation";
    CREATE MATERIALIZED VIEW reporting.resets AS SELECT source, count(*) FROM "Reset" GROUP BY 1;
    CREATE TABLE reporting.invoice (
        id integer PRIMARY KEY,
        client text REFERENCES "User" (id) ON DELETE SET NULL ON UPDATE CASCADE,
        message bigint REFERENCES "Conversation" (id) ON DELETE CASCADE
    );
    INSERT INTO reporting.invoice VALUES (1, '628005550101@c.us', NULL);
    CREATE TABLE reporting.seen (at timestamptz, client text);
    CREATE FUNCTION public.note_message() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO reporting.seen VALUES (now(), NEW."userId");
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER note_message AFTER INSERT ON "Conversation"
    FOR EACH ROW EXECUTE FUNCTION public.note_message();
    CREATE FUNCTION public.find_client(client integer) RETURNS text LANGUAGE sql
    AS 'SELECT NULL::text';
    CREATE INDEX conversation_by_time ON "Conversation" (at);
    CREATE STATISTICS public.by_kind ON direction, kind FROM "Conversation";
    COMMENT ON VIEW reporting.clients IS 'For the monthly report.';
"""
TAKEN_DOWN = """
    DROP SCHEMA reporting CASCADE;
    DROP VIEW public.everything;
    DROP FUNCTION public.note_message() CASCADE;
    DROP FUNCTION public.find_client(integer);
    DROP INDEX conversation_by_time;
    DROP STATISTICS public.by_kind;
"""


@pytest.fixture
def clerk(old: psycopg.Connection) -> Iterator[sql.Identifier]:
    """A role with the grants that sql/README.md gives, from before the upgrade."""
    role = sql.Identifier(f"clerk_{uuid.uuid4().hex}")
    old.execute(sql.SQL("CREATE ROLE {}").format(role))
    try:
        for grant in GRANTS:
            old.execute(sql.SQL(grant).format(role))  # type: ignore[arg-type]
        yield role
    finally:
        old.execute("RESET ROLE")
        old.execute(sql.SQL("DROP OWNED BY {}").format(role))
        old.execute(sql.SQL("DROP ROLE {}").format(role))


def test_the_grants_are_those_of_the_page_for_dbas() -> None:
    page = (Path(__file__).parents[2] / "sql" / "README.md").read_text()
    shown = re.findall(r"^(GRANT .+ TO )clerk;", page, re.MULTILINE)
    assert [f"{grant}{{}}" for grant in shown] == list(GRANTS)


def test_a_role_keeps_what_it_was_granted(old: psycopg.Connection, clerk: sql.Identifier) -> None:
    before = read_grants(old, clerk)
    migrate(old)
    assert read_grants(old, clerk) == before
    old.execute(sql.SQL("SET ROLE {}").format(clerk))
    old.execute('DELETE FROM "User" WHERE id = %s', (f"{BAGUS}@c.us",))
    first = last_reset(old)
    (receipt,) = fetch(old, "SELECT * FROM reset_client(%s)", WAYAN)
    assert (first.clients, receipt.clients, receipt.id) == (1, 1, first.id + 1)
    (shown,) = fetch(old, "SELECT * FROM reset_receipt(%s)", receipt.id)
    assert (shown.clients, shown.missing) == (1, [])
    old.execute("CALL wait_for_acks(%s, '1 s')", (receipt.id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        old.execute('SELECT * FROM "Conversation"')


def test_what_a_dba_built_on_our_tables_stays_and_works(old: psycopg.Connection) -> None:
    old.execute(BUILT_BY_A_DBA.encode())
    theirs = re.compile(
        r"reporting|everything|note_message|find_client\(integer\)|conversation_by_time|by_kind"
        r"|invoice"
    )
    before = {name: text for name, text in read_catalog(old).items() if theirs.search(name)}
    assert len(before) >= 15
    migrate(old)
    found = read_catalog(old)
    assert_same(before, {name: text for name, text in found.items() if theirs.search(name)})
    old.execute('INSERT INTO "Conversation" ("userId") VALUES (%s)', (f"{SARI}@c.us",))
    assert one(old, "SELECT count(*) FROM reporting.seen") == 1
    assert one(old, "SELECT nama FROM reporting.clients WHERE id = %s", f"{SARI}@c.us")
    old.execute('DELETE FROM "User" WHERE id = %s', (f"{SARI}@c.us",))
    assert one(old, "SELECT count(*) FROM reporting.invoice WHERE client IS NULL") == 1
    assert one(old, "SELECT count(*) FROM everything") > 0


def test_beside_what_a_dba_built_our_own_is_as_in_a_fresh_database(
    old: psycopg.Connection, fresh: psycopg.Connection
) -> None:
    old.execute(BUILT_BY_A_DBA.encode())
    migrate(old)
    old.execute(TAKEN_DOWN.encode())
    assert_same(read_catalog(fresh), read_catalog(old))


def test_a_view_on_a_function_of_ours_stays_or_is_named(
    old: psycopg.Connection, fresh: psycopg.Connection
) -> None:
    old.execute('CREATE VIEW reporting_bots AS SELECT id, public.is_alive(id) AS alive FROM "Bot"')
    before = read_functions(old)
    refusal = migrate_or_say_why_not(old)
    if refusal is None:
        assert one(old, "SELECT count(*) FROM reporting_bots WHERE NOT alive") == 3
        old.execute("DROP VIEW reporting_bots")
    else:
        # The DBA is told what is in the way, and bots of the release go on meanwhile.
        assert "reporting_bots" in refusal
        assert_same(before, read_functions(old))
        old.execute("DROP VIEW reporting_bots")
        migrate(old)
    assert_same(read_catalog(fresh), read_catalog(old))


def test_an_open_transaction_stops_the_upgrade_and_changes_no_function(
    old: psycopg.Connection, old_url: str
) -> None:
    if not pending(old):
        pytest.skip(SAME_SCHEMA)
    before = read_functions(old)
    with psycopg.connect(old_url) as other:
        other.execute('UPDATE "User" SET nama = nama WHERE id = %s', (f"{SARI}@c.us",))
        refusal = migrate_or_say_why_not(old)
    assert refusal is not None
    assert "transaction holds" in refusal
    assert_same(before, read_functions(old))
    migrate(old)
    assert pending(old) == ()


def migrate_or_say_why_not(conn: psycopg.Connection) -> str | None:
    try:
        migrate(conn, wait=0.5)
    except MigrationError as error:
        return str(error)
    return None


def read_functions(conn: psycopg.Connection) -> Catalog:
    return {name: text for name, text in read_catalog(conn).items() if name.startswith("function ")}


def read_grants(conn: psycopg.Connection, role: sql.Identifier) -> dict[str, list[str]]:
    """What a role may do with which object."""
    name = role.as_string().strip('"')
    return {
        thing: [line for line in text.splitlines() if f" to {name} " in line]
        for thing, text in read_catalog(conn).items()
        if f" to {name} " in text
    }
