"""A reset whose rows something keeps fails whole: triggers, rules, policies and old snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    NOTHING,
    PHONE,
    Thread,
    add_client,
    add_many,
    contents,
    counts,
    fetch,
    load,
    one,
    remaining,
    take_turn,
    wait_until_blocked,
)
from tests.sql.persons import World

BSUID = "ID.1a2b3c"
P1, P2 = "628110000001", "628110000002"
CHILDREN = (
    "Session",
    "Conversation",
    "Alias",
    "FormerAlias",
    "IdentityNote",
    "IdentityEvent",
    "SetAside",
)
TRIGGER = """
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN {returned}; END';
    CREATE TRIGGER keep BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION keep()
"""
KEEPERS = {
    "RETURN NULL": TRIGGER.replace("{returned}", "NULL"),
    "RETURN NEW": TRIGGER.replace("{returned}", "NEW"),
    "a rule": 'CREATE RULE keep AS ON DELETE TO "{table}" DO INSTEAD NOTHING',
}
WRITERS = {
    "raises": "BEGIN RAISE EXCEPTION 'Petang'; END",
    "divides": "BEGIN PERFORM 1 / 0; RETURN OLD; END",
    "writes a message": """BEGIN
        INSERT INTO public."Conversation" ("userId", body) VALUES (OLD."userId", 'Petang');
        RETURN OLD;
    END""",
    "changes the row": """BEGIN
        UPDATE public."{table}" SET "userId" = OLD."userId" WHERE "userId" = OLD."userId";
        RETURN OLD;
    END""",
    "writes the row again": """BEGIN
        INSERT INTO public."{table}" SELECT OLD.*;
        RETURN OLD;
    END""",
}
"""Triggers by which a reset ends in an error of PostgreSQL's."""
DOORS = {
    "delete": f"DELETE FROM \"User\" WHERE id = '{CLIENT}'",
    "delete of all": 'DELETE FROM "User"',
    "reset_client": f"SELECT reset_client('{PHONE}')",
}


def live(conn: psycopg.Connection) -> None:
    """A client with a row in every table that a reset empties."""
    add_client(conn, conversations=2)
    conn.execute(
        'INSERT INTO "FormerAlias" (alias, "userId", until) VALUES (\'6285550001\', %s, now())',
        (CLIENT,),
    )
    conn.execute(
        'INSERT INTO "IdentityNote" ("userId", kind, at) VALUES (%s, \'number_changed\', now())',
        (CLIENT,),
    )
    conn.execute(
        'INSERT INTO "IdentityEvent" ("fromDigests", "toDigests", "numberChanged", at, source)'
        " VALUES ('{}', '{}', true, now(), %s)",
        (CLIENT,),
    )
    conn.execute(
        "INSERT INTO \"SetAside\" (address, item, reason) VALUES (%s, '{}', 'unreadable')", (PHONE,)
    )


def refuse(conn: psycopg.Connection, statement: str, *named: str) -> psycopg.Error:
    """The statement fails with ST004, tells these words, and changes nothing."""
    before = contents(conn)
    with pytest.raises(psycopg.Error) as raised:
        conn.execute(statement.encode())
    assert raised.value.sqlstate == "ST004", raised.value
    told = str(raised.value)
    assert [word for word in named if word not in told] == []
    assert contents(conn) == before
    return raised.value


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("table", CHILDREN)
@pytest.mark.parametrize("keeper", KEEPERS.values(), ids=KEEPERS)
def test_a_reset_that_leaves_a_row_fails_and_names_what_keeps_it(
    connection: psycopg.Connection, keeper: str, table: str, door: str
) -> None:
    live(connection)
    connection.execute(keeper.replace("{table}", table).encode())
    error = refuse(connection, door, f'keep on "{table}"', "nothing was changed")
    # The statement that the hint gives is enough.
    mend = (error.diag.message_hint or "").partition("run: ")[2]
    connection.execute(mend.encode())
    connection.execute(door.encode())
    assert remaining(connection) == NOTHING
    assert [one(connection, f'SELECT count(*) FROM "{child}"') for child in CHILDREN] == [0] * 7


