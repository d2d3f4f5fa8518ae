"""The turn against a real PostgreSQL, without a listener: the fence alone has to hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from app.database import retrying
from app.database.errors import Busy, TryLater
from app.database.pool import Pool, open_pool
from app.messages import Message, Outgoing
from app.sessions import groups, turn
from app.sessions.store import Committed, Rejected
from app.sessions.turn import BecameReset
from tests.sessions.turns import (
    BSUID,
    CLIENT,
    PHONE,
    Side,
    Tables,
    find_everywhere,
    make_message,
    open_side,
    read_metric,
    read_tables,
)

ANOTHER_BOTS_TURN = """
SELECT c.outcome
FROM novabot_internal.load_session(ARRAY['6281717407674']) AS l,
LATERAL novabot_internal.commit_turn(
    ARRAY['6281717407674'], l.id, l.user_revision, l.session_revision, 'wamid.other', 'text',
    'hai', NULL, now(), NULL, jsonb_set(coalesce(l.context, '{}'), '{n}', '70'), NULL,
    '[{"body": "from the other"}]', NULL
) AS c
"""
RECREATE = 'DELETE FROM "User"; INSERT INTO "User" (id) VALUES (\'6281717407674@c.us\')'


@pytest.fixture
def side(pool: Pool) -> Side:
    return open_side(pool)


@pytest.fixture
async def pool_of_eight(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, name="test", size=8)
    yield opened
    await opened.close()


@pytest.fixture
async def pool_of_one(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, name="test", size=1)
    yield opened
    await opened.close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns never give up: for tests that queue or block more than a busy machine does in time."""
    monkeypatch.setattr(retrying, "RETRY_DEADLINE", 60.0)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that any asynchronous connection sends from here on."""
    sent: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def count(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        sent.append(str(query))
        return await execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", count)
    return sent


async def say(side: Side, text: str = "siapa nama saya", *addresses: str) -> str:
    """Takes a turn that has to commit; returns what is answered."""
    message = make_message(text, *addresses)
    assert isinstance(await side.turns.take(message), Committed)
    return side.asked.texts[-1]


# How many statements a turn takes


async def test_a_turn_of_a_remembered_client_is_one_statement(
    side: Side, statements: list[str]
) -> None:
    await say(side, "nama saya Petang")
    statements.clear()
    await say(side)
    assert len(statements) == 1 and "commit_turn" in statements[0]


async def test_a_turn_of_a_new_client_is_two_statements(side: Side, statements: list[str]) -> None:
    await say(side, "nama saya Petang")
    assert ["load_session" in one for one in statements] == [True, False]
    assert len(statements) == 2


async def test_a_turn_after_another_bots_turn_is_two_statements(
    pool: Pool, statements: list[str]
) -> None:
    one, other = open_side(pool), open_side(pool)
    await say(one, "nama saya Petang")
    await say(other)
    statements.clear()
    await say(one)
    assert len(statements) == 2 and all("commit_turn" in sent for sent in statements)
    assert len(one.asked.sessions) == 3


async def test_a_turn_that_becomes_a_reset_is_one_statement_when_the_client_is_remembered(
    side: Side, statements: list[str]
) -> None:
    await say(side, "nama saya Petang")
    statements.clear()
    assert await side.turns.take(make_message("lupakan saya")) == BecameReset(
        (Outgoing("Sudah."),), PHONE
    )
    assert len(statements) == 1


# What happens while the responder thinks


STRANGER = Tables(None, {"n": 1}, ["siapa nama saya"], ["1: Siapa nama Anda?"])
FIRST = (["nama saya Petang"], ["1: Halo Petang"])


@pytest.mark.parametrize(
    ("meanwhile", "expected", "cause"),
    [
        ('DELETE FROM "User"', STRANGER, "reset"),
        ("SELECT reset_client('0817-1740-7674')", STRANGER, "reset"),
        ('TRUNCATE "User" CASCADE', STRANGER, "reset"),
        (RECREATE, STRANGER, "reset"),
        (
            RECREATE.replace("(id)", "(id, nama)").replace("c.us'", "c.us', 'Budi'"),
            Tables("Budi", {"n": 1}, ["siapa nama saya"], ["1: Halo Budi"]),
            "reset",
        ),
        (
            RECREATE
            + '; INSERT INTO "Session" ("userId", context)'
            + ' SELECT id, \'{"n": 8}\' FROM "User"',
            Tables(None, {"n": 9}, ["siapa nama saya"], ["9: Siapa nama Anda?"]),
            "reset",
        ),
        ('SET session_replication_role = replica; DELETE FROM "User"', STRANGER, "reset"),
        (
            'DELETE FROM "Session"',
            Tables(
                "Petang", {"n": 1}, [*FIRST[0], "siapa nama saya"], [*FIRST[1], "1: Halo Petang"]
            ),
            "edit",
        ),
        (
            'TRUNCATE "Session"',
            Tables(
                "Petang", {"n": 1}, [*FIRST[0], "siapa nama saya"], [*FIRST[1], "1: Halo Petang"]
            ),
            "edit",
        ),
        (
            "UPDATE \"User\" SET nama = 'Budi'",
            Tables("Budi", {"n": 2}, [*FIRST[0], "siapa nama saya"], [*FIRST[1], "2: Halo Budi"]),
            "edit",
        ),
        (
            'UPDATE "User" SET nama = NULL',
            Tables(
                None, {"n": 2}, [*FIRST[0], "siapa nama saya"], [*FIRST[1], "2: Siapa nama Anda?"]
            ),
            "edit",
        ),
        (
            'UPDATE "Session" SET context = \'{"n": 40}\'',
            Tables(
                "Petang", {"n": 41}, [*FIRST[0], "siapa nama saya"], [*FIRST[1], "41: Halo Petang"]
            ),
            "edit",
        ),
        (
            'UPDATE "User" SET "pausedAt" = now()',
            Tables("Petang", {"n": 1}, [*FIRST[0], "siapa nama saya"], FIRST[1]),
            "edit",
        ),
        (
            "UPDATE \"User\" SET id = '6289999999@c.us'",
            STRANGER,
            "reset",
        ),
        (
            ANOTHER_BOTS_TURN,
            Tables(
                "Petang",
                {"n": 71},
                [*FIRST[0], "hai", "siapa nama saya"],
                [*FIRST[1], "from the other", "71: Halo Petang"],
            ),
            "turn",
        ),
    ],
)
async def test_what_is_done_while_the_responder_thinks_decides_the_answer(
    side: Side, connection: psycopg.Connection, meanwhile: str, expected: Tables, cause: str
) -> None:
    await say(side, "nama saya Petang")
    before = read_metric("novabot_stale_turns_total", cause=cause)
    side.asked.meanwhile = lambda: connection.execute(meanwhile)
    await say(side)
    assert read_tables(connection) == expected
    assert read_metric("novabot_stale_turns_total", cause=cause) == before + 1
    if expected == STRANGER and "UPDATE" not in meanwhile:
        assert find_everywhere(connection, "Petang") == []
    if expected.said != FIRST[1]:
        assert len(side.asked.sessions) == 3
        # What it remembers now is the truth: the next turn commits at once.
        await say(side)
        assert len(side.asked.sessions) == 4


@pytest.mark.parametrize(
    "meanwhile",
    [
        'BEGIN; DELETE FROM "User"; ROLLBACK',
        'BEGIN; SAVEPOINT a; DELETE FROM "User"; ROLLBACK TO a; COMMIT',
        "DELETE FROM \"User\" WHERE id = '6281298765432@c.us'",
        'UPDATE "User" SET nama = \'Petang\', "activeAt" = now()',
        'DELETE FROM "Conversation"',
    ],
)
async def test_what_changes_nothing_that_is_remembered_sends_no_turn_back(
    side: Side, connection: psycopg.Connection, meanwhile: str
) -> None:
    await say(side, "nama saya Petang")
    side.asked.meanwhile = lambda: connection.execute(meanwhile)
    await say(side)
    assert len(side.asked.sessions) == 2
    tables = read_tables(connection)
    assert tables is not None and tables.said[-1] == "2: Halo Petang"


@pytest.mark.parametrize(
    "meanwhile", ["", 'DELETE FROM "User"', RECREATE, 'TRUNCATE "User" CASCADE']
)
async def test_a_client_that_another_bot_makes_first_is_made_once(
    pool: Pool, connection: psycopg.Connection, meanwhile: str
) -> None:
    one = open_side(pool)

    def make_first() -> None:
        connection.execute(ANOTHER_BOTS_TURN)
        if meanwhile:
            connection.execute(meanwhile)

    one.asked.meanwhile = make_first
    await say(one, "nama saya Petang")
    tables = read_tables(connection)
    assert tables is not None
    assert tables.context == ({"n": 1} if meanwhile else {"n": 71})
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


# What happens at every other await


SQL_AT_AWAITS = {
    "delete": 'DELETE FROM "User"',
    "delete and re-create": RECREATE,
    "truncate": 'TRUNCATE "User" CASCADE',
    "delete the session": 'DELETE FROM "Session"',
    "rename": "UPDATE \"User\" SET nama = 'Budi'",
    "another bot's turn": ANOTHER_BOTS_TURN,
}
AWAITS = [
    ("load_session", "before"),
    ("load_session", "after"),
    ("commit_turns", "before"),
    ("commit_turn", "before"),
]


@pytest.mark.parametrize("sql", SQL_AT_AWAITS.values(), ids=SQL_AT_AWAITS)
@pytest.mark.parametrize(("function", "when"), AWAITS, ids=" ".join)
async def test_what_is_done_at_an_await_decides_the_answer(
    pool: Pool,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    when: str,
    sql: str,
) -> None:
    await say(open_side(pool), "nama saya Petang")
    side = open_side(pool)  # remembers no client, and so begins with a load
    act_once(monkeypatch, function, when, lambda: connection.execute(sql))
    await say(side)
    check_truth(connection, sql)


@pytest.mark.parametrize("sql", SQL_AT_AWAITS.values(), ids=SQL_AT_AWAITS)
@pytest.mark.parametrize("function", ["commit_turns", "commit_turn"])
async def test_what_is_done_after_the_commit_is_not_undone_by_what_is_remembered(
    pool: Pool,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    sql: str,
) -> None:
    side = open_side(pool)
    await say(side, "nama saya Petang")
    act_once(monkeypatch, function, "after", lambda: connection.execute(sql))
    await say(side)  # committed, and only then was it done, unheard of
    if sql.startswith(('DELETE FROM "User"', "TRUNCATE")):
        assert find_everywhere(connection, "Petang") == []
    await say(side)
    check_truth(connection, sql)


@pytest.mark.parametrize("function", ["commit_turns", "commit_turn"])
async def test_a_commit_that_an_eviction_overtook_is_not_remembered(
    pool: Pool, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    side = open_side(pool)
    await say(side, "nama saya Petang")
    remembered = side.cache.find(PHONE)
    assert remembered is not None and remembered.incarnation is not None
    incarnation = remembered.incarnation

    def reset() -> None:
        # The notification of a delete that waited behind our lock, before our reply.
        connection.execute('DELETE FROM "User"')
        side.cache.evict([incarnation])

    act_once(monkeypatch, function, "after", reset)
    await say(side)
    assert side.cache.find(PHONE) is None
    await say(side)
    assert read_tables(connection) == STRANGER


async def test_a_load_that_an_eviction_overtook_is_not_remembered(
    pool: Pool, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = make_message("nama saya Petang")
    await open_side(pool).turns.take(message)
    row = connection.execute('SELECT incarnation FROM "User"').fetchone()
    assert row is not None
    side = open_side(pool)

    def reset() -> None:
        connection.execute('DELETE FROM "User"')
        side.cache.evict(row)

    act_once(monkeypatch, "load_session", "after", reset)
    # Delivered again, it commits nothing: what was loaded is all that could be remembered.
    assert await side.turns.take(message) == Rejected("duplicate")
    assert side.cache.find(PHONE) is None


def act_once(
    monkeypatch: pytest.MonkeyPatch, function: str, when: str, act: Callable[[], object]
) -> None:
    """Acts before or after the next call of one of the turn's statements.

    `commit_turn` has every turn take the single path.
    """
    module, name = (groups, "execute_once") if function == "commit_turns" else (turn, function)
    if function == "commit_turn":

        async def judge_nothing(*_: object, **_more: object) -> list[None]:
            return [None]

        monkeypatch.setattr(groups.TurnGroups, "commit", judge_nothing)
    original: Callable[..., Awaitable[Any]] = getattr(module, name)
    acted: list[bool] = []

    async def wrapped(*args: Any, **more: Any) -> Any:
        first = not acted
        acted.append(True)
        if first and when == "before":
            act()
        result = await original(*args, **more)
        if first and when == "after":
            act()
        return result

    monkeypatch.setattr(module, name, wrapped)


def check_truth(connection: psycopg.Connection, sql: str) -> None:
    """After `sql` was done to Petang's client, and a turn taken after or across it."""
    tables = read_tables(connection)
    assert tables is not None
    said = tables.said[-1].partition(": ")
    if sql.startswith(('DELETE FROM "User"', "TRUNCATE")):
        assert find_everywhere(connection, "Petang") == []
        assert tables == STRANGER
    elif sql == SQL_AT_AWAITS["delete the session"]:
        assert tables.nama == "Petang" and tables.context == {"n": 1}
        assert said == ("1", ": ", "Halo Petang")
    elif sql == SQL_AT_AWAITS["rename"]:
        assert tables.nama == "Budi" and said[2] == "Halo Budi"
    else:
        assert tables.context == {"n": 71} and said == ("71", ": ", "Halo Petang")


