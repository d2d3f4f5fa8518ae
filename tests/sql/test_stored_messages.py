"""Messages that are stored first and answered later, and the client's own wish to be forgotten."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tests.sql.acts import (
    CLIENT,
    NOTHING,
    PHONE,
    STRANGER,
    Listening,
    add_client,
    contents,
    counts,
    fetch,
    last_reset,
    load,
    one,
    remaining,
    take_turn,
)


def start_bot(conn: psycopg.Connection) -> UUID:
    bot = uuid4()
    conn.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    return bot


def store(
    conn: psycopg.Connection,
    bot: UUID,
    message_id: str,
    body: str = "halo",
    ago: str = "0 s",
    quiet: float = 0,
) -> Any:
    return fetch(
        conn,
        "SELECT * FROM novabot_internal.store_message(%s, %s, 'text', %s, NULL,"
        " clock_timestamp() - %s::interval, 'J', %s, quiet => %s)",
        [PHONE, "ID.1a2b3c"],
        message_id,
        body,
        ago,
        bot,
        quiet,
    )[0]


def claim(conn: psycopg.Connection, bot: UUID) -> list[Any]:
    return fetch(conn, "SELECT * FROM novabot_internal.claim_pending(%s, %s)", CLIENT, bot)


def forget(
    conn: psycopg.Connection,
    message_id: str,
    *addresses: str,
    ago: str = "0 s",
    stored: UUID | None = None,
) -> Any:
    return fetch(
        conn,
        "SELECT f.* FROM novabot_internal.load_session(%s)"
        " AS l, novabot_internal.forget_by_chat(%s, l.id, l.user_revision,"
        " l.session_revision, %s, clock_timestamp() - %s::interval, %s) AS f",
        list(addresses or (PHONE,)),
        list(addresses or (PHONE,)),
        message_id,
        ago,
        stored,
    )[0]


def test_a_stored_message_is_pending_claimed_and_changes_nothing_remembered(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    stored = store(connection, bot, "wamid.1")
    assert (stored.outcome, stored.client_id) == ("stored", CLIENT)
    before = load(connection)
    assert store(connection, bot, "wamid.2").outcome == "stored"
    assert load(connection) == before
    assert load(connection, "ID.1a2b3c").id == CLIENT
    rows = fetch(connection, 'SELECT status, "claimedBy" FROM "Conversation"')
    assert [tuple(row) for row in rows] == [("pending", bot)] * 2


def test_a_stored_message_is_answered_once(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    store(connection, bot, "wamid.1")
    (message,) = claim(connection, bot)
    assert (message.addresses, message.body, message.waMessageId) == ([PHONE], "halo", "wamid.1")
    row = take_turn(
        connection, load(connection), stored=message.token, message_id="wamid.1", learnt_name="John"
    )
    assert (row.outcome, row.nama) == ("committed", "John")
    rows = fetch(connection, 'SELECT direction, status FROM "Conversation" ORDER BY id')
    assert [tuple(row) for row in rows] == [("in", "answered"), ("out", "queued")]
    before = contents(connection)
    again = take_turn(connection, load(connection), stored=message.token, message_id="wamid.1")
    assert again.outcome == "gone"
    assert contents(connection) == before


def test_a_stored_message_that_was_reset_is_gone_also_for_a_client_made_again(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    store(connection, bot, "wamid.1")
    (message,) = claim(connection, bot)
    known = load(connection)
    connection.execute('DELETE FROM "User"')
    before = contents(connection)
    assert take_turn(connection, known, stored=message.token).outcome == "stale"
    assert take_turn(connection, STRANGER, stored=message.token).outcome == "gone"
    assert contents(connection) == before
    add_client(connection)
    before = contents(connection)
    assert take_turn(connection, load(connection), stored=message.token).outcome == "gone"
    assert contents(connection) == before


def test_storing_knows_duplicates_and_late_redeliveries(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    assert store(connection, bot, "wamid.1").outcome == "stored"
    assert store(connection, bot, "wamid.1").outcome == "duplicate"
    connection.execute('DELETE FROM "User"')
    before = contents(connection)
    assert store(connection, bot, "wamid.1").outcome == "duplicate"
    assert store(connection, bot, "wamid.2", ago="61 s").outcome == "forgotten"
    assert contents(connection) == before
    assert store(connection, bot, "wamid.3", ago="30 s").outcome == "stored"


def test_pending_messages_are_claimed_oldest_first_and_not_from_a_living_bot(
    connection: psycopg.Connection,
) -> None:
    first, second = start_bot(connection), start_bot(connection)
    for number in (1, 2):
        store(connection, first, f"wamid.{number}", body=str(number))
    assert claim(connection, second) == []
    assert [row.body for row in claim(connection, first)] == ["1"]
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (first,))
    (taken,) = claim(connection, second)
    assert taken.body == "1"
    assert claim(connection, first) == []
    take_turn(connection, load(connection), stored=taken.token, body="1")
    assert [row.body for row in claim(connection, second)] == ["2"]


def test_a_burst_has_one_due_time_ten_seconds_after_its_first_at_most(
    connection: psycopg.Connection,
) -> None:
    bots = [start_bot(connection) for _ in range(2)]
    waiting = "SELECT * FROM novabot_internal.clients_waiting(%s)"
    assert 3.9 < store(connection, bots[0], "wamid.1", body="1", quiet=4).due_in <= 4
    assert 3.9 < store(connection, bots[1], "wamid.2", body="2", quiet=4).due_in <= 4
    # As if seven seconds had passed, all but the pause with the messages.
    connection.execute(
        'UPDATE "Conversation" SET "claimedAt" = "claimedAt" - interval \'7 seconds\''
    )
    assert 2.5 < store(connection, bots[0], "wamid.3", body="3", quiet=4).due_in <= 3
    assert one(connection, 'SELECT count(DISTINCT "dueAt") FROM "Conversation"') == 1
    for bot in bots:
        assert claim(connection, bot) == [] and fetch(connection, waiting, bot) == []
    connection.execute('UPDATE "Conversation" SET "dueAt" = now()')
    assert [tuple(found) for found in fetch(connection, waiting, bots[0])] == [
        (CLIENT, True, False)
    ]
    taken = claim(connection, bots[1])
    assert [row.body for row in taken] == ["1", "2", "3"]
    assert claim(connection, bots[0]) == []
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (bots[1],))
    assert [row.attempts for row in claim(connection, bots[0])] == [2, 2, 2]
    assert (
        take_turn(connection, load(connection), stored=taken[2].token, body="3").outcome == "stale"
    )
    take_turn(connection, load(connection), stored=taken[2].token, body="1\n2\n3")
    assert one(connection, "SELECT count(*) FROM \"Conversation\" WHERE status = 'pending'") == 0


def test_what_does_not_wait_goes_at_once_after_what_waits(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    for number in (1, 2):
        store(connection, bot, f"wamid.{number}", body=str(number), quiet=9)
    assert store(connection, bot, "wamid.3", body="3").due_in == 0
    store(connection, bot, "wamid.4", body="4", quiet=9)
    taken = claim(connection, bot)
    assert [row.body for row in taken] == ["1", "2"]
    take_turn(connection, load(connection), stored=taken[1].token, body="1\n2")
    (taken,) = claim(connection, bot)
    assert taken.body == "3"
    take_turn(connection, load(connection), stored=taken.token, body="3")
    assert claim(connection, bot) == []


def test_pending_messages_of_a_bot_long_unseen_are_taken_over(
    connection: psycopg.Connection,
) -> None:
    silent, living = start_bot(connection), start_bot(connection)
    store(connection, silent, "wamid.1")
    waiting = "SELECT * FROM novabot_internal.clients_waiting(%s)"
    assert fetch(connection, waiting, living) == []
    connection.execute(
        'UPDATE "Bot" SET "seenAt" = now() - interval \'11 seconds\' WHERE id = %s', (silent,)
    )
    (found,) = fetch(connection, waiting, living)
    assert tuple(found) == (CLIENT, True, False)
    assert len(claim(connection, living)) == 1


def test_a_client_that_asks_is_forgotten_once_a_message(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, conversations=3)
    answer = forget(connection, "wamid.1")
    assert answer.outcome == "reset"
    reset = last_reset(connection)
    assert (reset.id, reset.actor, reset.source) == (answer.reset, "client", "chat")
    assert remaining(connection) == NOTHING
    assert len(listening.heard("session_reset")) == 1
    add_client(connection)
    before = contents(connection)
    assert forget(connection, "wamid.1").outcome == "duplicate"
    assert forget(connection, "wamid.2", ago="61 s").outcome == "forgotten"
    assert contents(connection) == before
    assert forget(connection, "wamid.3").outcome == "reset"
    assert counts(connection) == [(1, 1, 3), (1, 1, 0)]


def test_a_stranger_that_asks_gets_a_receipt_of_zeros(connection: psycopg.Connection) -> None:
    assert forget(connection, "wamid.1").outcome == "reset"
    assert counts(connection) == [(0, 0, 0)]
    assert remaining(connection) == NOTHING


def test_the_wish_is_carried_out_from_a_stored_message_unless_it_was_reset(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    store(connection, bot, "wamid.1", body="lupakan saya")
    (message,) = claim(connection, bot)
    assert forget(connection, "wamid.1", stored=message.token).outcome == "reset"
    assert remaining(connection) == NOTHING
    assert forget(connection, "wamid.1", stored=message.token).outcome == "gone"
    assert counts(connection) == [(1, 0, 1)]


def test_a_person_known_as_two_clients_is_forgotten_as_both(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Petang")
    add_client(connection, "ID.1a2b3c", nama="Petang")
    add_client(connection, "628999@c.us")
    assert forget(connection, "wamid.1", PHONE, "ID.1a2b3c", "ID.ENT.9z").outcome == "reset"
    assert load(connection, PHONE, "ID.1a2b3c") == STRANGER
    assert one(connection, 'SELECT id FROM "User"') == "628999@c.us"
    assert one(
        connection,
        "SELECT novabot_internal.is_forgotten(%s, now() - interval '61 s', NULL)",
        ["ID.ENT.9z"],
    )


def test_storing_and_forgetting_wait_briefly_behind_a_dba(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    other.execute("BEGIN")
    other.execute("UPDATE \"User\" SET nama = 'Sari'")
    before = contents(connection)
    with pytest.raises(errors.LockNotAvailable):
        store(connection, bot, "wamid.1")
    with pytest.raises(errors.LockNotAvailable):
        forget(connection, "wamid.2")
    assert contents(connection) == before
