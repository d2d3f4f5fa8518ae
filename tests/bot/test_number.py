"""Two outboxes of one number against the emulated Cloud API: slowed, stopped, tried, resumed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest

from app.bot.sending.number import Number
from app.bot.sending.outbox import Outbox
from app.bot.whatsapp.cloud_api import CloudApi
from app.crm.sending.number import NumberState
from app.database.pool import Pool
from app.messages import Outgoing
from tests.bot.outboxes import make_number, queue, read_statuses
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID, Api
from tests.sessions.waiting import until

_TEXT = Outgoing("halo")
PHONES = [f"62813000{number:05}" for number in range(60)]


@dataclass
class Sender:
    outbox: Outbox
    number: Number

    def wake(self, phones: list[str]) -> None:
        for phone in phones:
            self.outbox.wake(f"{phone}@c.us")


@asynccontextmanager
async def open_sender(
    pool: Pool, connection: psycopg.Connection, api: Api, *, token: str = ACCESS_TOKEN
) -> AsyncGenerator[Sender]:
    """The sending side of a living bot that reads the number's state each 50 ms."""
    bot: UUID = uuid4()
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    number = make_number(pool, bot, token=token)

    ended = asyncio.Event()

    async def keep_reading() -> None:
        # As the heartbeat does, once a second. Not cancelled: a wait for the pool can lose that.
        while not ended.is_set():
            await number.refresh()
            await asyncio.sleep(0.05)

    async with CloudApi.open(api.url, NUMBER_ID, token) as cloud:
        reading = asyncio.create_task(keep_reading())
        outbox = Outbox(pool, cloud, bot, number)
        try:
            yield Sender(outbox, number)
        finally:
            ended.set()
            await reading
            await outbox.finish(5)


def count_refused(api: Api) -> int:
    return len(api.texts(outcome="refused"))


def queue_all(connection: psycopg.Connection) -> None:
    for phone in PHONES:
        queue(connection, "halo", phone=phone)


