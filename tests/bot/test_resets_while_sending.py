"""An answer that is about to go out, or on its way, when its client is reset or edited.

Until `sending` is committed, a reset stops it. Once the first byte is on its way nothing can; then
nothing that is written about it afterwards may touch the client's next incarnation.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from app.bot.sending import outbox as sending
from app.bot.sending import settling
from app.bot.sending.outbox import Outbox
from app.bot.whatsapp.cloud_api import CloudApi
from app.database.pool import Pool
from tests.bot.conftest import StartBot
from tests.bot.outboxes import has_statuses, open_outbox, queue, read_statuses
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID, Api, run_api
from tests.sessions.turns import CLIENT, PHONE
from tests.sessions.waiting import until


def act_at(
    monkeypatch: pytest.MonkeyPatch, statement: str, when: str, act: Callable[[], object]
) -> list[bool]:
    """Acts once, `before` the next such statement of an outbox or `after` it has come back.

    What it returns is empty until it has acted.
    """
    acted: list[bool] = []
    begun = False

    def act_once() -> None:
        nonlocal begun
        if not begun:
            begun = True
            act()
            acted.append(True)

    module = settling if statement in ("settle_sendings", "start_sending") else sending
    call = getattr(module, statement)

    async def call_and_act(*args: Any, **more: Any) -> Any:
        if when == "before":
            act_once()
        result = await call(*args, **more)
        if when == "after":
            act_once()
        return result

    monkeypatch.setattr(module, statement, call_and_act)
    return acted


class Clock:
    """As the outbox reads it. It stands still until the process is said to have."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def stand_still(self) -> None:
        """As a process that is stopped and continued: the clock goes on without it."""
        self.at += 30.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all outboxes."""
    made = Clock()
    monkeypatch.setattr(sending, "clock", made)
    return made


RESETS = {
    "delete": 'DELETE FROM "User"',
    "delete and make again": f"""DELETE FROM "User";
        INSERT INTO "User" (id, "windowUntil") VALUES ('{CLIENT}', now() + interval '24 hours')""",
    "truncate": 'TRUNCATE "User" RESTART IDENTITY CASCADE',
}
EDITS = {
    "delete of the session": 'DELETE FROM "Session"',
    "edit": "UPDATE \"User\" SET nama = 'Budi'",
}
AWAITS = {
    "before it is taken up": ("start_sending", "before", False),
    "taken up": ("start_sending", "after", True),
    "before it is asked again": ("is_sending", "before", False),
    "asked again": ("is_sending", "after", True),
    "in flight": None,
    "before it is settled": ("settle_sendings", "before", True),
    "settled": ("settle_sendings", "after", True),
}
"""The statement, when, and whether an answer whose client is reset there goes out nevertheless.
In flight it is with the Cloud API, which has not answered yet."""


@pytest.mark.parametrize("where", AWAITS)
@pytest.mark.parametrize("act", RESETS | EDITS)
async def test_what_is_done_at_an_await_of_a_send_decides_it(
    pool: Pool,
    cloud: CloudApi,
    connection: psycopg.Connection,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    act: str,
    where: str,
) -> None:
    statement = (RESETS | EDITS)[act].encode()
    queue(connection, "of the old incarnation")
    connection.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (CLIENT,))
    is_sent = True
    async with open_outbox(pool, cloud, connection) as outbox:
        if (at := AWAITS[where]) is None:
            api.order(hold=True, to=PHONE, times=1)
            outbox.wake(CLIENT)
            await until(lambda: api.texts(PHONE, "pending"), "the answer on its way")
            connection.execute(statement)
            api.release()
        else:
            if at[0] == "is_sending":
                act_at(monkeypatch, "start_sending", "after", clock.stand_still)
            done = act_at(monkeypatch, *at[:2], lambda: connection.execute(statement))
            is_sent = at[2] or act in EDITS
            outbox.wake(CLIENT)
            await until(lambda: done, "the moment of the act")
    assert api.texts(PHONE, None) == (["of the old incarnation"] if is_sent else [])
    assert read_statuses(connection) == (["sent"] if act in EDITS else [])

    # The next answer, whose row may have the id of the old one, goes out as ever.
    queue(connection, "of this incarnation")
    async with open_outbox(pool, cloud, connection) as outbox:

        def is_next_sent() -> bool:
            outbox.wake(CLIENT)
            return read_statuses(connection)[-1:] == ["sent"]

        await until(is_next_sent, "the next sent")
    assert api.texts(PHONE, None)[-1] == "of this incarnation"
    assert len(api.texts(PHONE, None)) == 1 + is_sent
    assert set(read_statuses(connection)) == {"sent"}


async def test_an_answer_whose_client_is_reset_before_it_is_taken_up_is_not_sent(
    outbox: Outbox, connection: psycopg.Connection, api: Api
) -> None:
    api.order(hold=True, to=PHONE, times=1)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(lambda: api.texts(PHONE, "pending"), "the first on its way")
    connection.execute('DELETE FROM "User"')
    api.release()
    await outbox.finish(5)
    outbox.wake(CLIENT)
    assert api.texts(PHONE, None) == ["one"]
    assert connection.execute('SELECT count(*) FROM "Conversation"').fetchone() == (0,)


async def test_an_answer_reset_between_the_commit_and_the_sending_is_not_sent(
    start_bot: StartBot, connection: psycopg.Connection, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = await start_bot()
    wake = Outbox.wake

    def wake_late(self: Outbox, client: str) -> None:
        connection.execute('DELETE FROM "User"')
        wake(self, client)

    monkeypatch.setattr(Outbox, "wake", wake_late)
    assert await bot.say("nama saya Petang", PHONE) == 200
    monkeypatch.setattr(Outbox, "wake", wake)
    assert await bot.say("siapa nama saya", PHONE) == 200
    assert await api.until_sent(1, PHONE) == ["1: Siapa nama Anda?"]


@pytest.mark.parametrize("is_reset", [True, False])
async def test_a_process_that_was_held_up_before_it_sent_asks_whether_it_still_may(
    outbox: Outbox,
    connection: psycopg.Connection,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    is_reset: bool,
) -> None:
    def stand_still() -> None:
        clock.stand_still()
        if is_reset:
            connection.execute('DELETE FROM "User"')

    act_at(monkeypatch, "start_sending", "after", stand_still)
    queue(connection, "one")
    outbox.wake(CLIENT)
    await until(
        lambda: read_statuses(connection) == ([] if is_reset else ["sent"]),
        "the answer sent or dropped",
    )
    await outbox.finish(5)
    assert api.texts(PHONE, None) == ([] if is_reset else ["one"])


async def test_an_answer_that_another_bot_took_over_meanwhile_is_not_sent_twice(
    outbox: Outbox,
    connection: psycopg.Connection,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
) -> None:
    def lose_it() -> None:
        clock.stand_still()
        connection.execute("UPDATE \"Conversation\" SET status = 'uncertain' WHERE body = 'one'")

    act_at(monkeypatch, "start_sending", "after", lose_it)
    queue(connection, "one", "two")
    outbox.wake(CLIENT)
    await until(has_statuses(connection, "uncertain", "sent"), "the next sent")
    assert api.texts(PHONE, None) == ["two"]


async def test_an_answer_reset_while_it_waits_to_be_tried_again_is_not_sent(
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
            queue(connection, "one")
            outbox.wake(CLIENT)
            started = time.monotonic()
            # A sender that keeps the answer to itself never says that the attempt is over.
            await until(
                lambda: (
                    connection.execute(
                        "SELECT 1 FROM \"Conversation\" WHERE attempts > 0 AND status = 'queued'"
                    ).fetchone()
                    or time.monotonic() > started + 2
                ),
                "an attempt that could not connect",
            )
            connection.execute('DELETE FROM "User"')
            taken.close()
            async with run_api(port) as api:
                await outbox.finish(5)
                assert api.texts() == []
