"""No search_path changes what a name means: not of a connection, a role, a database, nor a trap."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from app.database.migrating.migrations import migrate, sql_directory
from tests.sql.acts import PHONE, Notices, contents, fetch, one

Connect = Callable[[], psycopg.Connection]

DOORS = (
    'DELETE FROM public."User"',
    'TRUNCATE public."User" CASCADE',
    f"SELECT * FROM public.reset_client('{PHONE}')",
    f"""SELECT * FROM novabot_internal.forget_by_chat(
        ARRAY['{PHONE}'], '{PHONE}@c.us', %(user_revision)s, %(session_revision)s,
        %(message_id)s, '2030-01-01', NULL
    )""",
)

LOOK_ALIKE = """
    CREATE SCHEMA {schema};
    CREATE TABLE {schema}."User" (LIKE public."User" INCLUDING ALL);
    CREATE TABLE {schema}."Session" (LIKE public."Session" INCLUDING ALL);
    CREATE TABLE {schema}."Alias" (LIKE public."Alias" INCLUDING ALL);
    CREATE TABLE {schema}."Conversation" (LIKE public."Conversation" INCLUDING ALL);
    CREATE TABLE {schema}."Reset" (LIKE public."Reset" INCLUDING ALL);
    CREATE TABLE {schema}."Migration" (LIKE public."Migration" INCLUDING ALL);
    CREATE FUNCTION {schema}.reset_client(handle text, actor text DEFAULT NULL,
        source text DEFAULT NULL) RETURNS {schema}."Reset"
        LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a look-alike was called''; END';
    CREATE FUNCTION {schema}.read_session(text[]) RETURNS text
        LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a look-alike was called''; END';
