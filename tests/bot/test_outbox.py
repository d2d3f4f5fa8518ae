"""Sending, against a real PostgreSQL and the emulated Cloud API."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, get_args
from uuid import UUID, uuid4

import psycopg
import pytest

from app.bot.sending import settling as sending
from app.bot.sending.outbox import Outbox
from app.bot.sending.outcomes import NAMES
from app.bot.whatsapp.answers import Outcome
from app.bot.whatsapp.cloud_api import CloudApi
from app.crm.conversation import find_waiting_clients
from app.database.errors import Unavailable
from app.database.pool import Pool
from app.messages import Outgoing
from tests.bot.conftest import StartBot
from tests.bot.outboxes import has_statuses, make_due, open_outbox, queue, read_statuses
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID, Api, run_api
from tests.sessions.turns import CLIENT, PHONE
from tests.sessions.waiting import until


def test_every_outcome_has_its_name_in_the_metric() -> None:
    assert set(NAMES) == set(get_args(Outcome))


# In order, once


async def test_a_clients_answers_go_out_in_their_order(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    phones = [f"6281100{number:04}" for number in range(5)]
    for number in range(10):
        for phone in phones:
            queue(connection, f"answer {number}", phone=phone)
    for phone in phones:
        outbox.wake(f"{phone}@c.us")
    await api.until_sent(50)
    for phone in phones:
        assert api.texts(phone) == [f"answer {number}" for number in range(10)]
    await outbox.finish(5)
    assert set(read_statuses(connection, phones[0])) == {"sent"}


async def test_two_bots_send_each_answer_once_and_in_order(
    pool: Pool, cloud: CloudApi, connection: psycopg.Connection, api: Api
) -> None:
    texts = [f"answer {number}" for number in range(40)]
    queue(connection, *texts)
    async with AsyncExitStack() as stack:
        boxes = [
            await stack.enter_async_context(open_outbox(pool, cloud, connection)) for _ in range(3)
        ]

        def is_sent() -> bool:
            for box in boxes:
                box.wake(CLIENT)
            return set(read_statuses(connection)) == {"sent"}

        await until(is_sent, "everything sent")
    assert api.texts(PHONE, None) == texts


async def test_an_answer_that_was_not_sent_is_tried_again_and_the_next_waits_for_it(
    pool: Pool, connection: psycopg.Connection
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        port = taken.getsockname()[1]
        url = f"http://127.0.0.1:{port}/v24.0"
        async with (
            CloudApi.open(url, NUMBER_ID, ACCESS_TOKEN) as cloud,
            open_outbox(pool, cloud, connection) as outbox,
        ):
            queue(connection, "one", "two")
            outbox.wake(CLIENT)
            await until(
                lambda: connection.execute(
                    "SELECT 1 FROM \"Conversation\" WHERE body = 'one' AND attempts = 1"
                    " AND status = 'queued' AND \"errorText\" LIKE 'no connection: %'"
                ).fetchone(),
                "a failed attempt",
            )
            taken.close()
            async with run_api(port) as api:

                def is_sent() -> bool:
                    make_due(connection)
                    outbox.wake(CLIENT)
                    return len(api.texts()) == 2

                await until(is_sent, "both sent")
                assert api.texts(PHONE, None) == ["one", "two"]
                await outbox.finish(5)  # writes that it was sent, before the API stops
    assert read_statuses(connection) == ["sent", "sent"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"code": 131000}])
async def test_an_answer_that_meta_failed_at_is_tried_again(
    outbox: Outbox, connection: psycopg.Connection, api: Api, fault: dict[str, int]
) -> None:
    api.order(**fault, times=1)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(lambda: len(api.texts(outcome="refused")) == 1, "a refusal")
    await until(has_statuses(connection, "queued", "queued"), "requeued")

    def is_sent() -> bool:
        make_due(connection)
        outbox.wake(CLIENT)
        return len(api.texts()) == 2

    await until(is_sent, "both sent")
    assert api.texts(PHONE) == ["one", "two"]
    await outbox.finish(5)
    row = connection.execute(
        'SELECT attempts, "errorCode" FROM "Conversation" ORDER BY id LIMIT 1'
    ).fetchone()
    assert row == (2, None)


@pytest.mark.parametrize("code", [131026, 131047, 131050, 100])
async def test_an_answer_that_meta_refuses_for_good_is_failed_and_the_next_goes_out(
    outbox: Outbox, connection: psycopg.Connection, api: Api, code: int
) -> None:
    api.order(code=code, times=1)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(has_statuses(connection, "failed", "sent"), "settled")
    assert api.texts(PHONE) == ["two"]
    row = connection.execute('SELECT "errorCode" FROM "Conversation" ORDER BY id LIMIT 1')
    assert row.fetchone() == (code,)


@pytest.mark.parametrize(("status", "code"), [(401, 190), (429, 130429)])
async def test_a_refusal_of_everything_pauses_everything_and_loses_nothing(
    outbox: Outbox, connection: psycopg.Connection, api: Api, status: int, code: int
) -> None:
    api.order(status=status, code=code, times=1)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(lambda: len(api.texts(outcome="refused")) == 1, "a refusal")
    await until(has_statuses(connection, "queued", "queued"), "requeued")
    make_due(connection)
    outbox.wake(CLIENT)
    await outbox.finish(5)
    assert api.texts(PHONE, None) == ["one"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x" * 4_097, "unsendable: the text has 4097 characters; WhatsApp takes 4096"),
        ("", "unsendable: the text is empty"),
    ],
)
async def test_a_text_that_whatsapp_would_refuse_is_failed_with_the_reason_and_not_posted(
    outbox: Outbox, connection: psycopg.Connection, api: Api, body: str, reason: str
) -> None:
    queue(connection, body, "two")
    outbox.wake(CLIENT)
    await until(has_statuses(connection, "failed", "sent"), "settled")
    assert api.texts(PHONE, None) == ["two"]
    row = connection.execute(
        'SELECT "errorText", "errorCode" FROM "Conversation" ORDER BY id LIMIT 1'
    ).fetchone()
    assert row == (reason, None)


# A newer release queues what this one cannot send


def queue_later_kind(connection: psycopg.Connection, phone: str = PHONE) -> None:
    """As a bot of a later release, during a rolling upgrade."""
    connection.execute(
        'INSERT INTO "Conversation"'
        ' ("userId", direction, kind, body, detail, status, address, at)'
        " VALUES (%s, 'out', 'hologram', 'a bird', '{\"id\": 7}', 'queued', %s,"
        " now() - interval '5 seconds')",
        (f"{phone}@c.us", phone),
    )


async def test_a_kind_of_a_later_release_is_left_to_it_and_the_order_is_kept(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    queue(connection, "one", age=5)
    queue_later_kind(connection)
    queue(connection, "three", age=5)
    queue(connection, "other", phone="6281298765432", age=5)
    bot = await start_bot()
    await api.until_sent(1, PHONE)
    await api.until_sent(1, "6281298765432")
    # Its own answer too comes after those that are older.
    assert await bot.say("siapa nama saya", PHONE) == 200
    await until(has_statuses(connection, "delivered", "queued", "queued", "queued"), "the first")
    row = connection.execute(
        'SELECT status, attempts, "claimedBy" FROM "Conversation" WHERE kind = \'hologram\''
    ).fetchone()
    assert row == ("queued", 0, None)
    # A bot of the later release sends it.
    connection.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE kind = 'hologram'")
    sent = await api.until_sent(3, PHONE)
    assert sent == ["one", "three", "1: Siapa nama Anda?"]


async def test_a_client_who_waits_for_a_later_release_wakes_no_bot_of_this_one(
    pool: Pool, connection: psycopg.Connection
) -> None:
    queue(connection, "one", age=5)
    queue(connection, "other", phone="6281298765432", age=5)
    connection.execute("UPDATE \"Conversation\" SET kind = 'hologram' WHERE body = 'one'")
    waiting = await find_waiting_clients(pool, uuid4())
    assert [client.id for client in waiting] == ["6281298765432@c.us"]


async def test_a_bot_warns_of_what_has_waited_for_a_later_release_for_a_minute(
    start_bot: StartBot, connection: psycopg.Connection, logged: Callable[[], str]
) -> None:
    queue(connection, "one", "two", age=70)
    connection.execute("UPDATE \"Conversation\" SET kind = 'hologram' WHERE body = 'one'")
    await start_bot()

    def is_warned() -> bool:
        log = logged()
        return "wait for a bot of a newer release" in log and "hologram" in log

    await until(is_warned, "the warning")
    assert read_statuses(connection) == ["queued", "queued"]


async def test_a_kind_of_a_later_release_is_cancelled_by_a_reset_like_any_other(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    queue(connection)
    queue_later_kind(connection)
    connection.execute('DELETE FROM "User"')
    queue(connection, "of this incarnation")
    outbox.wake(CLIENT)
    assert await api.until_sent(1, PHONE) == ["of this incarnation"]


# What may have gone out


async def test_an_answer_that_may_have_gone_out_is_settled_by_its_status_and_never_sent_again(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot()
    api.order(drop="after", hold_statuses=True, times=1)
    assert await bot.say("nama saya Petang", PHONE) == 200
    await until(has_statuses(connection, "uncertain"), "uncertain")
    # The next one does not wait for it.
    assert await bot.say("siapa nama saya", PHONE) == 200
    await until(lambda: read_statuses(connection)[1:] == ["delivered"], "the next delivered")
    assert read_statuses(connection)[0] == "uncertain"
    api.release()
    await until(has_statuses(connection, "delivered", "delivered"), "settled")
    assert api.texts(PHONE, None) == ["1: Halo Petang", "2: Halo Petang"]


async def test_an_answer_dropped_without_a_trace_stays_uncertain(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    api.order(drop="before", times=1)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(has_statuses(connection, "uncertain", "sent"), "settled")
    outbox.wake(CLIENT)
    await outbox.finish(5)
    assert api.texts(PHONE, None) == ["one", "two"]


async def test_a_status_that_tells_of_a_failure_is_kept(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    bot = await start_bot()
    await bot.say("nama saya Petang", PHONE)
    await until(has_statuses(connection, "delivered"), "delivered")
    row = connection.execute(
        'SELECT "waMessageId" FROM "Conversation" WHERE direction = \'out\''
    ).fetchone()
    assert row is not None
    statuses = api.simulator.simulation.statuses
    # An older status that comes late takes nothing back.
    assert await statuses.report(row[0], PHONE, "sent", None) == 200
    assert read_statuses(connection) == ["delivered"]
    assert await statuses.report(row[0], PHONE, "read", None) == 200
    assert read_statuses(connection) == ["read"]
    # After a reset it finds no client, and makes none.
    connection.execute('DELETE FROM "User"')
    assert await statuses.report(row[0], PHONE, "read", None) == 200
    assert connection.execute('SELECT count(*) FROM "Conversation"').fetchone() == (0,)


async def test_an_answer_given_by_a_reply_that_got_lost_is_sent_all_the_same(
    outbox: Outbox, connection: psycopg.Connection, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = False
    start_sending = sending.start_sending

    async def lose_the_first_reply(*args: Any, **options: Any) -> Any:
        nonlocal lost
        started = await start_sending(*args, **options)
        if not lost:
            lost = True
            raise Unavailable("the connection ended before the reply came")
        return started

    monkeypatch.setattr(sending, "start_sending", lose_the_first_reply)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(has_statuses(connection, "sent", "sent"), "both sent")
    assert api.texts(PHONE, None) == ["one", "two"]


# Bots that end


async def test_what_a_bot_left_queued_another_sends(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    queue(connection, "one", "two", age=5)
    await start_bot()
    assert await api.until_sent(2, PHONE) == ["one", "two"]
    await until(has_statuses(connection, "delivered", "delivered"), "settled")


async def test_what_a_bot_was_sending_when_it_died_is_not_sent_again(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    dead = send_from_another_bot(connection)
    connection.execute(
        'UPDATE "Bot" SET "seenAt" = now() - interval \'20 seconds\' WHERE id = %s', (dead,)
    )
    await start_bot()
    await until(has_statuses(connection, "uncertain", "delivered"), "settled")
    assert api.texts(PHONE, None) == ["two"]


async def test_what_a_living_bot_is_sending_is_left_to_it(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    send_from_another_bot(connection)
    queue(connection, "other", phone="6281298765432", age=60)
    await start_bot()
    await api.until_sent(1, "6281298765432")
    assert read_statuses(connection) == ["sending", "queued"]
    assert api.texts(PHONE, None) == []


async def test_what_a_living_bot_is_sending_is_left_to_it_where_a_reply_was_lost_too(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    send_from_another_bot(connection)
    outbox._settling.doubtful.add(CLIENT)
    outbox.wake(CLIENT)
    await until(lambda: not outbox._workers.is_at(CLIENT), "a look for work")
    assert read_statuses(connection) == ["sending", "queued"]
    assert api.texts(PHONE, None) == []


def send_from_another_bot(connection: psycopg.Connection) -> UUID:
    """A bot, alive, that is sending the first of two answers."""
    queue(connection, "one", "two", age=60)
    bot = uuid4()
    connection.execute(
        'UPDATE "Conversation" SET status = \'sending\', "claimedBy" = %s, "claimedAt" = now()'
        " WHERE body = 'one'",
        (bot,),
    )
    connection.execute("SELECT novabot_internal.report_bot(%s, 'there', 1, true, 0)", (bot,))
    return bot


async def test_a_stop_waits_for_what_is_being_sent_and_leaves_the_rest(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    api.order(hold=True, to=PHONE)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(lambda: api.texts(PHONE, "pending"), "the first on its way")
    ending = asyncio.create_task(outbox.finish(5))
    await asyncio.sleep(0)
    api.release()
    await ending
    assert read_statuses(connection)[0] == "sent"
    outbox.wake(CLIENT)
    begun = time.monotonic()
    await outbox.finish(5)
    assert time.monotonic() - begun < 1


async def test_a_stop_does_not_wait_for_ever(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    api.order(hold=True)
    queue(connection, "one")
    outbox.wake(CLIENT)
    outbox.farewells.say("6281298765432", [Outgoing("Sudah.")])
    await until(lambda: len(api.texts(outcome="pending")) == 2, "both on their way")
    begun = time.monotonic()
    await outbox.finish(0.2)
    assert time.monotonic() - begun < 1.5
    assert read_statuses(connection) == ["sending"]  # the bot that finds it says uncertain
    assert (
        not outbox.farewells._tasks
    )  # one that goes on after the client closes leaves a connection
    api.release()


async def test_what_another_client_takes_over_by_a_merge_is_sent_once(
    pool: Pool, api: Api, cloud: CloudApi, connection: psycopg.Connection
) -> None:
    """One worker holds it, and waits for a connection; its new client's worker is woken."""
    await cloud._places.acquire()
    cloud._places._value = 0  # every connection is busy
    other = "6281717407675"
    queue(connection, "satu")
    queue(connection, "hai", phone=other)
    connection.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE body = 'hai'")
    async with open_outbox(pool, cloud, connection) as outbox:
        outbox.wake(f"{PHONE}@c.us")
        await until(has_statuses(connection, "sending"), "it waits for a connection")
        connection.execute('UPDATE "Conversation" SET "userId" = %s', (f"{other}@c.us",))
        outbox.wake(f"{other}@c.us")
        await until(lambda: not outbox._workers.is_at(f"{other}@c.us"), "the other has looked")
        cloud._places._value = 5
        cloud._places.release()
        await until(lambda: not outbox._workers.is_at(f"{PHONE}@c.us"), "nothing under way")
    assert api.texts(None, None) == ["satu"]
    assert read_statuses(connection, other) == ["sent", "sent"]
