"""compatibility_0_1.sql: the statements of a 0.1 bot, as it writes them, on the new schema."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.sql.acts import CLIENT, PHONE, fetch, one, queue_answer

TURN = (
    "SELECT id, incarnation, nama, paused, context, user_revision, session_revision, outcome"
    " FROM commit_turn(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text[],"
    " %s)"
)
SEND = "SELECT * FROM start_sending(%s, %s, %s::uuid[])"


def take_turn(conn: psycopg.Connection, answers: list[str], stored: Any = None) -> Any:
    """What store.py of 0.1 does for a message."""
    known = fetch(
        conn,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision"
        " FROM load_session(%s)",
        [PHONE],
    )[0]
    (turn,) = fetch(
        conn,
        TURN,
        *([PHONE], known.id, known.user_revision, known.session_revision),
        *(f"wamid.{uuid4()}", "text", "halo", None, "2030-01-01", None),
        *(Jsonb({"turns": 1}), "Sari", answers, stored),
    )
    return turn


def test_a_turn_of_0_1_is_committed_and_its_answers_are_sent_in_order(
    connection: psycopg.Connection,
) -> None:
    bot = uuid4()
    connection.execute("SELECT report_bot(%s, %s, %s, %s, %s)", (bot, "here", 7, True, 0))
    turn = take_turn(connection, ["satu", "dua"])
    assert (turn.outcome, turn.id, turn.nama, turn.context) == (
        "committed",
        CLIENT,
        "Sari",
        {"turns": 1},
    )
    for body in ("satu", "dua"):
        ((number, address, text, token, attempts),) = fetch(connection, SEND, CLIENT, bot, [])
        assert (address, text, attempts) == (PHONE, body, 1)
        assert fetch(connection, SEND, CLIENT, bot, [token]) == []
        assert one(connection, "SELECT is_sending(%s, %s)", token, bot)
        assert one(connection, "SELECT settle_sent(%s, %s)", token, f"wamid.{number}")
        status = "SELECT apply_status(%s, %s, %s, %s, %s)"
        assert one(connection, status, f"wamid.{number}", token, "read", None, None)
    authors = fetch(connection, 'SELECT author FROM "Conversation" ORDER BY id')
    assert [row.author for row in authors] == ["client", "bot", "bot"]


def test_what_0_1_cannot_send_waits_and_what_is_behind_it_waits_too(
    connection: psycopg.Connection,
) -> None:
    bot, newer = uuid4(), uuid4()
    take_turn(connection, ["satu"])
    new = 'INSERT INTO "Conversation" ("userId", direction, kind, detail, status, address)'
    for kind, detail in (("image", None), ("text", Jsonb({"quoted": "wamid.1"}))):
        connection.execute(
            f"{new} VALUES (%s, 'out', %s, %s, 'queued', %s)".encode(),
            (CLIENT, kind, detail, PHONE),
        )
    queue_answer(connection, body="empat")
    ((_, _, body, token, _),) = fetch(connection, SEND, CLIENT, bot, [])
    assert body == "satu"
    assert one(connection, "SELECT settle_sent(%s, 'wamid.1')", token)
    for kind in ("image", "text"):
        assert fetch(connection, SEND, CLIENT, bot, []) == []
        start = "SELECT * FROM novabot_internal.start_sending(%s, %s)"
        (sending,) = fetch(connection, start, CLIENT, newer)
        assert sending.kind == kind
        # Not even one that this bot is said to be sending, by a reply that was lost.
        assert fetch(connection, SEND, CLIENT, newer, []) == []
        settled = "SELECT novabot_internal.settle_sent(%s, 'wamid.2')"
        assert one(connection, settled, sending.token)
    ((_, _, body, _, _),) = fetch(connection, SEND, CLIENT, bot, [])
    assert body == "empat"


def test_a_message_stored_by_0_1_is_answered_by_it_and_forgotten_by_it(
    connection: psycopg.Connection,
) -> None:
    bot = uuid4()
    store = "SELECT outcome, client_id FROM store_message(%s, %s, %s, %s, %s, %s, %s, %s)"
    message = ([PHONE], "wamid.1", "text", "halo", None, "2030-01-01", "Sari", bot)
    assert fetch(connection, store, *message) == [("stored", CLIENT)]
    (waiting,) = fetch(
        connection,
        "SELECT client, has_pending, has_queued FROM clients_waiting(%s)",
        bot,
    )
    assert tuple(waiting) == (CLIENT, True, False)
    (claimed,) = fetch(connection, "SELECT * FROM claim_pending(%s, %s)", CLIENT, bot)
    assert (claimed.addresses, claimed.body, claimed.waMessageId) == ([PHONE], "halo", "wamid.1")
    assert take_turn(connection, ["hai"], claimed.token).outcome == "committed"
    known = fetch(connection, "SELECT * FROM load_session(%s)", [PHONE])[0]
    forget = "SELECT outcome FROM forget_by_chat(%s, %s, %s, %s, %s, %s, %s)"
    message = ([PHONE], known.id, known.user_revision, known.session_revision)
    assert one(connection, forget, *message, "wamid.2", "2030-01-01", None) == "reset"
    assert one(connection, 'SELECT count(*) FROM "User"') == 0
    (reset,) = fetch(connection, "SELECT unnest(missed_resets(%s)) AS id", bot)
    acknowledge = "SELECT reset, seconds FROM acknowledge_resets(%s, %s::bigint[], %s::bigint[])"
    connection.execute("SELECT report_bot(%s, 'here', 7, true, 0)", (bot,))
    (acknowledged,) = fetch(connection, acknowledge, bot, [reset.id], [1])
    assert acknowledged.reset == reset.id


def test_0_1_answers_one_by_one_what_would_get_one_answer(connection: psycopg.Connection) -> None:
    bot = uuid4()
    for number in (1, 2, 3):
        connection.execute(
            "SELECT novabot_internal.store_message(%s, %s, 'text', 'halo', NULL, now(), NULL, %s,"
            " quiet => 5)",
            ([PHONE], f"wamid.{number}", bot),
        )
    claim = 'SELECT "waMessageId" AS id, token FROM claim_pending(%s, %s)'
    assert fetch(connection, claim, CLIENT, bot) == []
    connection.execute('UPDATE "Conversation" SET "dueAt" = now()')
    for number in (1, 2, 3):
        (claimed,) = fetch(connection, claim, CLIENT, bot)
        assert claimed.id == f"wamid.{number}"
        assert take_turn(connection, ["hai"], claimed.token).outcome == "committed"
    assert fetch(connection, claim, CLIENT, bot) == []


def test_the_rounds_of_0_1_go_on(connection: psycopg.Connection) -> None:
    bot = uuid4()
    assert one(connection, "SELECT audit_triggers()") == []
    assert one(connection, "SELECT settle_abandoned()") == 0
    assert one(connection, "SELECT set_aside(%s, %s, %s, %s)", PHONE, "{}", "odd", None)
    connection.execute("SELECT prune_digests()")
    queue_answer(connection_with_client(connection))
    ((_, _, _, token, _),) = fetch(connection, SEND, CLIENT, bot, [])
    settle = "SELECT settle_unsent(%s, %s, %s, %s, %s, %s)"
    assert one(connection, settle, token, bot, "failed", 131026, "no", "1 second")
    connection.execute("SELECT retire_bot(%s)", (bot,))


def connection_with_client(conn: psycopg.Connection) -> psycopg.Connection:
    conn.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    return conn