"""

TRAPS = (
    "now() RETURNS timestamptz",
    "clock_timestamp() RETURNS timestamptz",
    "gen_random_uuid() RETURNS uuid",
    "sha256(bytea) RETURNS bytea",
    "convert_to(text, name) RETURNS bytea",
    "set_config(text, text, boolean) RETURNS text",
    "current_setting(text, boolean) RETURNS text",
    "current_setting(text) RETURNS text",
    "pg_notify(text, text) RETURNS void",
    "regexp_replace(text, text, text) RETURNS text",
    "array_position(text[], text) RETURNS integer",
    "timestamptz_send(timestamptz) RETURNS bytea",
    "pg_stat_get_xact_tuples_deleted(oid) RETURNS bigint",
    "pg_relation_size(regclass) RETURNS bigint",
    "jsonb_array_length(jsonb) RETURNS integer",
    "format(text, uuid, text, integer) RETURNS text",
    "format(text, bigint) RETURNS text",
    "pg_advisory_lock(bigint) RETURNS void",
    "pg_advisory_unlock(bigint) RETURNS boolean",
    "to_regclass(text) RETURNS regclass",
    "quote_ident(text) RETURNS text",
)
TRAPPED_OPERATORS = (
    ("=", "uuid", "uuid"),
    ("=", "text", "text"),
    ("=", "bytea", "bytea"),
    (">", "timestamptz", "timestamptz"),
    ("<", "timestamptz", "timestamptz"),
    ("||", "text", "text"),
    ("||", "bytea", "bytea"),
    ("~", "text", "text"),
    ("-", "bigint", "bigint"),
    ("<>", "xid", "xid"),
)


def use_a_bot(conn: psycopg.Connection) -> None:
    """What a bot does, once: every statement on `conn`, with its search_path as it is."""
    bot = uuid4()
    report = "SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)"
    conn.execute(report, (bot,))
    take_turn(conn)
    stored = conn.execute(
        "SELECT outcome FROM novabot_internal.store_message(ARRAY[%s], %s, 'text', 'halo', NULL,"
        " '2030-01-01', 'Sari', %s)",
        (PHONE, f"wamid.{uuid4()}", bot),
    ).fetchall()
    assert stored == [("stored",)]
    claim = "SELECT body FROM novabot_internal.claim_pending(%s, %s)"
    assert conn.execute(claim, (f"{PHONE}@c.us", bot)).fetchall() == [("halo",)]
    waiting = "SELECT client FROM novabot_internal.clients_waiting(%s)"
    assert conn.execute(waiting, (bot,)).fetchall() == [(f"{PHONE}@c.us",)]
    start = "SELECT token FROM novabot_internal.start_sending(%s, %s)"
    ((token,),) = conn.execute(start, (f"{PHONE}@c.us", bot)).fetchall()
    for statement, parameters in (
        ("SELECT novabot_internal.is_sending(%s, %s)", (token, bot)),
        ("SELECT novabot_internal.settle_sent(%s, 'wamid.out')", (token,)),
        ("SELECT novabot_internal.apply_status('wamid.out', %s, 'read', NULL, NULL)", (token,)),
        ("SELECT novabot_internal.set_aside(%s, %s, 'odd', NULL)", (PHONE, f"{{{uuid4()}}}")),
    ):
        assert conn.execute(statement, parameters).fetchall() == [(True,)], statement
    conn.execute("SELECT novabot_internal.settle_abandoned()")
    conn.execute("SELECT novabot_internal.prune_digests()")
    assert conn.execute("SELECT novabot_internal.audit_triggers()").fetchall() == [([],)]
    for page in (
        "SELECT id FROM novabot_internal.list_clients('halo', NULL, NULL, 9)",
        f"SELECT id FROM novabot_internal.describe_client('{PHONE}@c.us')",
        f"SELECT id FROM novabot_internal.client_timeline('{PHONE}@c.us', NULL, 9)",
        f"SELECT id FROM novabot_internal.items_set_aside('{PHONE}@c.us', 9)",
        "SELECT id FROM novabot_internal.list_bots(9)",
    ):
        assert conn.execute(page.encode()).fetchall(), page
    conn.execute("SELECT novabot_internal.retire_bot(%s)", (bot,))


def take_turn(conn: psycopg.Connection) -> dict[str, object]:
    """A turn of the client; what the next one is to answer from, and its id."""
    load = "SELECT id, user_revision, session_revision FROM novabot_internal.load_session(%s)"
    ((client, user_revision, session_revision),) = conn.execute(load, ([PHONE],)).fetchall()
    turns = conn.execute(
        "SELECT outcome, user_revision, session_revision FROM novabot_internal.commit_turn("
        "ARRAY[%s], %s, %s, %s, %s, 'text', 'halo', NULL, '2030-01-01', NULL, '{}', 'Sari',"
        """ '[{"body": "hai"}]', NULL)""",
        (PHONE, client, user_revision, session_revision, f"wamid.{uuid4()}"),
    ).fetchall()
    ((outcome, user_revision, session_revision),) = turns
    assert outcome == "committed"
    return {
        "user_revision": user_revision,
        "session_revision": session_revision,
        "message_id": f"wamid.{uuid4()}",
    }


def reset_by_every_door(conn: psycopg.Connection, looking: psycopg.Connection) -> None:
    notices = Notices.of(conn)
    for number, door in enumerate(DOORS, start=1):
        revisions = take_turn(conn)
        conn.execute(door.encode(), revisions if "%(" in door else None)
        assert one(looking, 'SELECT count(*) FROM public."User"') == 0, door
        assert one(looking, 'SELECT count(*) FROM public."Conversation"') == 0, door
        told = [text for text in notices.resets() if "reset_receipt(" in text]
        assert len(told) == number, door
        (last,) = fetch(looking, 'SELECT id, clients FROM public."Reset" ORDER BY id DESC LIMIT 1')
        assert last.clients == 1
        receipt = "SELECT clients, acks FROM public.reset_receipt(%s)"
        assert conn.execute(receipt, (last.id,)).fetchall() == [(1, [])]
        conn.execute("CALL public.wait_for_acks(%s, '0')", (last.id,))
    assert any("acknowledged by all" in text for text in notices.texts)


def spring(conn: psycopg.Connection, schema: str) -> None:
    """Fills a schema with functions and operators of PostgreSQL's names that raise."""
    for number, trap in enumerate(TRAPS):
        conn.execute(
            f"CREATE FUNCTION {schema}.{trap} LANGUAGE plpgsql AS"
            f" 'BEGIN RAISE EXCEPTION ''trap {number} was called''; END'".encode()
        )
    for number, (operator, left, right) in enumerate(TRAPPED_OPERATORS):
        conn.execute(
            f"""
            CREATE FUNCTION {schema}.operator_{number}({left}, {right}) RETURNS {
                "boolean" if operator not in ("||", "-") else left
            } LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''operator {number} was called''; END';
            CREATE OPERATOR {schema}.{operator} (
                FUNCTION = {schema}.operator_{number}, LEFTARG = {left}, RIGHTARG = {right}
            )
            """.encode()
        )


