"""Opting out and asking for a person, through a bot: confirmed once, kept, and kept to."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from app.bot.choices import find_choice
from app.messages import Message, Reply, instant
from app.sessions.session import Session
from app.simulator.cloud_api import JsonValue, message_body
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api, RunningBot
from tests.sessions.waiting import until

PHONE, OTHER = "6281717407674", "6281717407675"


def echo(session: Session, message: Message) -> Reply:
    return Reply(session.context, (f"kata {message.text}",))


def level(connection: psycopg.Connection, phone: str = PHONE) -> str | None:
    row = connection.execute(
        """SELECT o.level FROM "OptOut" AS o
           WHERE o.digest = novabot_internal.digest_of('address:' || %s)""",
        [phone],
    ).fetchone()
    return None if row is None else row[0]


def queue(connection: psycopg.Connection, kind: str, detail: str = "{}") -> str:
    """What a program of the business queues; returns the message's token."""
    token = uuid4()
    connection.execute(
        'INSERT INTO "Conversation"'
        ' ("userId", direction, kind, body, detail, status, address, author, token)'
        " SELECT id, 'out', %s, 'penawaran', %s::jsonb, 'queued', %s, 'api:shop', %s"
        ' FROM "User"',
        [kind, detail, PHONE, token],
    )
    return str(token)


async def outcome(connection: psycopg.Connection, token: str) -> tuple[str, str | None]:
    """Status and reason, once the message is settled."""

    def read() -> tuple[str, str | None]:
        row = connection.execute(
            'SELECT status, "errorText" FROM "Conversation" WHERE token = %s', [token]
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    await until(lambda: read()[0] not in ("queued", "sending"), "settled", 15)
    status, reason = read()
    return "sent" if status in ("delivered", "read") else status, reason


TEMPLATE = '{"name": "offer", "language": "id", "components": []}'
UTILITY = '{"name": "bill", "language": "id", "components": [], "category": "utility"}'


async def press(bot: RunningBot, text: str, payload: str) -> None:
    button: JsonValue = {"text": text, "payload": payload}
    body = message_body(PHONE, "button", button, phone_number_id=NUMBER_ID)
    assert await bot.deliver(body) == 200


async def test_stopping_everything_is_confirmed_once_and_outlives_a_reset(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot, second = await start_bot(instant(echo)), await start_bot(instant(echo))
    await bot.say("halo", PHONE)
    await second.say("hai", PHONE)
    await api.until_sent(2, PHONE)
    await bot.say("BERHENTI", PHONE)
    assert "MULAI" in (await api.until_sent(3, PHONE))[2]
    for each in (bot, second):  # which remembers another session
        await each.say("berhenti", PHONE)
        await each.say("masih di sana?", PHONE)
    assert (await outcome(connection, queue(connection, "text")))[0] == "failed"
    assert await outcome(connection, queue(connection, "template", TEMPLATE)) == (
        "failed",
        "the client has stopped all messages",
    )
    await bot.say("hapus data saya", PHONE)  # the wish to be forgotten stands above it
    await api.until_sent(4, PHONE)
    await bot.say("ya hapus", PHONE)
    await api.until_sent(5, PHONE)
    assert level(connection) == "everything"
    await second.say("halo", PHONE)
    await bot.say("halo lagi", PHONE)
    await bot.say("mulai", PHONE)
    assert "BERHENTI" in (await api.until_sent(6, PHONE))[5]
    assert level(connection) == "none"
    await second.say("halo", PHONE)
    await bot.say("mulai", PHONE)  # nothing to end: a message like any other
    assert (await api.until_sent(8, PHONE))[6:] == ["kata halo", "kata mulai"]


async def test_stopping_promotions_leaves_answers_and_refuses_offers(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(instant(echo))
    await press(bot, "Stop promotions", "STOP")
    assert "START" in (await api.until_sent(1, PHONE))[0]
    assert (await outcome(connection, queue(connection, "template", UTILITY)))[0] == "failed"
    await press(bot, "Stop promotions", "STOP")
    await bot.say("halo", PHONE)
    assert (await api.until_sent(2, PHONE))[1] == "kata halo"
    assert await outcome(connection, queue(connection, "template", TEMPLATE)) == (
        "failed",
        "the client has stopped promotions",
    )
    assert (await outcome(connection, queue(connection, "template", UTILITY)))[0] == "sent"
    assert (await outcome(connection, queue(connection, "text")))[0] == "sent"


async def test_what_whatsapp_tells_counts_as_what_the_client_says(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(instant(echo))
    now = int(time.time())

    def body(value: str, at: int, phone: str) -> JsonValue:
        told: JsonValue = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": NUMBER_ID},
            "contacts": [{"wa_id": phone}],
            "user_preferences": [
                {
                    "wa_id": phone,
                    "category": "marketing_messages",
                    "value": value,
                    "timestamp": at,
                }
            ],
        }
        change: JsonValue = {"field": "user_preferences", "value": told}
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [change]}],
        }

    await bot.deliver(body("stop", now - 60, OTHER))  # no client, and none is made
    assert (level(connection, OTHER), level(connection)) == ("promotions", None)
    await bot.deliver(body("resume", now - 30, OTHER))
    await bot.deliver(body("stop", now - 60, OTHER))  # delivered again
    await bot.deliver(body("stop", now - 50, OTHER))  # older than what is known
    assert level(connection, OTHER) == "none"
    assert connection.execute('SELECT FROM "User"').fetchone() is None
    await bot.say("halo", PHONE)
    await api.until_sent(1, PHONE)
    api.order(status=400, code=131050, times=1)
    assert (await outcome(connection, queue(connection, "template", TEMPLATE)))[0] == "failed"
    assert level(connection) == "promotions"


async def test_who_was_reset_gets_nothing_until_he_writes(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(instant(echo))
    await bot.say("halo", PHONE)
    await api.until_sent(1, PHONE)
    connection.execute('DELETE FROM "User"')
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', [f"{PHONE}@c.us"])
    assert await outcome(connection, queue(connection, "template", TEMPLATE)) == (
        "failed",
        "the client was reset and has not written since",
    )
    await bot.say("halo", PHONE)
    assert (await outcome(connection, queue(connection, "template", TEMPLATE)))[0] == "sent"


async def test_who_asks_for_a_person_waits_for_one(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(instant(echo))
    await bot.say("halo", PHONE)
    await bot.say("bisa bicara dengan CS?", PHONE)
    assert "tim kami" in (await api.until_sent(2, PHONE))[1]
    await bot.say("bicara dengan orang", PHONE)
    await bot.say("halo?", PHONE)
    rows = connection.execute(
        """SELECT c.body, c.status, u."pausedAt" IS NOT NULL
           FROM "Conversation" AS c JOIN "User" AS u ON u.id = c."userId"
           WHERE direction = 'in' AND status <> 'answered'"""
    ).fetchall()
    assert rows == [
        ("bisa bicara dengan CS?", "unanswered", True),
        ("bicara dengan orang", "unanswered", True),
    ]
    connection.execute('UPDATE "User" SET "pausedAt" = NULL')
    await bot.say("lanjut", PHONE)
    assert (await api.until_sent(3, PHONE))[2:] == ["kata lanjut"]


def test_what_a_responder_offers_to_choose_means_what_its_author_says() -> None:
    def choose(kind: str) -> str | None:
        at = datetime.now(UTC)
        return find_choice(Message(id="1", addresses=(PHONE,), kind=kind, text="Stop", at=at))

    assert (choose("text"), choose("interactive")) == ("everything", None)