# Resets asked for by the client, duplicates, late deliveries


async def test_a_client_who_asks_for_it_is_forgotten_everywhere(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang")
    assert await side.turns.take(make_message("lupakan saya")) == BecameReset(
        (Outgoing("Sudah."),), PHONE
    )
    assert find_everywhere(connection, "Petang") == []
    assert find_everywhere(connection, PHONE) == []
    await say(side)
    assert read_tables(connection) == STRANGER


async def test_a_message_delivered_twice_is_answered_once(
    side: Side, pool: Pool, connection: psycopg.Connection
) -> None:
    message = make_message("nama saya Petang")
    assert isinstance(await side.turns.take(message), Committed)
    assert await side.turns.take(message) == Rejected("duplicate")
    assert await open_side(pool).turns.take(message) == Rejected("duplicate")
    assert read_tables(connection) == Tables("Petang", {"n": 1}, *FIRST)


async def test_a_message_delivered_again_after_a_reset_does_not_bring_the_client_back(
    side: Side, connection: psycopg.Connection
) -> None:
    message = make_message("nama saya Petang")
    await side.turns.take(message)
    connection.execute('DELETE FROM "User"')
    assert await side.turns.take(message) == Rejected("duplicate")
    late = make_message("nama saya Petang", age=timedelta(minutes=5))
    assert await side.turns.take(late) == Rejected("forgotten")
    assert read_tables(connection) is None
    assert find_everywhere(connection, "Petang") == []


async def test_a_request_to_be_forgotten_that_comes_twice_is_one_reset(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang")
    message = make_message("lupakan saya")
    assert isinstance(await side.turns.take(message), BecameReset)
    await say(side, "nama saya Petang")
    assert await side.turns.take(message) == Rejected("duplicate")
    tables = read_tables(connection)
    assert tables is not None and tables.nama == "Petang"


async def test_a_client_with_two_addresses_is_one_client(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang", PHONE, BSUID)
    await say(side, "siapa nama saya", BSUID)
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Petang", "2: Halo Petang"]
    connection.execute('DELETE FROM "User"')
    await say(side, "siapa nama saya", BSUID)
    assert read_tables(connection, BSUID) == STRANGER


# Many at once


@pytest.mark.usefixtures("unhurried")
async def test_messages_of_one_client_are_taken_one_by_one_in_their_order(
    side: Side, connection: psycopg.Connection
) -> None:
    texts = [f"pesan {number}" for number in range(50)]
    await asyncio.gather(*(side.turns.take(make_message(text)) for text in texts))
    assert side.asked.texts == texts
    assert [session.context.get("n", 0) for session in side.asked.sessions] == list(range(50))
    tables = read_tables(connection)
    assert tables is not None and tables.heard == texts and tables.context == {"n": 50}


async def test_two_bots_hammering_one_client_lose_nothing(
    pool: Pool, connection: psycopg.Connection
) -> None:
    sides = [open_side(pool), open_side(pool)]

    async def take(side: Side, message: Message) -> None:
        while True:  # as WhatsApp does
            with suppress(Busy):
                await side.turns.take(message)
                return

    texts = [f"pesan {number}" for number in range(60)]
    await asyncio.gather(*(take(sides[n % 2], make_message(text)) for n, text in enumerate(texts)))
    tables = read_tables(connection)
    assert tables is not None and tables.context == {"n": 60}
    assert sorted(tables.heard) == sorted(texts)
    assert [int(answer.partition(":")[0]) for answer in tables.said] == list(range(1, 61))


@pytest.mark.usefixtures("unhurried")
async def test_two_bots_that_meet_a_client_at_the_same_moment_make_it_once(
    pool: Pool, connection: psycopg.Connection
) -> None:
    for number in range(20):
        sides = [open_side(pool) for _ in range(3)]
        phone = f"62811000{number:03}"
        await asyncio.gather(*(side.turns.take(make_message("hai", phone)) for side in sides))
        tables = read_tables(connection, f"{phone}@c.us")
        assert tables is not None and tables.context == {"n": 3}


async def test_resets_and_turns_at_the_same_time_leave_nothing_of_an_old_incarnation(
    pool: Pool, connection: psycopg.Connection, database_url: str
) -> None:
    """Each incarnation has a name of its own; no answer may hold the name of another."""
    sides = [open_side(pool) for _ in range(3)]
    stop = asyncio.Event()
    committed = 0

    async def talk(side: Side) -> None:
        nonlocal committed
        while not stop.is_set():
            with suppress(Busy):
                committed += isinstance(await side.turns.take(make_message()), Committed)

    talking = [asyncio.create_task(talk(side)) for side in sides]
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as dba:
        for number in range(150):
            await dba.execute('DELETE FROM "User"')
            await dba.execute(
                'INSERT INTO "User" (id, nama) VALUES (%s, %s) ON CONFLICT DO NOTHING',
                (CLIENT, f"Nama{number}"),
            )
            async with dba.transaction():
                row = await (await dba.execute('SELECT nama FROM "User" FOR UPDATE')).fetchone()
                bodies = await (
                    await dba.execute("SELECT body FROM \"Conversation\" WHERE direction = 'out'")
                ).fetchall()
            assert row is not None
            expected = f"Halo {row[0]}" if row[0] else "Siapa nama Anda?"
            assert all(body.endswith(expected) for (body,) in bodies), (row, bodies)
    stop.set()
    await asyncio.gather(*talking)
    assert committed > 20


# Locks of other transactions


async def test_a_dba_who_locks_many_clients_keeps_only_those_waiting(
    pool_of_eight: Pool, connection: psycopg.Connection
) -> None:
    side = open_side(pool_of_eight)
    locked = [f"6281100{number:04}" for number in range(20)]
    others = [f"6281200{number:04}" for number in range(25)]
    for phone in [*locked, *others]:
        await say(side, "nama saya Petang", phone)
    took: dict[str, float] = {}

    async def take(phone: str) -> None:
        begun = time.monotonic()
        try:
            await side.turns.take(make_message("siapa nama saya", phone))
        finally:
            took[phone] = time.monotonic() - begun

    with connection.transaction():
        connection.execute("DELETE FROM \"User\" WHERE id LIKE '6281100%%'")
        waiting = [asyncio.create_task(take(phone)) for phone in locked]
        await asyncio.sleep(0)
        await asyncio.gather(*(take(phone) for phone in others))
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Busy}
    assert max(took[phone] for phone in others) < min(took[phone] for phone in locked)
    assert max(took[phone] for phone in locked) < 5
    for phone in locked:
        await say(side, "siapa nama saya", phone)
        assert read_tables(connection, f"{phone}@c.us") == STRANGER


@pytest.mark.usefixtures("unhurried")
async def test_a_turn_that_waited_for_a_delete_answers_as_to_a_stranger(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang")
    connection.execute('BEGIN; DELETE FROM "User"')
    waiting = asyncio.create_task(side.turns.take(make_message()))
    await until_blocked(side, connection)
    connection.execute("COMMIT")
    assert isinstance(await waiting, Committed)
    assert read_tables(connection) == STRANGER


@pytest.mark.usefixtures("unhurried")
async def test_a_turn_that_waited_for_a_delete_rolled_back_answers_with_the_name(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang")
    connection.execute('BEGIN; DELETE FROM "User"')
    waiting = asyncio.create_task(side.turns.take(make_message()))
    await until_blocked(side, connection)
    connection.execute("ROLLBACK")
    assert isinstance(await waiting, Committed)
    tables = read_tables(connection)
    assert tables is not None and tables.said[-1] == "2: Halo Petang"


async def until_blocked(side: Side, connection: psycopg.Connection) -> None:
    """Until a statement waits for the lock that this connection holds."""
    deadline = time.monotonic() + 10
    while not connection.execute(
        "SELECT 1 FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    ).fetchone():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


async def test_messages_behind_a_stuck_one_of_the_same_client_are_told_so_in_time(
    side: Side, connection: psycopg.Connection
) -> None:
    await say(side, "nama saya Petang")
    with connection.transaction():
        connection.execute('SELECT FROM "User" FOR UPDATE')
        begun = time.monotonic()
        outcomes = await asyncio.gather(
            *(side.turns.take(make_message()) for _ in range(5)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {Busy}
    assert time.monotonic() - begun < 1.8
    await say(side)
    assert len(side.turns._locks) <= 1


async def test_a_long_transaction_in_the_pool_is_no_reason_to_wait_for_ever(
    pool_of_one: Pool,
) -> None:
    side = open_side(pool_of_one)
    await say(side)
    async with pool_of_one.connection():
        begun = time.monotonic()
        with pytest.raises(TryLater):
            await side.turns.take(make_message())
        assert time.monotonic() - begun < 1.8
    await say(side)