@contextmanager
def surrounded(
    conn: psycopg.Connection, connect: Connect, how: str
) -> Iterator[psycopg.Connection]:
    """A connection whose unqualified names mean something else, or nothing."""
    role, database = conn.info.user, conn.info.dbname
    match how:
        case "an empty path left on the connection":
            chosen = connect()
            chosen.execute("SET search_path = ''")
        case "a schema named like the role":
            conn.execute(LOOK_ALIKE.format(schema=f'"{role}"').encode())
            chosen = connect()
        case "a path set for the role":
            conn.execute("CREATE SCHEMA other")
            conn.execute(
                f'ALTER ROLE "{role}" IN DATABASE "{database}" SET search_path = other'.encode()
            )
            chosen = connect()
        case "a path set for the database":
            conn.execute(LOOK_ALIKE.format(schema="other").encode())
            conn.execute(f'ALTER DATABASE "{database}" SET search_path = other, public'.encode())
            chosen = connect()
        case "traps in front of PostgreSQL's own":
            conn.execute("CREATE SCHEMA traps")
            spring(conn, "traps")
            chosen = connect()
            chosen.execute("SET search_path = traps, public, pg_catalog")
        case "strangers in public":
            spring(conn, "public")
            chosen = connect()
            chosen.execute("SET search_path = public, pg_catalog")
        case _:
            raise AssertionError(how)
    yield chosen


SURROUNDINGS = (
    "an empty path left on the connection",
    "a schema named like the role",
    "a path set for the role",
    "a path set for the database",
    "traps in front of PostgreSQL's own",
    "strangers in public",
)


@pytest.mark.parametrize("how", SURROUNDINGS)
def test_turns_resets_and_migrate_do_not_depend_on_the_search_path(
    connection: psycopg.Connection, connect: Connect, how: str
) -> None:
    with surrounded(connection, connect, how) as conn:
        connection.execute("SET search_path = pg_catalog")
        use_a_bot(conn)
        reset_by_every_door(conn, connection)
        assert migrate(conn, force=True).routines
        use_a_bot(conn)
        reset_by_every_door(conn, connection)
        connection.execute("SET search_path = public")
        assert len(contents(connection)) == len(TABLES)
        assert tables_elsewhere_with_rows(connection) == []


@pytest.mark.parametrize("how", [how for how in SURROUNDINGS if "database" not in how])
def test_an_empty_database_is_migrated_whatever_the_search_path(
    empty_database_url: str, how: str
) -> None:
    def connect() -> psycopg.Connection:
        return psycopg.connect(empty_database_url, autocommit=True)

    with connect() as conn:
        if how == "a schema named like the role":
            conn.execute(f'CREATE SCHEMA "{conn.info.user}"'.encode())
            surroundings = connect()
        else:
            with surrounded(conn, connect, how) as surroundings:
                pass
        with surroundings:
            migrate(surroundings)
        conn.execute("SET search_path = pg_catalog")
        found = fetch(
            conn,
            "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('User', 'Migration')",
        )
        assert [row.schemaname for row in found] == ["public"]
        defaults = fetch(
            conn,
            "SELECT DISTINCT column_default AS value FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_default IS NOT NULL",
        )
        assert [row.value for row in defaults if "traps." in row.value] == []
        with connect() as bot:
            use_a_bot(bot)


TABLES = [
    name
    for path in (sql_directory() / "migrations").glob("*.sql")
    for name in re.split(r'CREATE TABLE (?:public\.)?"', path.read_text())[1:]
] + ["Migration"]


def tables_elsewhere_with_rows(conn: psycopg.Connection) -> list[str]:
    elsewhere = fetch(
        conn,
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('public', 'pg_catalog', 'information_schema')",
    )
    return [row.name for row in elsewhere if one(conn, f"SELECT count(*) FROM {row.name}")]
