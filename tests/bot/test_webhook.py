"""A bot over real HTTP, before a real PostgreSQL and the emulated Cloud API."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from app.database.migrating.migrations import migrate
from app.messages import Message, Reply, instant
from app.sessions.session import Session
from app.simulator.cloud_api import encode, sign
from tests.bot.conftest import StartBot
from tests.bot.running_bots import APP_SECRET, NUMBER_ID, VERIFY_TOKEN, Api, RunningBot
from tests.sessions.black_hole import open_door
from tests.sessions.turns import (
    BSUID,
    CLIENT,
    PHONE,
    Asked,
    find_everywhere,
    make_reply,
    read_tables,
)
from tests.sessions.waiting import until
from tests.streams import close_stream
from tests.webhook_bodies import text_body

MIB = 1024 * 1024


def make_item(text: str, sender: str = PHONE, number: int = 0, **changes: Any) -> dict[str, Any]:
    item: dict[str, Any] = {
        "from": sender,
        "id": f"wamid.{sender}.{number}.{text[:20]}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    return item | changes


def make_body(*changes: list[Any]) -> dict[str, Any]:
    """An entry for each list of items, a change each."""
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "1",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"phone_number_id": NUMBER_ID},
                            "messages": items,
                        },
                    }
                ],
            }
            for items in changes
        ],
    }


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """Of the tables that a webhook could write to."""
    counts: dict[str, int] = {}
    for table in ("User", "Session", "Alias", "Conversation", "Delivery", "SetAside", "Forgotten"):
        row = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
        assert row is not None
        counts[table] = row[0]
    return counts


# The handshake


async def test_the_handshake_gives_the_challenge_back_verbatim(bot: RunningBot) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": VERIFY_TOKEN,
        "hub.challenge": "115 <b>é</b>&",
    }
    answer = await bot.client.get("/webhook", params=query)
    assert (answer.status_code, answer.text) == (200, "115 <b>é</b>&")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": None},
        {"hub.verify_token": VERIFY_TOKEN + "é"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": None},
        {"hub.challenge": None},
    ],
)
async def test_any_other_handshake_is_forbidden(
    bot: RunningBot, changes: dict[str, str | None]
) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": VERIFY_TOKEN,
        "hub.challenge": "115",
    } | changes
    given = {name: value for name, value in query.items() if value is not None}
    answer = await bot.client.get("/webhook", params=given)
    assert answer.status_code == 403
    assert "115" not in answer.text and VERIFY_TOKEN not in answer.text


# Who may speak


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "sha256=",
        "sha256=" + "0" * 64,
        "0" * 64,
        "sha1=" + "0" * 40,
        "another secret",
        "another body",
    ],
)
async def test_what_is_not_signed_with_the_secret_is_stored_nowhere(
    bot: RunningBot, connection: psycopg.Connection, signature: str | None
) -> None:
    raw = encode(text_body(PHONE, "nama saya Petang", phone_number_id=NUMBER_ID))
    expected = sign(raw, APP_SECRET)
    if signature == "another secret":
        signature = sign(raw, APP_SECRET + "!")
    elif signature == "another body":
        signature = sign(raw + b" ", APP_SECRET)
    answer = await bot.post(raw, signature)
    assert answer.status_code == 401
    assert expected.removeprefix("sha256=") not in answer.text
    assert set(count_rows(connection).values()) == {0}


@pytest.mark.parametrize(
    "raw", [b"", b"halo", b"[]", b"7", b"null", b'"x"', b"{", b"\xff{}", b"[" * 100_000]
)
async def test_signed_bytes_that_are_no_json_object_are_refused(
    bot: RunningBot, raw: bytes
) -> None:
    assert (await bot.post(raw)).status_code == 400


async def test_a_body_as_large_as_is_allowed_is_read(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    raw = json.dumps(make_body([make_item("hai")])).encode()
    raw += b" " * (3 * MIB - len(raw))
    assert (await bot.post(raw)).status_code == 200
    assert read_tables(connection) is not None


async def test_a_body_that_announces_too_much_is_refused_before_it_comes(bot: RunningBot) -> None:
    head = f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {3 * MIB + 1}\r\n\r\n"
    assert await speak(bot, [head.encode(), b"{"]) == 413


async def test_a_body_that_turns_out_too_large_is_refused(bot: RunningBot) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    assert await speak(bot, [head, *[chunk] * 49]) == 413


async def speak(bot: RunningBot, parts: list[bytes]) -> int:
    """Writes these bytes, even if they are not read, and returns the status that comes back."""
    address = urlsplit(bot.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        line = await asyncio.wait_for(reader.readline(), 10)
    finally:
        await close_stream(writer)
    return int(line.split()[1])


# What is taken


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"object": "page", "entry": [{"messaging": [{"message": {"text": "hai"}}]}]},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": None},
        {"object": "whatsapp_business_account", "entry": [7, None, {"changes": [None, {}]}]},
        {
            "object": "whatsapp_business_account",
            "entry": [{"changes": [{"field": "history", "value": {"history": [{}]}}]}],
        },
        make_body([make_item("x", type="reaction", reaction={"message_id": "1", "emoji": "!"})]),
    ],
)
async def test_what_is_not_for_us_is_acknowledged_and_not_stored(
    bot: RunningBot, connection: psycopg.Connection, body: dict[str, Any]
) -> None:
    assert await bot.deliver(body) == 200
    assert set(count_rows(connection).values()) == {0}


async def test_a_message_is_committed_before_it_is_acknowledged_and_then_answered(
    bot: RunningBot, connection: psycopg.Connection, api: Api
) -> None:
    assert await bot.say("Hai, nama saya Petang", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["Hai, nama saya Petang"]
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]


async def test_several_entries_changes_and_messages_are_all_taken(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    body = make_body(
        [make_item("a"), make_item("b", BSUID)],
        [make_item("c"), make_item("d", "6281298765432")],
        [make_item("e")],
    )
    body["entry"][0]["changes"] *= 2  # the same change twice: the ids are the same
    assert await bot.deliver(body) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["a", "c", "e"]
    assert tables.context == {"n": 3}
    assert read_tables(connection, BSUID) is not None
    assert read_tables(connection, "6281298765432@c.us") is not None


async def test_one_bad_item_is_set_aside_and_the_others_are_taken(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    body = make_body(
        [
            make_item("a"),
            7,
            make_item("b", timestamp="yesterday"),
            make_item("c") | {"text": {"body": 7}},
            make_item("d"),
        ]
    )
    assert await bot.deliver(body) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["a", "d"]
    rows = connection.execute('SELECT address, reason FROM "SetAside" ORDER BY id').fetchall()
    assert [address for address, _ in rows] == [None, PHONE, PHONE]
    # A reset takes along what was set aside of the client.
    connection.execute('DELETE FROM "User"')
    assert connection.execute('SELECT count(*) FROM "SetAside"').fetchone() == (1,)


async def test_items_that_differ_only_in_their_ids_are_all_kept_and_none_twice(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    spoilt = [make_item("a") | {"id": f"wamid.{n}", "text": {"body": 7}} for n in range(3)]
    body = make_body([*spoilt, make_item("b")])
    for _ in range(2):
        assert await bot.deliver(body) == 200
    assert count_rows(connection)["SetAside"] == 3


async def test_a_message_that_the_responder_fails_at_is_set_aside_and_costs_no_other(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    @instant
    def respond(session: Session, message: Message) -> Reply:
        if message.text == "bum\x00".replace("\x00", "\N{REPLACEMENT CHARACTER}"):
            raise RuntimeError(message.text)
        return make_reply(session, message)

    bot = await start_bot(respond)
    body = make_body([make_item("a"), make_item("bum\x00"), make_item("b")])
    assert await bot.deliver(body) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["a", "b"]
    assert await api.until_sent(2, PHONE) == ["1: Siapa nama Anda?", "2: Siapa nama Anda?"]
    assert count_rows(connection)["SetAside"] == 1


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("x" * 65_536, None),
        ("é" * 65_536, None),
        ("\U0001f9e0" * 20_000, None),
        ("a\x00b", "a\N{REPLACEMENT CHARACTER}b"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ud83d\ude00 pair", "\U0001f600 pair"),
        ("\u202eاسمي محمد\u202c", None),
        ('"><script>alert(1)</script>', None),
        ('\'; DROP TABLE "User"; --', None),
        ("%s %(x)s {} \\ \\x00 $1", None),
        ("\n\t \r\n", None),
        ("", None),
    ],
    ids=lambda value: repr(value)[:12],
)
async def test_any_text_is_stored_as_it_came_except_for_what_no_database_holds(
    bot: RunningBot, connection: psycopg.Connection, text: str, stored: str | None
) -> None:
    assert await bot.deliver(make_body([make_item(text)])) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == [text if stored is None else stored]
    assert count_rows(connection)["SetAside"] == 0


async def test_a_thousand_messages_in_one_body_are_all_taken_in_order(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    body = make_body([make_item(f"pesan {n}", f"62811{n % 40:05}", n) for n in range(1_000)])
    # A machine that is very busy may say 503 for some: WhatsApp delivers all of it again.
    statuses = [await bot.deliver(body)]
    while statuses[-1] == 503 and len(statuses) < 5:
        statuses.append(await bot.deliver(body))
    assert statuses[-1] == 200 and set(statuses) <= {200, 503}
    for client in range(40):
        tables = read_tables(connection, f"62811{client:05}@c.us")
        assert tables is not None
        assert tables.heard == [f"pesan {n}" for n in range(client, 1_000, 40)]
        assert tables.context == {"n": 25}


# Twice, late, and from elsewhere


async def test_a_message_delivered_to_two_bots_at_the_same_moment_is_answered_once(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(), await start_bot()]
    for number in range(20):
        body = make_body([make_item(f"pesan {number}", number=number)])
        assert await asyncio.gather(*(bot.deliver(body) for bot in bots)) == [200, 200]
    tables = read_tables(connection)
    assert tables is not None and tables.heard == [f"pesan {n}" for n in range(20)]
    sent = await api.until_sent(20, PHONE)
    assert sent == [f"{n}: Siapa nama Anda?" for n in range(1, 21)]


async def test_a_delivery_repeated_after_a_reset_does_not_bring_the_client_back(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    body = make_body([make_item("nama saya Petang")])
    assert await bot.deliver(body) == 200
    connection.execute('DELETE FROM "User"')
    assert await bot.deliver(body) == 200
    assert read_tables(connection) is None
    assert find_everywhere(connection, "Petang") == []


@pytest.mark.parametrize("statement", ['DELETE FROM "User"', 'TRUNCATE "User" CASCADE'])
async def test_a_message_from_before_a_reset_that_arrives_after_it_is_dropped(
    bot: RunningBot, connection: psycopg.Connection, statement: str
) -> None:
    assert await bot.say("hai", PHONE) == 200
    connection.execute(statement.encode())
    before = int(time.time()) - 120
    assert await bot.say("nama saya Petang", PHONE, timestamp=before) == 200
    assert read_tables(connection) is None
    assert await bot.say("siapa nama saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Siapa nama Anda?"]


async def test_a_sender_without_a_phone_number_is_a_client_by_the_user_id(
    bot: RunningBot, connection: psycopg.Connection, api: Api
) -> None:
    assert await bot.say("nama saya Petang", BSUID) == 200
    tables = read_tables(connection, BSUID)
    assert tables is not None and tables.nama == "Petang"
    assert await api.until_sent(1, BSUID) == ["1: Halo Petang"]


async def test_a_client_seen_with_phone_and_user_id_is_known_by_either(
    bot: RunningBot, connection: psycopg.Connection, api: Api
) -> None:
    assert await bot.say("nama saya Petang", PHONE, bsuid=BSUID) == 200
    assert await bot.say("siapa nama saya", BSUID) == 200
    assert await bot.say("siapa nama saya", PHONE) == 200
    assert connection.execute('SELECT id FROM "User"').fetchall() == [(CLIENT,)]
    assert await api.until_sent(1, BSUID) == ["2: Halo Petang"]
    connection.execute("SELECT reset_client(%s)", (BSUID,))
    assert await bot.say("siapa nama saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Siapa nama Anda?"]


async def test_a_paused_client_is_heard_and_not_answered(
    bot: RunningBot, connection: psycopg.Connection, asked: Asked
) -> None:
    await bot.say("nama saya Petang", PHONE)
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    for _ in range(2):
        assert await bot.say("siapa nama saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and len(tables.heard) == 3 and tables.said == ["1: Halo Petang"]
    connection.execute('UPDATE "User" SET "pausedAt" = NULL')
    assert await bot.say("siapa nama saya", PHONE) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.said[1:] == ["2: Halo Petang"]


# When the database keeps us waiting


async def test_a_locked_client_is_delivered_again_and_the_others_of_the_body_are_taken(
    bot: RunningBot, connection: psycopg.Connection, database_url: str
) -> None:
    await bot.say("nama saya Petang", PHONE)
    body = make_body([make_item("a"), make_item("b", "6281298765432"), make_item("c")])
    with psycopg.connect(database_url) as dba:
        dba.execute("SELECT 1 FROM \"User\" WHERE id = '6281717407674@c.us' FOR UPDATE")
        begun = time.monotonic()
        assert await bot.deliver(body) == 503
        assert time.monotonic() - begun < 2
    other = read_tables(connection, "6281298765432@c.us")
    assert other is not None and other.heard == ["b"]
    assert await bot.deliver(body) == 200
    tables = read_tables(connection)
    assert tables is not None and tables.heard == ["nama saya Petang", "a", "c"]
    assert read_tables(connection, "6281298765432@c.us") == other


async def test_a_database_that_is_away_means_later_and_nothing_is_lost(
    start_bot: StartBot, connection: psycopg.Connection, database_url: str, api: Api
) -> None:
    async with open_door(database_url) as (url, door):
        bot = await start_bot(url=url)
        await bot.say("nama saya Petang", PHONE)
        door.swallowing = True
        items = [make_item(f"pesan {n}", f"62811{n:05}") for n in range(30)]
        begun = time.monotonic()
        assert await bot.deliver(make_body([make_item("siapa nama saya"), *items])) == 503
        assert time.monotonic() - begun < 4
        assert (await bot.get("/live")).status_code == 200
        door.swallowing = False

        async def is_taken() -> bool:
            return await bot.deliver(make_body([make_item("siapa nama saya"), *items])) == 200

        await until(is_taken, "the delivery", 30)
        await until(lambda: api.texts(PHONE), "answers")
        assert await api.until_sent(2, PHONE) == ["1: Halo Petang", "2: Halo Petang"]
        assert count_rows(connection)["User"] == 31
        await bot.stop()


async def test_a_bot_that_is_started_before_its_schema_waits_for_it(
    start_bot: StartBot, empty_database_url: str, api: Api
) -> None:
    bot = await start_bot(url=empty_database_url, ready=False)

    async def says_why() -> bool:
        answer = await bot.get("/ready")
        return answer.status_code == 503 and "migrate" in answer.text

    await until(says_why, "the reason")
    assert await bot.say("nama saya Petang", PHONE) == 503
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        migrate(connection)
        await bot.until_ready(30)
        assert await bot.say("nama saya Petang", PHONE) == 200
        assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    await bot.stop()