async def test_a_throttled_number_pauses_both_bots_and_then_everything_goes_out(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue_all(connection)
    api.order(code=130429, times=1)
    async with AsyncExitStack() as stack:
        senders = [
            await stack.enter_async_context(open_sender(pool, connection, api)) for _ in range(2)
        ]
        senders[0].wake(PHONES[:1])
        await until(lambda: count_refused(api) == 1, "the refusal")
        begun = time.monotonic()
        senders[0].wake(PHONES)
        senders[1].wake(PHONES)

        async def is_all_sent() -> bool:
            for sender in senders:
                sender.wake(PHONES)
            return len(api.texts(outcome="accepted")) == len(PHONES)

        await until(is_all_sent, "everything sent")
        assert count_refused(api) == 1
        assert time.monotonic() - begun < 15


async def test_an_expired_token_stops_its_bots_at_once_and_a_message_tries_it(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue_all(connection)
    async with (
        open_sender(pool, connection, api, token="expired") as old,
        open_sender(pool, connection, api) as new,
    ):
        old.wake(PHONES[:1])
        await until(lambda: old.number.is_stopped, "the stop")
        before = count_refused(api)
        old.wake(PHONES)
        await old.outbox.finish(5)  # nothing is on its way any more
        assert count_refused(api) == before == 1
        assert {status for phone in PHONES for status in read_statuses(connection, phone)} == {
            "queued"
        }
        assert not new.number.is_stopped
        new.wake(PHONES)
        await until(
            lambda: len(api.texts(outcome="accepted")) == len(PHONES), "all sent by the other"
        )


async def test_a_stop_that_is_mended_is_found_by_one_try_of_one_bot(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue_all(connection)
    api.order(status=401, code=190, times=1)
    async with AsyncExitStack() as stack:
        senders = [
            await stack.enter_async_context(open_sender(pool, connection, api)) for _ in range(2)
        ]
        senders[0].wake(PHONES[:1])
        await until(lambda: all(sender.number.is_stopped for sender in senders), "both stopped")
        assert not await senders[0].number.claim_try()  # not due yet
        connection.execute('UPDATE "Number" SET "dueAt" = now()')
        await until(lambda: all(sender.number.is_try_due for sender in senders), "a try is due")
        claims = [await sender.number.claim_try() for sender in senders]
        assert sorted(claims) == [False, True]
        trying = senders[claims.index(True)]
        trying.outbox.try_number(f"{PHONES[1]}@c.us")
        await until(lambda: api.texts(PHONES[1]) == ["halo"], "the try")
        await until(lambda: not any(sender.number.is_stopped for sender in senders), "resumed")


async def test_a_client_refused_alone_holds_up_no_other_and_stops_nothing(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue_all(connection)
    api.order(code=131031, to=PHONES[0])
    async with open_sender(pool, connection, api) as sender:
        sender.wake(PHONES[:1])
        await until(lambda: count_refused(api) == 1, "the refusal")
        sender.wake(PHONES)
        await until(
            lambda: len(api.texts(outcome="accepted")) == len(PHONES) - 1, "all others sent"
        )
        assert not sender.number.is_stopped
        await until(lambda: read_statuses(connection, PHONES[0]) == ["queued"], "queued again")


async def test_64_slow_sends_hold_up_nobody_else(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue_all(connection)
    slow = [f"62814000{number:05}" for number in range(64)]
    for phone in slow:
        queue(connection, "lambat", phone=phone)
        api.order(hold=True, to=phone)
    async with open_sender(pool, connection, api) as sender:
        sender.wake(slow)
        await until(lambda: len(api.texts(outcome="pending")) == 64, "64 on their way")
        sender.wake(PHONES)
        await until(lambda: len(api.texts(outcome="accepted")) == len(PHONES), "all others sent")
        api.release()


async def test_a_pace_is_kept_and_shared_out_in_the_order_of_asking(pool: Pool) -> None:
    number = make_number(pool, uuid4(), per_second=100)
    order: list[int] = []

    async def take(place: int) -> None:
        assert await number.wait_for_place()
        order.append(place)

    begun = time.monotonic()
    await asyncio.gather(*(take(place) for place in range(125)))
    assert time.monotonic() - begun >= 1  # 25 at once, then 100 a second
    assert order == list(range(125))


async def test_one_who_is_cancelled_while_waiting_costs_no_place(pool: Pool) -> None:
    number = make_number(pool, uuid4(), per_second=5)
    assert await number.wait_for_place()
    cancelled = [asyncio.create_task(number.wait_for_place()) for _ in range(20)]
    last = asyncio.create_task(number.wait_for_place())
    await asyncio.sleep(0)
    for task in cancelled:
        task.cancel()
    begun = time.monotonic()
    assert await last
    assert time.monotonic() - begun < 2  # 20 places would take 4 s


@pytest.mark.parametrize("end", ["stop", "close"])
async def test_who_waits_for_a_place_is_told_when_the_number_stops_or_the_bot_ends(
    pool: Pool, end: str
) -> None:
    number = make_number(pool, uuid4(), per_second=0.1)
    assert await number.wait_for_place()
    waiting = [asyncio.create_task(number.wait_for_place()) for _ in range(3)]
    await asyncio.sleep(0)
    if end == "stop":
        number.note_state(NumberState("stopped", code=190))
    else:
        number.close()
    assert await asyncio.gather(*waiting) == [False] * 3
    assert not await number.wait_for_place()


async def test_a_refusal_that_cannot_be_written_pauses_this_bot(
    pool: Pool, connection: psycopg.Connection, api: Api
) -> None:
    queue(connection, "halo")
    api.order(status=401, code=190, times=1)
    connection.execute('ALTER TABLE "Number" RENAME TO "Gone"')
    async with CloudApi.open(api.url, NUMBER_ID, ACCESS_TOKEN) as cloud:
        number = make_number(pool, uuid4())
        refusal = await cloud.send("6281298765432", _TEXT, "1")
        assert await number.take_refusal("x@c.us", refusal, "stop_now", 0) == "unwritten"
        waiting = asyncio.create_task(number.wait_for_place())
        await asyncio.sleep(0)
        assert not waiting.done()
        number.close()
        assert not await waiting
