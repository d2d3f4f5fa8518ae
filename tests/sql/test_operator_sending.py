"""What an operator settles of a message, whatever happens to it at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    Thread,
    add_client,
    fetch,
    lift_lock_timeouts,
    one,
    wait_until_blocked,
)

STATUSES = [
    *("queued", "sending", "uncertain", "sent", "failed", "delivered", "read"),
    *("expired", "cancelled"),
]


def add_message(conn: psycopg.Connection, status: str, minutes: int = 11) -> UUID:
    return one(
        conn,
        'INSERT INTO "Conversation" ("userId", direction, body, status, address, attempts,'
        ' "errorCode", "errorText", at, "dueAt", "claimedBy", "claimedAt")'
        " VALUES (%s, 'out', 'Hai', %s, '6281717407674', 3, 131000, 'x',"
        " now() - interval '1 day', now() - make_interval(mins => %s), %s, %s)"
        " RETURNING token",
        CLIENT,
        status,
        minutes,
        *((uuid4(), datetime.now(UTC)) if status == "sending" else (None, None)),
    )


def read(conn: psycopg.Connection, token: UUID) -> Any:
    return fetch(conn, 'SELECT * FROM "Conversation" WHERE token = %s', token)[0]


def start_bot(conn: psycopg.Connection) -> UUID:
    bot = uuid4()
    conn.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    return bot


def resend(conn: psycopg.Connection, token: UUID, incarnation: UUID | None = None) -> str | None:
    return one(
        conn,
        "SELECT novabot_internal.resend_message(%s, %s, 'operator:ana')",
        token,
        incarnation,
    )


def note_arrived(conn: psycopg.Connection, token: UUID) -> str | None:
    return one(conn, "SELECT novabot_internal.note_arrived(%s, NULL)", token)


@pytest.mark.parametrize("status", STATUSES)
def test_what_failed_or_may_not_have_arrived_is_sent_again(
    connection: psycopg.Connection, status: str
) -> None:
    add_client(connection)
    token = add_message(connection, status)
    before = read(connection, token)
    assert resend(connection, token) == CLIENT
    after = read(connection, token)
    if status not in ("uncertain", "failed", "expired"):
        assert after == before
        return
    assert (after.status, after.attempts, after.author) == ("queued", 0, "operator:ana")
    assert (after.errorCode, after.errorText) == (None, None)
    assert (after.id, after.at, after.body) == (before.id, before.at, before.body)
    assert resend(connection, token) == CLIENT
    assert read(connection, token) == after
    bot = start_bot(connection)
    (given,) = fetch(connection, "SELECT * FROM novabot_internal.clients_waiting(%s)", bot)
    assert (given.client, given.has_queued) == (CLIENT, True)
    (sending,) = fetch(
        connection, "SELECT * FROM novabot_internal.start_sending(%s, %s)", CLIENT, bot
    )
    assert sending.token == token
    assert resend(connection, token) == CLIENT
    assert read(connection, token).status == "sending"


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_uncertain_arrived_if_the_operator_says_so(
    connection: psycopg.Connection, status: str
) -> None:
    add_client(connection)
    token = add_message(connection, status)
    before = read(connection, token)
    assert note_arrived(connection, token) == CLIENT
    after = read(connection, token)
    if status == "uncertain":
        assert (after.status, after.errorCode, after.errorText) == ("sent", None, None)
        connection.execute(
            "SELECT novabot_internal.apply_status('wamid.1', %s, 'read', NULL, NULL)", (token,)
        )
        assert read(connection, token).status == "read"
    else:
        assert after == before


def test_whatsapp_has_ten_minutes_to_confirm_a_message(connection: psycopg.Connection) -> None:
    add_client(connection)
    for minutes, status in ((9, "uncertain"), (11, "queued")):
        token = add_message(connection, "uncertain", minutes)
        shown = {
            row.token: row.offers
            for row in fetch(
                connection, "SELECT * FROM novabot_internal.client_timeline(%s, NULL, 9)", CLIENT
            )
        }
        assert shown[token] == ([] if status == "uncertain" else ["resend", "arrived"])
        if status == "uncertain":
            note_arrived(connection, token)
        resend(connection, token)
        assert read(connection, token).status == status


def test_what_would_expire_at_once_is_not_sent_again(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute('UPDATE "User" SET "windowUntil" = now() - interval \'1 second\'')
    for status in ("failed", "expired", "uncertain"):
        token = add_message(connection, status)
        resend(connection, token)
        assert read(connection, token).status == status
    note_arrived(connection, token)
    assert read(connection, token).status == "sent"
    template = add_message(connection, "failed")
    connection.execute(
        """UPDATE "Conversation" SET kind = 'template' WHERE token = %s""", (template,)
    )
    resend(connection, template)
    bot = start_bot(connection)
    (sending,) = fetch(
        connection, "SELECT * FROM novabot_internal.start_sending(%s, %s)", CLIENT, bot
    )
    assert sending.token == template


def test_what_expired_and_is_sent_again_no_longer_waits_for_a_person(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    asked = one(
        connection,
        """INSERT INTO "Conversation" ("userId", status) VALUES (%s, 'answered') RETURNING token""",
        CLIENT,
    )
    token = add_message(connection, "queued")
    bot = start_bot(connection)
    start = "SELECT * FROM novabot_internal.start_sending(%s, %s, kept_for => '1 hour')"
    assert fetch(connection, start, CLIENT, bot) == []
    assert (read(connection, token).status, read(connection, asked).status) == (
        "expired",
        "unanswered",
    )
    resend(connection, token)
    assert read(connection, asked).status == "answered"
    (sending,) = fetch(connection, start, CLIENT, bot)
    assert sending.token == token


def test_ten_minutes_count_from_when_the_bot_was_missed(connection: psycopg.Connection) -> None:
    add_client(connection)
    token = add_message(connection, "sending")
    assert one(connection, "SELECT novabot_internal.settle_abandoned()") == 1
    resend(connection, token)
    assert read(connection, token).status == "uncertain"


def test_another_incarnation_or_an_unknown_message_is_not_settled(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    token = add_message(connection, "failed")
    assert resend(connection, token, uuid4()) is None
    assert read(connection, token).status == "failed"
    assert resend(connection, uuid4()) is None
    incarnation = one(connection, 'SELECT incarnation FROM "User"')
    assert resend(connection, token, incarnation) == CLIENT
    asked = one(
        connection, 'INSERT INTO "Conversation" ("userId") VALUES (%s) RETURNING token', CLIENT
    )
    assert resend(connection, asked) is None


def test_a_reset_that_comes_first_leaves_nothing_to_send(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    lift_lock_timeouts(connection)
    token = add_message(connection, "failed")
    connection.execute("BEGIN")
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    work = Thread(lambda: resend(other, token))
    wait_until_blocked(connection, other.info.backend_pid)
    connection.execute("COMMIT")
    assert work.result() is None


def test_two_clicks_at_once_queue_it_once(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    add_client(connection)
    lift_lock_timeouts(connection)
    token = add_message(connection, "uncertain")
    first, second = connect(), connect()
    first.execute("BEGIN")
    resend(first, token)
    work = Thread(lambda: resend(second, token))
    wait_until_blocked(connection, second.info.backend_pid)
    first.execute("""UPDATE "Conversation" SET status = 'uncertain', "dueAt" = clock_timestamp()""")
    first.execute("COMMIT")
    assert work.result() == CLIENT
    assert read(connection, token).status == "uncertain"
