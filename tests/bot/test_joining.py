"""Several messages of a client within a few seconds, which get one answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import psycopg
import pytest

from app.bot.wish import TEXTS
from app.messages import Message, Reply, instant
from app.sessions.session import Session
from app.simulator.cloud_api import message_body
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api
from tests.sessions.turns import PHONE, make_reply
from tests.sessions.waiting import until

LONG = 9.0
"""Seconds of quiet that no test waits for."""


@dataclass
class Listener:
    """A responder that writes down what it was asked."""

    asked: list[Message] = field(default_factory=list[Message])
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def respond(self, session: Session, message: Message) -> Reply:
        self.asked.append(message)
        await self.may_answer.wait()
        return make_reply(session, message)

    def texts(self) -> list[str]:
        return [message.text for message in self.asked]


@pytest.fixture
def listener() -> Listener:
    listener = Listener()
    listener.may_answer.set()
    return listener


def read_inbox(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT body, status FROM \"Conversation\" WHERE direction = 'in' ORDER BY id"
    ).fetchall()


def make_due(connection: psycopg.Connection) -> None:
    """As if the quiet time had passed; what waits keeps its one due time."""
    connection.execute('UPDATE "Conversation" SET "dueAt" = now() WHERE status = \'pending\'')


async def test_what_two_bots_receive_within_the_quiet_time_gets_one_answer(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(listener.respond, join_seconds=1) for _ in range(2)]
    for number, text in enumerate(["halo", "nama saya", "nama saya Petang", "apa kabar"]):
        assert await bots[number % 2].say(text, PHONE, message_id=f"wamid.{number}") == 200
    assert (
        listener.asked == [] and [status for _, status in read_inbox(connection)] == ["pending"] * 4
    )
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert listener.texts() == ["halo\nnama saya\nnama saya Petang\napa kabar"]
    assert listener.asked[0].id == "wamid.3"
    assert [status for _, status in read_inbox(connection)] == ["answered"] * 4
    taught = connection.execute(
        "SELECT body FROM \"Conversation\" WHERE detail ->> 'learnt' = 'Petang'"
    ).fetchall()
    assert taught == [("nama saya Petang",)]
    assert await bots[0].say("siapa nama saya", PHONE) == 200
    assert await api.until_sent(2, PHONE) == ["1: Halo Petang", "2: Halo Petang"]


async def test_a_reset_within_the_quiet_time_leaves_nothing_to_answer(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(listener.respond, join_seconds=LONG) for _ in range(2)]
    for bot in bots:
        assert await bot.say("nama saya Petang", PHONE) == 200
    connection.execute('DELETE FROM "User"')
    await until(
        lambda: not any(bot.bot._turns._due_times._timers for bot in bots),
        "the timers ended, with what they held of the client",
        LONG / 2,
    )
    assert await bots[0].say("siapa nama saya", PHONE) == 200
    make_due(connection)
    assert await api.until_sent(1, PHONE) == ["1: Siapa nama Anda?"]
    assert listener.texts() == ["siapa nama saya"]


async def test_what_a_bot_that_stops_was_waiting_with_another_answers_once(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    first, second = [await start_bot(listener.respond, join_seconds=1) for _ in range(2)]
    assert await second.say("halo", PHONE) == 200
    assert await first.say("nama saya Petang", PHONE) == 200
    assert await first.stop() < 8
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert listener.texts() == ["halo\nnama saya Petang"]


async def test_an_answer_is_made_again_from_what_an_edit_and_a_revoke_leave(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    listener.may_answer.clear()
    bot = await start_bot(listener.respond, join_seconds=LONG)
    for number, text in enumerate(["satu", "dua", "tiga"]):
        assert await bot.say(text, PHONE, message_id=f"wamid.{number}") == 200
    make_due(connection)
    await until(lambda: listener.asked, "the responder asked")
    # By hand: no notification stops the responder, the commit alone notices.
    connection.execute("UPDATE \"Conversation\" SET body = 'DUA' WHERE body = 'dua'")
    connection.execute("DELETE FROM \"Conversation\" WHERE body = 'satu'")
    listener.may_answer.set()
    assert await api.until_sent(1, PHONE) == ["1: Siapa nama Anda?"]
    assert listener.texts() == ["satu\ndua\ntiga", "DUA\ntiga"]
    assert read_inbox(connection) == [("DUA", "answered"), ("tiga", "answered")]


async def test_a_message_while_the_others_are_answered_waits_for_its_own_time(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    listener.may_answer.clear()
    bots = [await start_bot(listener.respond, join_seconds=LONG) for _ in range(2)]
    assert await bots[0].say("satu", PHONE) == 200
    make_due(connection)
    await until(lambda: listener.asked, "the responder asked")
    for bot in bots:
        assert await bot.say("dua", PHONE) == 200
    listener.may_answer.set()
    await api.until_sent(1, PHONE)
    assert listener.texts() == ["satu"]
    make_due(connection)
    assert len(await api.until_sent(2, PHONE)) == 2
    assert listener.texts() == ["satu", "dua\ndua"]


async def test_what_is_no_text_of_the_clients_own_goes_at_once_after_what_waits(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot(listener.respond, join_seconds=LONG)
    for text in ("halo", "lihat ini"):
        assert await bot.say(text, PHONE) == 200
    picture = {"id": "1", "mime_type": "image/jpeg", "sha256": "x", "caption": "foto"}
    assert (
        await bot.deliver(message_body(PHONE, "image", picture, phone_number_id=NUMBER_ID)) == 200
    )
    await api.until_sent(2, PHONE)
    assert await bot.say("tunggu", PHONE) == 200
    assert await bot.say("/menu", PHONE) == 200
    await api.until_sent(4, PHONE)
    assert listener.texts() == ["halo\nlihat ini", "foto", "tunggu", "/menu"]


async def test_the_wish_to_be_forgotten_waits_for_nothing(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot(listener.respond, join_seconds=LONG)
    assert await bot.say("nama saya Petang", PHONE) == 200
    assert await bot.say("lupakan saya", PHONE) == 200
    assert await api.until_sent(1, PHONE) == [TEXTS["id"].question]
    assert await bot.say("YA HAPUS", PHONE) == 200
    assert await api.until_sent(2, PHONE) == [TEXTS["id"].question, TEXTS["id"].farewell]
    assert read_inbox(connection) == [] and listener.asked == []


async def test_an_instant_responder_joins_only_where_the_settings_say_so(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    asked: list[str] = []

    @instant
    def respond(session: Session, message: Message) -> Reply:
        asked.append(message.text)
        return make_reply(session, message)

    alone = await start_bot(respond, join_seconds=None)
    joining = await start_bot(respond, join_seconds=0.5)
    assert await alone.say("satu", PHONE) == 200
    assert asked == ["satu"]
    for text in ("dua", "tiga"):
        assert await joining.say(text, PHONE) == 200
    await api.until_sent(2, PHONE)
    assert asked == ["satu", "dua\ntiga"]


async def test_a_responder_that_takes_its_time_joins_without_a_setting(
    start_bot: StartBot, listener: Listener, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot(listener.respond, join_seconds=None)
    assert [await bot.say(text, PHONE) for text in ("satu", "dua")] == [200, 200]
    await api.until_sent(1, PHONE)
    assert listener.texts() == ["satu\ndua"]
