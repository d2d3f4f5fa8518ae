"""The loop that listens, on a real PostgreSQL: what it yields, and what makes it connect again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, closing

import psycopg
import pytest
from psycopg import Notify

from app import notifications
from app.notifications import ListeningBegan, ListeningFailed, follow
from tests.sessions.black_hole import open_door
from tests.sessions.waiting import until

NAME = "novabot test listener"

Event = ListeningBegan | ListeningFailed | Notify


class Follower:
    """Collects the events of `follow`."""

    def __init__(self, url: str) -> None:
        self.events: list[Event] = []
        self._task = asyncio.create_task(self._collect(url))

    @property
    def payloads(self) -> list[str]:
        return [event.payload for event in self.events if isinstance(event, Notify)]

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in self.events)

    async def until_listening(self, times: int = 1) -> None:
        await until(lambda: self.count(ListeningBegan) >= times, f"listening {times} times")

    async def close(self) -> None:
        self._task.cancel()
        ended = await asyncio.gather(self._task, return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError), ended

    async def _collect(self, url: str) -> None:
        async with aclosing(follow(url, ("one", "other"), NAME)) as events:
            async for event in events:
                self.events.append(event)


@pytest.fixture
async def follow_url() -> AsyncIterator[Callable[[str], Follower]]:
    opened: list[Follower] = []

    def open_one(url: str) -> Follower:
        opened.append(Follower(url))
        return opened[-1]

    yield open_one
    for follower in opened:
        await follower.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is tried after so little silence that a test can wait for it."""
    monkeypatch.setattr(notifications, "QUIET", 0.1)
    monkeypatch.setattr(notifications, "PROBE_TIMEOUT", 0.5)


def count_listeners(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE application_name = %s AND datname = current_database()",
        (NAME,),
    ).fetchone()
    assert row is not None
    return row[0]


def is_connected(connection: psycopg.Connection, pid: int) -> bool:
    return bool(
        connection.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchall()
    )


async def test_every_notification_of_its_channels_arrives_in_order(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    follower = follow_url(database_url)
    await follower.until_listening()
    connection.execute("SELECT pg_notify('one', n::text) FROM generate_series(1, 5000) AS n")
    connection.execute("NOTIFY another, 'not for us'")
    connection.execute("NOTIFY other, 'last'")
    await until(lambda: follower.payloads[-1:] == ["last"], "the last notification")
    assert follower.payloads == [*(str(number) for number in range(1, 5001)), "last"]
    assert follower.count(ListeningBegan) == 1


@pytest.mark.usefixtures("quick")
async def test_what_arrives_while_the_connection_is_tried_is_not_lost(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    follower = follow_url(database_url)
    await follower.until_listening()
    for number in range(300):
        connection.execute("SELECT pg_notify('one', %s)", (str(number),))
        await asyncio.sleep(0.002)
    await until(lambda: len(follower.payloads) == 300, "all notifications")
    assert follower.payloads == [str(number) for number in range(300)]
    assert follower.count(ListeningBegan) == 1


async def test_a_lost_connection_is_told_and_replaced_by_one_that_listens(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    follower = follow_url(database_url)
    for times in range(1, 4):
        await follower.until_listening(times)
        assert count_listeners(connection) == 1
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            (NAME,),
        )
    await follower.until_listening(4)
    connection.execute("NOTIFY other, 'after it'")
    await until(lambda: follower.payloads == ["after it"], "the notification")
    assert [type(event) for event in follower.events[:3]] == [
        ListeningBegan,
        ListeningFailed,
        ListeningBegan,
    ]


@pytest.mark.usefixtures("quick")
async def test_a_server_that_does_not_answer_is_noticed_in_the_silence(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    async with open_door(database_url) as (url, door):
        follower = follow_url(url)
        await follower.until_listening()
        door.swallowing = True
        await until(lambda: follower.count(ListeningFailed), "the dead connection to be noticed")
        door.swallowing = False
        await follower.until_listening(2)
        await follower.close()


@pytest.mark.usefixtures("quick")
async def test_a_server_that_only_reads_is_left(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    follower = follow_url(database_url)
    await follower.until_listening()
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = %s AND datname = current_database()",
        (NAME,),
    )
    await until(lambda: follower.count(ListeningFailed) >= 2, "the server to be refused")
    assert follower.count(ListeningBegan) == 1
    connection.execute("SET default_transaction_read_only = off")
    connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    await follower.until_listening(2)


async def test_an_idle_timeout_of_the_database_does_not_end_it(
    database_url: str, connection: psycopg.Connection, follow_url: Callable[[str], Follower]
) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET idle_session_timeout = '100ms'".encode())
    follower = follow_url(database_url)
    await follower.until_listening()
    # This one is as idle, and younger: when the server has ended it, it would have ended the other.
    with closing(psycopg.connect(database_url, autocommit=True)) as idle:
        pid = idle.info.backend_pid
        await until(lambda: not is_connected(connection, pid), "the idle connection to be ended")
    assert follower.count(ListeningFailed) == 0
    connection.execute(f"ALTER DATABASE {name} RESET idle_session_timeout".encode())
