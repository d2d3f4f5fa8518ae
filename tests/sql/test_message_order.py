"""The order of a client's page: the sender's time in whole seconds, then arrival."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.sql.acts import fetch, one

CLIENT, PHONE = "6281717407674@c.us", "6281717407674"
T0 = datetime(2026, 6, 1, 10, 0, 5, tzinfo=UTC)


def read_page(connection: psycopg.Connection, before: int | None, most: int) -> list[int]:
    rows = fetch(
        connection,
        "SELECT id FROM novabot_internal.client_timeline(%s, %s, %s)",
        *(CLIENT, before, most),
    )
    return [row.id for row in rows]


def read_all(connection: psycopg.Connection) -> list[str]:
    rows = fetch(connection, "SELECT * FROM novabot_internal.client_timeline(%s, NULL, 99)", CLIENT)
    return [row.body for row in reversed(rows)]


def add(
    connection: psycopg.Connection, body: str, at: datetime | str, direction: str = "in"
) -> int:
    return one(
        connection,
        'INSERT INTO "Conversation" ("userId", body, at, direction) VALUES (%s, %s, %s, %s)'
        " RETURNING id",
        *(CLIENT, body, at, direction),
    )


@pytest.fixture(autouse=True)
def _(connection: psycopg.Connection) -> None:
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))


def test_a_late_message_stands_where_it_was_written(connection: psycopg.Connection) -> None:
    second = timedelta(seconds=1)
    add(connection, "b", T0)
    add(connection, "B", T0 + 0.4 * second, "out")
    add(connection, "c", T0)  # of the same second, after the answer
    add(connection, "C", T0 + 0.8 * second, "out")
    add(connection, "a", T0 - second)
    assert read_all(connection) == ["a", "b", "B", "c", "C"]
    listed = "SELECT last_text FROM novabot_internal.list_clients(NULL, NULL, NULL, 9)"
    assert one(connection, listed) == "C"


@pytest.mark.parametrize("ahead", [-3600, -2, 0, 1, 90], ids="{:+d} s".format)
@pytest.mark.parametrize("is_slow", [False, True], ids=["at once", "stored first"])
def test_an_answer_stands_after_what_it_answers_whatever_the_phones_clock_says(
    connection: psycopg.Connection, ahead: int, is_slow: bool
) -> None:
    for number in range(4):
        # Whole seconds, as WhatsApp gives them.
        written = (datetime.now(UTC) + timedelta(seconds=ahead)).replace(microsecond=0)
        take_turn(connection, f"{number}", written, is_slow=is_slow)
    bodies = read_all(connection)
    for number in range(4):
        assert bodies.index(f"{number}") < bodies.index(f"re {number}"), bodies
    assert [body for body in bodies if "re" not in body] == ["0", "1", "2", "3"]


def take_turn(
    connection: psycopg.Connection, body: str, written: datetime, *, is_slow: bool
) -> None:
    message_id, stored = f"wamid.{uuid4()}", None
    if is_slow:
        outcome = one(
            connection,
            "SELECT outcome FROM novabot_internal.store_message("
            "ARRAY[%s], %s, 'text', %s, NULL, %s, NULL, gen_random_uuid())",
            *(PHONE, message_id, body, written),
        )
        assert outcome == "stored"
        stored = one(
            connection, 'SELECT token FROM "Conversation" WHERE "waMessageId" = %s', message_id
        )
    (session,) = fetch(
        connection,
        "SELECT id, user_revision, session_revision FROM novabot_internal.load_session(ARRAY[%s])",
        PHONE,
    )
    outcome = one(
        connection,
        "SELECT outcome FROM novabot_internal.commit_turn(ARRAY[%s], %s, %s, %s, %s, 'text', %s,"
        " NULL, %s, NULL, '{}', NULL, jsonb_build_array(jsonb_build_object('body', 're ' || %s)),"
        " %s)",
        *(PHONE, session.id, session.user_revision, session.session_revision, message_id, body),
        *(written, body, stored),
    )
    assert outcome == "committed"


@pytest.mark.parametrize("seed", range(8))
def test_pages_leave_out_and_repeat_nothing_while_messages_arrive(
    connection: psycopg.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    times = {}

    def arrive() -> None:
        at = T0 + timedelta(seconds=chance.randrange(12), microseconds=chance.randrange(10**6))
        if chance.random() < 0.05:
            at = chance.choice(["infinity", "-infinity"])
        number = add(connection, "x", at, chance.choice(["in", "out"]))
        second = at if isinstance(at, str) else at.replace(microsecond=0).isoformat()
        times[number] = ({"-infinity": 0, "infinity": 2}.get(second, 1), second, number)

    for _ in range(40):
        arrive()
    there = set(times)
    shown: list[int] = []
    before = None
    while page := read_page(connection, before, 7):
        assert page == sorted(page, key=times.__getitem__, reverse=True)
        shown += page
        before = page[-1]
        for _ in range(3):
            arrive()
    assert shown == sorted(shown, key=times.__getitem__, reverse=True)
    assert len(shown) == len(set(shown))
    assert there <= set(shown)


def test_a_place_that_a_dba_has_deleted_is_that_of_the_message_before_it(
    connection: psycopg.Connection,
) -> None:
    ids = [add(connection, "x", T0 + timedelta(seconds=n)) for n in range(4)]
    connection.execute('DELETE FROM "Conversation" WHERE id = %s', (ids[2],))
    assert read_page(connection, ids[2], 9) == [ids[1], ids[0]]
    assert read_page(connection, 0, 9) == []
