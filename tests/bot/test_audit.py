"""The bot's own look at the triggers: drift makes it unready, and its answers stay right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from app.bot.app import Bot
from tests.bot.conftest import StartBot
from tests.bot.running_bots import Api, RunningBot
from tests.sessions.turns import PHONE
from tests.sessions.waiting import until

DISABLED = 'trigger reset_deleted on "User" is disabled'
SLEEPING = (
    'trigger signal_deleted on "Session" is not ENABLE ALWAYS:'
    " it does not fire under session_replication_role = replica"
)


@pytest.fixture(autouse=True)
def audit_every_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bots audit every second instead of every minute."""
    monkeypatch.setattr("tests.bot.running_bots.Bot", partial(Bot, audit_every=1))


async def until_unready(bot: RunningBot, reason: str) -> None:
    async def says_why() -> bool:
        answer = await bot.get("/ready")
        return answer.status_code == 503 and reason in answer.text

    await until(says_why, f"unready for {reason}")


async def test_drift_makes_a_bot_unready_while_its_answers_stay_right(
    start_bot: StartBot, api: Api, connection: psycopg.Connection, logged: Callable[[], str]
) -> None:
    bot = await start_bot()
    assert await bot.say("nama saya Petang", PHONE) == 200
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER reset_deleted')
    await until_unready(bot, DISABLED)
    assert "run novabot doctor" in (await bot.get("/ready")).text
    # No notification tells of this delete; the fence finds it.
    connection.execute('DELETE FROM "User"')
    assert await bot.say("siapa nama saya", PHONE) == 200
    assert await api.until_sent(2, PHONE) == ["1: Halo Petang", "1: Siapa nama Anda?"]
    connection.execute('ALTER TABLE "User" ENABLE ALWAYS TRIGGER reset_deleted')
    await bot.until_ready()
    log = logged()
    assert log.count("the database's triggers are not as shipped") == 1
    assert DISABLED in log
    assert log.count("the database's triggers are as shipped again") == 1


async def test_enable_trigger_all_does_not_restore_enable_always(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    connection.execute('ALTER TABLE "Session" DISABLE TRIGGER ALL')
    connection.execute('ALTER TABLE "Session" ENABLE TRIGGER ALL')
    await until_unready(bot, SLEEPING)


async def test_a_bot_audits_before_it_is_ready_for_the_first_time(
    start_bot: StartBot, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every minute, as it ships.
    monkeypatch.setattr("tests.bot.running_bots.Bot", Bot)
    connection.execute('DROP TRIGGER reset_truncated ON "User"')
    bot = await start_bot(ready=False)

    async def is_known() -> bool:
        answer = await bot.get("/ready")
        assert answer.status_code == 503
        return "reset_truncated" in answer.text

    await until(is_known, "the first audit")


async def test_an_audit_that_cannot_be_made_is_no_good_news(
    start_bot: StartBot, connection: psycopg.Connection
) -> None:
    bot = await start_bot()
    connection.execute("ALTER FUNCTION novabot_internal.audit_triggers() RENAME TO audit_nothing")
    await until_unready(bot, "the triggers are not audited")
    assert await bot.say("nama saya Petang", PHONE) == 200
    connection.execute("ALTER FUNCTION novabot_internal.audit_nothing() RENAME TO audit_triggers")
    await bot.until_ready()
