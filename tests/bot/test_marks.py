"""Read marks and typing indicators: when they go out, and that nothing waits for them."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from app.messages import Message, Reply
from app.sessions.session import Session
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api
from tests.sessions.turns import CLIENT, PHONE, read_metric
from tests.sessions.waiting import until
from tests.webhook_bodies import join_bodies, text_body


def marks(api: Api, outcome: str = "accepted") -> list[bool]:
    """Whether each mark that came also shows the bot typing."""
    return [
        "typing_indicator" in (request.payload if isinstance(request.payload, dict) else {})
        for request in api.simulator.simulation.requests._requests
        if (request.kind, request.outcome) == ("read", outcome)
    ]


class Slow:
    """A responder that answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0

    async def respond(self, session: Session, message: Message) -> Reply:
        self.asked += 1
        await self.may_answer.wait()
        return Reply({}, ("Halo",))


async def test_no_mark_goes_out_unless_it_is_asked_for(start_bot: StartBot, api: Api) -> None:
    slow = Slow()
    slow.may_answer.set()
    for number, responder in enumerate((None, slow.respond)):
        bot = await start_bot(responder)
        await bot.say("Hai", PHONE)
        await api.until_sent(number + 1, PHONE)
        await bot.stop()
    assert not [r for r in api.simulator.simulation.requests._requests if r.kind == "read"]


