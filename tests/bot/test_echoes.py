"""What a person answers on the phone, over real HTTP before a real PostgreSQL."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from tests.bot.conftest import StartBot
from tests.bot.outboxes import wait_for_answer_id
from tests.bot.running_bots import NUMBER_ID, Api, RunningBot
from tests.bot.test_annotations import edit, make_text, react, read_row, revoke
from tests.bot.test_webhook import make_body
from tests.sessions.turns import BSUID, CLIENT, PHONE, find_everywhere, read_tables
from tests.sessions.waiting import until

BUSINESS = "15550783881"


def make_echo(item: dict[str, Any], to: str = PHONE, **more: Any) -> dict[str, Any]:
    """Of an item as a client would send it."""
    return item | {"from": BUSINESS, "to": to} | more


def make_echoes(*items: Any) -> dict[str, Any]:
    body = make_body([])
    (change,) = body["entry"][0]["changes"]
    change["field"] = "smb_message_echoes"
    value = change["value"]
    value["message_echoes"] = list(items)
    del value["messages"]
    return body


async def tell(bot: RunningBot, *items: Any) -> None:
    for item in items:
        assert await bot.deliver(make_echoes(item)) == 200


def list_rows(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        'SELECT direction, author, status, body FROM "Conversation" ORDER BY id'
    ).fetchall()


async def test_the_bot_steps_back_for_whom_a_person_answers_until_the_time_is_over(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(), await start_bot()]
    for bot in bots:  # each remembers the client
        assert await bot.say("nama saya Petang", PHONE) == 200
    await api.until_sent(2, PHONE)
    rina = make_echo(make_text("Halo, ini Rina dari toko", "wamid.echo"))
    await tell(bots[0], rina, rina)
    await tell(bots[1], rina)
    told = [row for row in list_rows(connection) if row[1] == "phone"]
    assert told == [("out", "phone", "sent", "Halo, ini Rina dari toko")]
    for bot in bots:
        assert await bot.say("siapa nama saya", PHONE) == 200
    # The sessions that the bots remember now are paused; nothing tells them that it is over.
    until_soon = 'UPDATE "User" SET "pausedUntil" = now() + interval \'1 second\''
    connection.execute(until_soon)
    for bot in bots:
        assert await bot.say("siapa nama saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and (len(tables.heard), len(tables.said)) == (6, 3)

    def is_over() -> bool:
        row = connection.execute('SELECT "pausedUntil" < now() FROM "User"').fetchone()
        return row == (True,)

    await until(is_over, "the end of the pause")
    for bot in reversed(bots):  # the one whose session no other bot has changed since, first
        assert await bot.say("siapa nama saya", PHONE) == 200
    assert (await api.until_sent(4, PHONE))[2:] == ["3: Halo Petang", "4: Halo Petang"]


async def test_an_echo_makes_a_client_who_is_then_left_to_the_person(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    first = make_echo(make_text("nama saya Rina", "wamid.1"), to_user_id=BSUID)
    picture = first | {"id": "wamid.2", "type": "image"}
    picture["image"] = {"id": "9", "mime_type": "image/jpeg", "caption": "ini"}
    del picture["to"]
    await tell(bot, first, picture)
    assert await bot.say("halo", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.nama is None
    assert (tables.heard, tables.said) == (["halo"], ["nama saya Rina", "ini"])
    assert connection.execute('SELECT id FROM "User"').fetchall() == [(CLIENT,)]
    row = read_row(connection, "wamid.2")
    assert row is not None and row[1] == {"id": "9", "mime_type": "image/jpeg"}
    kinds = connection.execute('SELECT kind FROM "Conversation" ORDER BY id').fetchall()
    assert kinds == [("text",), ("image",), ("text",)]


async def test_an_echo_of_the_bots_own_answer_changes_nothing(
    bot: RunningBot, connection: psycopg.Connection, api: Api
) -> None:
    assert await bot.say("nama saya Petang", PHONE) == 200
    await api.until_sent(1, PHONE)
    answer = await wait_for_answer_id(connection)
    await tell(bot, make_echo(make_text("1: Halo Petang", answer)))
    assert await bot.say("siapa saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Petang", "2: Halo Petang"]


async def test_edits_and_revokes_on_the_phone_are_the_rows_of_the_echoes(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    await tell(
        bot,
        make_echo(make_text("harga 10", "wamid.1", ago=9)),
        make_echo(edit("wamid.1", "harga 12", ago=5)),
        make_echo(edit("wamid.2", "kemudian", ago=5)),  # before its message
        make_echo(make_text("semula", "wamid.2", ago=9)),
    )
    assert await bot.say("mahal", PHONE, message_id="wamid.in") == 200
    await tell(bot, make_echo(react("wamid.in", "🙏")))
    for message_id, text in (("wamid.1", "harga 12"), ("wamid.2", "kemudian")):
        row = read_row(connection, message_id)
        assert row is not None and row[0] == text and row[1]["editedAt"] > 0
    row = read_row(connection, "wamid.in")
    assert row is not None and row[1]["reactionByPhone"] == "🙏"
    await tell(
        bot,
        make_echo(revoke("wamid.1")),
        make_echo(edit("wamid.1", "harga 12")),
        make_echo(revoke("wamid.3")),
        make_echo(make_text("harga 12", "wamid.3", ago=9)),
    )
    assert read_row(connection, "wamid.1") == ("", {"revoked": True}, "sent")
    assert find_everywhere(connection, "harga") == []


async def test_one_bad_echo_costs_nothing_else_and_goes_with_its_client(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    good = make_echo(make_text("rahasia", "wamid.1"))
    odd = [
        7,
        make_echo(make_text("rahasia", "wamid.2"), to="no number"),
        make_echo(make_text("rahasia", "wamid.3"), text=[]),
        make_echo(make_text("rahasia", "wamid.4"), group_id="g"),
        make_echo(make_text("rahasia", "wamid.5"), recipient_type="group"),
        make_echo(make_text("rahasia", "wamid.6"), type="system"),
    ]
    assert await bot.deliver(make_echoes(*odd, good)) == 200
    assert [row[3] for row in list_rows(connection)] == ["rahasia"]
    reasons = connection.execute('SELECT reason FROM "SetAside" ORDER BY id').fetchall()
    assert len(reasons) == 3
    connection.execute('DELETE FROM "User"')
    # The one without an address is no client's.
    assert connection.execute('SELECT count(*) FROM "SetAside"').fetchone() == (2,)
    foreign = make_echoes(good | {"id": "wamid.7"})
    foreign["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = NUMBER_ID + "1"
    assert await bot.deliver(foreign) == 200
    late = make_echo(make_text("rahasia", "wamid.8", ago=120))
    await tell(bot, good, late, make_echo(edit("wamid.1", "rahasia", ago=120)))
    assert list_rows(connection) == []
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (0,)


async def test_an_echo_that_the_database_refuses_is_set_aside_for_its_client(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    connection.execute(
        "ALTER TABLE \"Conversation\" ADD CONSTRAINT no_phone CHECK (author <> 'phone')"
    )
    await tell(bot, make_echo(make_text("halo", "wamid.1")))
    (row,) = connection.execute('SELECT item, at IS NOT NULL FROM "SetAside"').fetchall()
    assert PHONE in row[0] and row[1]


async def test_an_echo_waits_for_no_locked_client_and_is_delivered_again(
    bot: RunningBot, connection: psycopg.Connection, database_url: str
) -> None:
    await tell(bot, make_echo(make_text("satu", "wamid.1")))
    body = make_echoes(make_echo(make_text("dua", "wamid.2")))
    with psycopg.connect(database_url) as holder:
        holder.execute('SELECT FROM "User" FOR UPDATE')
        begun = time.monotonic()
        assert await bot.deliver(body) == 503
        assert time.monotonic() - begun < 5
    assert await bot.deliver(body) == 200
    assert [row[3] for row in list_rows(connection)] == ["satu", "dua"]
