"""The bot's row in "Bot" against the bot itself: whether it listens."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from app.bot import heartbeat
from app.database.errors import Busy, Unavailable
from tests.bot.conftest import StartBot
from tests.bot.running_bots import RunningBot
from tests.sessions.waiting import until


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written here is written because the listener changed, not because a second passed."""
    monkeypatch.setattr(heartbeat, "INTERVAL", 3600.0)


def says_listening(connection: psycopg.Connection, bot: RunningBot) -> bool:
    row = connection.execute('SELECT listening FROM "Bot" WHERE id = %s', (bot.bot.id,)).fetchone()
    return row is not None and row[0]


def cut_listeners(connection: psycopg.Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'novabot listener' AND datname = current_database()"
    )


async def test_the_row_follows_a_listener_that_is_cut_and_comes_back(
    start_bot: StartBot, connection: psycopg.Connection, door: asyncio.Event
) -> None:
    bot = await start_bot()
    assert says_listening(connection, bot)
    for _ in range(5):
        door.clear()
        cut_listeners(connection)
        await until(lambda: not says_listening(connection, bot), "a row that says so")
        assert "not listening" in (await bot.get("/ready")).text
        door.set()
        await bot.until_ready()
        assert says_listening(connection, bot)


async def test_a_bot_is_not_ready_before_its_row_says_that_it_listens(
    start_bot: StartBot,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    door: asyncio.Event,
) -> None:
    door.clear()
    bot = await start_bot(ready=False)
    await until(bot.bot._heartbeat.written.is_set, "the first row")
    report, may_write = heartbeat.report_bot, asyncio.Event()

    async def report_when_allowed(*args: Any, **more: Any) -> None:
        await may_write.wait()
        await report(*args, **more)

    monkeypatch.setattr(heartbeat, "report_bot", report_when_allowed)
    door.set()
    await until(bot.bot._listener.is_fresh, "the listener's proof")
    answer = await bot.get("/ready")
    assert answer.status_code == 503 and "its row" in answer.text
    assert not says_listening(connection, bot)
    may_write.set()
    await bot.until_ready()
    assert says_listening(connection, bot)


async def test_a_row_of_which_nothing_is_known_is_not_relied_on(
    start_bot: StartBot,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    door: asyncio.Event,
) -> None:
    """The write that says so is committed, and its reply is lost."""
    bot = await start_bot()
    report = heartbeat.report_bot

    async def lose_the_reply(*args: Any, **more: Any) -> None:
        await report(*args, **more)
        raise Unavailable("the connection ended before the reply came")

    door.clear()
    monkeypatch.setattr(heartbeat, "report_bot", lose_the_reply)
    cut_listeners(connection)
    await until(lambda: not says_listening(connection, bot), "a row that says so")
    door.set()
    await until(bot.bot._listener.is_fresh, "the listener's proof")
    assert (await bot.get("/ready")).status_code == 503
    monkeypatch.setattr(heartbeat, "report_bot", report)
    await bot.until_ready()
    assert says_listening(connection, bot)


async def test_a_bot_stays_ready_when_a_write_fails_that_would_say_the_same_again(
    start_bot: StartBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = await start_bot()
    tried = asyncio.Event()

    async def fail(*_: Any, **__: Any) -> None:
        tried.set()
        raise Busy("another transaction holds the row")

    monkeypatch.setattr(heartbeat, "report_bot", fail)
    bot.bot._heartbeat._changed.set()
    await until(tried.is_set, "the write that fails")
    assert says_listening(connection, bot)
    assert (await bot.get("/ready")).status_code == 200