@pytest.mark.parametrize("table", ["Session", "Conversation", "Alias"])
@pytest.mark.parametrize("body", WRITERS.values(), ids=WRITERS)
def test_a_trigger_that_ends_a_reset_in_an_error_is_named_and_not_quoted(
    connection: psycopg.Connection, table: str, body: str
) -> None:
    live(connection)
    connection.execute(
        f"""CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $keep$
            {body.replace("{table}", table)} $keep$;
            CREATE TRIGGER keep BEFORE DELETE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION keep()""".encode()
    )
    error = refuse(connection, DOORS["reset_client"], f'keep on "{table}"', "nothing was changed")
    assert "Petang" not in f"{error}{error.diag.message_detail}{error.diag.message_hint}"
    mend = (error.diag.message_hint or "").partition("run: ")[2]
    connection.execute(mend.encode())
    connection.execute(DOORS["reset_client"].encode())
    assert remaining(connection) == NOTHING


def test_a_foreign_key_of_another_programs_table_is_named(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute('CREATE TABLE invoice ("userId" text REFERENCES "User" (id))')
    connection.execute("INSERT INTO invoice VALUES (%s)", (CLIENT,))
    refuse(connection, DOORS["reset_client"], '"invoice_userId_fkey"', 'table "invoice"', "23503")


INVOICES = {
    "deferred": 'CREATE TABLE invoice ("userId" text REFERENCES "User" (id)'
    " DEFERRABLE INITIALLY DEFERRED)",
    "of the same name": 'CREATE SCHEMA crm; CREATE TABLE crm."Session" ("userId" text'
    ' REFERENCES "User" (id)); CREATE VIEW invoice AS SELECT * FROM crm."Session"',
    "with a trigger": """
        CREATE TABLE invoice ("userId" text REFERENCES "User" (id) ON DELETE CASCADE);
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'paid invoices stay';
        END
        $$;
        CREATE TRIGGER keep BEFORE DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION keep()
    """,
}


@pytest.mark.parametrize("invoice", INVOICES.values(), ids=INVOICES)
@pytest.mark.parametrize("door", ["dashboard", "wish"])
def test_what_another_programs_tables_forbid_is_told_by_our_doors(
    connection: psycopg.Connection, invoice: str, door: str
) -> None:
    add_client(connection)
    connection.execute(invoice.encode())
    connection.execute("INSERT INTO invoice VALUES (%s)", (CLIENT,))
    before = contents(connection)
    known = load(connection, PHONE)
    life = one(connection, 'SELECT incarnation FROM "User"')
    by_page = "SELECT novabot_internal.reset_incarnation(%s, %s, 'ana', 'dashboard')"
    by_chat = "SELECT novabot_internal.forget_by_chat(%s, %s, %s, %s, 'wamid.1', now(), NULL)"
    statement, parameters = {
        "dashboard": (by_page, (CLIENT, life)),
        "wish": (by_chat, ([PHONE], known.id, known.user_revision, known.session_revision)),
    }[door]
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement, parameters)
    assert caught.value.sqlstate == "ST004"
    assert contents(connection) == before


