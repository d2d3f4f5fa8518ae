"""Every way to delete a client is a reset: exact, announced once, and gone when rolled back."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg import errors

from tests.sql.acts import (
    CLIENT,
    NOTHING,
    PHONE,
    Listening,
    Notices,
    add_client,
    add_many,
    contents,
    counts,
    fetch,
    last_reset,
    one,
    remaining,
)


def incarnations(conn: psycopg.Connection) -> list[str]:
    return [str(row.incarnation) for row in fetch(conn, 'SELECT incarnation FROM "User"')]


def test_deleting_one_client_forgets_it_counts_exactly_and_tells_the_bots_once(
    connection: psycopg.Connection, listening: Listening, notices: Notices
) -> None:
    add_client(connection, conversations=14, aliases=["ID.1a2b3c"])
    add_client(connection, "628999@c.us", conversations=3)
    (incarnation,) = [
        str(row.incarnation)
        for row in fetch(connection, 'SELECT incarnation FROM "User" WHERE id = %s', CLIENT)
    ]
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    reset = last_reset(connection)
    assert counts(connection) == [(1, 1, 14)]
    assert notices.texts == [
        (
            f"reset {reset.id}: 1 client, 1 session, 14 conversations;"
            f" SELECT * FROM reset_receipt({reset.id})"
        )
    ]
    (payload,) = listening.heard("session_reset", "session_changed")
    assert json.loads(payload) == {"reset": reset.id, "clients": [incarnation]}
    assert remaining(connection) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 3}


def test_the_notice_speaks_of_one_and_of_many(
    connection: psycopg.Connection, notices: Notices
) -> None:
    add_many(connection, 2, conversations=1)
    connection.execute("DELETE FROM \"User\" WHERE id = '1@c.us'")
    connection.execute("INSERT INTO \"User\" (id) VALUES ('3@c.us')")
    connection.execute('DELETE FROM "User"')
    first, second = notices.texts
    assert "1 client, 1 session, 1 conversation;" in first
    assert "2 clients, 1 session, 1 conversation;" in second


@pytest.mark.parametrize("count", [2, 150])
def test_up_to_150_clients_are_named_in_one_notification(
    connection: psycopg.Connection, listening: Listening, notices: Notices, count: int
) -> None:
    add_many(connection, count, conversations=2)
    gone = incarnations(connection)
    connection.execute('DELETE FROM "User"')
    (payload,) = listening.heard("session_reset", "session_changed")
    assert len(payload.encode()) < 8000
    assert sorted(json.loads(payload)["clients"]) == sorted(gone)
    assert counts(connection) == [(count, count, 2 * count)]
    assert len(notices.resets()) == 1
    assert remaining(connection) == NOTHING


@pytest.mark.parametrize("count", [151, 100_000])
def test_more_than_150_clients_are_a_star_in_one_notification(
    connection: psycopg.Connection, listening: Listening, notices: Notices, count: int
) -> None:
    add_many(connection, count, conversations=1)
    add_client(connection, CLIENT, nama="Bertahan", conversations=2)
    connection.execute('DELETE FROM "User" WHERE id <> %s', (CLIENT,))
    (payload,) = listening.heard("session_reset", "session_changed")
    assert json.loads(payload) == {"reset": last_reset(connection).id, "clients": "*"}
    assert counts(connection) == [(count, count, count)]
    assert len(notices.resets()) == 1
    assert remaining(connection) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 2}


@pytest.mark.parametrize(
    "statement",
    [
        'TRUNCATE "User" CASCADE',
        'TRUNCATE "User" RESTART IDENTITY CASCADE',
        'TRUNCATE "Conversation", "Alias", "Session", "User"',
        'TRUNCATE "User", "Session", "Alias", "Conversation" RESTART IDENTITY',
    ],
)
def test_truncate_resets_all_clients(
    connection: psycopg.Connection, listening: Listening, notices: Notices, statement: str
) -> None:
    add_many(connection, 3, conversations=2)
    connection.execute(statement.encode())
    (payload,) = listening.heard("session_reset")
    assert json.loads(payload) == {"reset": last_reset(connection).id, "clients": "*"}
    assert counts(connection) == [(3, 3, 6)]
    assert len(notices.resets()) == 1
    assert remaining(connection) == NOTHING


def test_truncate_says_so_even_of_clients_its_transaction_cannot_see(
    connection: psycopg.Connection, other: psycopg.Connection, listening: Listening
) -> None:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert one(connection, 'SELECT count(*) FROM "User"') == 0
    add_client(other)
    connection.execute('TRUNCATE "User" CASCADE')
    connection.execute("COMMIT")
    assert remaining(other) == NOTHING
    (payload,) = listening.heard("session_reset")
    assert json.loads(payload)["clients"] == "*"


def test_truncating_an_empty_table_leaves_nothing(
    connection: psycopg.Connection, listening: Listening, notices: Notices
) -> None:
    connection.execute('TRUNCATE "User" CASCADE')
    assert counts(connection) == []
    assert listening.heard("session_reset") == []
    assert notices.resets() == []


def test_truncate_without_cascade_fails_and_changes_nothing(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection)
    before = contents(connection)
    with pytest.raises(errors.FeatureNotSupported):
        connection.execute('TRUNCATE "User"')
    assert contents(connection) == before
    assert listening.heard("session_reset") == []


def test_a_delete_that_finds_no_client_leaves_nothing(
    connection: psycopg.Connection, listening: Listening, notices: Notices
) -> None:
    add_client(connection)
    before = contents(connection)
    connection.execute("DELETE FROM \"User\" WHERE id = 'unknown@c.us'")
    assert contents(connection) == before
    assert listening.heard("session_reset", "session_changed") == []
    assert notices.texts == []


def test_deletes_in_a_with_clause_are_one_reset(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 3, conversations=1)
    connection.execute(
        "WITH a AS (DELETE FROM \"User\" WHERE id = '1@c.us' RETURNING id),"
        " b AS (DELETE FROM \"User\" WHERE id = '2@c.us' RETURNING id) SELECT * FROM a, b"
    )
    (payload,) = listening.heard("session_reset")
    assert len(json.loads(payload)["clients"]) == 2
    assert counts(connection) == [(2, 2, 2)]


def test_merge_resets(connection: psycopg.Connection, listening: Listening) -> None:
    if connection.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    add_many(connection, 3, conversations=1)
    connection.execute(
        "MERGE INTO \"User\" AS u USING (VALUES ('2@c.us'), ('3@c.us')) AS gone (id)"
        " ON u.id = gone.id WHEN MATCHED THEN DELETE"
    )
    (payload,) = listening.heard("session_reset")
    assert len(json.loads(payload)["clients"]) == 2
    assert counts(connection) == [(2, 2, 2)]


def test_a_cascade_from_a_table_of_the_dba_resets(
    connection: psycopg.Connection, listening: Listening
) -> None:
    connection.execute("CREATE TABLE company (id int PRIMARY KEY)")
    connection.execute('ALTER TABLE "User" ADD company int REFERENCES company ON DELETE CASCADE')
    connection.execute("INSERT INTO company VALUES (1), (2), (3)")
    add_many(connection, 6, conversations=1)
    connection.execute('UPDATE "User" SET company = 1 + left(id, 1)::int % 3')
    connection.execute("DELETE FROM company WHERE id < 3")
    (payload,) = listening.heard("session_reset")
    assert len(json.loads(payload)["clients"]) == 4
    assert counts(connection) == [(4, 4, 4)]


def test_a_cascade_among_clients_is_one_reset(
    connection: psycopg.Connection, listening: Listening
) -> None:
    connection.execute(
        'ALTER TABLE "User" ADD "broughtBy" text REFERENCES "User" (id) ON DELETE CASCADE'
    )
    add_many(connection, 3, conversations=2)
    connection.execute("UPDATE \"User\" SET \"broughtBy\" = '1@c.us' WHERE id = '2@c.us'")
    connection.execute("UPDATE \"User\" SET \"broughtBy\" = '2@c.us' WHERE id = '3@c.us'")
    listening.heard()
    connection.execute("DELETE FROM \"User\" WHERE id = '1@c.us'")
    (payload,) = listening.heard("session_reset")
    assert len(json.loads(payload)["clients"]) == 3
    assert counts(connection) == [(3, 3, 6)]


def test_reset_client_takes_every_spelling(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, "6281717407675@c.us")
    for handle in (
        CLIENT,
        PHONE,
        "+62 817-1740-7674",
        "0817-1740-7674",
        "(0817) 1740.7674",
        "081717407674",
        "817-1740-7674",
        "0062 817 1740 7674",
        "tel:+62-817-1740-7674",
        "https://wa.me/6281717407674",
        "6281717407674@s.whatsapp.net",
        "ID.1a2b3c",
    ):
        add_client(connection, conversations=14, aliases=["ID.1a2b3c"])
        (receipt,) = fetch(connection, "SELECT * FROM reset_client(%s)", handle)
        assert (receipt.clients, receipt.sessions, receipt.conversations) == (1, 1, 14), handle
        assert receipt == last_reset(connection)
        assert len(listening.heard("session_reset")) == 1
        assert one(connection, 'SELECT id FROM "User"') == "6281717407675@c.us"


def test_resetting_somebody_unknown_leaves_a_receipt_of_zeros_and_tells_the_bots(
    connection: psycopg.Connection, listening: Listening, notices: Notices
) -> None:
    (receipt,) = fetch(connection, "SELECT * FROM reset_client('0817-1740-7674')")
    assert (receipt.clients, receipt.sessions, receipt.conversations) == (0, 0, 0)
    assert [json.loads(payload) for payload in listening.heard("session_reset")] == [
        {"reset": receipt.id, "clients": []}
    ]
    assert "0 clients, 0 sessions, 0 conversations" in notices.texts[0]
    assert one(connection, 'SELECT count(*) FROM "Reset"') == 1


def test_resetting_twice_is_a_calm_no_op_with_its_own_receipt(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, conversations=2)
    connection.execute("SELECT reset_client(%s)", (PHONE,))
    connection.execute("SELECT reset_client(%s)", (PHONE,))
    assert counts(connection) == [(1, 1, 2), (0, 0, 0)]


def test_a_rolled_back_reset_never_was(
    connection: psycopg.Connection, other: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, conversations=2)
    before = contents(connection)
    for statement in (
        'DELETE FROM "User"',
        'TRUNCATE "User" CASCADE',
        "SELECT reset_client('0817-1740-7674')",
    ):
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    assert contents(connection) == before
    assert listening.heard("session_reset", "session_changed") == []


def test_what_a_savepoint_takes_back_is_not_told(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 2, conversations=1)
    with connection.transaction():
        connection.execute("SAVEPOINT here")
        connection.execute('DELETE FROM "User"')
        connection.execute("ROLLBACK TO here")
        connection.execute("DELETE FROM \"User\" WHERE id = '1@c.us'")
    (payload,) = listening.heard("session_reset")
    assert len(json.loads(payload)["clients"]) == 1
    assert counts(connection) == [(1, 1, 1)]


def test_each_statement_of_a_transaction_has_its_own_receipt(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 3, conversations=2)
    with connection.transaction():
        connection.execute("DELETE FROM \"User\" WHERE id = '1@c.us'")
        connection.execute('DELETE FROM "Conversation" WHERE "userId" = \'2@c.us\'')
        connection.execute('DELETE FROM "User"')
    assert counts(connection) == [(1, 1, 2), (2, 2, 2)]
    assert len(listening.heard("session_reset")) == 2


def test_foreign_keys_asleep_under_the_replica_role_leave_nothing_behind(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 2, conversations=3)
    connection.execute("SET session_replication_role = replica")
    connection.execute("DELETE FROM \"User\" WHERE id = '1@c.us'")
    assert counts(connection) == [(1, 1, 3)]
    assert remaining(connection) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 3}
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 1
    add_many_more(connection)
    connection.execute('DELETE FROM "User"')
    assert counts(connection) == [(1, 1, 3), (201, 1, 3)]
    assert remaining(connection) == NOTHING
    assert len(listening.heard("session_reset")) == 2


def add_many_more(conn: psycopg.Connection) -> None:
    conn.execute("INSERT INTO \"User\" (id) SELECT 'ID.' || i FROM generate_series(1, 200) AS i")


def test_a_client_made_again_inherits_nothing_from_a_delete_with_all_triggers_off(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Petang", context={"old": True}, conversations=2, aliases=["ID.a1"])
    before = incarnations(connection)
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
    connection.execute('DELETE FROM "User"')
    connection.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
    assert remaining(connection) == {"User": 0, "Session": 1, "Alias": 2, "Conversation": 2}
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    assert remaining(connection) == {"User": 1, "Session": 0, "Alias": 1, "Conversation": 0}
    assert incarnations(connection) != before


def test_a_client_inherits_nothing_within_the_transaction_that_switched_the_triggers_off(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    with connection.transaction():
        connection.execute("SELECT pg_current_xact_id()")
        other.execute('UPDATE "Session" SET context = \'{"old": true}\'')
        connection.execute('ALTER TABLE "User" DISABLE TRIGGER ALL')
        connection.execute('DELETE FROM "User"')
        connection.execute('ALTER TABLE "User" ENABLE TRIGGER ALL')
        connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    assert one(connection, 'SELECT count(*) FROM "Session"') == 0


def test_a_session_inserted_before_its_client_in_one_statement_stays(
    connection: psycopg.Connection,
) -> None:
    with connection.transaction():
        connection.execute("SAVEPOINT here")
        connection.execute(
            'WITH s AS (INSERT INTO "Session" ("userId", context)'
            " VALUES (%(id)s, '{\"new\": true}')),"
            ' c AS (INSERT INTO "Conversation" ("userId") VALUES (%(id)s))'
            ' INSERT INTO "User" (id) VALUES (%(id)s)',
            {"id": CLIENT},
        )
        connection.execute("RELEASE here")
    assert remaining(connection) == {"User": 1, "Session": 1, "Alias": 1, "Conversation": 1}


def test_our_triggers_asleep_the_foreign_keys_and_watermarks_still_forget(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, conversations=2)
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER USER')
    connection.execute('DELETE FROM "User"')
    assert remaining(connection) == NOTHING
    assert one(
        connection,
        "SELECT novabot_internal.is_forgotten(%s, now() - interval '1 hour', NULL)",
        [PHONE],
    )
    assert counts(connection) == []
    assert listening.heard("session_reset") == []


def test_a_prepared_transaction_is_refused_because_it_notifies(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    connection.execute("BEGIN")
    connection.execute('DELETE FROM "User"')
    enabled = one(connection, "SELECT current_setting('max_prepared_transactions')::int > 0")
    refusal = errors.FeatureNotSupported if enabled else errors.ObjectNotInPrerequisiteState
    with pytest.raises(refusal, match="NOTIFY" if enabled else "disabled"):
        connection.execute("PREPARE TRANSACTION 'gone'")
    assert one(connection, 'SELECT count(*) FROM "User"') == 1


def test_a_role_that_may_only_delete_resets_completely(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, conversations=2)
    role = f"clerk_{one(connection, 'SELECT left(md5(current_database()), 12)')}"
    connection.execute(f"CREATE ROLE {role}".encode())
    try:
        connection.execute(f'GRANT SELECT, DELETE ON "User" TO {role}'.encode())
        connection.execute(f"SET ROLE {role}".encode())
        connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
        connection.execute("RESET ROLE")
        assert remaining(connection) == NOTHING
        assert counts(connection) == [(1, 1, 2)]
        assert len(listening.heard("session_reset")) == 1
    finally:
        connection.execute("RESET ROLE")
        connection.execute(f"DROP OWNED BY {role}".encode())
        connection.execute(f"DROP ROLE {role}".encode())


def test_a_delete_that_a_foreign_key_of_the_dba_forbids_is_no_reset(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection)
    connection.execute('CREATE TABLE invoice ("userId" text REFERENCES "User" (id))')
    connection.execute("INSERT INTO invoice VALUES (%s)", (CLIENT,))
    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute('DELETE FROM "User"')
    connection.execute(
        'ALTER TABLE invoice ALTER CONSTRAINT "invoice_userId_fkey" DEFERRABLE INITIALLY DEFERRED'
    )
    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute('DELETE FROM "User"')
    assert counts(connection) == []
    assert listening.heard("session_reset") == []
    assert remaining(connection)["User"] == 1
