"""Messages of one client that came together, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from app.database.errors import Unconfirmed
from app.database.pool import Pool, open_pool
from app.messages import Message, Reply, instant
from app.sessions import groups
from app.sessions.cache import Cache
from app.sessions.chains import Chains
from app.sessions.groups import MOST_CHAINED, TurnGroups
from app.sessions.session import Session
from app.sessions.store import Committed, Rejected
from app.sessions.turn import BecameReset, Turns, ask_at_once
from tests.sessions.turns import (
    CLIENT,
    PHONE,
    Asked,
    count_turns,
    count_turns_in_groups,
    make_message,
    read_tables,
)

OTHER = "6281717407675"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url, name="test", size=4)
    yield opened
    await opened.close()


class Side:
    """One bot that has met the client once."""

    def __init__(self, pool: Pool, phone: str = PHONE) -> None:
        self.phone = phone
        self.asked = Asked()
        self.context: Mapping[str, Any] | None = None
        """What each reply leaves, where the test says so."""
        self.replies: dict[str, Reply] = {}
        """By the message's text, what is answered instead."""
        make_reply = self.asked.make()

        @instant
        def respond(session: Session, message: Message) -> Reply:
            if message.text == "gagal":
                raise ZeroDivisionError
            if message.text in self.replies:
                return self.replies[message.text]
            reply = make_reply(session, message)
            assert isinstance(reply, Reply)
            return reply if self.context is None else replace(reply, context=self.context)

        cache, together = Cache(100, lambda: True), TurnGroups(pool)
        turns = Turns(pool, cache, ask_at_once(respond), groups=together)
        self.chains = Chains(turns, cache, together)

    async def take_all(self, *texts: str, phone: str | None = None) -> list[Any]:
        """What became of each, as a webhook's body has them taken."""
        left = [make_message(text, phone or self.phone) for text in texts]
        taken: list[Any] = []
        while left:
            some = (await self.chains.take(left)).results
            assert some
            taken += some
            left = left[len(some) :]
        return taken


@pytest.fixture
async def side(pool: Pool) -> Side:
    side = Side(pool)
    await side.take_all("halo")
    return side


