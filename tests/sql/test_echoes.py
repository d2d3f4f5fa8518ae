"""Echoes: what a person writes on the phone is stored once, and the bot steps back for a while."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    Listening,
    add_client,
    fetch,
    load,
    one,
    queue_answer,
    take_turn,
    taking_turns_in_groups,
)
from tests.sql.test_outbox import start, start_bot

BSUID = "ID.1a2b3c"
_numbers = count()


def echo(
    conn: psycopg.Connection,
    *addresses: str,
    message_id: str | None = None,
    ago: timedelta = timedelta(),
    pause: str = "1 hour",
    body: str = "Halo, ini Rina",
) -> str:
    return one(
        conn,
        "SELECT outcome FROM novabot_internal.store_echo(%s, NULL, %s, 'text', %s, %s, %s, %s)",
        list(addresses or (PHONE,)),
        message_id or f"wamid.echo.{next(_numbers)}",
        body,
        Jsonb({"mime_type": "x"}),
        datetime.now(UTC) - ago,
        pause,
    )


def annotate(
    conn: psycopg.Connection,
    target: str,
    act: str,
    text: str = "",
    *,
    address: str = PHONE,
    ago: timedelta = timedelta(),
    event_id: str | None = None,
) -> str:
    return one(
        conn,
        "SELECT novabot_internal.annotate_echo(%s, NULL, %s, %s, %s, %s, %s)",
        [address],
        event_id or f"wamid.act.{next(_numbers)}",
        target,
        act,
        text,
        datetime.now(UTC) - ago,
    )


def row(conn: psycopg.Connection, message_id: str) -> Any:
    return fetch(conn, 'SELECT * FROM "Conversation" WHERE "waMessageId" = %s', message_id)[0]


def is_paused(conn: psycopg.Connection) -> bool:
    return one(conn, "SELECT paused FROM novabot_internal.load_session(%s)", [PHONE])


def test_an_echo_is_an_outgoing_row_by_a_person_once_and_ticks_go_on(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    active = one(connection, 'SELECT "activeAt" FROM "User"')
    assert [echo(connection, message_id="wamid.1") for _ in range(2)] == ["stored", "duplicate"]
    stored = row(connection, "wamid.1")
    assert (stored.userId, stored.direction, stored.author, stored.status, stored.body) == (
        CLIENT, "out", "phone", "sent", "Halo, ini Rina",
    )  # fmt: skip
    assert (stored.kind, stored.detail) == ("text", {"mime_type": "x"})
    assert one(connection, 'SELECT "activeAt" FROM "User"') == active
    status = "SELECT novabot_internal.apply_status('wamid.1', NULL, 'read', NULL, NULL)"
    assert one(connection, status) and row(connection, "wamid.1").status == "read"
    assert start(connection, start_bot(connection)) == []


def test_what_failed_on_the_phone_is_not_sent_again_from_here(
    connection: psycopg.Connection,
) -> None:
    take_turn(connection, STRANGER, answers=("hai",))
    echo(connection, message_id="wamid.1")
    connection.execute("UPDATE \"Conversation\" SET status = 'failed' WHERE direction = 'out'")
    timeline = fetch(
        connection,
        "SELECT author, offers FROM novabot_internal.client_timeline(%s, NULL, 9)",
        CLIENT,
    )
    offers = {line.author: line.offers for line in timeline}
    assert offers == {"client": [], "bot": ["resend"], "phone": []}


def test_an_echo_of_what_we_have_sent_changes_nothing(connection: psycopg.Connection) -> None:
    add_client(connection)
    queue_answer(connection, status="sent")
    connection.execute('UPDATE "Conversation" SET "waMessageId" = \'wamid.1\'')
    assert echo(connection, message_id="wamid.1") == "own"
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 1
    assert not is_paused(connection)


def test_a_client_is_met_by_an_echo_and_known_by_it(connection: psycopg.Connection) -> None:
    assert echo(connection, PHONE, BSUID) == "stored"
    known = load(connection, BSUID)
    assert known.id == CLIENT == load(connection).id
    turn = take_turn(connection, known, addresses=(PHONE, BSUID), answers=())
    assert (turn.outcome, turn.paused) == ("committed", True)


@pytest.mark.parametrize("taking_turns", [nullcontext, taking_turns_in_groups])
def test_the_bot_steps_back_and_goes_on_by_the_databases_clock(
    connection: psycopg.Connection, connect: Any, taking_turns: Any
) -> None:
    with taking_turns():
        step_back_and_go_on(connection, connect)


def step_back_and_go_on(connection: psycopg.Connection, connect: Any) -> None:
    add_client(connection)
    known = load(connection)
    listening = Listening.open(connect(), connection)
    assert echo(connection) == "stored"
    assert len(listening.heard("session_changed")) == 1
    # A turn that was begun before is answered again, and knows of the pause.
    stale = take_turn(connection, known)
    assert (stale.outcome, stale.paused) == ("stale", True)
    assert take_turn(connection, load(connection), answers=()).paused
    ends_in = 'SELECT "pausedUntil" - now() FROM "User"'
    assert timedelta(minutes=59) < one(connection, ends_in) <= timedelta(hours=1)
    # A later, shorter pause leaves the longer one.
    assert echo(connection, pause="1 minute") == "stored"
    assert one(connection, ends_in) > timedelta(minutes=59)
    # Without anything written, the time is over.
    connection.execute('UPDATE "User" SET "pausedUntil" = now() + interval \'50 ms\'')
    listening.heard("session_changed")
    last = load(connection)
    while one(connection, 'SELECT "pausedUntil" > now() FROM "User"'):
        pass
    assert not is_paused(connection)
    assert load(connection) == last and listening.heard("session_changed") == []
    turn = take_turn(connection, last)
    assert (turn.outcome, turn.paused) == ("committed", False)


def test_without_a_time_the_bot_does_not_step_back(connection: psycopg.Connection) -> None:
    add_client(connection)
    mine, known = queue_answer(connection), load(connection)
    assert echo(connection, pause="0") == "stored"
    assert not is_paused(connection)
    assert take_turn(connection, known).outcome == "committed"
    assert [found.id for found in start(connection, start_bot(connection))] == [mine]


@pytest.mark.parametrize("before", [None, "-1 hour", "1 minute"])
def test_what_the_bot_has_queued_is_not_sent_once_a_person_writes(
    connection: psycopg.Connection, before: str | None
) -> None:
    add_client(connection)
    connection.execute('UPDATE "User" SET "pausedUntil" = now() + %s::interval', (before,))
    bot = start_bot(connection)
    sending, mine, theirs = (queue_answer(connection) for _ in range(3))
    connection.execute("UPDATE \"Conversation\" SET author = 'api:toko' WHERE id = %s", (theirs,))
    (begun,) = start(connection, bot)
    assert echo(connection) == "stored"
    again = "SELECT novabot_internal.settle_unsent(%s, %s, 'queued', 130429, 'slow', '0')"
    assert one(connection, again, begun.token, bot)
    states = dict(connection.execute('SELECT id, status FROM "Conversation"').fetchall())
    assert (states[sending], states[mine], states[theirs]) == ("cancelled", "cancelled", "queued")
    assert [found.id for found in start(connection, bot)] == [theirs]


def test_the_limit_of_a_client_outlives_an_echo(connection: psycopg.Connection) -> None:
    add_client(connection)
    queue_answer(connection, status="sent")
    connection.execute('UPDATE "Conversation" SET "paidUntil" = now() + interval \'1 hour\'')
    echo(connection, message_id="wamid.1")
    assert row(connection, "wamid.1").paidUntil > datetime.now(UTC) + timedelta(minutes=59)


def test_a_person_who_answers_ends_the_waiting_for_one(connection: psycopg.Connection) -> None:
    add_client(connection, conversations=2)
    connection.execute("UPDATE \"Conversation\" SET status = 'unanswered'")
    connection.execute("UPDATE \"Conversation\" SET at = now() + interval '5 minutes' WHERE id = 2")
    echo(connection)
    states = connection.execute(
        "SELECT status FROM \"Conversation\" WHERE direction = 'in' ORDER BY id"
    ).fetchall()
    assert states == [("answered",), ("unanswered",)]


@pytest.mark.parametrize("pausing", [True, False])
def test_an_operator_ends_the_pause_or_makes_it_endless(
    connection: psycopg.Connection, pausing: bool
) -> None:
    add_client(connection)
    echo(connection)
    assert one(connection, "SELECT novabot_internal.pause_client(%s, NULL, %s)", CLIENT, pausing)
    assert is_paused(connection) == pausing
    connection.execute('UPDATE "User" SET "pausedUntil" = "pausedUntil" - interval \'2 hours\'')
    assert is_paused(connection) == pausing
    connection.execute("SELECT novabot_internal.pause_client(%s, NULL, false)", (CLIENT,))
    assert not is_paused(connection)


@pytest.mark.parametrize("all_clients", [False, True])
def test_a_late_echo_from_before_a_reset_does_not_bring_the_client_back(
    connection: psycopg.Connection, all_clients: bool
) -> None:
    add_client(connection)
    echo(connection, message_id="wamid.1")
    annotate(connection, "wamid.1", "edit", "rahasia", event_id="wamid.e")
    connection.execute('TRUNCATE "User" CASCADE' if all_clients else 'DELETE FROM "User"')
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 0
    assert echo(connection, message_id="wamid.1") == "duplicate"
    assert echo(connection, message_id="wamid.2", ago=timedelta(seconds=10)) == "forgotten"
    before = timedelta(minutes=5)
    assert echo(connection, message_id="wamid.2", ago=before) == "forgotten"
    assert echo(connection, PHONE, BSUID, message_id="wamid.2", ago=before) == "forgotten"
    assert annotate(connection, "wamid.1", "edit", "x", event_id="wamid.e") == "duplicate"
    assert annotate(connection, "wamid.1", "edit", "x", ago=before) == "forgotten"
    assert echo(connection, message_id="wamid.3", ago=timedelta(days=8)) == "too_old"
    assert one(connection, 'SELECT count(*) FROM "User"') == 0
    assert echo(connection, message_id="wamid.4") == "stored"


def test_edits_and_revokes_are_of_what_the_business_has_written(
    connection: psycopg.Connection,
) -> None:
    take_turn(connection, STRANGER, message_id="wamid.in", answers=())
    echo(connection, message_id="wamid.1")
    ten, five = timedelta(seconds=10), timedelta(seconds=5)
    assert annotate(connection, "wamid.1", "edit", "satu", ago=five) == "annotated"
    assert annotate(connection, "wamid.1", "edit", "nol", ago=ten) == "overtaken"
    stored = row(connection, "wamid.1")
    assert (stored.body, stored.detail["mime_type"]) == ("satu", "x")
    assert stored.detail["editedAt"] > 0
    assert annotate(connection, "wamid.1", "revoke", address="628999") == "foreign"
    assert annotate(connection, "wamid.1", "revoke") == "annotated"
    assert annotate(connection, "wamid.1", "edit", "rahasia") == "overtaken"
    stored = row(connection, "wamid.1")
    assert (stored.body, stored.detail, stored.status) == ("", {"revoked": True}, "sent")
    # What the client has written is the client's to change.
    assert annotate(connection, "wamid.in", "edit", "lain") == "unknown"
    assert row(connection, "wamid.in").body == "halo"
    assert annotate(connection, "wamid.in", "reaction", "👍", ago=five) == "annotated"
    assert annotate(connection, "wamid.in", "reaction", "", ago=ten) == "overtaken"
    assert row(connection, "wamid.in").detail["reactionByPhone"] == "👍"
    assert annotate(connection, "wamid.in", "reaction", "") == "annotated"
    assert "reactionByPhone" not in row(connection, "wamid.in").detail
    # A revoke that comes first makes the echo one that was seen.
    assert annotate(connection, "wamid.2", "revoke") == "noted"
    assert echo(connection, message_id="wamid.2") == "duplicate"
