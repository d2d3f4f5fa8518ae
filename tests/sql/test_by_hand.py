"""What a DBA's hand, or another program's trigger, did before a reset: it forgets all the same."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    Known,
    add_client,
    counts,
    fetch,
    last_reset,
    load,
    one,
    remaining,
    take_turn,
)

BSUID = "ID.1a2b3c"
OF_THE_CLIENT = "\"userId\" = '6281717407674@c.us'"


def late(conn: psycopg.Connection, *addresses: str) -> str:
    """What becomes of a message that was written ten minutes before the last reset."""
    whom = addresses or (PHONE,)
    written_at = last_reset(conn).at - timedelta(minutes=10)
    return take_turn(conn, load(conn, *whom), addresses=whom, written_at=written_at).outcome


def set_aside(conn: psycopg.Connection, address: str, minutes: float | None = None) -> bool:
    """An unreadable item, written so many minutes before the last reset."""
    at = None if minutes is None else last_reset(conn).at - timedelta(minutes=minutes)
    return one(
        conn,
        "SELECT novabot_internal.set_aside(%s, %s, 'unreadable', %s)",
        address,
        f'{{"x": "{uuid4()}"}}',
        at,
    )


@pytest.mark.parametrize(
    "before",
    [
        f'DELETE FROM "Alias" WHERE {OF_THE_CLIENT}',
        f'DELETE FROM "Conversation" WHERE {OF_THE_CLIENT}',
        f'DELETE FROM "Session" WHERE {OF_THE_CLIENT}',
        'TRUNCATE "Alias"',
        f"UPDATE \"Alias\" SET alias = 'other' WHERE alias = '{PHONE}'",
        f"UPDATE \"Alias\" SET \"userId\" = '628999@c.us' WHERE alias = '{BSUID}'",
    ],
)
def test_children_deleted_or_changed_before_their_client_bring_no_client_back(
    connection: psycopg.Connection, before: str
) -> None:
    add_client(connection, "628999@c.us")
    add_client(connection, nama="Petang", conversations=2, aliases=[BSUID])
    set_aside(connection, PHONE)
    connection.execute(before.encode())
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    assert late(connection) == "forgotten"
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0
    assert load(connection, PHONE) == STRANGER


@pytest.mark.parametrize(
    "before",
    [
        f"DELETE FROM \"Alias\" WHERE alias = '{BSUID}'",
        'TRUNCATE "Alias"',
        f"UPDATE \"Alias\" SET alias = 'other' WHERE alias = '{BSUID}'",
    ],
)
def test_a_bsuid_that_was_taken_from_its_client_before_the_reset_is_forgotten_too(
    connection: psycopg.Connection, before: str
) -> None:
    add_client(connection, nama="Petang", aliases=[BSUID])
    set_aside(connection, BSUID)
    connection.execute(before.encode())
    connection.execute('DELETE FROM "User"')
    assert late(connection, BSUID) == "forgotten"
    assert late(connection, PHONE, BSUID) == "forgotten"
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0


def test_former_addresses_that_were_truncated_before_the_reset_are_forgotten(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Petang", aliases=[BSUID])
    connection.execute(
        'INSERT INTO "FormerAlias" (alias, "userId", until) VALUES (\'628555\', %s, now())',
        (CLIENT,),
    )
    connection.execute('TRUNCATE "FormerAlias"')
    connection.execute('DELETE FROM "User"')
    assert late(connection, "628555") == "forgotten"


def test_addresses_deleted_before_their_client_are_forgotten_with_what_was_set_aside(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, aliases=[BSUID])
    set_aside(connection, BSUID)
    connection.execute('DELETE FROM "Alias" WHERE alias = %s', (BSUID,))
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 1
    connection.execute('DELETE FROM "User"')
    assert late(connection, BSUID) == "forgotten"
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0


@pytest.mark.parametrize(
    "before",
    [
        'DELETE FROM "Alias"',
        'TRUNCATE "Alias"',
        'WITH d AS (DELETE FROM "User" RETURNING id) INSERT INTO "User" (id) SELECT id FROM d',
    ],
)
@pytest.mark.parametrize("handle", ["0817-1740-7674", PHONE, CLIENT, "+62 817-1740-7674"])
def test_a_client_without_an_address_is_still_reset_by_its_number(
    connection: psycopg.Connection, before: str, handle: str
) -> None:
    add_client(connection)
    connection.execute(before.encode())
    assert one(connection, "SELECT clients FROM reset_client(%s)", handle) == 1
    assert remaining(connection) == dict.fromkeys(remaining(connection), 0)


def test_a_later_reset_of_very_many_does_not_undo_an_earlier_one(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Petang")
    connection.execute('TRUNCATE "User" CASCADE')
    before = last_reset(connection).at - timedelta(minutes=10)
    assert take_turn(connection, load(connection)).outcome == "committed"
    connection.execute('INSERT INTO "User" (id) SELECT n::text FROM generate_series(1, 501) AS n')
    connection.execute('DELETE FROM "User" WHERE id <> %s', (CLIENT,))
    assert take_turn(connection, load(connection), written_at=before).outcome == "forgotten"
    assert take_turn(connection, load(connection)).outcome == "committed"


def test_what_was_set_aside_late_of_a_forgotten_sender_is_not_kept(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    connection.execute('DELETE FROM "User"')
    assert not set_aside(connection, PHONE, minutes=10)
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0
    assert set_aside(connection, PHONE, minutes=-1)
    assert set_aside(connection, PHONE)  # when it was written could not be read
    assert set_aside(connection, "628999", minutes=10)


def test_setting_aside_waits_briefly_for_a_reset_and_the_reset_for_it(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    other.execute("BEGIN")
    other.execute('DELETE FROM "User"')
    with pytest.raises(psycopg.errors.LockNotAvailable):
        one(connection, "SELECT novabot_internal.set_aside(%s, '{}', 'unreadable', NULL)", PHONE)
    other.execute("ROLLBACK")
    connection.execute("BEGIN")
    assert one(connection, "SELECT novabot_internal.set_aside(%s, '{}', 'unreadable', NULL)", PHONE)
    other.execute("SET lock_timeout = '50ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other.execute('DELETE FROM "User"')
    connection.execute("COMMIT")


def test_a_trigger_that_keeps_the_client_is_told_instead_of_tried_for_ever(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    connection.execute(
        """CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER keep BEFORE DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION keep()"""
    )
    connection.execute("SET statement_timeout = '5s'")
    with pytest.raises(
        psycopg.DatabaseError, match='trigger keep on "User": nothing was changed'
    ) as raised:
        connection.execute("SELECT reset_client(%s)", (PHONE,))
    assert raised.value.sqlstate == "ST004"
    assert counts(connection) == []


def test_a_life_is_reset_under_whatever_id_it_has_by_now(connection: psycopg.Connection) -> None:
    add_client(connection)
    incarnation = one(connection, 'SELECT incarnation FROM "User"')
    connection.execute("UPDATE \"User\" SET id = '628999@c.us'")
    reset = "SELECT clients FROM novabot_internal.reset_incarnation(%s, %s, 'ana', 'dashboard')"
    assert one(connection, reset, CLIENT, incarnation) == 1
    assert one(connection, reset, CLIENT, incarnation) == 0
    add_client(connection)
    assert one(connection, reset, CLIENT, incarnation) is None
    assert one(connection, 'SELECT count(*) FROM "User"') == 1


def test_two_clients_who_turn_out_to_be_one_person_become_one_and_are_forgotten_as_one(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, conversations=1)
    add_client(connection, BSUID, nama="Petang", conversations=2, aliases=["ID.ENT.9z"])
    both = (PHONE, BSUID)
    # Answered without the name that the other one has told: answered again from what both know.
    turn = take_turn(connection, load(connection, *both), addresses=both, answers=())
    assert (turn.outcome, turn.id, turn.nama) == ("stale", CLIENT, "Petang")
    known = Known(turn.id, turn.user_revision, turn.session_revision)
    turn = take_turn(connection, known, addresses=both, answers=())
    assert (turn.outcome, turn.id, turn.nama) == ("committed", CLIENT, "Petang")
    assert one(connection, 'SELECT count(*) FROM "User"') == 1
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 4
    merged = fetch(connection, 'SELECT actor, source, clients, sessions FROM "Reset"')
    assert [tuple(row) for row in merged] == [("novabot", "merge", 1, 1)]
    for address in (BSUID, "ID.ENT.9z"):
        assert load(connection, address).id == CLIENT
        # No client was forgotten: what was written before is still taken.
        assert late(connection, address) == "committed"
    assert one(connection, "SELECT clients FROM reset_client(%s)", PHONE) == 1
    assert remaining(connection) == dict.fromkeys(remaining(connection), 0)
    for address in (PHONE, BSUID, "ID.ENT.9z"):
        assert load(connection, address) == STRANGER
        assert late(connection, address) == "forgotten"
