"""Edits by hand are no resets: they renew a revision and drop the remembered session."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    STRANGER,
    Known,
    Listening,
    add_client,
    add_many,
    counts,
    fetch,
    load,
    one,
    take_turn,
)


def incarnation(conn: psycopg.Connection, client: str = CLIENT) -> str:
    return str(one(conn, 'SELECT incarnation FROM "User" WHERE id = %s', client))


def test_an_edit_of_what_is_remembered_of_a_client_renews_its_revision_and_tells_the_bots(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, nama="Petang")
    for edit in (
        "UPDATE \"User\" SET nama = 'Sari'",
        'UPDATE "User" SET nama = NULL',
        'UPDATE "User" SET "pausedAt" = now()',
        'UPDATE "User" SET incarnation = gen_random_uuid()',
        (
            "INSERT INTO \"User\" (id) VALUES ('6281717407674@c.us')"
            " ON CONFLICT (id) DO UPDATE SET nama = 'Budi'"
        ),
    ):
        before, changed = load(connection), incarnation(connection)
        connection.execute(edit.encode())
        after = load(connection)
        assert after.user_revision != before.user_revision, edit
        assert after.session_revision == before.session_revision
        assert [json.loads(payload) for payload in listening.heard("session_changed")] == [
            {"clients": [changed]}
        ]
    assert counts(connection) == []


LAST = "\U0010ffff"
"""Sorts after every name that a trigger of ours can have."""


def add_trigger(conn: psycopg.Connection, table: str, event: str, body: str) -> None:
    """A DBA's row trigger, which fires after all others."""
    conn.execute(
        f"CREATE FUNCTION foreign_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN {body}; RETURN NEW; END$$;"
        f' CREATE TRIGGER "{LAST}{event}" BEFORE {event} ON "{table}"'
        f" FOR EACH ROW EXECUTE FUNCTION foreign_{table}_{event}()".encode()
    )


def test_what_a_trigger_that_fires_last_makes_of_a_client_is_an_edit(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, nama="Petang")
    before, changed = load(connection), incarnation(connection)
    add_trigger(connection, "User", "UPDATE", "NEW.nama := 'Budi'")
    connection.execute('UPDATE "User" SET "profileName" = \'P\'')
    after = load(connection)
    assert one(connection, 'SELECT nama FROM "User"') == "Budi"
    assert after.user_revision != before.user_revision
    assert [json.loads(payload) for payload in listening.heard("session_changed")] == [
        {"clients": [changed]}
    ]
    assert take_turn(connection, before).outcome == "stale"
    assert take_turn(connection, after).outcome == "committed"


