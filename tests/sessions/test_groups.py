"""Turns committed in groups, against a real PostgreSQL: whose fault is whose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from app.database.errors import Busy
from app.database.grouping import Grouping
from app.database.pool import Pool, open_pool
from app.messages import Message, Reply, instant
from app.sessions.cache import Cache
from app.sessions.session import Session
from app.sessions.store import Committed, Rejected
from app.sessions.turn import Turns, ask_at_once
from tests.sessions.turns import count_turns_in_groups, make_message, make_reply

PHONES = [f"62817000000{n:02}" for n in range(40)]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, name="test", size=4)
    yield opened
    await opened.close()


@instant
def respond(session: Session, message: Message) -> Reply:
    if message.text == "unwritable":
        return Reply({"at": datetime.now(UTC)})
    return make_reply(session, message)


@pytest.fixture
async def turns(pool: Pool) -> Turns:
    """Of a bot that remembers all the clients."""
    turns = Turns(pool, Cache(100, lambda: True), ask_at_once(respond))
    for phone in PHONES:
        await turns.take(make_message("halo", phone))
    return turns


@pytest.fixture
def flights(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many turns were in each group from here on."""
    return count_turns_in_groups(monkeypatch)


async def take_all(turns: Turns, texts: dict[str, str]) -> dict[str, Any]:
    """What became of each client's message, sent at the same time; errors too."""
    results = await asyncio.gather(
        *(turns.take(make_message(text, phone)) for phone, text in texts.items()),
        return_exceptions=True,
    )
    return dict(zip(texts, results, strict=True))


def heard(connection: psycopg.Connection, text: str) -> int:
    row = connection.execute(
        'SELECT count(*) FROM "Conversation" WHERE body = %s', (text,)
    ).fetchone()
    assert row is not None
    return row[0]


async def test_what_comes_during_a_commit_goes_together_in_the_next(
    turns: Turns, flights: list[int], connection: psycopg.Connection
) -> None:
    done = await take_all(turns, dict.fromkeys(PHONES, "bersama"))
    assert all(isinstance(result, Committed) for result in done.values())
    assert flights == [1, 39] or flights == [40]
    assert heard(connection, "bersama") == 40


async def test_a_client_whose_turn_fails_fails_no_other(
    turns: Turns, connection: psycopg.Connection
) -> None:
    connection.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN RAISE check_violation USING MESSAGE = 'not this'; END$$"""
    )
    connection.execute(
        """CREATE TRIGGER refuse BEFORE INSERT ON "Conversation" FOR EACH ROW
           WHEN (NEW.body = 'refused') EXECUTE FUNCTION refuse()"""
    )
    texts = dict.fromkeys(PHONES, "bersama") | {PHONES[7]: "refused", PHONES[8]: "unwritable"}
    done = await take_all(turns, texts)
    assert isinstance(done.pop(PHONES[7]), psycopg.errors.CheckViolation)
    assert isinstance(done.pop(PHONES[8]), TypeError)
    assert all(isinstance(result, Committed) for result in done.values())
    assert (heard(connection, "bersama"), heard(connection, "refused")) == (38, 0)


async def test_a_client_whom_another_transaction_holds_holds_up_no_other(
    turns: Turns, connection: psycopg.Connection
) -> None:
    with connection.transaction():
        connection.execute('SELECT FROM "User" WHERE id = %s FOR UPDATE', (f"{PHONES[3]}@c.us",))
        held = asyncio.create_task(turns.take(make_message("tertahan", PHONES[3])))
        others = {phone: "bersama" for phone in PHONES if phone != PHONES[3]}
        for result in (await take_all(turns, others)).values():
            assert isinstance(result, Committed)
        assert not held.done()
        with pytest.raises(Busy):
            await held
    assert isinstance(await turns.take(make_message("tertahan", PHONES[3])), Committed)


async def test_a_stale_turn_is_answered_again_from_what_came_back_with_it(
    turns: Turns, flights: list[int], connection: psycopg.Connection
) -> None:
    connection.execute(
        "UPDATE \"User\" SET nama = 'Budi' WHERE id = ANY (%s)",
        ([f"{phone}@c.us" for phone in PHONES[:20]],),
    )
    done = await take_all(turns, dict.fromkeys(PHONES, "siapa"))
    assert all(isinstance(result, Committed) for result in done.values())
    assert sum(flights) == 60  # and no statement but those
    assert heard(connection, "2: Halo Budi") == 20


async def test_an_asker_who_is_cancelled_leaves_the_others_alone(
    turns: Turns, connection: psycopg.Connection
) -> None:
    tasks = [asyncio.create_task(turns.take(make_message("bersama", phone))) for phone in PHONES]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, Committed) for result in done[1::2])
    assert isinstance(await turns.take(make_message("lagi", PHONES[0])), Committed)


async def test_a_message_delivered_twice_at_once_is_answered_once(
    turns: Turns, connection: psycopg.Connection
) -> None:
    twice = [make_message("dua kali", phone) for phone in PHONES for _ in range(2)]
    for index in range(1, len(twice), 2):
        twice[index] = twice[index - 1]
    done = await asyncio.gather(*(turns.take(message) for message in twice))
    assert (
        sorted(type(result).__name__ for result in done) == ["Committed"] * 40 + ["Rejected"] * 40
    )
    assert {r.outcome for r in done if isinstance(r, Rejected)} == {"duplicate"}
    assert heard(connection, "dua kali") == 40


async def test_loads_go_with_a_commit_that_is_under_way(
    turns: Turns, pool: Pool, flights: list[int]
) -> None:
    forgetful = Turns(pool, Cache(100, lambda: False), ask_at_once(respond), groups=turns._groups)
    done = await asyncio.gather(
        *(turns.take(make_message("halo", phone)) for phone in PHONES[:20]),
        *(forgetful.take(make_message("halo", phone)) for phone in PHONES[20:]),
    )
    assert all(isinstance(result, Committed) for result in done)
    assert sum(flights) > 40  # the loads are in it


async def test_who_goes_first_and_how_many_together() -> None:
    calls: list[list[int]] = []
    gate = asyncio.Event()

    async def act(items: Any) -> list[int]:
        calls.append(list(items))
        await gate.wait()
        return [item * 10 for item in items]

    grouping = Grouping[int, int](act, 3)
    first = grouping.ask(1)
    await asyncio.sleep(0)
    others = [grouping.ask(n) for n in (2, 3, 4, 5)]
    again = grouping.ask(6, first=True)
    others[1].cancel()
    gate.set()
    assert await asyncio.gather(first, others[0], others[2], others[3], again) == [
        10,
        20,
        40,
        50,
        60,
    ]
    assert calls == [[1], [6, 2], [4, 5]]
