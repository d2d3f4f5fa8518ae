"""Reactions, edits and revokes, over real HTTP before a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from typing import Any

import psycopg
import pytest

from app.messages import Message, Reply
from app.sessions.session import Session
from tests.bot.conftest import StartBot
from tests.bot.outboxes import wait_for_answer_id
from tests.bot.running_bots import Api, RunningBot
from tests.bot.test_webhook import make_body
from tests.sessions.turns import CLIENT, PHONE, find_everywhere, make_reply, read_tables
from tests.sessions.waiting import until

OTHER = "6281298765432"
_numbers = count()


def make_text(text: str, message_id: str, sender: str = PHONE, *, ago: int = 0) -> dict[str, Any]:
    return make_act("text", {"body": text}, sender=sender, ago=ago) | {"id": message_id}


def make_act(
    act: str, part: dict[str, Any], sender: str = PHONE, *, ago: int = 0
) -> dict[str, Any]:
    return {
        "from": sender,
        "id": f"wamid.{act}.{next(_numbers)}",
        "timestamp": str(int(time.time()) - ago),
        "type": act,
        act: part,
    }


def edit(message_id: str, text: str, **more: Any) -> dict[str, Any]:
    message = {"type": "text", "text": {"body": text}}
    return make_act("edit", {"original_message_id": message_id, "message": message}, **more)


def revoke(message_id: str, **more: Any) -> dict[str, Any]:
    return make_act("revoke", {"original_message_id": message_id}, **more)


def react(message_id: str, emoji: str | None, **more: Any) -> dict[str, Any]:
    part = {"message_id": message_id} | ({} if emoji is None else {"emoji": emoji})
    return make_act("reaction", part, **more)


async def deliver(bot: RunningBot, *items: dict[str, Any]) -> None:
    for item in items:
        assert await bot.deliver(make_body([item])) == 200


def read_row(connection: psycopg.Connection, message_id: str) -> tuple[Any, ...] | None:
    return connection.execute(
        'SELECT body, detail, status FROM "Conversation" WHERE "waMessageId" = %s', (message_id,)
    ).fetchone()


async def test_a_reaction_stands_at_its_message_until_it_is_removed(
    bot: RunningBot, connection: psycopg.Connection, api: Api
) -> None:
    await deliver(bot, make_text("halo", "wamid.1"))
    await api.until_sent(1, PHONE)
    answer = await wait_for_answer_id(connection)
    for target in ("wamid.1", answer):
        await deliver(bot, react(target, "👍", ago=5), react(target, "❤", ago=9))
        row = read_row(connection, target)
        assert row is not None and row[1]["reaction"] == "👍"
        await deliver(bot, react(target, None))
        row = read_row(connection, target)
        assert row is not None and "reaction" not in row[1]
    await deliver(bot, react("wamid.unknown", "👍"), react("wamid.1", "👎", sender=OTHER))
    tables = read_tables(connection)
    assert tables is not None and (tables.heard, len(tables.said)) == (["halo"], 1)
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


async def test_an_edit_replaces_the_text_and_teaches_the_name_anew(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, make_text("nama saya Andy", "wamid.1", ago=9))
    await deliver(bot, edit("wamid.1", "nama saya Andi"), edit("wamid.1", "nama saya Ali", ago=5))
    row, tables = read_row(connection, "wamid.1"), read_tables(connection)
    assert row is not None and row[0] == "nama saya Andi" and row[1]["learnt"] == "Andi"
    assert tables is not None and (tables.nama, len(tables.said)) == ("Andi", 1)
    assert find_everywhere(connection, "Andy") == ["Conversation"]  # what the bot has said
    await deliver(bot, make_text("siapa saya", "wamid.2"))
    tables = read_tables(connection)
    assert tables is not None and tables.said[-1] == "2: Halo Andi"
    # One that teaches nothing now leaves what an earlier message has taught.
    await deliver(bot, make_text("nama saya Budi", "wamid.3"), edit("wamid.3", "nama siapa"))
    tables = read_tables(connection)
    assert tables is not None and tables.nama == "Andi"


async def test_an_edit_while_the_bot_is_paused_asks_no_responder(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, make_text("nama saya Andi", "wamid.1", ago=9))
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    await deliver(bot, edit("wamid.1", "nama saya Ali"))
    row, tables = read_row(connection, "wamid.1"), read_tables(connection)
    assert row is not None and row[0] == "nama saya Ali" and "learnt" not in row[1]
    assert tables is not None and tables.nama != "Ali"


async def test_a_revoke_forgets_the_text_and_what_it_alone_has_taught(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, make_text("nama saya Rahasia", "wamid.1"))
    assert set(find_everywhere(connection, "Rahasia")) == {"Conversation", "User"}
    gone = revoke("wamid.1")
    await deliver(bot, gone, gone, edit("wamid.1", "nama saya Rahasia"))
    assert read_row(connection, "wamid.1") == ("", {"revoked": True}, "answered")
    tables = read_tables(connection)
    assert tables is not None and (tables.nama, tables.context) == (None, {})
    connection.execute("DELETE FROM \"Conversation\" WHERE direction = 'out'")
    assert find_everywhere(connection, "Rahasia") == []
    await deliver(bot, make_text("siapa saya", "wamid.2"))
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Siapa nama Anda?"]


async def test_a_name_that_another_has_set_is_left(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, make_text("halo", "wamid.1"), make_text("nama saya Andi", "wamid.2"))
    connection.execute("UPDATE \"User\" SET nama = 'Ibu Andi'")
    await deliver(bot, revoke("wamid.2"), edit("wamid.1", "hai"), revoke("wamid.1"))
    tables = read_tables(connection)
    assert tables is not None and tables.nama == "Ibu Andi"
    connection.execute('UPDATE "User" SET nama = NULL')
    await deliver(bot, make_text("nama saya Andi", "wamid.3"), make_text("halo", "wamid.4"))
    connection.execute('UPDATE "User" SET nama = NULL')
    await deliver(bot, revoke("wamid.4"))
    tables = read_tables(connection)
    assert tables is not None and tables.nama is None


async def test_what_comes_before_its_message_waits_for_it(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, revoke("wamid.1"), make_text("rahasia", "wamid.1", ago=5))
    assert find_everywhere(connection, "rahasia") == []
    await deliver(
        bot, edit("wamid.2", "nama saya Andi"), make_text("nama saya Andy", "wamid.2", ago=5)
    )
    row, tables = read_row(connection, "wamid.2"), read_tables(connection)
    assert row is not None and row[0] == "nama saya Andi" and row[1]["editedAt"]
    assert tables is not None and (tables.nama, len(tables.said)) == ("Andi", 1)


async def test_all_in_one_body(bot: RunningBot, connection: psycopg.Connection) -> None:
    items = [
        make_text("nama saya Andy", "wamid.1"),
        edit("wamid.1", "nama saya Andi"),
        make_text("rahasia", "wamid.2"),
        revoke("wamid.2"),
        make_text("siapa saya", "wamid.3"),
    ]
    for _ in range(2):
        assert await bot.deliver(make_body(items)) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["nama saya Andi", "", "siapa saya"]
    assert len(tables.said) == 3 and tables.said[-1].endswith("Halo Andi")


async def test_nobody_touches_the_message_of_another(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await deliver(bot, make_text("nama saya Andi", "wamid.1"), make_text("hai", "w.2", OTHER))
    await deliver(
        bot, revoke("wamid.1", sender=OTHER), edit("wamid.1", "x", sender=OTHER), revoke("w.2")
    )
    row = read_row(connection, "wamid.1")
    assert row is not None and row[0] == "nama saya Andi"
    row = read_row(connection, "w.2")
    assert row is not None and row[0] == "hai"


@pytest.mark.parametrize("ago", [30, -2], ids=["written before", "written after"])
async def test_a_reset_is_not_undone_by_an_edit(
    bot: RunningBot, connection: psycopg.Connection, ago: int
) -> None:
    await deliver(bot, make_text("nama saya Andy", "wamid.1", ago=60))
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    await deliver(bot, edit("wamid.1", "nama saya Andi", ago=ago), revoke("wamid.1", ago=ago))
    assert read_tables(connection) is None
    assert find_everywhere(connection, "Andi") == []


async def test_what_is_taken_back_before_it_is_answered_is_not_answered(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    asked: list[str] = []
    gate = asyncio.Event()

    async def think(session: Session, message: Message) -> Reply:
        asked.append(message.text)
        await gate.wait()
        return make_reply(session, message)

    bot = await start_bot(think)
    await deliver(bot, make_text("nama saya Rahasia", "wamid.1"))
    await until(lambda: bool(asked), "asked")
    await deliver(bot, revoke("wamid.1"))
    gate.set()
    await deliver(bot, make_text("nama saya Andy", "wamid.2"))
    await api.until_sent(1, PHONE)
    assert read_row(connection, "wamid.1") == ("", {"revoked": True}, "answered")
    assert find_everywhere(connection, "Rahasia") == []
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Andy"]
