"""Opting out in the database: all addresses of a person share it, the next owner does not."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.sql.acts import one

PHONE, USER_ID, NEW = "6281717407674", "ID.1234567890123456", "6281717407699"


def add(conn: psycopg.Connection, *addresses: str) -> str:
    client = f"{addresses[0]}@c.us" if addresses[0].isdigit() else addresses[0]
    conn.execute('INSERT INTO "User" (id) VALUES (%s)', [client])
    for address in addresses[1:]:
        conn.execute('INSERT INTO "Alias" (alias, "userId") VALUES (%s, %s)', [address, client])
    return client


def say(conn: psycopg.Connection, client: str, level: str) -> None:
    conn.execute(
        "SELECT novabot_internal.opt_out_client(%s, %s, clock_timestamp())", [client, level]
    )


def level(conn: psycopg.Connection, client: str) -> Any:
    return one(conn, "SELECT level FROM novabot_internal.opt_out_of(%s)", client)


def test_a_new_address_carries_it_on_when_the_old_one_is_left(
    connection: psycopg.Connection,
) -> None:
    client = add(connection, PHONE)
    say(connection, client, "promotions")
    connection.execute(
        'INSERT INTO "Alias" (alias, "userId", since) VALUES (%s, %s, now())', [NEW, client]
    )
    connection.execute('DELETE FROM "Alias" WHERE alias = %s', [PHONE])
    assert level(connection, client) == "promotions"
    connection.execute('DELETE FROM "User"')
    assert level(connection, add(connection, NEW)) == "promotions"


def test_the_next_owner_of_a_number_has_asked_for_nothing(connection: psycopg.Connection) -> None:
    say(connection, add(connection, PHONE), "everything")
    connection.execute('DELETE FROM "User"')
    client = add(connection, NEW)
    connection.execute(
        """INSERT INTO "Alias" (alias, "userId", since)
           VALUES (%s, %s, clock_timestamp() + interval '1 second')""",
        [PHONE, client],
    )
    assert level(connection, client) is None


def test_who_stopped_everything_has_stopped_promotions_too(connection: psycopg.Connection) -> None:
    client = add(connection, PHONE, USER_ID)
    for said, becomes in (
        ("promotions", "promotions"),
        ("everything", "everything"),
        ("promotions", "everything"),
        ("none", "none"),
        ("promotions", "promotions"),
    ):
        say(connection, client, said)
        assert level(connection, client) == becomes
    connection.execute(
        "SELECT novabot_internal.opt_out_client(%s, 'none', now() - interval '1 hour')", [client]
    )
    assert level(connection, client) == "promotions"


def test_it_survives_every_reset_and_pruning(connection: psycopg.Connection) -> None:
    for reset in (
        'DELETE FROM "User"',
        'TRUNCATE "User" CASCADE',
        f"SELECT reset_client('{PHONE}')",
    ):
        say(connection, add(connection, PHONE, USER_ID), "everything")
        connection.execute(reset.encode())
        connection.execute("UPDATE \"OptOut\" SET since = now() - interval '9 days'")
        connection.execute("SELECT novabot_internal.prune_digests()")
        client = add(connection, PHONE)
        assert level(connection, client) == "everything", reset
        assert one(connection, "SELECT paused FROM novabot_internal.read_session(%s)", client)
        connection.execute('TRUNCATE "User" CASCADE')
        assert one(
            connection, "SELECT paused FROM novabot_internal.load_session(ARRAY[%s])", USER_ID
        )


def test_a_message_of_one_who_opted_out_is_not_offered_again(
    connection: psycopg.Connection,
) -> None:
    client = add(connection, PHONE)
    connection.execute('UPDATE "User" SET "windowUntil" = now() + interval \'1 hour\'')
    connection.execute(
        'INSERT INTO "Conversation" ("userId", direction, body, status, author)'
        " VALUES (%s, 'out', 'x', 'failed', 'operator:ana')",
        [client],
    )
    offers = (
        "SELECT novabot_internal.operator_offers(c, now() + '1 hour') FROM \"Conversation\" AS c"
    )
    assert one(connection, offers) == ["resend"]
    say(connection, client, "everything")
    assert one(connection, offers) == []


def note(conn: psycopg.Connection, event: str, new_level: str, *addresses: str) -> None:
    conn.execute(
        "SELECT novabot_internal.note_preference(%s, %s, %s, clock_timestamp())",
        [list(addresses), event, new_level],
    )


def test_an_event_about_promotions_does_not_lower_a_stop(connection: psycopg.Connection) -> None:
    """At no address, the one that it tells of for the first time included."""
    client = add(connection, PHONE)
    say(connection, client, "everything")
    note(connection, "preference 1", "promotions", PHONE, USER_ID)
    connection.execute(
        'INSERT INTO "Alias" (alias, "userId", since) VALUES (%s, %s, now())', [USER_ID, client]
    )
    assert level(connection, client) == "everything"
    assert one(connection, "SELECT novabot_internal.has_stopped(%s)", client) is True


def test_a_refusal_told_again_does_not_undo_what_the_client_said_since(
    connection: psycopg.Connection,
) -> None:
    client = add(connection, PHONE)
    connection.execute(
        'INSERT INTO "Conversation" ("userId", direction, body, status, "waMessageId")'
        " VALUES (%s, 'out', 'promo', 'sent', 'wamid.1')",
        [client],
    )
    tell = "SELECT novabot_internal.apply_status('wamid.1', NULL, 'failed', 131050, 'no')"
    connection.execute(tell)
    assert level(connection, client) == "promotions"
    say(connection, client, "none")
    connection.execute(tell)
    assert level(connection, client) == "none"