def test_what_passes_by_itself_is_no_reason_to_give_up(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "SetAside").encode())
    other.execute("BEGIN")
    other.execute('SELECT FROM "User" FOR UPDATE')
    connection.execute("SET lock_timeout = '50ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        connection.execute(DOORS["reset_client"].encode())


@pytest.mark.parametrize("table", ["Session", "Conversation", "Alias"])
def test_a_trigger_that_is_made_while_a_reset_waits_is_found(
    connection: psycopg.Connection, other: psycopg.Connection, table: str
) -> None:
    live(connection)
    before = contents(connection)
    connection.execute("BEGIN")
    connection.execute('SELECT FROM "User" FOR UPDATE')
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        reset = Thread(lambda: other.execute(DOORS["delete"].encode()))
        wait_until_blocked(third, other.info.backend_pid)
        third.execute(KEEPERS["RETURN NULL"].replace("{table}", table).encode())
    connection.execute("COMMIT")
    with pytest.raises(psycopg.Error, match=f'keep on "{table}"') as raised:
        reset.result()
    assert raised.value.sqlstate == "ST004"
    assert contents(connection) == before


@pytest.mark.parametrize("table", CHILDREN)
@pytest.mark.parametrize("keeper", KEEPERS.values(), ids=KEEPERS)
def test_nothing_keeps_a_row_from_truncate(
    connection: psycopg.Connection, keeper: str, table: str
) -> None:
    live(connection)
    connection.execute(keeper.replace("{table}", table).encode())
    connection.execute('TRUNCATE "User" CASCADE')
    assert [one(connection, f'SELECT count(*) FROM "{child}"') for child in CHILDREN] == [0] * 7
    assert counts(connection) == [(1, 1, 2)]


def test_truncate_takes_what_an_old_snapshot_hides_in_every_table(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert one(connection, 'SELECT count(*) FROM "User"') == 0
    live(other)
    connection.execute('TRUNCATE "User" CASCADE')
    connection.execute("COMMIT")
    assert [one(other, f'SELECT count(*) FROM "{child}"') for child in CHILDREN] == [0] * 7


@pytest.mark.parametrize("table", CHILDREN)
@pytest.mark.parametrize("keeper", KEEPERS.values(), ids=KEEPERS)
def test_a_reset_of_many_fails_as_that_of_one(
    connection: psycopg.Connection, keeper: str, table: str
) -> None:
    add_many(connection, 500)
    live(connection)
    connection.execute(keeper.replace("{table}", table).encode())
    refuse(connection, 'DELETE FROM "User"', f'keep on "{table}"')


@contextmanager
def owned_by_a_plain_role(conn: psycopg.Connection) -> Iterator[str]:
    """The tables and functions belong to a role that is no superuser, as on a managed server."""
    role = f"owner_{uuid4().hex}"
    conn.execute(f"CREATE ROLE {role}".encode())
    conn.execute(
        f"""
        DO $$
        DECLARE thing record;
        BEGIN
            FOR thing IN SELECT oid::regclass AS name FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            LOOP EXECUTE format('ALTER TABLE %s OWNER TO {role}', thing.name); END LOOP;
            FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
                WHERE pronamespace IN ('public'::regnamespace, 'novabot_internal'::regnamespace)
            LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO {role}', thing.name); END LOOP;
            ALTER SCHEMA novabot_internal OWNER TO {role};
        END $$
        """.encode()
    )
    try:
        yield role
    finally:
        conn.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())


@pytest.mark.parametrize("table", CHILDREN)
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_reset_refuses_what_row_level_security_hides_from_the_owner(
    connection: psycopg.Connection, door: str, table: str
) -> None:
    live(connection)
    with owned_by_a_plain_role(connection):
        connection.execute(
            f'CREATE POLICY own ON "{table}" USING (false);'
            f' ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'.encode()
        )
        # Without FORCE it does not hold for the owner, as whom a reset acts.
        connection.execute("BEGIN")
        connection.execute(door.encode())
        assert remaining(connection) == NOTHING
        connection.execute("ROLLBACK")
        connection.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'.encode())
        refuse(connection, door, f'row security own on "{table}"', "NO FORCE ROW LEVEL SECURITY")


def test_a_client_that_a_policy_hides_is_no_unknown_client(connection: psycopg.Connection) -> None:
    live(connection)
    with owned_by_a_plain_role(connection):
        connection.execute('ALTER TABLE "User" ENABLE ROW LEVEL SECURITY')
        connection.execute('ALTER TABLE "User" FORCE ROW LEVEL SECURITY')
        refuse(connection, DOORS["reset_client"], 'row security without a policy on "User"')


def test_a_trigger_that_writes_the_same_incarnation_again_is_refused(
    connection: psycopg.Connection,
) -> None:
    live(connection)
    connection.execute(
        """
        CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO "User" SELECT OLD.*; RETURN NULL; END';
        CREATE TRIGGER again AFTER DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION again()
        """
    )
    refuse(connection, DOORS["delete"], 'again on "User"')


AGAIN = """
    CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public."User" (id) VALUES (OLD.id);
        INSERT INTO public."Session" ("userId") VALUES (OLD.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER again AFTER DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION again()
"""


def test_a_new_incarnation_of_the_id_is_not_taken_for_the_old_one(
    connection: psycopg.Connection,
) -> None:
    live(connection)
    before = one(connection, 'SELECT incarnation FROM "User"')
    connection.execute(AGAIN)
    connection.execute(DOORS["delete"].encode())
    assert one(connection, 'SELECT incarnation FROM "User"') != before
    # What the old one had, the new one is no excuse for.
    connection.execute('INSERT INTO "Conversation" ("userId") VALUES (%s)', (CLIENT,))
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Conversation").encode())
    refuse(connection, DOORS["delete"], 'keep on "Conversation"')


def test_rows_of_a_client_made_again_in_the_same_transaction_are_no_kept_ones(
    connection: psycopg.Connection,
) -> None:
    live(connection)
    connection.execute(TRIGGER.replace("{returned}", "OLD").replace("{table}", "Session").encode())
    with connection.transaction():
        connection.execute(DOORS["delete"].encode())
        connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
        connection.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (CLIENT,))
        connection.execute(DOORS["delete of all"].encode())
        connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
        connection.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (CLIENT,))
    assert remaining(connection) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 0}
    assert len(counts(connection)) == 2