async def test_what_the_bot_answers_is_marked_as_read_once(
    start_bot: StartBot,
    api: Api,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHATSAPP_READ_MARKS", "true")
    bot = await start_bot()
    await bot.say("Hai", PHONE, message_id="wamid.ONE")
    await until(lambda: marks(api) == [False], "one mark")
    await bot.say("Hai", PHONE, message_id="wamid.ONE")  # delivered twice
    connection.execute('UPDATE "User" SET "pausedAt" = now()')
    await bot.say("Hai", PHONE, message_id="wamid.TWO")  # a person has taken over
    connection.execute('UPDATE "User" SET "pausedAt" = NULL')
    await bot.say("Hai", PHONE, message_id="content:1")  # WhatsApp gave it no id
    await bot.say("Hai", PHONE, message_id="wamid.THREE")
    await until(lambda: len(marks(api)) > 1, "another mark")
    await until(lambda: not bot.bot._marks._under_way, "no mark under way")
    assert marks(api) == [False, False]
    read = [
        request.payload["message_id"]  # type: ignore[call-overload,index]
        for request in api.simulator.simulation.requests._requests
        if request.kind == "read"
    ]
    assert read == ["wamid.ONE", "wamid.THREE"]
    assert api.texts(outcome="refused") == []


async def test_a_client_sees_that_a_slow_answer_is_being_made(
    start_bot: StartBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_TYPING", "true")
    slow = Slow()
    bot = await start_bot(slow.respond)
    await bot.say("Hai", PHONE, message_id="wamid.ONE")
    await until(lambda: marks(api) == [True], "the indicator")
    assert api.texts(PHONE) == []
    slow.may_answer.set()
    assert await api.until_sent(1, PHONE) == ["Halo"]
    instant = await start_bot()
    await instant.say("Hai", PHONE, message_id="wamid.TWO")
    await api.until_sent(2, PHONE)
    assert marks(api) == [True]


@pytest.mark.parametrize("fault", [{"hold": True}, {"code": 131000}])
async def test_a_mark_that_does_not_get_through_delays_and_fails_nothing(
    start_bot: StartBot, api: Api, monkeypatch: pytest.MonkeyPatch, fault: dict[str, object]
) -> None:
    monkeypatch.setenv("WHATSAPP_READ_MARKS", "true")
    api.order(marks=True, **fault)
    bot = await start_bot()
    failed = read_metric("novabot_read_marks_total", outcome="failed")
    for number in range(20):
        assert await bot.say("Hai", PHONE, message_id=f"wamid.{number}") == 200
    await api.until_sent(20, PHONE)
    if "hold" in fault:
        await until(lambda: len(marks(api, "pending")) == 16, "the marks that are under way")
        assert len(bot.bot._marks._under_way) == 16
    else:
        await until(
            lambda: read_metric("novabot_read_marks_total", outcome="failed") == failed + 20,
            "each mark refused",
        )
        assert len(marks(api, "refused")) == 20
    assert await bot.stop() < 4


@pytest.mark.parametrize("setting", ["WHATSAPP_READ_MARKS", "WHATSAPP_TYPING"])
async def test_a_reset_ends_the_marks_that_are_under_way_for_its_client(
    start_bot: StartBot,
    api: Api,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
) -> None:
    monkeypatch.setenv(setting, "true")
    api.order(marks=True, hold=True)
    bot = await start_bot(Slow().respond)
    other = "6281700000009"
    for phone in (PHONE, other):
        await bot.say("Hai", phone, message_id=f"wamid.{phone}")
    await until(lambda: len(bot.bot._marks._under_way) == 2, "two marks under way")
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    # By itself it would be given up after 5 s.
    await until(lambda: len(bot.bot._marks._under_way) == 1, "one mark under way", 3)
    (left,) = bot.bot._marks._under_way.values()
    assert left.id == f"{other}@c.us"


async def test_an_indicator_that_comes_too_late_is_ended_by_the_answer(
    start_bot: StartBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_TYPING", "true")
    api.order(marks=True, hold=True)
    slow = Slow()
    bot = await start_bot(slow.respond)
    await bot.say("Hai", PHONE, message_id="wamid.ONE")
    await until(lambda: marks(api, "pending") == [True], "the indicator on its way")
    slow.may_answer.set()
    await api.until_sent(1, PHONE)
    assert not bot.bot._marks._under_way


async def test_a_turn_that_an_eviction_overtook_is_not_marked(
    start_bot: StartBot,
    api: Api,
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHATSAPP_READ_MARKS", "true")
    bot = await start_bot()
    await bot.say("Hai", PHONE, message_id="wamid.ONE")
    await until(lambda: len(marks(api)) == 1, "one mark")
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as holder:
        holder.execute('SELECT FROM "User" WHERE id = %s FOR UPDATE', (CLIENT,))
        turn = asyncio.create_task(bot.say("Hai", PHONE, message_id="wamid.TWO"))
        await asyncio.sleep(0.1)
        evictions = bot.bot._cache.mark()
        connection.execute("NOTIFY session_reset, 'another@c.us'")
        await until(lambda: bot.bot._cache.mark() > evictions, "an eviction")
        assert not turn.done()
    assert await turn == 200
    await api.until_sent(2, PHONE)
    await bot.say("Hai", PHONE, message_id="wamid.THREE")
    await until(lambda: len(marks(api)) == 2, "another mark")
    read = [r.payload for r in api.simulator.simulation.requests._requests if r.kind == "read"]
    assert "wamid.TWO" not in str(read)


async def test_of_messages_that_come_together_the_last_that_is_answered_is_marked(
    start_bot: StartBot, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHATSAPP_READ_MARKS", "true")
    bot = await start_bot()
    for ids in (["ONE"], ["TWO", "ONE"], ["THREE", "FOUR", "ONE"]):
        bodies = (
            text_body(PHONE, "Hai", phone_number_id=NUMBER_ID, message_id=f"wamid.{each}")
            for each in ids
        )
        assert await bot.deliver(join_bodies(bodies)) == 200
    await api.until_sent(4, PHONE)
    await until(lambda: not bot.bot._marks._under_way, "no mark under way")
    read = [
        request.payload["message_id"]  # type: ignore[call-overload,index]
        for request in api.simulator.simulation.requests._requests
        if request.kind == "read"
    ]
    assert read == ["wamid.ONE", "wamid.TWO", "wamid.FOUR"]
