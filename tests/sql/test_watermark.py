"""The watermark: what was written before a reset and delivered late is not taken in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    add_client,
    add_many,
    contents,
    last_reset,
    load,
    one,
    take_turn,
)

pytestmark = pytest.mark.usefixtures("each_way")


def now(conn: psycopg.Connection) -> datetime:
    return one(conn, "SELECT clock_timestamp()")


def late_turn(conn: psycopg.Connection, before: datetime, seconds: float, *addresses: str) -> Any:
    """A turn of a message dated so many seconds before a moment."""
    whom = addresses or (PHONE,)
    return take_turn(
        conn,
        load(conn, *whom),
        addresses=whom,
        written_at=before - timedelta(seconds=seconds),
    )


def late(conn: psycopg.Connection, before: datetime, seconds: float, *addresses: str) -> str:
    return late_turn(conn, before, seconds, *addresses).outcome


def write(
    conn: psycopg.Connection, door: str, at: datetime, message_id: str = "wamid.late"
) -> object:
    """A message, wish, event or unreadable item of a stranger; returns what became of it."""
    whom = ["628555000111"]
    match door:
        case "turn":
            return take_turn(
                conn, STRANGER, addresses=whom, message_id=message_id, written_at=at
            ).outcome
        case "stored":
            statement = (
                "SELECT outcome FROM novabot_internal.store_message("
                "%s, %s, 'text', 'halo', NULL, %s, 'J', gen_random_uuid())"
            )
            return one(conn, statement, whom, message_id, at)
        case "wish":
            statement = (
                "SELECT outcome FROM novabot_internal.forget_by_chat("
                "%s, NULL, NULL, NULL, %s, %s, NULL)"
            )
            return one(conn, statement, whom, message_id, at)
        case "event":
            statement = (
                "SELECT novabot_internal.apply_identity_event("
                "NULL, true, %s, ARRAY['628555000222'], %s, %s)"
            )
            return one(conn, statement, whom, at, message_id)
        case _:
            statement = "SELECT novabot_internal.set_aside(%s, %s, 'unreadable', %s)"
            return one(conn, statement, whom[0], f'{{"id": "{message_id}"}}', at)


def reset_at(conn: psycopg.Connection) -> datetime:
    return last_reset(conn).at


@pytest.mark.parametrize("reset", ['DELETE FROM "User"', "SELECT reset_client('0817-1740-7674')"])
def test_a_message_over_60_seconds_older_than_the_reset_is_dropped_and_a_younger_one_is_not(
    connection: psycopg.Connection, reset: str
) -> None:
    add_client(connection, aliases=["ID.1a2b3c"])
    connection.execute(reset.encode())
    at = reset_at(connection)
    before = contents(connection)
    assert late(connection, at, 61) == "forgotten"
    assert late(connection, at, 61, "ID.1a2b3c") == "forgotten"
    assert late(connection, at, 61, "628999", "ID.1a2b3c") == "forgotten"
    assert late(connection, at, 7 * 86400) == "forgotten"
    assert contents(connection) == before
    assert late(connection, at, 61, "628999") == "committed"
    assert late(connection, at, 59) == "committed"
    assert late(connection, at, 61) == "forgotten"
    assert late(connection, at, -5) == "committed"


def test_resetting_a_stranger_sets_the_watermark_too(connection: psycopg.Connection) -> None:
    connection.execute("SELECT reset_client(%s)", (PHONE,))
    at = reset_at(connection)
    assert late(connection, at, 61) == "forgotten"
    assert late(connection, at, 59) == "committed"


def test_a_later_reset_moves_the_watermark_on(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute('DELETE FROM "User"')
    connection.execute("UPDATE \"Forgotten\" SET at = at - interval '1 hour'")
    add_client(connection)
    connection.execute('DELETE FROM "User"')
    assert late(connection, reset_at(connection), 61) == "forgotten"
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 1


def test_a_rolled_back_reset_sets_no_watermark(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute("BEGIN")
    connection.execute('DELETE FROM "User"')
    at = now(connection)
    connection.execute("ROLLBACK")
    assert late(connection, at, 61) == "committed"


@pytest.mark.parametrize("reset", ["DELETE FROM \"User\" WHERE id <> 'ID.old'", "TRUNCATE"])
def test_a_reset_of_very_many_is_a_watermark_for_strangers_and_for_clients_born_after(
    connection: psycopg.Connection, reset: str
) -> None:
    add_many(connection, 30_001)
    add_client(connection)
    add_client(connection, "ID.old")
    truncated = reset == "TRUNCATE"
    connection.execute(b'TRUNCATE "User" CASCADE' if truncated else reset.encode())
    at = reset_at(connection)
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') <= 2  # and not one a client
    assert late(connection, at, 61) == "forgotten"
    assert late(connection, at, 61, "628999") == "forgotten"
    assert late(connection, at, 61, "ID.old") == ("forgotten" if truncated else "committed")
    connection.execute("INSERT INTO \"User\" (id) VALUES ('628111@c.us')")
    assert late(connection, at, 61, "628111") == "forgotten"
    assert late(connection, at, 59, "628111") == "committed"
    assert late(connection, at, 59) == "committed"
    assert late(connection, at, 61) == "forgotten"


def test_a_reset_of_up_to_10_000_is_a_watermark_an_address_and_no_stranger_is_late(
    connection: psycopg.Connection,
) -> None:
    add_many(connection, 9_998)
    add_client(connection, aliases=["ID.1a2b3c"])
    add_client(connection, "5511987654321@c.us")
    connection.execute('DELETE FROM "User"')
    at = reset_at(connection)
    for address in (PHONE, "ID.1a2b3c", "5511987654321", "551187654321", "9998"):
        assert late(connection, at, 61, address) == "forgotten", address
    assert late(connection, at, 61, "628999") == "committed"
    connection.execute("INSERT INTO \"User\" (id) VALUES ('628111@c.us')")
    assert late(connection, at, 61, "628111") == "committed"


def test_a_client_made_again_in_the_transaction_that_reset_all_clients_is_born_after(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    with connection.transaction():
        connection.execute("SELECT 1")
        connection.execute('TRUNCATE "User" CASCADE')
        connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    assert late(connection, reset_at(connection), 61) == "forgotten"


@pytest.mark.parametrize("door", ["turn", "stored", "wish", "event", "aside"])
def test_what_was_written_over_7_and_a_half_days_ago_brings_nobody_back(
    connection: psycopg.Connection, door: str
) -> None:
    before = contents(connection)
    too_old = now(connection) - timedelta(days=7, hours=12, seconds=1)
    assert write(connection, door, too_old) in ("too_old", False)
    assert contents(connection) == before
    assert write(connection, door, too_old + timedelta(minutes=1)) not in ("too_old", False)


@pytest.mark.parametrize("door", ["turn", "stored", "wish", "event", "aside"])
def test_a_time_in_the_future_counts_as_now_and_is_known_for_as_long_as_it_is_one(
    connection: psycopg.Connection, door: str
) -> None:
    ahead = now(connection) + timedelta(days=30)
    first = write(connection, door, ahead, "wamid.A")
    assert one(
        connection, 'SELECT coalesce(max(at), now()) <= clock_timestamp() FROM "Conversation"'
    )
    connection.execute('DELETE FROM "User"')
    # Nine days later, which is more than digests are kept.
    connection.execute('UPDATE "Delivery" SET "seenAt" = "seenAt" - interval \'9 days\'')
    connection.execute("UPDATE \"Forgotten\" SET at = at - interval '9 days'")
    connection.execute("SELECT novabot_internal.prune_digests()")
    before = contents(connection)
    again = write(connection, door, ahead - timedelta(days=9), "wamid.A")
    assert (first, again) in (
        ("committed", "duplicate"),
        ("stored", "duplicate"),
        ("reset", "duplicate"),
        ("kept", "duplicate"),
        (True, False),
    )
    assert contents(connection) == before


def test_digests_and_items_set_aside_are_kept_for_8_days(connection: psycopg.Connection) -> None:
    add_client(connection)
    take_turn(connection, load(connection), message_id="wamid.1")
    connection.execute('DELETE FROM "User"')
    connection.execute("INSERT INTO \"SetAside\" (item, reason) VALUES ('{}', 'unreadable')")
    connection.execute("SELECT novabot_internal.prune_digests()")
    for table, column in (("Delivery", "seenAt"), ("Forgotten", "at"), ("SetAside", "at")):
        assert one(connection, f'SELECT count(*) FROM "{table}"') == 1
        connection.execute(
            f'UPDATE "{table}" SET "{column}" = now() - interval \'8 days 1 second\''.encode()
        )
    connection.execute("SELECT novabot_internal.prune_digests()")
    for table in ("Delivery", "Forgotten", "SetAside"):
        assert one(connection, f'SELECT count(*) FROM "{table}"') == 0
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "committed"
