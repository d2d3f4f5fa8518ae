"""A turn's first answer, which its own commit begins to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.bot.sending import settling
from app.bot.sending.outbox import Outbox
from app.bot.turns import BotTurns
from app.bot.whatsapp.cloud_api import CloudApi
from app.crm.sending.number import NumberState
from app.database import retrying
from app.database.pool import Pool
from app.messages import Message, Outgoing, Reply, instant
from app.sessions import groups
from app.sessions.cache import Cache
from app.sessions.evictions import Eviction
from app.sessions.session import Session
from tests.bot.outboxes import has_statuses, make_number, open_outbox, queue, read_statuses
from tests.bot.running_bots import Api
from tests.sessions.turns import PHONE, make_message
from tests.sessions.waiting import until


@instant
def say_all(_: Session, message: Message) -> Reply:
    """An answer for each word."""
    return Reply({}, tuple(message.text.split()))


class Side:
    """The turns and the outbox of one bot, which hears evictions when the test says so."""

    def __init__(self, pool: Pool, outbox: Outbox, bot_turns: BotTurns) -> None:
        self.pool = pool
        self.outbox = outbox
        self.turns = bot_turns

    async def say(self, text: str, *addresses: str) -> None:
        await self.turns.take([make_message(text, *addresses)])


@pytest.fixture
async def side(pool: Pool, cloud: CloudApi, connection: psycopg.Connection) -> AsyncIterator[Side]:
    bot = uuid4()
    async with open_outbox(pool, cloud, connection, bot) as outbox:
        turns = BotTurns(pool, Cache(100, lambda: True), say_all, bot, outbox)
        yield Side(pool, outbox, turns)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions of sql/ that are called from here on."""
    called: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def note(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        called.append(str(query).partition("novabot_internal.")[2].partition("(")[0])
        return await execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", note)
    return called


async def meet(side: Side, api: Api, connection: psycopg.Connection) -> None:
    """The client is known, remembered, and has had an answer."""
    await side.say("halo")
    await until(has_statuses(connection, "sent"), "the first answer sent")
    await until(lambda: not side.outbox._workers.is_at(f"{PHONE}@c.us"), "nothing under way")
    assert api.texts(PHONE) == ["halo"]


async def test_a_turn_with_one_answer_is_two_statements(
    side: Side, api: Api, connection: psycopg.Connection, statements: list[str]
) -> None:
    await meet(side, api, connection)
    statements.clear()
    await side.say("satu")
    await until(has_statuses(connection, "sent", "sent"), "the answer sent")
    assert statements == ["commit_turns", "settle_sendings"]


async def test_each_outcome_gives_out_the_next_answer(
    side: Side, api: Api, connection: psycopg.Connection, statements: list[str]
) -> None:
    await meet(side, api, connection)
    statements.clear()
    await side.say("satu dua tiga")
    await until(has_statuses(connection, *["sent"] * 4), "the answers sent")
    assert statements == ["commit_turns", *["settle_sendings"] * 3]
    assert api.texts(PHONE) == ["halo", "satu", "dua", "tiga"]


async def test_answers_of_quick_turns_go_out_in_order_and_once(
    side: Side, api: Api, connection: psycopg.Connection
) -> None:
    await meet(side, api, connection)
    words = [f"w{number}" for number in range(40)]
    for word in words:
        await side.say(f"{word} {word}b")
    expected = ["halo", *(each for word in words for each in (word, f"{word}b"))]
    await until(has_statuses(connection, *["sent"] * len(expected)), "all sent")
    assert api.texts(PHONE, None) == expected


OTHER = "6281717407675"


async def say_and_keep_the_outcome(side: Side, api: Api, connection: psycopg.Connection) -> None:
    """Two clients are met; the outcome of one's second answer waits for the next statement."""
    await meet(side, api, connection)
    await side.say("hai", OTHER)
    await until(has_statuses(connection, "sent", phone=OTHER), "the other met")
    grouping = side.outbox._settling._grouping
    grouping._patience = 60.0  # longer than the test
    await side.say("satu")
    await until(lambda: bool(grouping._waiting), "its outcome waits")
    assert api.texts(PHONE) == ["halo", "satu"]
    assert has_statuses(connection, "sent", "sending")()
    grouping._patience = 0.0


async def test_an_outcome_is_written_in_the_statement_of_the_next_turns(
    side: Side, api: Api, connection: psycopg.Connection, statements: list[str]
) -> None:
    await say_and_keep_the_outcome(side, api, connection)
    statements.clear()
    await side.say("dua", OTHER)
    assert statements == ["settle_sendings"] and has_statuses(connection, "sent", "sent")()
    await until(has_statuses(connection, "sent", "sent", phone=OTHER), "the other's answer sent")
    assert api.texts(OTHER) == ["hai", "dua"]


async def test_a_statement_that_fails_costs_neither_turns_nor_outcomes(
    side: Side, api: Api, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say_and_keep_the_outcome(side, api, connection)
    execute, failed = groups.execute_once, list[str]()

    async def fail(pool: Pool, statement: Any, *more: Any) -> Any:
        failed.append(statement)
        return await execute(pool, f"SELECT 1 / 0 AS x, y.* FROM ({statement}) AS y", *more)

    monkeypatch.setattr(groups, "execute_once", fail)
    await side.say("dua", OTHER)
    assert len(failed) == 1 and "settle_sendings" in failed[0] and "commit_turns" in failed[0]
    await until(has_statuses(connection, "sent", "sent"), "the outcome written alone")
    await until(has_statuses(connection, "sent", "sent", phone=OTHER), "the other's answer sent")
    assert api.texts(PHONE) == ["halo", "satu"] and api.texts(OTHER) == ["hai", "dua"]


def act_after_commit(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Acts once a group has been committed, before the bot has the reply."""
    call = groups.execute_once

    async def call_and_act(*args: Any, **more: Any) -> Any:
        rows = await call(*args, **more)
        monkeypatch.setattr(groups, "execute_once", call)
        act()
        return rows

    monkeypatch.setattr(groups, "execute_once", call_and_act)


@pytest.mark.parametrize("again", [False, True])
async def test_a_reset_heard_of_before_the_first_byte_stops_it(
    side: Side,
    api: Api,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    again: bool,
) -> None:
    await meet(side, api, connection)

    def reset() -> None:
        connection.execute('DELETE FROM "User"')
        if again:
            queue(connection, "to the next incarnation")
        side.turns.evict(Eviction("reset", "*"))

    act_after_commit(monkeypatch, reset)
    await side.say("rahasia")
    await until(lambda: not side.outbox._workers.is_at(f"{PHONE}@c.us"), "nothing under way")
    assert api.texts(PHONE, None) == ["halo", *(["to the next incarnation"] if again else [])]
    assert side.outbox._settling.posted == set()


async def test_what_the_rows_say_is_sent(
    side: Side, api: Api, connection: psycopg.Connection
) -> None:
    await meet(side, api, connection)
    connection.execute(
        """CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN NEW.body := upper(NEW.body); RETURN NEW; END$$"""
    )
    connection.execute(
        """CREATE TRIGGER shout BEFORE INSERT ON "Conversation" FOR EACH ROW
           WHEN (NEW.direction = 'out') EXECUTE FUNCTION shout()"""
    )
    await side.say("satu")
    await until(has_statuses(connection, "sent", "sent"), "the answer sent")
    assert api.texts(PHONE) == ["halo", "SATU"]


@pytest.mark.parametrize("committed", [False, True])
async def test_a_commit_whose_reply_is_lost_sends_its_answer_once(
    side: Side,
    api: Api,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    committed: bool,
) -> None:
    await meet(side, api, connection)
    call = groups.execute_once

    async def lose(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(groups, "execute_once", call)
        if committed:
            await call(*args, **more)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(groups, "execute_once", lose)
    await side.say("satu dua")
    await until(has_statuses(connection, "sent", "sent", "sent"), "the answers sent")
    assert api.texts(PHONE, None) == ["halo", "satu", "dua"]


async def test_it_counts_as_begun_before_the_commit(
    side: Side, api: Api, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who looks for work meanwhile would be given it too, where a reply was lost before."""
    await meet(side, api, connection)
    side.outbox._settling.doubtful.add(f"{PHONE}@c.us")
    call = groups.execute_once

    async def commit_and_look(*args: Any, **more: Any) -> Any:
        rows = await call(*args, **more)
        side.outbox.wake(f"{PHONE}@c.us")
        await until(lambda: not side.outbox._workers.is_at(f"{PHONE}@c.us"), "a look for work")
        return rows

    monkeypatch.setattr(groups, "execute_once", commit_and_look)
    await side.say("satu")
    await until(lambda: not side.outbox._workers.is_at(f"{PHONE}@c.us"), "nothing under way")
    assert has_statuses(connection, "sent", "sent")()
    assert api.texts(PHONE, None) == ["halo", "satu"]


async def test_it_is_given_back_when_the_number_is_stopped_meanwhile(
    side: Side, api: Api, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meet(side, api, connection)
    number = side.outbox._number
    act_after_commit(monkeypatch, lambda: number.note_state(NumberState(state="stopped")))
    await side.say("satu")
    await until(has_statuses(connection, "sent", "queued"), "the answer given back")
    assert api.texts(PHONE, None) == ["halo"]
    number.note_state(NumberState())
    await until(has_statuses(connection, "sent", "sent"), "the answer sent")
    assert api.texts(PHONE, None) == ["halo", "satu"]


async def test_no_place_is_kept_for_what_is_not_sent(
    pool: Pool, cloud: CloudApi, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = uuid4()
    outbox = Outbox(pool, cloud, bot, number := make_number(pool, bot))
    monkeypatch.setattr(retrying, "RETRY_DEADLINE", 5.0)
    assert outbox.reserve("1@c.us") is not None
    assert outbox.reserve("1@c.us") is None  # one of a client at a time
    token = outbox.reserve("2@c.us")
    assert token is not None and outbox._settling.posted >= {token}
    outbox.release("2@c.us", token, is_unknown=False)
    assert token not in outbox._settling.posted
    assert outbox.reserve("2@c.us") is not None
    number.close()
    assert outbox.reserve("3@c.us") is None


async def test_a_stop_gives_back_what_is_not_begun(
    pool: Pool, api: Api, cloud: CloudApi, connection: psycopg.Connection
) -> None:
    bot = uuid4()
    queue(connection, "satu")
    connection.execute(
        'UPDATE "Conversation" SET status = \'sending\', "claimedBy" = %s, "claimedAt" = now(),'
        " token = %s",
        (bot, token := uuid4()),
    )
    async with open_outbox(pool, cloud, connection, bot) as outbox:
        client = f"{PHONE}@c.us"
        # The workers have stopped: what a turn hands over now is begun by nobody.
        await outbox._workers.finish(0)
        outbox._reserved[client] = outbox._mark()
        outbox._settling.posted.add(token)
        outbox.take(client, token, PHONE, Outgoing("satu"), has_more=False)
    assert read_statuses(connection) == ["queued"]
    assert api.texts(PHONE, None) == []


async def test_a_stop_waits_for_the_commit_in_flight_and_gives_its_answer_back(
    pool: Pool,
    api: Api,
    cloud: CloudApi,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bot, may_end = uuid4(), asyncio.Event()
    async with open_outbox(pool, cloud, connection, bot) as outbox:
        side = Side(pool, outbox, BotTurns(pool, Cache(9, lambda: True), say_all, bot, outbox))
        await meet(side, api, connection)
        call = groups.execute_once

        async def hold(*args: Any, **more: Any) -> Any:
            rows = await call(*args, **more)
            await may_end.wait()
            return rows

        monkeypatch.setattr(groups, "execute_once", hold)
        request = asyncio.create_task(side.say("satu"))
        await until(has_statuses(connection, "sent", "sending"), "the commit")
        request.cancel()  # as the server does with what does not end in time
        await outbox._workers.finish(0)
        finishing = asyncio.create_task(side.turns.finish(5))
        await asyncio.sleep(0)
        assert not finishing.done()
        may_end.set()
        await finishing
    assert read_statuses(connection) == ["sent", "queued"]
    assert api.texts(PHONE, None) == ["halo"]


async def test_a_stop_gives_back_what_waits_for_a_connection(
    pool: Pool, api: Api, cloud: CloudApi, connection: psycopg.Connection
) -> None:
    await cloud._places.acquire()
    cloud._places._value = 0  # every connection is busy
    queue(connection, "satu")
    async with open_outbox(pool, cloud, connection) as outbox:
        outbox.wake(f"{PHONE}@c.us")
        await until(has_statuses(connection, "sending"), "it waits for a connection")
        await outbox.finish(0)
    assert read_statuses(connection) == ["queued"]
    assert api.texts(PHONE, None) == []


async def test_a_stop_gives_back_what_the_statement_in_flight_gives_out(
    side: Side, api: Api, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await meet(side, api, connection)
    call = settling.settle_sendings
    written, may_return = asyncio.Event(), asyncio.Event()

    async def call_slowly(*args: Any) -> Any:
        settled = await call(*args)
        written.set()
        await may_return.wait()
        return settled

    monkeypatch.setattr(settling, "settle_sendings", call_slowly)
    await side.say("satu dua")
    await written.wait()
    assert has_statuses(connection, "sent", "sent", "sending")()
    asyncio.get_running_loop().call_later(0.3, may_return.set)
    await side.outbox.finish(0)
    assert has_statuses(connection, "sent", "sent", "queued")()
    assert api.texts(PHONE, None) == ["halo", "satu"]


async def test_what_the_outcome_of_a_try_gives_out_is_given_back_at_a_stop(
    side: Side, api: Api, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number resumes and stops again while the outcome is written."""
    await meet(side, api, connection)
    client, number, call = f"{PHONE}@c.us", side.outbox._number, settling.settle_sendings

    async def call_and_stop(*args: Any) -> Any:
        settled = await call(*args)
        number.note_state(NumberState(state="stopped"))
        return settled

    send = side.outbox._api.send

    async def send_and_resume(*args: Any) -> Any:
        outcome = await send(*args)
        number.note_state(NumberState())
        return outcome

    monkeypatch.setattr(settling, "settle_sendings", call_and_stop)
    monkeypatch.setattr(side.outbox._api, "send", send_and_resume)
    number.note_state(NumberState(state="stopped"))
    queue(connection, "satu", "dua")
    side.outbox._settling.more.add(client)
    side.outbox.try_number(client)
    await until(lambda: not side.outbox._workers.is_at(client), "nothing under way")
    assert has_statuses(connection, "sent", "sent", "queued")()
    assert api.texts(PHONE, None) == ["halo", "satu"]