def test_a_trigger_made_after_a_reset_of_the_same_transaction_is_seen(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, BSUID)
    live(connection)
    connection.execute("BEGIN")
    connection.execute('DELETE FROM "User" WHERE id = %s', (BSUID,))
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "SetAside").encode())
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(DOORS["delete"].encode())
    assert raised.value.sqlstate == "ST004"
    connection.execute("ROLLBACK")


def test_the_shipped_triggers_are_known_by_name(connection: psycopg.Connection) -> None:
    named = one(
        connection,
        "SELECT prosrc FROM pg_proc WHERE oid = 'novabot_internal.find_keepers'::regproc",
    )
    listed = named.partition("t.tgname NOT IN (")[2].partition(")")[0]
    names = fetch(connection, "SELECT DISTINCT name FROM novabot_internal.expected_triggers()")
    assert {name.strip().strip("'") for name in listed.split(",")} == {row.name for row in names}


def test_a_harmless_trigger_of_another_program_keeps_no_reset(
    connection: psycopg.Connection,
) -> None:
    live(connection)
    connection.execute(
        TRIGGER.replace("{returned}", "OLD").replace("{table}", "Conversation").encode()
    )
    connection.execute(DOORS["reset_client"].encode())
    assert remaining(connection) == NOTHING


def test_a_disabled_reset_trigger_leaves_reset_client_whole(
    connection: psycopg.Connection,
) -> None:
    live(connection)
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER reset_deleted')
    connection.execute(KEEPERS["a rule"].replace("{table}", "FormerAlias").encode())
    refuse(connection, DOORS["reset_client"], 'keep on "FormerAlias"')
    connection.execute('DROP RULE keep ON "FormerAlias"')
    connection.execute(DOORS["reset_client"].encode())
    left = {child for child in CHILDREN if one(connection, f'SELECT count(*) FROM "{child}"')}
    assert left == set()


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize(
    "without",
    [
        "SET session_replication_role = replica",
        'ALTER TABLE "Conversation" DROP CONSTRAINT "Conversation_userId_fkey"',
    ],
)
def test_an_old_snapshot_without_foreign_keys_is_refused(
    connection: psycopg.Connection, other: psycopg.Connection, without: str, isolation: str
) -> None:
    add_client(connection)
    connection.execute(without.encode())
    connection.execute(f"BEGIN ISOLATION LEVEL {isolation}".encode())
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 0
    other.execute('INSERT INTO "Conversation" ("userId", body) VALUES (%s, \'unseen\')', (CLIENT,))
    with pytest.raises(psycopg.Error, match="nothing was changed") as raised:
        connection.execute(DOORS["delete"].encode())
    assert raised.value.sqlstate == "ST004"
    connection.execute("ROLLBACK")
    assert remaining(other) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 1}


@pytest.mark.parametrize("table", ["Conversation", "Alias"])
def test_a_merge_whose_rows_do_not_move_leaves_two_clients_and_all_messages(
    connection: psycopg.Connection, table: str
) -> None:
    add_client(connection, conversations=1)
    add_client(connection, BSUID, conversations=2)
    connection.execute(
        TRIGGER.replace("DELETE", "UPDATE")
        .replace("{returned}", "NULL")
        .format(table=table)
        .encode()
    )
    both = (PHONE, BSUID)
    take_turn(connection, load(connection, *both), addresses=both, answers=())
    assert one(connection, 'SELECT count(*) FROM "User"') == 2
    assert one(connection, "SELECT count(*) FROM \"Conversation\" WHERE body = 'hi'") == 3
    kinds = {row.kind for row in fetch(connection, 'SELECT kind FROM "IdentityNote"')}
    assert kinds == {"merge_failed"}


