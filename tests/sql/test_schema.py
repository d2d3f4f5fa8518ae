"""What must hold of every object in the schema, also of those added later."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

import app
from app.database.migrating.migrations import migrate, sql_directory
from tests.sql.acts import (
    CLIENT,
    PHONE,
    Thread,
    add_client,
    fetch,
    lift_lock_timeouts,
    one,
    queue_answer,
    wait_until_blocked,
)

PIN = "search_path=pg_catalog, pg_temp"
OURS = """
    p.pronamespace IN ('public'::regnamespace, 'novabot_internal'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
CLIENT_TABLES = {"User", "Session", "Alias", "Conversation"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function or procedure of ours."""

    schema: str
    name: str
    body: str
    settings: tuple[str, ...]
    is_definer: bool
    is_trigger: bool

    @property
    def is_pinned(self) -> bool:
        return any(setting.startswith("search_path=") for setting in self.settings)

    @property
    def code(self) -> str:
        """Its body without comments and literals."""
        return re.sub(r"--.*|'[^']*'", "", self.body)

    @property
    def calls(self) -> set[str]:
        """The functions of novabot_internal that it calls."""
        return set(re.findall(r"\bnovabot_internal\.(\w+)\(", self.code))

    @property
    def tables(self) -> set[str]:
        return set(re.findall(r'\bpublic\."(\w+)"', self.code))


def functions(conn: psycopg.Connection) -> list[Function]:
    return [
        Function(
            row.nspname,
            row.proname,
            row.prosrc,
            tuple(row.proconfig or ()),
            row.prosecdef,
            row.is_trigger,
        )
        for row in fetch(
            conn,
            "SELECT n.nspname, p.proname, p.prosrc, p.proconfig, p.prosecdef,"
            " p.prorettype = 'trigger'::regtype AS is_trigger"
            " FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
            f" WHERE {OURS} ORDER BY 1, 2",
        )
    ]


def internal(conn: psycopg.Connection) -> dict[str, Function]:
    return {f.name: f for f in functions(conn) if f.schema == "novabot_internal"}


def names(conn: psycopg.Connection, statement: str) -> list[str]:
    return [str(row[0]) for row in fetch(conn, statement)]


def test_every_trigger_is_enabled_always(connection: psycopg.Connection) -> None:
    triggers = fetch(
        connection,
        "SELECT tgrelid::regclass::text AS at, tgname, tgenabled::text AS enabled"
        " FROM pg_trigger WHERE NOT tgisinternal",
    )
    assert len(triggers) >= 10
    assert [(row.at, row.tgname) for row in triggers if row.enabled != "A"] == []


def test_migrating_again_puts_right_what_disable_trigger_did(
    connection: psycopg.Connection,
) -> None:
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
    connection.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
    not_always = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"
    assert len(names(connection, not_always)) >= 5
    migrate(connection, force=True)
    assert names(connection, not_always) == []


def test_what_acts_as_its_owner_or_is_called_by_a_statement_pins_its_search_path(
    connection: psycopg.Connection,
) -> None:
    found = functions(connection)
    called = set().union(
        *(
            re.findall(r"novabot_internal\.(\w+)\(", path.read_text())
            for path in (sql_directory().parent / "app").rglob("*.py")
        )
    )
    assert len(called) >= 30
    for function in found:
        is_entry = function.schema == "public" or function.name in called
        if function.is_definer or function.is_trigger or is_entry:
            assert PIN in function.settings or not reads(function), function.name
        assert not function.is_trigger or function.is_definer, function.name
        pins = [setting for setting in function.settings if setting.startswith("search_path=")]
        assert pins in ([], [PIN]), function.name


def reads(function: Function) -> bool:
    """Whether its body names anything beside constants."""
    return bool(function.tables or function.calls or "pg_" in function.body)


def test_behind_an_entry_are_plain_functions_without_settings(
    connection: psycopg.Connection,
) -> None:
    by_name = internal(connection)
    for function in functions(connection):
        if function.schema == "public" and function.name in by_name and function.is_definer:
            continue  # compatibility_0_1.sql, and the entry reset_client
        for name in function.calls:
            assert not by_name[name].is_definer, (function.name, name)
    for function in by_name.values():
        assert function.is_pinned or function.settings == (), function.name


def test_every_table_and_function_is_named_with_its_schema(
    connection: psycopg.Connection,
) -> None:
    tables = names(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ours = {function.name for function in functions(connection)}
    bare_table = re.compile(rf"""(?<![.\w])"({"|".join(tables)})"(?!\.)""")
    bare_call = re.compile(rf"(?<![.\w'])({'|'.join(ours)})\(")
    for function in functions(connection):
        assert bare_table.findall(function.code) == [], function.name
        assert bare_call.findall(function.code) == [], function.name


def test_every_statement_of_the_services_names_its_schemas(
    connection: psycopg.Connection,
) -> None:
    ours = {function.name for function in functions(connection)}
    bare = re.compile(
        rf"""\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+"\w+"|(?<![.\w])(?:{"|".join(ours)})\("""
    )
    statements = [
        (path.name, node.value)
        for path in (sql_directory().parent / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.match(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CALL|TRUNCATE)\b", node.value)
    ]
    assert len(statements) > 50
    assert [found for found in statements if bare.search(found[1])] == []


def test_no_internal_and_no_definer_function_may_be_called_by_other_roles(
    connection: psycopg.Connection,
) -> None:
    closed = (
        f"SELECT p.oid::regprocedure FROM pg_proc AS p WHERE {OURS}"
        " AND (p.prosecdef OR p.pronamespace = 'novabot_internal'::regnamespace)"
    )
    assert len(names(connection, closed)) >= 60
    public = f"{closed} AND has_function_privilege('public', p.oid, 'EXECUTE')"
    assert names(connection, public) == []
    assert not one(
        connection, "SELECT has_schema_privilege('public', 'novabot_internal', 'USAGE, CREATE')"
    )


def test_no_table_may_be_read_by_public(connection: psycopg.Connection) -> None:
    tables = names(
        connection,
        "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')"
        " AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
    )
    assert tables == []


def test_a_role_without_rights_can_neither_look_nor_reset(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Petang")
    role = f"mallory_{one(connection, 'SELECT left(md5(current_database()), 12)')}"
    connection.execute(f"CREATE ROLE {role}".encode())
    try:
        connection.execute(f"CREATE SCHEMA own AUTHORIZATION {role}".encode())
        connection.execute(f"SET ROLE {role}".encode())
        connection.execute("CREATE TABLE own.bait (id text, incarnation uuid)")
        for statement in (
            'SELECT * FROM "User"',
            'SELECT * FROM "DigestKey"',
            'DELETE FROM "User"',
            "SELECT * FROM novabot_internal.load_session(ARRAY['6281717407674'])",
            "SELECT * FROM novabot_internal.start_sending('6281717407674@c.us', gen_random_uuid())",
            "SELECT reset_client('6281717407674')",
            "SELECT * FROM public.load_session(ARRAY['6281717407674'])",
            "SELECT novabot_internal.digest_of('x')",
            "SELECT novabot_internal.report_bot(gen_random_uuid(), 'x', 1, true, 0)",
            (
                "CREATE TRIGGER t AFTER DELETE ON own.bait REFERENCING OLD TABLE AS gone"
                " FOR EACH STATEMENT EXECUTE FUNCTION novabot_internal.reset_deleted()"
            ),
            (
                "CREATE TRIGGER t BEFORE TRUNCATE ON own.bait"
                " EXECUTE FUNCTION novabot_internal.reset_truncated()"
            ),
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("RESET ROLE")
        assert one(connection, 'SELECT count(*) FROM "User"') == 1
        assert one(connection, 'SELECT count(*) FROM "Reset"') == 0
    finally:
        connection.execute("RESET ROLE")
        connection.execute(f"DROP OWNED BY {role}".encode())
        connection.execute(f"DROP ROLE {role}".encode())


def test_everything_a_dba_meets_has_a_comment(connection: psycopg.Connection) -> None:
    mute = names(
        connection,
        "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL"
        " UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc AS p"
        f" WHERE {OURS} AND obj_description(p.oid, 'pg_proc') IS NULL",
    )
    assert mute == []


def test_the_map_names_every_table_and_channel(connection: psycopg.Connection) -> None:
    page = (sql_directory() / "README.md").read_text()
    missing = [
        table
        for table in names(connection, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
        if f"`{table}`" not in page and f'`"{table}"`' not in page
    ]
    assert missing == []
    for channel in ("session_reset", "session_changed", "reset_acknowledged"):
        assert f"`{channel}`" in page


def test_the_map_names_no_function_that_is_not_there(connection: psycopg.Connection) -> None:
    page = (sql_directory() / "README.md").read_text()
    known = set(names(connection, f"SELECT p.proname FROM pg_proc AS p WHERE {OURS}"))
    builtin = {"current_setting", "pg_notify", "pg_notification_queue_usage", "now"}
    assert set(re.findall(r"\b([a-z]+(?:_[a-z]+)+)\(", page)) - known - builtin == set()


def test_every_function_has_a_caller() -> None:
    """Another function, a trigger or a statement. What is in public is called by others too."""
    directory = sql_directory()
    sources = [*directory.rglob("*.sql"), *Path(app.__file__).parent.rglob("*.py")]
    text = "".join(path.read_text() for path in sources)
    text = re.sub(r"(?:REPLACE|ON) (?:FUNCTION|PROCEDURE) novabot_internal\.\w+\s*\(", "", text)
    made = {
        name
        for path in directory.glob("*.sql")
        for name in re.findall(
            r"REPLACE (?:FUNCTION|PROCEDURE) novabot_internal\.(\w+)\s*\(", path.read_text()
        )
    }
    assert len(made) > 100
    assert made - set(re.findall(r"\bnovabot_internal\.(\w+)\(", text)) == set()


INDEXES = {
    "user_by_activity": "SELECT novabot_internal.list_clients(NULL, NULL, NULL, 50)",
    "alias_by_client": 'DELETE FROM "User"',
    "former_alias_by_client": 'DELETE FROM "User"',
    "identity_event_by_source": "INSERT INTO \"User\" (id) VALUES ('1@c.us')",
    "identity_event_by_target": "INSERT INTO \"User\" (id) VALUES ('1@c.us')",
    "identity_note_by_client": 'DELETE FROM "User"',
    "identity_note_by_time": 'SELECT count(*) FROM "IdentityNote"'
    " WHERE \"notedAt\" > now() - interval '1 hour'",
    "conversation_by_client": "SELECT novabot_internal.client_timeline('6281717407674@c.us', 9, 9)",
    "conversation_unsettled": "SELECT novabot_internal.start_sending('1@c.us', gen_random_uuid())",
    "conversation_by_token": "SELECT novabot_internal.apply_status("
    "'x', gen_random_uuid(), 'read', NULL, NULL)",
    "conversation_by_key": "SELECT novabot_internal.queue_outgoing("
    "'6281717407674@c.us', '6281717407674', '[{\"key\": \"a\"}]')",
    "conversation_by_message_id": "SELECT novabot_internal.apply_status("
    "'wamid.1', NULL, 'read', NULL, NULL)",
    "delivery_by_age": "SELECT novabot_internal.prune_digests()",
    "reset_by_time": 'SELECT novabot_internal.missed_resets((SELECT id FROM "Bot"))',
    "login_attempt_by_subject": 'SELECT count(*) FROM "LoginAttempt"'
    " WHERE subject = '\\x00' AND at > now() - interval '15 minutes'",
}


def test_every_index_serves_a_query(connection: psycopg.Connection) -> None:
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (uuid4(),))
    add_client(connection, conversations=2)
    queue_answer(connection)
    beside_constraints = names(
        connection,
        "SELECT i.indexrelid::regclass FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
        " WHERE c.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)",
    )
    assert sorted(beside_constraints) == sorted(INDEXES)
    connection.execute("SET enable_seqscan = off")
    for index, statement in INDEXES.items():
        scans = f"SELECT pg_stat_get_xact_numscans('{index}'::regclass)"
        with connection.transaction(force_rollback=True):
            before = one(connection, scans)
            connection.execute(statement.encode())
            assert one(connection, scans) > before, index


def test_an_id_is_looked_up_by_its_key_whatever_was_deleted_before(
    connection: psycopg.Connection,
) -> None:
    # Emptied, the index of the key is large and a scan of any other index looks cheaper. A plan
    # made then is kept while one INSERT of many clients runs, and would read the whole of it.
    connection.execute('INSERT INTO "User" (id) SELECT n::text FROM generate_series(1, 20000) AS n')
    connection.execute('DELETE FROM "User"')
    connection.execute('VACUUM ANALYZE "User"')
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_bitmapscan = off")
    plan = names(
        connection, """EXPLAIN SELECT FROM ONLY "User" AS x WHERE id = 'x' FOR KEY SHARE OF x"""
    )
    assert any('using "User_pkey"' in line for line in plan), plan


ADDRESSES = "ARRAY['6281717407674']"
FIRST_AT_USER = {
    "load_session": f"SELECT novabot_internal.load_session({ADDRESSES})",
    "commit_turn": f"SELECT novabot_internal.commit_turn({ADDRESSES}, NULL, NULL, NULL, 'wamid.1',"
    " 'text', '', NULL, now(), NULL, '{}', NULL, NULL, NULL)",
    "commit_turns": "SELECT novabot_internal.commit_turns('{6281717407674@c.us}', '{NULL}',"
    " '{NULL}', '{wamid.1}', '{text}', '{}', '{NULL}', '{2026-01-01}', '{NULL}', '{\"{}\"}',"
    " '{NULL}', '{[]}', '{NULL}', '{1}', '{6281717407674}', '{1}')",
    "store_message": f"SELECT novabot_internal.store_message({ADDRESSES}, 'wamid.1', 'text', '',"
    " NULL, now(), NULL, gen_random_uuid())",
    "forget_by_chat": f"SELECT novabot_internal.forget_by_chat({ADDRESSES}, NULL, NULL, NULL,"
    " 'wamid.1', now(), NULL)",
    "load_stored_session": "SELECT novabot_internal.load_stored_session(gen_random_uuid())",
    "apply_identity_event": "SELECT novabot_internal.apply_identity_event(NULL, true,"
    " ARRAY['6281717407674'], ARRAY['628999'], now(), 'wamid.e')",
    "retry_events": "SELECT novabot_internal.retry_events()",
    "start_sending": "SELECT novabot_internal.start_sending('6281717407674@c.us',"
    " gen_random_uuid())",
    "settle_sendings": "SELECT novabot_internal.settle_sendings(ARRAY[gen_random_uuid()], '{x}',"
    " '{t}', gen_random_uuid(), '{}', '{}', '', '', false, '1 hour')",
    "settle_unsent": "SELECT novabot_internal.settle_unsent(gen_random_uuid(), gen_random_uuid(),"
    " 'queued', NULL, NULL)",
    "apply_status": "SELECT novabot_internal.apply_status('wamid.1', NULL, 'failed', 131050, NULL)",
    "note_preference": f"SELECT novabot_internal.note_preference({ADDRESSES}, 'e', 'none', now())",
    "describe_opt_out": "SELECT novabot_internal.describe_opt_out('6281717407674@c.us')",
    "opt_out_at": f"SELECT novabot_internal.opt_out_at({ADDRESSES}, now())",
    "count_orphans": "SELECT novabot_internal.count_orphans()",
    "delete_orphans": "SELECT novabot_internal.delete_orphans()",
    "earlier_clients": "SELECT novabot_internal.earlier_clients('6281717407674')",
    "reset_client": "SELECT reset_client('6281717407674')",
    "reset_incarnation": "SELECT novabot_internal.reset_incarnation('6281717407674',"
    " gen_random_uuid(), 'ana', 'dashboard')",
    "find_client": "SELECT novabot_internal.find_client('0817-1740-7674')",
    "near_misses": "SELECT novabot_internal.near_misses('0817-1740-7675', 5)",
    "annotate_message": f"SELECT novabot_internal.annotate_message({ADDRESSES}, NULL, 'e', 't',"
    " 'revoke', '', NULL, now())",
    "store_echo": f"SELECT novabot_internal.store_echo({ADDRESSES}, NULL, 'e', 'text', '', NULL,"
    " now(), '1 hour')",
    "annotate_echo": f"SELECT novabot_internal.annotate_echo({ADDRESSES}, NULL, 'e', 't',"
    " 'revoke', '', now())",
    "set_aside": "SELECT novabot_internal.set_aside('6281717407674', '{}', 'unreadable', now())",
    "list_clients": "SELECT novabot_internal.list_clients(NULL, NULL, NULL, 50)",
    "describe_client": "SELECT novabot_internal.describe_client('6281717407674@c.us')",
    "client_timeline": "SELECT novabot_internal.client_timeline('6281717407674@c.us', NULL, 9)",
    "resend_message": "SELECT novabot_internal.resend_message(gen_random_uuid(), NULL, 'bot')",
    "note_arrived": "SELECT novabot_internal.note_arrived(gen_random_uuid(), NULL)",
    "items_set_aside": "SELECT novabot_internal.items_set_aside('6281717407674@c.us', 9)",
    "DELETE": 'DELETE FROM "User"',
    "TRUNCATE": 'TRUNCATE "User" CASCADE',
    "UPDATE": "UPDATE \"User\" SET nama = 'x'",
}


def test_every_entry_that_touches_several_client_tables_is_in_the_list_above(
    connection: psycopg.Connection,
) -> None:
    by_name = internal(connection)

    def reach(function: Function) -> set[str]:
        tables, met, ahead = set[str](), set[str](), [function]
        while ahead:
            current = ahead.pop()
            tables.update(current.tables)
            ahead += [by_name[name] for name in set(current.calls) - met]
            met.update(current.calls)
        return tables

    several = {
        function.name
        for function in functions(connection)
        if function.is_pinned
        and not function.is_trigger
        and len(reach(function) & CLIENT_TABLES) > 1
    }
    assert several == FIRST_AT_USER.keys() - {"DELETE", "TRUNCATE", "UPDATE"}


def test_what_touches_several_tables_locks_user_first(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    add_client(connection, conversations=1)
    lift_lock_timeouts(connection)
    connection.execute("SELECT novabot_internal.set_aside('6281717407674', '{1}', 'odd', now())")
    for name, statement in FIRST_AT_USER.items():
        blocker, blocked = connect(), connect()
        blocker.execute("BEGIN")
        blocker.execute('LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE')
        work = Thread(lambda conn=blocked, what=statement: roll_back_after(conn, what))
        wait_until_blocked(connection, blocked.info.backend_pid)
        held = names(
            connection,
            "SELECT relation::regclass FROM pg_locks WHERE granted AND locktype = 'relation'"
            f" AND pid = {blocked.info.backend_pid}"
            """ AND relation IN ('"Session"'::regclass, '"Alias"'::regclass,"""
            """ '"Conversation"'::regclass)""",
        )
        blocker.execute("ROLLBACK")
        work.result()
        assert held == [], name


def roll_back_after(conn: psycopg.Connection, statement: str) -> Any:
    conn.execute("BEGIN")
    conn.execute(statement.encode())
    conn.execute("ROLLBACK")


def test_a_plain_insert_needs_no_more_than_the_contract_says(
    connection: psycopg.Connection,
) -> None:
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    connection.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (CLIENT,))
    connection.execute('INSERT INTO "Conversation" ("userId") VALUES (%s)', (CLIENT,))
    (row,) = fetch(connection, "SELECT * FROM novabot_internal.load_session(%s)", [PHONE])
    assert (row.id, row.nama, row.context) == (CLIENT, None, {})


def test_clients_made_in_an_emptied_table_are_looked_up_by_their_key(
    connection: psycopg.Connection, database_url: str
) -> None:
    """Else one INSERT of 100 000 clients reads the whole index of the list for each of them."""
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT 'gone' || n FROM generate_series(1, 5) AS n"
    )
    connection.execute('DELETE FROM "User"')
    connection.execute("VACUUM")
    # The plans of a new session are made for the empty table, and kept while it grows.
    with psycopg.connect(database_url) as conn:
        conn.execute(
            "INSERT INTO \"User\" (id) SELECT 'new' || n FROM generate_series(1, 200) AS n"
        )
        conn.execute('DELETE FROM "Session"')
        conn.execute('DELETE FROM "User" WHERE id LIKE %s', ("new1%",))
        scans = one(conn, "SELECT pg_stat_get_xact_numscans('user_by_activity'::regclass)")
        read = one(conn, "SELECT pg_stat_get_xact_tuples_returned('\"User_pkey\"'::regclass)")
    assert scans == 0
    assert read < 20 * 200
