"""Responders that take their time: stored first, answered afterwards, by a bot that is alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
import pytest

from app.bot.turns import PAUSES, BotTurns
from app.bot.whatsapp.cloud_api import CloudApi
from app.bot.wish import TEXTS
from app.database.pool import Pool
from app.messages import Message, Outgoing, Reply, instant
from app.nova.answers import ANSWERS
from app.sessions.cache import Cache
from app.sessions.session import Session
from tests.bot.conftest import StartBot
from tests.bot.outboxes import open_outbox
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID, Api
from tests.sessions.turns import (
    CLIENT,
    PHONE,
    find_everywhere,
    make_message,
    make_reply,
    read_metric,
    read_tables,
)
from tests.sessions.waiting import until
from tests.webhook_bodies import join_bodies, text_body


@dataclass
class Thinker:
    """An asynchronous responder that answers when it is let."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Session] = field(default_factory=list[Session])
    cancelled: int = 0

    async def respond(self, session: Session, message: Message) -> Reply:
        self.asked.append(session)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return make_reply(session, message)

    def is_asked(self, times: int) -> Callable[[], bool]:
        return lambda: len(self.asked) == times


@pytest.fixture
def thinker() -> Thinker:
    return Thinker()


def read_inbox(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT body, status FROM \"Conversation\" WHERE direction = 'in' ORDER BY id"
    ).fetchall()


