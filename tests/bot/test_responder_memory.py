"""A responder that remembers clients by itself is told of every reset and merge."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app.bot.responder import memory
from app.bot.responder.loading import ResponderError, load_responder
from app.messages import Message, Reply, instant
from app.sessions.session import Session
from tests.bot.conftest import StartBot
from tests.bot.running_bots import Api, RunningBot
from tests.sessions.turns import PHONE, make_message
from tests.sessions.waiting import until

OTHER = "6281298765432"


class Remembering:
    """Answers what a client wrote before, from its own memory; slow enough not to be instant."""

    def __init__(self, forget: Callable[[], None] = lambda: None) -> None:
        self.said: dict[UUID, list[str]] = {}
        self.told: list[frozenset[UUID] | None] = []
        self._forget = forget

    async def __call__(self, session: Session, message: Message) -> Reply:
        before = self.said.get(session.incarnation, []) if session.incarnation else []
        if session.incarnation is not None:
            self.said[session.incarnation] = [*before, message.text]
        return Reply({}, (f"Before: {' '.join(before)}",))

    def forgotten(self, incarnations: frozenset[UUID] | None) -> None:
        self.told.append(incarnations)
        self._forget()
        for incarnation in list(self.said) if incarnations is None else incarnations:
            self.said.pop(incarnation, None)


def incarnation_of(connection: psycopg.Connection, phone: str = PHONE) -> UUID:
    row = connection.execute(
        'SELECT incarnation FROM "User" WHERE id = %s', (f"{phone}@c.us",)
    ).fetchone()
    assert row is not None
    return row[0]


def acks(connection: psycopg.Connection, bots: Iterable[RunningBot]) -> list[str | None]:
    """The errors of the acknowledgements of these bots."""
    rows = connection.execute(
        'SELECT error FROM "ResetAck" WHERE "botId" = ANY (%s)', ([bot.bot.id for bot in bots],)
    )
    return [row[0] for row in rows.fetchall()]


async def be_away(bot: RunningBot, connection: psycopg.Connection, door: asyncio.Event) -> None:
    """Until the door is opened again."""
    door.clear()
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'novabot listener' AND datname = current_database()"
    )
    await until(lambda: not bot.bot._listener.is_fresh(), "the gap")


async def test_every_bot_tells_its_responder_before_it_acknowledges(
    start_bot: StartBot, connection: psycopg.Connection, database_url: str, api: Api
) -> None:
    seen: list[int] = []

    def count_acks() -> None:
        with psycopg.connect(database_url) as conn:
            mine = 'SELECT count(*) FROM "ResetAck" WHERE "botId" = %s'
            seen.extend(conn.execute(mine, (bots[0].bot.id,)).fetchone() or ())

    first, second = Remembering(count_acks), Remembering()
    bots = [await start_bot(first), await start_bot(second)]
    for number, bot in enumerate(bots):
        assert await bot.say("satu", PHONE) == 200
        await api.until_sent(2 * number + 1, PHONE)
        assert await bot.say("dua", PHONE) == 200
        await api.until_sent(2 * number + 2, PHONE)
    gone = incarnation_of(connection)
    assert first.said == {gone: ["satu", "dua"]}
    assert second.said == {gone: ["satu", "dua"]}
    connection.execute('DELETE FROM "User"')
    await until(lambda: len(acks(connection, bots)) == 2, "both acknowledgements")
    assert acks(connection, bots) == [None, None]
    assert first.told == second.told == [frozenset({gone})]
    assert first.said == second.said == {}
    assert seen == [0]


async def test_a_merge_is_told_and_an_edit_a_gap_and_a_notify_by_hand_are_not(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    responder = Remembering()
    bot = await start_bot(responder)
    connection.execute(
        "INSERT INTO \"User\" (id, nama) VALUES (%s, 'Petang'), (%s, 'Fajar')",
        (f"{PHONE}@c.us", f"{OTHER}@c.us"),
    )
    connection.execute("UPDATE \"User\" SET nama = 'Sari'")
    connection.execute("NOTIFY session_reset, '*'")
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'novabot listener' AND datname = current_database()"
    )
    await until(lambda: not bot.bot._listener.is_fresh(), "the gap")
    await bot.until_ready()
    merged = incarnation_of(connection, OTHER)
    connection.execute(
        "SELECT novabot_internal.merge_client(%s, %s)", (f"{PHONE}@c.us", f"{OTHER}@c.us")
    )
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    assert responder.told == [frozenset({merged})]


async def test_a_failure_stands_on_the_receipt_by_its_kind_alone(
    start_bot: StartBot, connection: psycopg.Connection, logged: Callable[[], str]
) -> None:
    def fail() -> None:
        raise LookupError("Petang is not to be quoted")

    bot = await start_bot(Remembering(fail))
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    connection.execute('DELETE FROM "User"')
    await until(lambda: acks(connection, [bot]) == ["forgotten failed: LookupError"], "the error")
    receipt = connection.execute(
        'SELECT r.acks FROM "Reset" AS s, LATERAL reset_receipt(s.id) AS r'
    ).fetchone()
    assert receipt is not None and receipt[0][0]["error"] == "forgotten failed: LookupError"
    log = logged()
    assert "the responder may still remember forgotten clients" in log
    assert "Petang" not in log


async def test_one_that_does_not_end_is_given_up_and_told(
    start_bot: StartBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "FORGOTTEN_TIMEOUT", 0.2)

    async def hang(_: frozenset[UUID] | None) -> None:
        await asyncio.Event().wait()

    responder = Remembering()
    monkeypatch.setattr(responder, "forgotten", hang, raising=True)
    bot = await start_bot(responder)
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    connection.execute('DELETE FROM "User"')
    given_up = "forgotten did not end within 0.2 s"
    await until(lambda: acks(connection, [bot]) == [given_up], "the error")


@pytest.mark.parametrize("is_known", [True, False])
async def test_what_happened_while_the_bot_was_away_is_told(
    start_bot: StartBot, connection: psycopg.Connection, door: asyncio.Event, is_known: bool
) -> None:
    responder = Remembering()
    bot = await start_bot(responder)
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    gone = incarnation_of(connection)
    await be_away(bot, connection, door)
    connection.execute('DELETE FROM "User"')
    if not is_known:
        connection.execute('DELETE FROM "ResetIncarnations"')  # as after a reset of 0.1
    door.set()
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    assert responder.told == [frozenset({gone}) if is_known else None]


@pytest.mark.parametrize("count", [151, 10_001])
async def test_a_reset_of_many_is_told_by_name_up_to_10_000(
    start_bot: StartBot, connection: psycopg.Connection, count: int
) -> None:
    responder = Remembering()
    bot = await start_bot(responder)
    rows = connection.execute(
        "INSERT INTO \"User\" (id) SELECT (628110000000 + n) || '@c.us'"
        " FROM generate_series(1, %s) AS n RETURNING incarnation",
        (count,),
    ).fetchall()
    connection.execute('DELETE FROM "User"')
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    forgotten = frozenset(incarnation for (incarnation,) in rows)
    assert responder.told == [forgotten if count <= 10_000 else None]


async def test_a_reset_that_no_responder_was_told_of_is_told_days_later_and_once(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    gone = incarnation_of(connection)
    connection.execute('DELETE FROM "User"')
    connection.execute("UPDATE \"Reset\" SET at = at - interval '3 days'")
    silent = await start_bot()  # its responder remembers nothing by itself
    assert acks(connection, [silent]) == []
    first = Remembering()
    bot = await start_bot(first)
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    assert first.told == [frozenset({gone})]
    second = Remembering()
    other = await start_bot(second)
    assert (second.told, acks(connection, [other])) == ([], [])


async def test_an_answer_that_is_still_being_made_leaves_nothing_behind(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    """A thread cannot be cancelled: it writes into the memory after that was told to forget."""
    begun, may_end = threading.Event(), threading.Event()

    class Slow(Remembering):
        def __call__(self, session: Session, message: Message) -> Reply:  # pyright: ignore[reportIncompatibleMethodOverride]
            if message.text == "lambat":
                begun.set()
                assert may_end.wait(20)
            if session.incarnation is not None:
                self.said[session.incarnation] = [message.text]
            return Reply({}, ("ya",))

    responder = Slow()
    bot = await start_bot(responder)
    assert await bot.say("satu", PHONE) == 200
    await api.until_sent(1, PHONE)
    assert await bot.say("lambat", PHONE) == 200
    await until(begun.is_set, "the answer to begin")
    gone = incarnation_of(connection)
    connection.execute('DELETE FROM "User"')
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    assert responder.told == [frozenset({gone})]
    may_end.set()
    await until(lambda: len(responder.told) == 2, "being told again")
    await until(lambda: responder.said == {}, "an empty memory")


async def test_an_instant_one_that_answers_from_an_old_session_leaves_nothing_behind(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    """The session was loaded before the reset, and the responder is asked after it was told."""

    class Instant(Remembering):
        def __call__(self, session: Session, message: Message) -> Reply:  # pyright: ignore[reportIncompatibleMethodOverride]
            if session.incarnation is not None:
                self.said[session.incarnation] = [message.text]
            return Reply({}, ("ya",))

    responder = Instant()
    bot = await start_bot(instant(responder))
    turns = bot.bot._turns
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    gone = incarnation_of(connection)
    connection.execute('DELETE FROM "User"')
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")
    ask = turns._ask_instant(responder)  # pyright: ignore[reportArgumentType]
    await ask(Session(id=f"{PHONE}@c.us", incarnation=gone), make_message())
    assert responder.said == {gone: ["siapa nama saya"]}
    await until(lambda: responder.said == {}, "an empty memory")


async def test_a_responder_without_it_is_told_nothing(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{PHONE}@c.us",))
    connection.execute('DELETE FROM "User"')
    await until(lambda: acks(connection, [bot]) == [None], "the acknowledgement")


def make_wrong() -> Any:
    responder = Remembering()
    responder.forgotten = "nothing to call"  # pyright: ignore[reportAttributeAccessIssue]
    return responder


def test_a_forgotten_that_cannot_be_called_is_refused_at_the_start() -> None:
    with pytest.raises(ResponderError, match="`forgotten` of what it returned is no function"):
        load_responder(f"{__name__}:make_wrong")


def test_a_bot_of_0_1_acknowledges_without_a_word_of_errors(
    connection: psycopg.Connection,
) -> None:
    bot = uuid4()
    connection.execute("SELECT report_bot(%s, 'here', 7, true, 0)", (bot,))
    connection.execute("SELECT reset_client('6281717407674')")
    connection.execute(
        'SELECT acknowledge_resets(%s, (SELECT array_agg(id) FROM "Reset"), ARRAY[0]::bigint[])',
        (bot,),
    )
    assert connection.execute('SELECT error FROM "ResetAck"').fetchall() == [(None,)]