def test_a_number_that_a_trigger_keeps_with_its_client_is_not_told_to_have_moved(
    connection: psycopg.Connection,
) -> None:
    """Else who gets the number next would be told what its earlier owner said."""
    world = World(connection)
    world.say(0, P1, name="Andi")
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Alias").encode())
    assert world.change(10, [P1], [P2]) == "failed"
    assert world.say(20, P2).told is None
    connection.execute('DROP TRIGGER keep ON "Alias"')
    assert one(connection, "SELECT novabot_internal.retry_events()") == ["merged"]
    assert world.say(30, P2).told == "Andi"
    assert world.say(40, P1).told is None


def test_a_person_whose_earlier_number_a_trigger_keeps_is_answered_at_the_bsuid(
    connection: psycopg.Connection,
) -> None:
    world = World(connection)
    world.say(0, P1, BSUID, name="Andi")
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Alias").encode())
    said = world.say(10, P2, BSUID)
    assert (said.outcome, said.told, said.to) == ("committed", "Andi", BSUID)
    assert world.identities == ["move_failed"]
    connection.execute('DROP TRIGGER keep ON "Alias"')
    assert world.say(20, P2, BSUID).to == P2
    assert world.say(30, P1).told is None


def test_what_two_owners_of_a_number_said_is_dropped_or_the_change_waits(
    connection: psycopg.Connection,
) -> None:
    world = World(connection)
    world.say(0, P1, name="Andi")
    world.say(20, P1, name="Budi")
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Session").encode())
    assert world.change(10, [P1], [P2]) == "failed"
    connection.execute('DROP TRIGGER keep ON "Session"')
    told = "SELECT context ->> 'told' FROM \"Session\""
    assert [row[0] for row in fetch(connection, told)] == ["Budi"]


def test_an_id_is_not_changed_where_a_trigger_keeps_the_old_address(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Alias").encode())
    refuse(connection, "UPDATE \"User\" SET id = '628999@c.us'", 'keep on "Alias"')


def test_kept_changes_of_addresses_that_only_digests_name_are_looked_for(
    connection: psycopg.Connection,
) -> None:
    add_many(connection, 200)
    add_client(connection)
    connection.execute(
        'INSERT INTO "IdentityEvent" ("fromDigests", "toDigests", "numberChanged", at)'
        " VALUES (novabot_internal.address_digests(ARRAY[%s]), '{}', true, now())",
        (PHONE,),
    )
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "IdentityEvent").encode())
    refuse(connection, DOORS["delete"], 'keep on "IdentityEvent"')
    refuse(connection, DOORS["delete of all"], 'keep on "IdentityEvent"')


def test_what_is_not_shipped_is_found(connection: psycopg.Connection) -> None:
    found = "SELECT relation, kind, name, at_delete, at_update FROM novabot_internal.find_foreign()"
    assert connection.execute(found.encode()).fetchall() == []
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", "Alias").encode())
    connection.execute(
        """
        CREATE TRIGGER note AFTER INSERT ON "Session" FOR EACH ROW EXECUTE FUNCTION keep();
        CREATE RULE also AS ON UPDATE TO "SetAside" DO ALSO NOTHING;
        CREATE POLICY own ON "User" USING (true);
        ALTER TABLE "User" ENABLE ROW LEVEL SECURITY
        """
    )
    assert connection.execute(found.encode()).fetchall() == [
        ("Alias", "trigger", "keep", True, False),
        ("Session", "trigger", "note", False, False),
        ("SetAside", "DO ALSO rule", "also", False, True),
        ("User", "row security", "own", False, False),
    ]
    connection.execute('ALTER TABLE "Alias" DISABLE TRIGGER keep')
    assert ("Alias", "trigger", "keep", False, False) in connection.execute(
        found.encode()
    ).fetchall()


@pytest.mark.parametrize("table", ["Session", "Conversation", "Alias"])
def test_a_new_client_is_refused_where_an_orphan_is_kept(
    connection: psycopg.Connection, table: str
) -> None:
    live(connection)
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
    connection.execute('DELETE FROM "User"')
    connection.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
    connection.execute(KEEPERS["RETURN NULL"].replace("{table}", table).encode())
    refuse(connection, f"INSERT INTO \"User\" (id) VALUES ('{CLIENT}')", f'keep on "{table}"')