async def test_a_message_is_stored_and_acknowledged_before_it_is_answered(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot(thinker.respond)
    assert await bot.say("nama saya Petang", PHONE) == 200
    await until(thinker.is_asked(1), "the responder asked")
    assert read_inbox(connection) == [("nama saya Petang", "pending")]
    assert api.texts(PHONE, None) == []
    thinker.may_answer.set()
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert read_inbox(connection) == [("nama saya Petang", "answered")]
    tables = read_tables(connection)
    assert tables is not None and tables.nama == "Petang" and tables.context == {"n": 1}


async def test_messages_of_one_client_are_answered_in_their_order(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(thinker.respond), await start_bot(thinker.respond)]
    thinker.may_answer.set()
    for number in range(10):
        assert await bots[number % 2].say(f"pesan {number}", PHONE) == 200
    assert await api.until_sent(10, PHONE) == [f"{n}: Siapa nama Anda?" for n in range(1, 11)]
    assert read_inbox(connection) == [(f"pesan {n}", "answered") for n in range(10)]


async def test_a_message_delivered_twice_is_answered_once(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(thinker.respond), await start_bot(thinker.respond)]
    for _ in range(2):
        statuses = await asyncio.gather(
            *(bot.say("nama saya Petang", PHONE, message_id="wamid.A") for bot in bots)
        )
        assert statuses == [200, 200]
    thinker.may_answer.set()
    await api.until_sent(1, PHONE)
    await bots[0].say("siapa nama saya", PHONE)
    assert await api.until_sent(2, PHONE) == ["1: Halo Petang", "2: Halo Petang"]


@pytest.mark.parametrize(
    "statement",
    ['DELETE FROM "User"', 'TRUNCATE "User" CASCADE', "SELECT reset_client('0817-1740-7674')"],
)
async def test_a_reset_while_it_thinks_stops_it_and_its_answer_is_never_given(
    start_bot: StartBot,
    thinker: Thinker,
    connection: psycopg.Connection,
    api: Api,
    statement: str,
) -> None:
    bot = await start_bot(thinker.respond)
    await bot.say("nama saya Petang", PHONE)
    await until(thinker.is_asked(1), "the responder asked")
    connection.execute(statement.encode())
    await until(lambda: thinker.cancelled == 1, "the responder stopped")
    assert find_everywhere(connection, "Petang") == []
    thinker.may_answer.set()
    assert await bot.say("siapa nama saya", PHONE) == 200
    assert await api.until_sent(1, PHONE) == ["1: Siapa nama Anda?"]
    assert len(thinker.asked) == 2 and api.texts(PHONE, None) == ["1: Siapa nama Anda?"]
    assert find_everywhere(connection, "Petang") == []


async def test_an_edit_while_it_thinks_has_it_think_again_from_the_truth(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    connection.execute("INSERT INTO \"User\" (id, nama) VALUES (%s, 'Petang')", (CLIENT,))
    bot = await start_bot(thinker.respond)
    await bot.say("siapa nama saya", PHONE)
    await until(thinker.is_asked(1), "the responder asked")
    connection.execute("UPDATE \"User\" SET nama = 'Budi'")
    await until(thinker.is_asked(2), "the responder asked again")
    assert thinker.cancelled == 1
    assert [session.nama for session in thinker.asked] == ["Petang", "Budi"]
    thinker.may_answer.set()
    assert await api.until_sent(1, PHONE) == ["1: Halo Budi"]


@pytest.mark.parametrize(
    "statement", ["NOTIFY session_reset, 'hello'", "NOTIFY session_reset, '*'"]
)
async def test_an_eviction_of_all_sessions_costs_a_second_thought_and_no_answer(
    start_bot: StartBot,
    thinker: Thinker,
    connection: psycopg.Connection,
    api: Api,
    statement: str,
) -> None:
    bot = await start_bot(thinker.respond)
    await bot.say("nama saya Petang", PHONE)
    await until(thinker.is_asked(1), "the responder asked")
    connection.execute(statement.encode())
    await until(thinker.is_asked(2), "the responder asked again")
    thinker.may_answer.set()
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]


@pytest.fixture
async def deaf(
    pool: Pool, api: Api, thinker: Thinker, connection: psycopg.Connection
) -> AsyncIterator[BotTurns]:
    """One that hears no eviction at all: the fence alone protects it."""
    bot = uuid4()
    async with (
        CloudApi.open(api.url, NUMBER_ID, ACCESS_TOKEN) as cloud,
        open_outbox(pool, cloud, connection, bot) as outbox,
    ):
        cache = Cache(10, lambda: False)
        turns = BotTurns(pool, cache, thinker.respond, bot, outbox, join_seconds=0)
        yield turns
        await turns.finish(5)


@pytest.mark.parametrize(
    ("statement", "reborn"),
    [
        ('DELETE FROM "User"', False),
        ('TRUNCATE "User" CASCADE', False),
        ('SET session_replication_role = replica; DELETE FROM "User"', False),
        ('DELETE FROM "User"; INSERT INTO "User" (id) VALUES (\'6281717407674@c.us\')', True),
    ],
)
async def test_an_answer_to_a_client_that_was_reset_unheard_of_is_written_nowhere(
    deaf: BotTurns,
    thinker: Thinker,
    connection: psycopg.Connection,
    api: Api,
    statement: str,
    reborn: bool,
) -> None:
    stored = await deaf.store(make_message("nama saya Petang"))
    assert (stored.outcome, stored.client_id) == ("stored", CLIENT)
    await until(thinker.is_asked(1), "the responder asked")
    connection.execute(statement.encode())
    thinker.may_answer.set()
    await deaf.finish(5)
    assert find_everywhere(connection, "Petang") == []
    assert (read_tables(connection) is not None) == reborn
    assert api.texts(outcome=None) == []


async def test_an_answer_to_a_client_that_was_edited_unheard_of_is_given_from_the_truth(
    deaf: BotTurns, thinker: Thinker, connection: psycopg.Connection
) -> None:
    await deaf.store(make_message("siapa nama saya"))
    await until(thinker.is_asked(1), "the responder asked")
    connection.execute("UPDATE \"User\" SET nama = 'Budi'")
    thinker.may_answer.set()
    await until(thinker.is_asked(2), "the responder asked again")
    await deaf.finish(5)
    tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Budi"]


# Bots that end


@pytest.mark.parametrize("claimed_by", ["a dead bot", "no bot"])
async def test_what_a_bot_left_unanswered_another_answers(
    start_bot: StartBot,
    thinker: Thinker,
    connection: psycopg.Connection,
    api: Api,
    claimed_by: str,
) -> None:
    connection.execute(
        "SELECT novabot_internal.store_message(%s, 'wamid.A', 'text', 'nama saya Petang', NULL,"
        " now(), NULL, %s)",
        ([PHONE], uuid4() if claimed_by == "a dead bot" else None),
    )
    thinker.may_answer.set()
    await start_bot(thinker.respond)
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert read_inbox(connection) == [("nama saya Petang", "answered")]


async def test_what_a_living_bot_is_at_is_left_to_it(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    alive = uuid4()
    connection.execute("SELECT novabot_internal.report_bot(%s, 'there', 1, true, 0)", (alive,))
    connection.execute(
        "SELECT novabot_internal.store_message(%s, 'wamid.A', 'text', 'nama saya Petang', NULL,"
        " now(), NULL, %s)",
        ([PHONE], alive),
    )
    thinker.may_answer.set()
    bot = await start_bot(thinker.respond)
    await bot.say("hai", "6281298765432")
    await api.until_sent(1, "6281298765432")
    assert read_inbox(connection)[0] == ("nama saya Petang", "pending")
    connection.execute('UPDATE "Bot" SET "stoppedAt" = now() WHERE id = %s', (alive,))
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]


async def test_a_bot_that_is_stopped_while_it_thinks_leaves_the_message_to_another(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot(thinker.respond)
    await bot.say("nama saya Petang", PHONE)
    await until(thinker.is_asked(1), "the responder asked")
    assert await bot.stop() < 8
    assert thinker.cancelled == 1
    assert read_inbox(connection) == [("nama saya Petang", "pending")]
    thinker.may_answer.set()
    await start_bot(thinker.respond)
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]


# Other responders


async def test_a_plain_function_that_takes_its_time_holds_up_no_other_client(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    may_answer, asked = threading.Event(), threading.Event()

    def respond(session: Session, message: Message) -> Reply:
        if message.text == "nama saya Petang":
            asked.set()
            assert may_answer.wait(20)
        return make_reply(session, message)

    bot = await start_bot(respond)
    try:
        assert await bot.say("nama saya Petang", PHONE) == 200
        await until(asked.is_set, "the responder asked")
        assert (await bot.get("/live")).status_code == 200
        assert await bot.say("hai", "6281298765432") == 200
        await api.until_sent(1, "6281298765432")
        assert api.texts(PHONE, None) == []
    finally:
        may_answer.set()
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]


async def test_a_plain_function_whose_client_is_reset_meanwhile_sends_no_answer(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    may_answer, asked, ended = threading.Event(), threading.Event(), threading.Event()

    def respond(session: Session, message: Message) -> Reply:
        if message.text == "nama saya Petang":
            asked.set()
            assert may_answer.wait(20)
            ended.set()
        return make_reply(session, message)

    bot = await start_bot(respond)
    await bot.say("nama saya Petang", PHONE)
    await until(asked.is_set, "the responder asked")
    connection.execute('DELETE FROM "User"')
    may_answer.set()
    await until(ended.is_set, "the responder ended")
    await bot.say("siapa nama saya", PHONE)
    assert await api.until_sent(1, PHONE) == ["1: Siapa nama Anda?"]
    assert find_everywhere(connection, "Petang") == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pauses, and short ones."""
    monkeypatch.setattr("app.bot.turns.PAUSES", (0.05, 0.1))


def test_a_failing_responder_is_asked_for_minutes() -> None:
    assert sum(PAUSES) == 600 and max(PAUSES) == 60


@pytest.mark.usefixtures("impatient")
async def test_what_a_responder_fails_at_is_left_to_a_person_and_the_next_message_answered(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    attempts = 0

    async def respond(session: Session, message: Message) -> Reply:
        nonlocal attempts
        if message.text == "bum":
            attempts += 1
            raise RuntimeError(message.text)
        return make_reply(session, message)

    bot = await start_bot(respond)
    assert await bot.say("bum", PHONE) == 200
    assert await bot.say("nama saya Petang", PHONE) == 200
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert attempts == 3
    assert read_inbox(connection) == [("bum", "unanswered"), ("nama saya Petang", "answered")]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "reply",
    [
        Reply({"n": object()}),
        Reply({"n": "\0"}),
        Reply({}, ("a\0b",)),
        Reply({}, "not a tuple"),
        Reply({}, (5,)),  # type: ignore[arg-type]
        "no reply",
    ],
)
async def test_a_reply_that_cannot_be_stored_is_the_responders_failure(
    start_bot: StartBot, connection: psycopg.Connection, api: Api, reply: Reply
) -> None:
    attempts = 0

    async def respond(session: Session, message: Message) -> Reply:
        nonlocal attempts
        if message.text == "bum":
            attempts += 1
            return reply
        return make_reply(session, message)

    bot = await start_bot(respond)
    assert await bot.say("bum", PHONE) == 200
    assert await bot.say("nama saya Petang", PHONE) == 200
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert attempts == 3
    assert read_inbox(connection) == [("bum", "unanswered"), ("nama saya Petang", "answered")]


async def test_an_answer_is_a_value_with_author_and_key(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    async def respond(session: Session, message: Message) -> Reply:
        return Reply({}, (Outgoing("tagihan", key="invoice 7"), f"untuk {message.text}"))

    bot = await start_bot(respond)
    await bot.say("satu", PHONE)
    await api.until_sent(2, PHONE)
    await bot.say("dua", PHONE)
    assert await api.until_sent(3, PHONE) == ["tagihan", "untuk satu", "untuk dua"]
    rows = connection.execute(
        "SELECT body, kind, author, key FROM \"Conversation\" WHERE direction = 'out' ORDER BY id"
    ).fetchall()
    assert rows == [
        ("tagihan", "text", "bot", "invoice 7"),
        ("untuk satu", "text", "bot", None),
        ("untuk dua", "text", "bot", None),
    ]


@pytest.mark.usefixtures("impatient")
async def test_a_responder_that_fails_once_is_asked_again(start_bot: StartBot, api: Api) -> None:
    attempts = 0

    async def respond(session: Session, message: Message) -> Reply:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise RuntimeError
        return make_reply(session, message)

    bot = await start_bot(respond)
    await bot.say("nama saya Petang", PHONE)
    assert await api.until_sent(1, PHONE) == ["1: Halo Petang"]
    assert attempts == 2


async def test_a_client_can_ask_a_slow_responder_to_be_forgotten(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection, api: Api
) -> None:
    thinker.may_answer.set()

    async def respond(session: Session, message: Message) -> Reply:
        if message.text == "tutup buku":
            return Reply({}, ("Sudah.",), forget=True)
        return await thinker.respond(session, message)

    bot = await start_bot(respond)
    await bot.say("nama saya Petang", PHONE)
    await api.until_sent(1, PHONE)
    assert await bot.say("tutup buku", PHONE) == 200
    assert await api.until_sent(2, PHONE) == ["1: Halo Petang", "Sudah."]
    assert read_tables(connection) is None
    assert find_everywhere(connection, "Petang") == find_everywhere(connection, PHONE) == []
    row = connection.execute('SELECT actor, source, clients FROM "Reset"').fetchone()
    assert row == ("client", "chat", 1)


async def test_a_paused_client_is_stored_and_no_responder_is_asked(
    start_bot: StartBot, thinker: Thinker, connection: psycopg.Connection
) -> None:
    connection.execute('INSERT INTO "User" (id, "pausedAt") VALUES (%s, now())', (CLIENT,))
    bot = await start_bot(thinker.respond)
    assert await bot.say("hai", PHONE) == 200
    await until(lambda: read_inbox(connection) == [("hai", "answered")], "the turn")
    assert thinker.asked == []


KEEPER = """
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER keep BEFORE DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION keep()
"""


@pytest.mark.parametrize("takes_its_time", [False, True], ids=["instant", "slow"])
async def test_a_wish_that_the_database_refuses_is_kept_for_a_person_and_the_client_is_told(
    start_bot: StartBot,
    thinker: Thinker,
    connection: psycopg.Connection,
    api: Api,
    *,
    takes_its_time: bool,
) -> None:
    thinker.may_answer.set()
    bot = await start_bot(thinker.respond if takes_its_time else None)
    assert await bot.say("nama saya Petang", PHONE) == 200
    await api.until_sent(1, PHONE)
    assert await bot.say("lupakan saya", PHONE) == 200
    asked = ["1: Halo Petang", TEXTS["id"].question]
    assert await api.until_sent(2, PHONE) == asked
    connection.execute(KEEPER)
    refused = read_metric("novabot_refused_wishes_total")
    wish = text_body(PHONE, "ya hapus", phone_number_id=NUMBER_ID, message_id="wamid.w")
    assert await bot.deliver(wish) == 200
    excuse = ANSWERS["id"].not_forgotten
    assert await api.until_sent(3, PHONE) == [*asked, excuse]
    assert read_inbox(connection)[2:] == [("ya hapus", "unanswered")]
    assert connection.execute('SELECT count(*) FROM "Reset"').fetchone() == (0,)
    assert read_metric("novabot_refused_wishes_total") == refused + 1
    # Delivered again, it is neither tried nor answered again; the client's next message is.
    assert await bot.deliver(wish) == 200
    assert await bot.say("hai", PHONE) == 200
    assert await api.until_sent(4, PHONE) == [*asked, excuse, "2: Halo Petang"]
    assert read_metric("novabot_refused_wishes_total") == refused + 1
    # Once the cause is removed, the wish is fulfilled.
    connection.execute('DROP TRIGGER keep ON public."Session"')
    assert await bot.say("lupakan saya", PHONE) == 200
    await api.until_sent(5, PHONE)
    assert await bot.say("ya hapus", PHONE) == 200
    assert (await api.until_sent(6, PHONE))[5] == TEXTS["id"].farewell
    assert read_tables(connection) is None


async def test_a_farewell_is_said_before_what_came_after_it_is_answered(
    start_bot: StartBot, api: Api
) -> None:
    @instant
    def respond(_: Session, message: Message) -> Reply:
        answers = () if message.text == "dua" else (message.text,)
        return Reply({}, answers, forget=message.text == "tutup akun")

    bot = await start_bot(respond)
    texts = ["tutup akun", "dua", "tiga", "empat"]
    await bot.say("halo", PHONE)
    await api.until_sent(1, PHONE)
    bodies = (text_body(PHONE, text, phone_number_id=NUMBER_ID) for text in texts)
    assert await bot.deliver(join_bodies(bodies)) == 200
    assert await api.until_sent(4, PHONE) == ["halo", "tutup akun", "tiga", "empat"]
