"""The client's own wish to be forgotten: asked back, confirmed, no responder's business."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import psycopg
import pytest

from app.bot.sending.outbox import Outbox
from app.bot.wish import TEXTS
from app.messages import Message, Outgoing, Reply, instant
from app.nova import nova
from app.sessions.session import Session
from app.simulator.cloud_api import message_body
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api, RunningBot
from tests.sessions.turns import PHONE, Asked
from tests.sessions.waiting import until
from tests.system.faults.proxy import Proxy, run_proxy
from tests.webhook_bodies import join_bodies, text_body

ID = TEXTS["id"]


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(params=["instant", "stored"])
async def shop(request: pytest.FixtureRequest, start_bot: StartBot, asked: Asked) -> RunningBot:
    """A bot with a responder of one's own."""
    respond = asked.make()
    if request.param == "instant":
        return await start_bot(instant(respond))

    async def think(session: Session, message: Message) -> Reply:
        return respond(session, message)

    return await start_bot(think)


async def test_the_wish_is_asked_back_and_confirmed_without_the_responder(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("nama saya Petang", PHONE)
    await api.until_sent(1, PHONE)
    await shop.say("hapus data saya", PHONE)
    assert (await api.until_sent(2, PHONE))[1] == ID.question
    assert (count(connection, "User"), count(connection, "Reset")) == (1, 0)
    await shop.say("Ya, hapus!", PHONE)
    assert (await api.until_sent(3, PHONE))[2] == ID.farewell
    assert (count(connection, "User"), count(connection, "Reset")) == (0, 1)
    assert asked.texts == ["nama saya Petang"]


async def test_it_works_while_a_person_has_taken_over(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("nama saya Petang", PHONE)
    await api.until_sent(1, PHONE)
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    await shop.say("delete my data", PHONE)
    await api.until_sent(2, PHONE)
    button = {"type": "button_reply", "button_reply": {"id": "yes", "title": "YES DELETE"}}
    await shop.deliver(message_body(PHONE, "interactive", button, phone_number_id=NUMBER_ID))
    assert (await api.until_sent(3, PHONE))[1:] == [TEXTS["en"].question, TEXTS["en"].farewell]
    assert count(connection, "User") == 0
    assert asked.texts == ["nama saya Petang"]


async def test_another_message_cancels_and_is_answered_as_usual(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    for number, text in enumerate(("halo", "ya hapus"), start=2):
        await shop.say(text, PHONE)
        await api.until_sent(number, PHONE)
    assert asked.texts == ["halo", "ya hapus"]
    assert all("novabotWish" not in session.context for session in asked.sessions)
    assert (count(connection, "User"), count(connection, "Reset")) == (1, 0)


async def test_a_message_that_a_paused_client_writes_cancels_too(
    shop: RunningBot, api: Api, connection: psycopg.Connection
) -> None:
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    await shop.say("halo", PHONE)
    await shop.say("YA HAPUS", PHONE)
    assert (count(connection, "User"), count(connection, "Reset")) == (1, 0)


async def test_the_question_is_open_for_five_minutes(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    def move(seconds: int) -> None:
        connection.execute(
            """UPDATE "Session" SET context = jsonb_set(context, '{novabotWish}',
               to_jsonb((context ->> 'novabotWish')::numeric - %s))""",
            (seconds,),
        )

    await shop.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    move(301)
    await shop.say("YA HAPUS", PHONE)
    await api.until_sent(2, PHONE)
    assert asked.texts == ["YA HAPUS"]
    assert count(connection, "Reset") == 0
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(3, PHONE)
    move(280)
    await shop.say("YA HAPUS", PHONE)
    await until(lambda: count(connection, "Reset") == 1, "the reset")


async def test_after_a_reset_the_confirmation_meets_no_client(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    connection.execute('DELETE FROM "User"')
    await shop.say("YA HAPUS", PHONE)
    assert (await api.until_sent(2, PHONE))[1] == ID.nothing_known
    assert (count(connection, "User"), count(connection, "Reset")) == (0, 1)
    assert asked.texts == []


async def test_three_hundred_confirmations_make_one_receipt(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    for _ in range(15):
        statuses = await asyncio.gather(*(shop.say("YA HAPUS", PHONE) for _ in range(20)))
        assert set(statuses) <= {200, 503}
    assert (await api.until_sent(2, PHONE)) == [ID.question, ID.farewell]
    assert (count(connection, "User"), count(connection, "Reset")) == (0, 1)
    assert asked.texts == []


async def test_the_name_alone_may_be_forgotten(
    shop: RunningBot, api: Api, connection: psycopg.Connection, asked: Asked
) -> None:
    await shop.say("nama saya Petang", PHONE)
    await api.until_sent(1, PHONE)
    await shop.say("hapus nama saya", PHONE)
    assert (await api.until_sent(2, PHONE))[1] == ID.name_forgotten
    assert connection.execute('SELECT nama FROM "User"').fetchall() == [(None,)]
    assert asked.texts == ["nama saya Petang"]


async def test_one_bot_asks_and_another_takes_the_confirmation(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    one, other = await start_bot(nova()), await start_bot(nova())
    await other.say("nama saya Petang", PHONE)
    await api.until_sent(1, PHONE)
    await one.say("hapus data saya", PHONE)
    await api.until_sent(2, PHONE)
    await other.say("YA HAPUS", PHONE)
    assert (await api.until_sent(3, PHONE))[2] == ID.farewell
    assert count(connection, "User") == 0


async def test_a_farewell_that_was_refused_for_a_moment_is_tried_again(
    outbox: Outbox, api: Api
) -> None:
    api.order(code=131016, times=1)
    outbox.farewells.say(PHONE, [Outgoing("Sudah.")])
    assert await api.until_sent(1, PHONE) == ["Sudah."]
    assert len(api.texts(PHONE, None)) == 2


async def test_a_farewell_is_not_tried_again_once_the_client_writes(
    outbox: Outbox, api: Api
) -> None:
    api.order(code=131016, times=1)
    outbox.farewells.say(PHONE, [Outgoing("Sudah.")])
    await until(lambda: len(api.texts(PHONE, None)) == 1, "the refusal")
    outbox.farewells.drop((PHONE,))
    await asyncio.wait(outbox.farewells._tasks)
    assert len(api.texts(PHONE, None)) == 1


@pytest.fixture
def way(database_url: str) -> Iterator[tuple[str, Proxy]]:
    """The URL of the database by way of a proxy, and the proxy. Ask for it before the bot."""
    with run_proxy(database_url) as way:
        yield way


async def test_a_confirmation_whose_answer_was_lost_is_heard_once_when_it_is_delivered_again(
    way: tuple[str, Proxy],
    start_bot: StartBot,
    api: Api,
    connection: psycopg.Connection,
    database_url: str,
) -> None:
    url, proxy = way
    bot = await start_bot(nova(), url=url, listen_url=database_url)

    async def confirm() -> int:
        return await bot.say("YA HAPUS", PHONE, message_id="wamid.yes", timestamp=written)

    written = int(time.time())
    await bot.say("hapus data saya", PHONE)
    await api.until_sent(1, PHONE)
    proxy.cut_after(b"forget_by_chat")
    assert await confirm() == 503
    await until(lambda: count(connection, "User") == 0, "the reset")
    await bot.until_ready()
    for _ in range(2):
        assert await confirm() == 200
    assert await api.until_sent(2, PHONE) == [ID.question, ID.nothing_known]
    # A later life is not reset by it, though it was asked the same.
    await bot.say("hapus data saya", PHONE)
    await api.until_sent(3, PHONE)
    assert await confirm() == 200
    assert (count(connection, "User"), count(connection, "Reset")) == (1, 1)
    await bot.say("YA HAPUS", PHONE)
    assert (await api.until_sent(4, PHONE))[2:] == [ID.question, ID.farewell]


async def test_the_farewell_is_said_though_more_came_with_the_confirmation(
    shop: RunningBot, api: Api
) -> None:
    await shop.say("nama saya Petang", PHONE)
    await shop.say("hapus data saya", PHONE)
    await api.until_sent(2, PHONE)
    texts = ["Ya, hapus!", "siapa saya", "halo"]
    bodies = (text_body(PHONE, text, phone_number_id=NUMBER_ID) for text in texts)
    assert await shop.deliver(join_bodies(bodies)) == 200
    said = await api.until_sent(5, PHONE)
    assert said[2:] == [ID.farewell, "1: Siapa nama Anda?", "2: Siapa nama Anda?"]
