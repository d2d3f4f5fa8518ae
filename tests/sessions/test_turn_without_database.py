"""Turns while the server is stopped, started again, and while it does not answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from app.database.errors import TryLater, Unavailable
from app.database.migrating.migrations import migrate
from app.database.pool import open_pool
from app.local.embedded import EmbeddedServer
from app.messages import Message
from app.sessions.store import Committed, Rejected
from tests.sessions.turns import Side, make_message, open_side, read_tables
from tests.sessions.waiting import until


@pytest.fixture
async def side(own_server: EmbeddedServer) -> AsyncIterator[Side]:
    pool = await open_pool(own_server.url(), name="test")
    yield open_side(pool)
    await pool.close()


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A server that the test may stop."""
    with EmbeddedServer(data_dir, durable=False) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            migrate(connection)
        yield server


async def test_a_turn_says_at_once_that_the_database_is_away_and_succeeds_when_it_is_back(
    own_server: EmbeddedServer, side: Side
) -> None:
    assert isinstance(await side.turns.take(make_message("nama saya Petang")), Committed)
    own_server.stop()
    message = make_message()
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await side.turns.take(message)
        assert time.monotonic() - begun < 1.8
    own_server.start()
    await until(lambda: _takes(side, message), "a turn after the server came back")
    assert await side.turns.take(message) == Rejected("duplicate")
    with psycopg.connect(own_server.url()) as connection:
        tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Petang", "2: Halo Petang"]


async def test_a_turn_does_not_wait_for_a_server_that_stands_still(
    own_server: EmbeddedServer, side: Side
) -> None:
    assert isinstance(await side.turns.take(make_message("nama saya Petang")), Committed)
    with psycopg.connect(own_server.url()) as connection:
        pids = [
            pid
            for (pid,) in connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'test'"
            ).fetchall()
        ]
    message = make_message()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            await side.turns.take(message)
        assert time.monotonic() - begun < 1.8
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    # Whether that turn was written is unknown; delivered again it is answered once.
    await until(lambda: _takes(side, message), "a turn after the server went on")
    with psycopg.connect(own_server.url()) as connection:
        tables = read_tables(connection)
    assert tables is not None and tables.said == ["1: Halo Petang", "2: Halo Petang"]


async def _takes(side: Side, message: Message) -> bool:
    try:
        await side.turns.take(message)
    except TryLater:
        return False
    return True
