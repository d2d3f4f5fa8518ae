"""What a responder answers in every kind, from its reply to the Cloud API."""

from __future__ import annotations

from typing import Any

import psycopg

from app.messages import Message, Outgoing, Reply, instant
from app.sessions.session import Session
from tests.bot.conftest import StartBot
from tests.bot.running_bots import Api
from tests.unit.outgoing import ONE_OF_EACH

PHONE = "6281717407674"
LONG = f"{'a ' * 1_900}\n\n{'b' * 3_000}"


def sent(api: Api) -> list[dict[str, Any]]:
    requests = api.simulator.simulation.requests._requests
    return [dict(request.payload) for request in requests if request.outcome == "accepted"]  # type: ignore[call-overload]


async def test_a_reply_of_every_kind_arrives_whole_and_in_its_order(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    kinds = list(ONE_OF_EACH.values())

    @instant
    def answer(session: Session, message: Message) -> Reply:
        keyed = Outgoing(LONG, key="once").quoting(message)
        return Reply({}, ("", keyed, " \n", *kinds, Outgoing("\u200b"), "Selesai"))

    bot = await start_bot(answer)
    assert await bot.say("Hai", PHONE) == 200
    await api.until_sent(len(kinds) + 3, PHONE)
    first, second, *others, last = sent(api)
    (asked,) = connection.execute(
        """SELECT "waMessageId" FROM "Conversation" WHERE direction = 'in'"""
    ).fetchall()
    assert first["context"] == {"message_id": asked[0]}
    assert first["text"]["body"] == ("a " * 1_900).strip()
    assert (second["text"]["body"], "context" in second) == ("b" * 3_000, False)
    types = {"buttons": "interactive", "list": "interactive", "quote": "interactive"}
    assert [other["type"] for other in others] == [types.get(k.kind, k.kind) for k in kinds]
    assert last["text"]["body"] == "Selesai"
    # Again: the message with a key is sent once, in all of its parts.
    assert await bot.say("Hai", PHONE) == 200
    await api.until_sent(2 * len(kinds) + 4, PHONE)
    assert api.texts(PHONE).count("b" * 3_000) == 1
    assert api.texts(PHONE)[len(kinds) + 3 :] == [*api.texts(PHONE)[2 : len(kinds) + 2], "Selesai"]


async def test_a_stored_message_that_nothing_can_send_fails_and_holds_up_no_other(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    connection.execute(
        """INSERT INTO "Conversation" ("userId", direction, kind, body, detail, status, address)
        VALUES (%s, 'out', 'buttons', 'Jadi?', '{"buttons": []}', 'queued', %s),
            (%s, 'out', 'text', 'Hai', NULL, 'queued', %s)""",
        (f"{PHONE}@c.us", PHONE) * 2,
    )
    await api.until_sent(1, PHONE)
    assert api.texts(PHONE) == ["Hai"]
    row = connection.execute(
        """SELECT status, "errorText" FROM "Conversation" WHERE kind = 'buttons'"""
    ).fetchone()
    assert row == ("failed", "unsendable: there are 0 buttons; WhatsApp takes 1 to 3")
    await bot.stop()
