"""The outbox: in order per client, one bot at a time, stopped by a reset, ticks never backwards."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    Thread,
    add_client,
    contents,
    fetch,
    lift_lock_timeouts,
    one,
    queue_answer,
    take_turn,
    wait_until_blocked,
)

TOKENS: dict[int, UUID] = {}
"""Of the messages that were started, by their ids: what a bot keeps while it sends."""


def start_bot(conn: psycopg.Connection) -> UUID:
    bot = uuid4()
    conn.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    return bot


def start(conn: psycopg.Connection, bot: UUID, client: str = CLIENT) -> list[Any]:
    rows = fetch(
        conn,
        "SELECT c.id, s.* FROM novabot_internal.start_sending(%s, %s) AS s"
        ' JOIN "Conversation" AS c ON c.token = s.token',
        client,
        bot,
    )
    TOKENS.update({row.id: row.token for row in rows})
    return rows


def message(conn: psycopg.Connection, number: int) -> Any:
    return fetch(conn, 'SELECT * FROM "Conversation" WHERE id = %s', number)[0]


def settle_sent(conn: psycopg.Connection, number: int, message_id: str) -> bool:
    return one(conn, "SELECT novabot_internal.settle_sent(%s, %s)", TOKENS[number], message_id)


def is_sending(conn: psycopg.Connection, number: int, bot: UUID) -> bool:
    return one(conn, "SELECT novabot_internal.is_sending(%s, %s)", TOKENS[number], bot)


def settle_unsent(conn: psycopg.Connection, number: int, bot: UUID, status: str) -> bool:
    return one(
        conn,
        "SELECT novabot_internal.settle_unsent(%s, %s, %s, 131000, 'no', '1 minute')",
        TOKENS[number],
        bot,
        status,
    )


def test_answers_are_sent_in_order_one_at_a_time_per_client(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    add_client(connection, "628999@c.us")
    first, second = queue_answer(connection), queue_answer(connection)
    elsewhere = queue_answer(connection, "628999@c.us")
    (sending,) = start(connection, bot)
    assert (sending.id, sending.address, sending.attempts) == (first, "6281717407674", 1)
    assert start(connection, bot) == []
    assert [row.id for row in start(connection, bot, "628999@c.us")] == [elsewhere]
    assert settle_sent(connection, first, "wamid.1")
    assert [row.id for row in start(connection, bot)] == [second]
    assert message(connection, first).status == "sent"
    assert message(connection, first).claimedBy is None


def test_a_turn_queues_the_whole_of_each_message_in_order(connection: psycopg.Connection) -> None:
    outgoing = [
        {"body": "satu"},
        {"kind": "image", "body": "dua", "detail": {"id": 7}, "author": "api:toko", "key": "k"},
        {"kind": "template", "detail": None, "author": "operator:ana"},
        {"body": "again", "key": "k"},
    ]
    turn = take_turn(connection, STRANGER, outgoing=outgoing)
    assert turn.outcome == "committed"
    bot, sent = start_bot(connection), []
    while rows := start(connection, bot):
        (row,) = rows
        sent.append((row.address, row.kind, row.body, row.detail, row.attempts))
        assert settle_sent(connection, row.id, f"wamid.{row.id}")
    assert sent == [
        (PHONE, "text", "satu", None, 1),
        (PHONE, "image", "dua", {"id": 7}, 1),
        (PHONE, "template", "", None, 1),
    ]
    rows = fetch(connection, 'SELECT direction, author, key FROM "Conversation" ORDER BY id')
    assert [tuple(row) for row in rows] == [
        ("in", "client", None),
        ("out", "bot", None),
        ("out", "api:toko", "k"),
        ("out", "operator:ana", None),
    ]


def test_a_key_is_used_once_by_a_client_and_again_after_its_reset(
    connection: psycopg.Connection,
) -> None:
    def queue(client: str, key: str) -> int:
        connection.execute(
            "SELECT novabot_internal.queue_outgoing(%s, '62811', %s)",
            (client, Jsonb([{"body": "hai", "key": key}])),
        )
        return one(connection, 'SELECT count(*) FROM "Conversation"')

    add_client(connection)
    add_client(connection, "628999@c.us")
    assert [queue(CLIENT, "a"), queue(CLIENT, "a"), queue(CLIENT, "b")] == [1, 1, 2]
    assert queue("628999@c.us", "a") == 3
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    add_client(connection)
    assert queue(CLIENT, "a") == 2


@pytest.mark.parametrize(
    ("author", "is_known"),
    [
        ("bot", True),
        ("client", True),
        ("phone", True),
        ("operator:ana", True),
        ("api:toko", True),
        (None, True),
        ("operator:", False),
        ("api", False),
        ("stranger", False),
    ],
)
def test_an_author_is_of_a_known_kind(
    connection: psycopg.Connection, author: str | None, is_known: bool
) -> None:
    add_client(connection)
    insert = 'INSERT INTO "Conversation" ("userId", author) VALUES (%s, %s)'
    if is_known:
        connection.execute(insert, (CLIENT, author))
    else:
        with pytest.raises(errors.CheckViolation):
            connection.execute(insert, (CLIENT, author))


def test_of_two_bots_at_once_one_gets_the_answer(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    number = queue_answer(connection)
    first, second = start_bot(connection), start_bot(connection)
    lift_lock_timeouts(connection)
    connection.execute("BEGIN")
    assert [row.id for row in start(connection, first)] == [number]
    loser = Thread(lambda: start(other, second))
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        wait_until_blocked(third, other.info.backend_pid)
    connection.execute("COMMIT")
    assert loser.result() == []
    assert message(connection, number).claimedBy == first
    assert message(connection, number).attempts == 1


def test_a_reset_cancels_what_is_queued_and_stops_what_is_being_sent(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    number = queue_answer(connection)
    queue_answer(connection)
    (sending,) = start(connection, bot)
    assert is_sending(connection, number, bot)
    connection.execute('DELETE FROM "User"')
    before = contents(connection)
    assert not is_sending(connection, number, bot)
    assert start(connection, bot) == []
    assert not settle_sent(connection, number, "wamid.1")
    assert not settle_unsent(connection, number, bot, "queued")
    assert not one(
        connection,
        "SELECT novabot_internal.apply_status('wamid.1', %s, 'read', NULL, NULL)",
        sending.token,
    )
    assert contents(connection) == before


def test_a_dbas_open_delete_keeps_the_answer_from_being_sent(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    queue_answer(connection)
    other.execute("BEGIN")
    other.execute('DELETE FROM "User"')
    with pytest.raises(errors.LockNotAvailable):
        start(connection, bot)
    other.execute("COMMIT")
    assert start(connection, bot) == []


def test_an_attempt_that_failed_is_queued_for_later_and_holds_back_the_next(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    number = queue_answer(connection)
    queue_answer(connection)
    start(connection, bot)
    assert settle_unsent(connection, number, bot, "queued")
    row = message(connection, number)
    assert (row.status, row.errorCode, row.errorText, row.claimedBy) == (
        "queued",
        131000,
        "no",
        None,
    )
    assert start(connection, bot) == []
    connection.execute('UPDATE "Conversation" SET "dueAt" = now() WHERE id = %s', (number,))
    (again,) = start(connection, bot)
    assert (again.id, again.attempts) == (number, 2)
    assert settle_sent(connection, number, "wamid.1")
    row = message(connection, number)
    assert (row.status, row.errorCode, row.errorText) == ("sent", None, None)


@pytest.mark.parametrize("status", ["failed", "uncertain"])
def test_an_answer_that_is_given_up_lets_the_next_one_go(
    connection: psycopg.Connection, status: str
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    first, second = queue_answer(connection), queue_answer(connection)
    start(connection, bot)
    assert settle_unsent(connection, first, bot, status)
    assert message(connection, first).status == status
    assert [row.id for row in start(connection, bot)] == [second]


def test_only_the_bot_that_is_sending_settles_an_attempt_that_failed(
    connection: psycopg.Connection,
) -> None:
    bot, stranger = start_bot(connection), start_bot(connection)
    add_client(connection)
    number = queue_answer(connection)
    start(connection, bot)
    assert not settle_unsent(connection, number, stranger, "queued")
    assert settle_unsent(connection, number, bot, "uncertain")
    assert not settle_unsent(connection, number, bot, "queued")
    assert message(connection, number).status == "uncertain"


def test_what_a_dead_bot_was_sending_becomes_uncertain_and_is_not_sent_again(
    connection: psycopg.Connection,
) -> None:
    dead, retired, living, slow = (start_bot(connection) for _ in range(4))
    sent_by = {}
    for place, bot in enumerate((dead, retired, living, slow), start=1):
        client = f"62800{place}@c.us"
        add_client(connection, client)
        sent_by[bot] = queue_answer(connection, client)
        start(connection, bot, client)
    connection.execute(
        'UPDATE "Bot" SET "seenAt" = now() - interval \'11 seconds\' WHERE id = %s', (dead,)
    )
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (retired,))
    connection.execute(
        'UPDATE "Conversation" SET "claimedAt" = now() - interval \'121 seconds\' WHERE id = %s',
        (sent_by[slow],),
    )
    assert one(connection, "SELECT novabot_internal.settle_abandoned()") == 3
    statuses = {bot: message(connection, number).status for bot, number in sent_by.items()}
    assert statuses == {
        dead: "uncertain",
        retired: "uncertain",
        living: "sending",
        slow: "uncertain",
    }
    assert not is_sending(connection, sent_by[slow], slow)
    assert start(connection, living, "628001@c.us") == []
    assert one(connection, "SELECT novabot_internal.settle_abandoned()") == 0


def test_the_look_around_finds_what_no_bot_is_at(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    for place in range(1, 6):
        add_client(connection, f"62800{place}@c.us")
    fresh, old, tried, later, sent = (
        queue_answer(connection, f"62800{place}@c.us") for place in range(1, 6)
    )
    age = "UPDATE \"Conversation\" SET at = now() - interval '2 seconds' WHERE id = %s"
    connection.execute(age, (old,))
    connection.execute('UPDATE "Conversation" SET attempts = 1 WHERE id = %s', (tried,))
    connection.execute(age, (later,))
    connection.execute(
        'UPDATE "Conversation" SET "dueAt" = now() + interval \'1 minute\' WHERE id = %s', (later,)
    )
    # Its turn comes after the one that waits to be tried again.
    connection.execute(age, (queue_answer(connection, "628004@c.us"),))
    connection.execute(age, (sent,))
    start(connection, bot, "628005@c.us")
    rows = fetch(connection, "SELECT * FROM novabot_internal.clients_waiting(%s)", bot)
    assert [tuple(row) for row in rows] == [
        ("628002@c.us", False, True),
        ("628003@c.us", False, True),
    ]
    assert message(connection, fresh).status == "queued"


def test_ticks_never_go_backwards_in_whatever_order_they_come(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    for order in permutations(["sent", "delivered", "read"]):
        for by_token in (True, False):
            number = queue_answer(connection, status="uncertain")
            row = message(connection, number)
            wamid = f"wamid.{number}"
            connection.execute(
                'UPDATE "Conversation" SET "waMessageId" = %s WHERE id = %s', (wamid, number)
            )
            best = 0
            for reported in order:
                assert one(
                    connection,
                    "SELECT novabot_internal.apply_status(%s, %s, %s, NULL, NULL)",
                    wamid,
                    row.token if by_token else None,
                    reported,
                )
                best = max(best, ["sent", "delivered", "read"].index(reported))
                assert message(connection, number).status == ["sent", "delivered", "read"][best]


def test_a_callback_faster_than_the_answer_of_the_send_stays(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    number = queue_answer(connection)
    (sending,) = start(connection, bot)
    assert one(
        connection,
        "SELECT novabot_internal.apply_status('wamid.1', %s, 'delivered', NULL, NULL)",
        sending.token,
    )
    assert settle_sent(connection, number, "wamid.1")
    row = message(connection, number)
    assert (row.status, row.waMessageId) == ("delivered", "wamid.1")
    assert not settle_unsent(connection, number, bot, "queued")
    assert message(connection, number).status == "delivered"


def test_a_failure_keeps_its_reason_and_a_late_one_gives_a_delivered_answer_none(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    number = queue_answer(connection)
    (sending,) = start(connection, bot)
    fail = "SELECT novabot_internal.apply_status('wamid.1', %s, 'failed', 131049, 'not healthy')"
    assert one(connection, fail, sending.token)
    assert settle_sent(connection, number, "wamid.1")
    row = message(connection, number)
    assert (row.status, row.errorCode, row.errorText) == ("failed", 131049, "not healthy")
    number = queue_answer(connection)
    (sending,) = start(connection, bot)
    connection.execute(
        "SELECT novabot_internal.apply_status('wamid.2', %s, 'read', NULL, NULL)", (sending.token,)
    )
    assert one(connection, fail.replace("wamid.1", "wamid.2"), sending.token)
    row = message(connection, number)
    assert (row.status, row.errorCode, row.errorText) == ("read", None, None)


def test_a_status_of_something_unknown_changes_nothing(connection: psycopg.Connection) -> None:
    add_client(connection, conversations=1)
    connection.execute('UPDATE "Conversation" SET "waMessageId" = \'wamid.in\'')
    queue_answer(connection)
    before = contents(connection)
    apply = "SELECT novabot_internal.apply_status(%s, %s, 'read', NULL, NULL)"
    for message_id, token in (("wamid.9", uuid4()), ("wamid.9", None), ("wamid.in", None)):
        assert not one(connection, apply, message_id, token)
    assert contents(connection) == before


def test_a_token_that_is_ours_no_more_falls_back_to_the_message_id(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    number = queue_answer(connection, status="sent")
    connection.execute('UPDATE "Conversation" SET "waMessageId" = \'wamid.1\'')
    assert one(
        connection,
        "SELECT novabot_internal.apply_status('wamid.1', %s, 'read', NULL, NULL)",
        uuid4(),
    )
    assert message(connection, number).status == "read"


def test_a_send_settled_after_ids_began_anew_does_not_touch_the_new_message(
    connection: psycopg.Connection,
) -> None:
    bot = start_bot(connection)
    add_client(connection)
    queue_answer(connection)
    start(connection, bot)
    connection.execute('TRUNCATE "User" RESTART IDENTITY CASCADE')
    add_client(connection, "628999@c.us", conversations=1)
    before = contents(connection)
    assert not settle_sent(connection, 1, "wamid.old")
    assert contents(connection) == before


# A person takes over


PAUSES = {
    "by an operator": "SELECT novabot_internal.pause_client(%s, NULL, true)",
    "by a DBA": 'UPDATE "User" SET "pausedAt" = now() WHERE id = %s',
}


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("how", PAUSES)
def test_what_the_bot_has_queued_is_not_sent_once_a_person_takes_over(
    connection: psycopg.Connection, how: str, role: str
) -> None:
    add_client(connection)
    bot = start_bot(connection)
    mine = queue_answer(connection)
    theirs = queue_answer(connection)
    connection.execute(
        'UPDATE "Conversation" SET author = %s WHERE id = %s', ("operator:A", theirs)
    )
    connection.execute(f"SET session_replication_role = {role}".encode())
    connection.execute(PAUSES[how].encode(), (CLIENT,))
    assert message(connection, mine).status == "cancelled"
    assert [row.id for row in start(connection, bot)] == [theirs]
    settle_sent(connection, theirs, "wamid.T")
    connection.execute('UPDATE "User" SET "pausedAt" = NULL')
    assert start(connection, bot) == []


@pytest.mark.parametrize("author", ["bot", None, "operator:A"])
def test_an_attempt_that_fails_after_a_person_takes_over_is_not_repeated_if_it_is_the_bots(
    connection: psycopg.Connection, author: str | None
) -> None:
    add_client(connection)
    bot = start_bot(connection)
    number = queue_answer(connection)
    connection.execute('UPDATE "Conversation" SET author = %s', (author,))
    start(connection, bot)
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    assert message(connection, number).status == "sending"
    again = "SELECT novabot_internal.settle_unsent(%s, %s, 'queued', 130429, 'slow', '0')"
    assert one(connection, again, TOKENS[number], bot)
    expected = "queued" if author == "operator:A" else "cancelled"
    assert message(connection, number).status == expected


def test_an_attempt_that_fails_while_a_person_takes_over_waits_for_them(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    lift_lock_timeouts(connection)
    bot = start_bot(connection)
    number = queue_answer(connection)
    start(connection, bot)
    again = "SELECT novabot_internal.settle_unsent(%s, %s, 'queued', NULL, 'slow', '0')"
    with connection.transaction():
        connection.execute('UPDATE "User" SET "pausedAt" = now()')
        loser = Thread(lambda: one(other, again, TOKENS[number], bot))
        with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
            wait_until_blocked(third, other.info.backend_pid)
    assert loser.result()
    assert message(connection, number).status == "cancelled"