def test_a_turn_remembers_what_a_trigger_that_fires_last_made_of_it(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    add_trigger(connection, "User", "UPDATE", "NEW.nama := upper(NEW.nama)")
    add_trigger(connection, "Session", "INSERT", "NEW.context := NEW.context || '{\"by\": 1}'")
    connection.execute('DELETE FROM "Session"')
    first = take_turn(connection, load(connection), learnt_name="Petang", context={"n": 1})
    assert (first.nama, first.context) == ("PETANG", {"n": 1, "by": 1})
    known = Known(first.id, first.user_revision, first.session_revision)
    assert known == load(connection)
    add_trigger(connection, "Session", "UPDATE", "NEW.context := NEW.context || '{\"by\": 2}'")
    second = take_turn(connection, known, context={"n": 2})
    assert second.context == {"n": 2, "by": 2}
    assert Known(second.id, second.user_revision, second.session_revision) == load(connection)


def test_an_edit_of_a_session_renews_its_revision_and_tells_the_bots(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection)
    before = load(connection)
    connection.execute('UPDATE "Session" SET context = \'{"a": 1}\'')
    after = load(connection)
    assert after.user_revision == before.user_revision
    assert after.session_revision != before.session_revision
    assert [json.loads(payload) for payload in listening.heard("session_changed")] == [
        {"clients": [incarnation(connection)]}
    ]


def test_a_new_id_is_told_under_the_same_incarnation(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection)
    before = load(connection)
    connection.execute("UPDATE \"User\" SET id = '628999@c.us'")
    after = load(connection, "628999")
    assert after.user_revision != before.user_revision
    told = set(listening.heard("session_changed"))
    assert [json.loads(payload) for payload in told] == [
        {"clients": [incarnation(connection, "628999@c.us")]}
    ]
    assert listening.heard("session_reset") == []


def test_deleting_sessions_tells_the_bots_and_resets_no_client(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 3)
    connection.execute('DELETE FROM "Session" WHERE "userId" <> \'3@c.us\'')
    told = [json.loads(payload)["clients"] for payload in listening.heard("session_changed")]
    assert sorted(client for clients in told for client in clients) == sorted(
        [incarnation(connection, "1@c.us"), incarnation(connection, "2@c.us")]
    )
    assert load(connection, "1").session_revision is None
    assert listening.heard("session_reset") == []
    assert counts(connection) == []


def test_truncating_the_sessions_tells_the_bots_to_drop_all(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 3)
    connection.execute('TRUNCATE "Session"')
    assert [json.loads(payload) for payload in listening.heard("session_changed")] == [
        {"clients": "*"}
    ]
    assert listening.heard("session_reset") == []
    assert one(connection, 'SELECT count(*) FROM "User"') == 3


@pytest.mark.parametrize("edit", ["UPDATE \"User\" SET nama = 'Sari'", 'DELETE FROM "Session"'])
def test_a_great_many_edits_are_told_as_150_and_all(
    connection: psycopg.Connection, listening: Listening, edit: str
) -> None:
    add_many(connection, 400)
    connection.execute(edit.encode())
    told = [json.loads(payload)["clients"] for payload in listening.heard("session_changed")]
    assert len(told) == 151
    assert told[-1] == "*"
    assert "*" not in told[:-1]


def test_an_edit_of_anything_else_is_not_told(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, nama="Petang", conversations=2)
    before = load(connection)
    for edit in (
        'UPDATE "User" SET "profileName" = \'Petang\'',
        'UPDATE "User" SET "activeAt" = now()',
        'UPDATE "User" SET nama = nama, id = id',
        "UPDATE \"Conversation\" SET body = 'x'",
        'DELETE FROM "Conversation"',
        'DELETE FROM "Session" WHERE false',
        "UPDATE \"Session\" SET context = '{}' WHERE false",
    ):
        connection.execute(edit.encode())
        assert load(connection) == before, edit
        assert listening.heard("session_changed", "session_reset") == [], edit


def test_a_turn_notifies_no_listener(connection: psycopg.Connection, listening: Listening) -> None:
    take_turn(connection, STRANGER, learnt_name="Sari", context={"a": 1})
    take_turn(connection, load(connection), learnt_name="Budi", context={"a": 2})
    assert listening.heard("session_changed", "session_reset", "reset_acknowledged") == []


def test_an_edit_that_is_rolled_back_is_not_told(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, nama="Petang")
    before = load(connection)
    connection.execute("BEGIN")
    connection.execute("UPDATE \"User\" SET nama = 'Sari'")
    connection.execute("ROLLBACK")
    assert load(connection) == before
    assert listening.heard("session_changed") == []


def test_a_session_moved_to_another_client_is_told_of_both(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_many(connection, 2)
    connection.execute('DELETE FROM "Session" WHERE "userId" = \'2@c.us\'')
    listening.heard()
    connection.execute('UPDATE "Session" SET "userId" = \'2@c.us\'')
    told = [json.loads(payload)["clients"] for payload in listening.heard("session_changed")]
    assert sorted(client for clients in told for client in clients) == sorted(
        [incarnation(connection, "1@c.us"), incarnation(connection, "2@c.us")]
    )


def test_edits_are_told_under_the_replica_role_too(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, nama="Petang")
    before = load(connection)
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE \"User\" SET nama = 'Sari'")
    connection.execute('UPDATE "Session" SET context = \'{"a": 1}\'')
    connection.execute("RESET session_replication_role")
    after = load(connection)
    assert after.user_revision != before.user_revision
    assert after.session_revision != before.session_revision
    assert len(listening.heard("session_changed")) == 2
    assert fetch(connection, 'SELECT nama FROM "User"')[0].nama == "Sari"