@pytest.fixture
def statements(side: Side, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many turns were in each group from here on."""
    return count_turns_in_groups(monkeypatch)


async def take(side: Side, messages: Sequence[Message]) -> Sequence[Any]:
    taken = await side.chains.take(messages)
    assert taken.error is None
    return taken.results


def said(connection: psycopg.Connection, client: str = CLIENT) -> list[str]:
    tables = read_tables(connection, client)
    return [] if tables is None else tables.said


async def test_each_is_answered_from_what_the_one_before_leaves(
    side: Side, connection: psycopg.Connection, statements: list[int]
) -> None:
    taken = await side.take_all("nama saya Petang", *["halo"] * MOST_CHAINED)
    assert all(isinstance(result, Committed) for result in taken)
    assert statements == [MOST_CHAINED, 1]
    assert said(connection) == [
        "1: Siapa nama Anda?",
        *(f"{count}: Halo Petang" for count in range(2, MOST_CHAINED + 3)),
    ]


async def test_a_stranger_is_met_first(pool: Pool, connection: psycopg.Connection) -> None:
    taken = await Side(pool).take_all(*["halo"] * 5)
    assert [type(result) for result in taken] == [Committed] * 5
    assert [text[0] for text in said(connection)] == ["1", "2", "3", "4", "5"]


async def test_delivered_again_each_is_a_duplicate(
    side: Side, connection: psycopg.Connection, statements: list[int]
) -> None:
    messages = [make_message(message_id=f"wamid.{n}") for n in range(6)]
    await take(side, messages[2:4])
    assert [type(result) for result in await take(side, messages)] == [Committed] * 2
    assert list(await take(side, messages[2:])) == [Rejected("duplicate")] * 2
    assert [type(result) for result in await take(side, messages[4:])] == [Committed] * 2
    assert list(await take(side, messages)) == [Rejected("duplicate")] * 6
    assert len(said(connection)) == 7
    assert statements == [2, 6, 2, 4, 2, 6]


@pytest.mark.parametrize(
    ("table", "when", "act", "answers"),
    [
        (
            "User",
            "BEFORE UPDATE",
            "NEW.nama := upper(NEW.nama); RETURN NEW;",
            ["2: Halo Sore", "3: Halo SORE", "4: Halo SORE"],
        ),
        (
            "Conversation",
            "AFTER INSERT",
            """UPDATE public."User" SET "pausedAt" = now()
            WHERE id = NEW."userId" AND NEW.body LIKE 'nama%'; RETURN NULL;""",
            ["2: Halo Sore"],
        ),
        (
            "Session",
            "BEFORE UPDATE",
            """NEW.context := jsonb_set(NEW.context, '{n}', '40'); RETURN NEW;""",
            ["2: Halo Sore", "41: Halo Sore", "41: Halo Sore"],
        ),
        (
            "Conversation",
            "AFTER INSERT",
            """DELETE FROM public."User"
            WHERE id = NEW."userId" AND NEW.body LIKE 'nama%'; RETURN NULL;""",
            ["1: Siapa nama Anda?", "2: Siapa nama Anda?"],
        ),
    ],
    ids=["name", "pause", "context", "reset"],
)
async def test_what_a_trigger_changes_is_what_the_next_is_answered_from(
    side: Side,
    connection: psycopg.Connection,
    table: str,
    when: str,
    act: str,
    answers: list[str],
) -> None:
    connection.execute(
        f"CREATE FUNCTION dba() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {act} END $$;"
        f'CREATE TRIGGER dba {when} ON "{table}" FOR EACH ROW EXECUTE FUNCTION dba()'.encode()
    )
    await side.take_all("nama saya Sore", "halo", "halo")
    assert said(connection)[-len(answers) :] == answers
    assert len(said(connection)) == len(answers) + (answers[0][0] == "2")


async def test_what_comes_while_they_are_answered_decides(
    side: Side, connection: psycopg.Connection, statements: list[int]
) -> None:
    await side.take_all("nama saya Petang")
    side.asked.meanwhile = lambda: connection.execute('DELETE FROM "User"')
    await side.take_all("siapa saya", "siapa saya")
    assert said(connection) == ["1: Siapa nama Anda?", "2: Siapa nama Anda?"]
    side.asked.meanwhile = lambda: connection.execute("UPDATE \"User\" SET nama = 'Budi'")
    await side.take_all("siapa saya", "siapa saya")
    assert said(connection)[2:] == ["3: Halo Budi", "4: Halo Budi"]
    assert statements[-2:] == [2, 2]  # stale, and again together


async def test_a_reply_that_fails_keeps_nothing_of_those_before_it_back(
    side: Side, connection: psycopg.Connection
) -> None:
    messages = [make_message(text) for text in ("halo", "halo", "gagal", "halo")]
    assert len(await take(side, messages)) == 2
    with pytest.raises(ZeroDivisionError):
        await take(side, messages[2:])
    assert len(said(connection)) == 3


async def test_a_wish_to_be_forgotten_goes_alone(
    side: Side, connection: psycopg.Connection
) -> None:
    taken = await side.take_all("nama saya Petang", "halo", "lupakan saya", "siapa saya")
    assert [type(result) for result in taken] == [Committed, Committed, BecameReset, Committed]
    assert said(connection) == ["1: Siapa nama Anda?"]


async def test_each_goes_alone_while_another_transaction_holds_the_client(
    side: Side,
    connection: psycopg.Connection,
    statements: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    execute = groups.execute_once

    async def hold(pool: Pool, statement: Any, parameters: Any, deadline: float) -> Any:
        monkeypatch.setattr(groups, "execute_once", execute)
        with connection.transaction():
            connection.execute('SELECT FROM "User" WHERE id = %s FOR UPDATE', (CLIENT,))
            return await execute(pool, statement, parameters, deadline)

    monkeypatch.setattr(groups, "execute_once", hold)
    await side.take_all("halo", "halo", "halo")
    assert [text[0] for text in said(connection)] == ["1", "2", "3", "4"]
    assert statements == [3, 1, 1, 1]


async def test_messages_of_another_bot_in_between_are_seen(
    side: Side, pool: Pool, connection: psycopg.Connection
) -> None:
    other = Side(pool)
    await other.take_all("nama saya Malam", "halo")
    await side.take_all("halo", "halo")
    assert said(connection)[-1] == "5: Halo Malam"


BETWEEN = ("nama saya Sore", "halo", "x", "halo", "nama saya Budi", "halo")


@pytest.mark.parametrize(
    ("table", "trigger", "act"),
    [
        (
            "Conversation",
            "TRIGGER dba AFTER INSERT",
            """UPDATE public."User" SET nama = NULL WHERE id = NEW."userId" AND NEW.body = 'x';""",
        ),
        (
            "Conversation",
            "TRIGGER dba AFTER INSERT",
            """UPDATE public."User" SET "pausedAt" = CASE NEW.body WHEN 'x' THEN NULL ELSE now() END
            WHERE id = NEW."userId" AND NEW.body IN ('nama saya Sore', 'x');""",
        ),
        (
            "Conversation",
            "CONSTRAINT TRIGGER dba AFTER INSERT",
            """DELETE FROM public."User" WHERE id = NEW."userId" AND NEW.body = 'x';""",
        ),
        (
            "User",
            "TRIGGER dba AFTER UPDATE",
            """DELETE FROM public."User" WHERE id = NEW.id AND NEW.nama = 'Sore';""",
        ),
        (
            "Session",
            "TRIGGER dba AFTER UPDATE",
            """DELETE FROM public."User" WHERE id = NEW."userId" AND NEW.context @> '{"n": 3}';""",
        ),
    ],
    ids=["name cleared", "paused a while", "reset at commit", "reset by name", "reset by context"],
)
async def test_what_a_trigger_does_between_two_happens_between_them(
    pool: Pool, connection: psycopg.Connection, table: str, trigger: str, act: str
) -> None:
    together, alone = Side(pool), Side(pool, OTHER)
    for side in (together, alone):
        await side.take_all("halo")
    is_deferred = trigger.startswith("CONSTRAINT")
    connection.execute(
        "CREATE FUNCTION dba() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {act} RETURN NULL; END $$;"
        f'CREATE {trigger} ON "{table}" {"INITIALLY DEFERRED" if is_deferred else ""}'
        " FOR EACH ROW EXECUTE FUNCTION dba()".encode()
    )
    await together.take_all(*BETWEEN)
    for text in BETWEEN:
        await alone.take_all(text)
    assert read_tables(connection) == read_tables(connection, f"{OTHER}@c.us")


async def test_each_is_given_the_context_as_the_database_gives_it(
    side: Side, connection: psycopg.Connection
) -> None:
    made = {"zz": 1e16, "b": -0.0, "a": [{"d": 0.5, "c": 10**30}], "é": 1, "": 2, "n": 7}
    side.context = made
    await side.take_all("halo", "halo")
    await side.take_all("halo")
    _, predicted, read = side.asked.sessions[-3:]
    assert repr(predicted.context) == repr(read.context)
    assert list(read.context) != list(made)


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"n": {1}}),
        # Responders are not all type-checked.
        Reply(None),  # type: ignore[arg-type]
        Reply({}, (), "\ud800"),
        Reply({}, (), 5),  # type: ignore[arg-type]
    ],
    ids=["no JSON", "no context", "surrogate", "no text"],
)
async def test_a_reply_that_cannot_be_written_fails_its_own_turn_alone(
    side: Side, pool: Pool, connection: psycopg.Connection, reply: Reply
) -> None:
    side.replies["rusak"] = reply
    messages = [make_message(text) for text in ("halo", "halo", "rusak", "halo")]
    assert len(await take(side, messages)) == 2
    with pytest.raises((TypeError, ValueError)):
        await take(side, messages[2:])
    assert len(said(connection)) == 3
    await side.take_all(*["halo"] * 2, phone=OTHER)
    results = await asyncio.gather(
        side.chains.take([make_message("halo", "6281717407699")]),  # is in flight meanwhile
        side.chains.take([make_message("rusak")]),
        side.chains.take([make_message("nama saya Malam", OTHER)]),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]


@pytest.mark.parametrize("first", [True, False])
async def test_what_the_database_delays_is_delivered_again_not_tried_again(
    side: Side, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    """A commit that no standby has confirmed would be a duplicate at the second try."""
    messages = [make_message(), make_message(), make_message()]
    delayed = messages[0 if first else 1]
    judged: list[str] = []
    commit = TurnGroups.commit

    async def commit_alone(
        self: TurnGroups, session: Session, turns: Sequence[Any], *more: Any, **named: Any
    ) -> Sequence[Any]:
        if len(turns) > 1:
            return [None] * len(turns)
        judged.append(turns[0][0].id)
        if turns[0][0] is delayed:
            raise Unconfirmed("no standby")
        return await commit(self, session, turns, *more, **named)

    monkeypatch.setattr(TurnGroups, "commit", commit_alone)
    if first:
        with pytest.raises(Unconfirmed):
            await side.chains.take(messages)
        assert judged == [delayed.id]
    else:
        taken = await side.chains.take(messages)
        assert [type(result) for result in taken.results] == [Committed]
        assert isinstance(taken.error, Unconfirmed)
        assert judged == [messages[0].id, delayed.id]


async def test_other_turns_do_not_wait_for_a_chain_in_flight(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(side, [make_message("halo", "62811")])
    execute, gate, begun = groups.execute_once, asyncio.Event(), asyncio.Event()

    async def hold(pool: Pool, statement: Any, parameters: Any, deadline: float) -> Any:
        if count_turns(parameters) > 1:
            begun.set()
            await gate.wait()
        return await execute(pool, statement, parameters, deadline)

    monkeypatch.setattr(groups, "execute_once", hold)
    chain = asyncio.create_task(side.take_all("halo", "halo"))
    await begun.wait()
    taken = await take(side, [make_message("halo", "62811")])
    assert [type(result) for result in taken] == [Committed]
    assert not chain.done()
    gate.set()
    await chain
