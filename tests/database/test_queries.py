"""Snapshots: what their statements see, and what they leave on a pooled connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus

from app.database.pool import Pool, open_pool
from app.database.queries import fetch_value, open_snapshot


@pytest.fixture
async def single(database_url: str) -> AsyncIterator[Pool]:
    """A pool of one connection, which every caller gets in turn."""
    async with await open_pool(database_url, size=1) as pool:
        yield pool


async def assert_plain(pool: Pool, backend: int | None = None) -> None:
    """What a pooled connection must be, whatever it was used for before."""
    async with pool.connection() as conn:
        assert backend in (None, conn.info.backend_pid)
        assert conn.info.transaction_status == TransactionStatus.IDLE
        assert conn.autocommit
        assert conn.isolation_level is None
        assert conn.read_only is None
        assert await fetch_value(conn, "SHOW transaction_isolation") == "read committed"
        assert await fetch_value(conn, "SHOW transaction_read_only") == "off"
        assert await fetch_value(conn, "SHOW lock_timeout") == "0"
        await conn.execute("""INSERT INTO "User" (id) VALUES ('written') ON CONFLICT DO NOTHING""")


async def find_backend(pool: Pool) -> int:
    async with pool.connection() as conn:
        return conn.info.backend_pid


async def count_clients(pool: Pool) -> None:
    async with open_snapshot(pool) as conn:
        await fetch_value(conn, 'SELECT count(*) FROM "User"')


def is_asleep(conn: psycopg.Connection, backend: int) -> bool:
    found = conn.execute(
        "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", (backend,)
    )
    return found.fetchone() is not None


async def cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class CancelledAt:
    """Runs a coroutine and cancels its task when it waits for the so-manieth time."""

    def __init__(self, number: int, coroutine: Coroutine[Any, Any, None]) -> None:
        self._number = number
        self._coroutine = coroutine
        self.awaits = 0

    async def run(self) -> None:
        await self

    def __await__(self) -> Generator[Any, Any, None]:
        error: BaseException | None = None
        while True:
            try:
                if error is None:
                    waited = self._coroutine.send(None)
                else:
                    waited = self._coroutine.throw(error)
            except StopIteration:
                return
            self.awaits += 1
            if self.awaits == self._number and (task := asyncio.current_task()) is not None:
                task.cancel()
            try:
                yield waited
            except (asyncio.CancelledError, OSError) as caught:
                error = caught
            else:
                error = None


async def test_every_statement_of_a_snapshot_sees_what_the_first_one_saw(
    single: Pool, connection: psycopg.Connection
) -> None:
    async with open_snapshot(single) as conn:
        assert await fetch_value(conn, 'SELECT count(*) FROM "User"') == 0
        connection.execute("""INSERT INTO "User" (id) VALUES ('later')""")
        assert await fetch_value(conn, 'SELECT count(*) FROM "User"') == 0
    assert await fetch_value(single, 'SELECT count(*) FROM "User"') == 1


async def test_a_snapshot_writes_nothing(single: Pool) -> None:
    with pytest.raises(errors.ReadOnlySqlTransaction):
        async with open_snapshot(single) as conn:
            await conn.execute("""INSERT INTO "User" (id) VALUES ('never')""")
    await assert_plain(single)


async def test_a_snapshot_waits_2_seconds_for_a_lock(
    single: Pool, connection: psycopg.Connection
) -> None:
    with connection.transaction():
        connection.execute('LOCK TABLE "Reset"')
        with anyio.fail_after(10), pytest.raises(errors.LockNotAvailable):
            async with open_snapshot(single) as conn:
                await conn.execute('SELECT FROM "Reset"')
    await assert_plain(single)


async def test_an_error_of_the_database_leaves_the_connection_plain(single: Pool) -> None:
    backend = await find_backend(single)
    with pytest.raises(errors.DivisionByZero):
        async with open_snapshot(single) as conn:
            await conn.execute("SELECT 1 / 0")
    await assert_plain(single, backend)


async def test_an_error_of_the_caller_leaves_the_connection_plain(single: Pool) -> None:
    backend = await find_backend(single)
    with pytest.raises(LookupError):
        async with open_snapshot(single):
            raise LookupError
    await assert_plain(single, backend)


async def test_a_caller_cancelled_in_a_statement_leaves_the_connection_plain(
    single: Pool, connection: psycopg.Connection
) -> None:
    backend = await find_backend(single)

    async def read() -> None:
        async with open_snapshot(single) as conn:
            await conn.execute("SELECT pg_sleep(60)")

    task = asyncio.create_task(read())
    # The server ignores a cancellation that comes before the statement.
    async with asyncio.timeout(20):
        while not is_asleep(connection, backend):
            await asyncio.wait([task], timeout=0.01)
    await cancel(task)
    await assert_plain(single, backend)


async def test_a_caller_cancelled_at_any_await_leaves_the_connection_plain(single: Pool) -> None:
    awaits = 0
    while True:
        awaits += 1
        counted = CancelledAt(awaits, count_clients(single))
        with suppress(asyncio.CancelledError):
            await asyncio.create_task(counted.run())
        await assert_plain(single)
        if counted.awaits < awaits:
            break
    assert awaits > 4, "BEGIN, SET, SELECT and COMMIT wait for the server once each"


async def test_a_snapshot_past_its_deadline_is_cut_and_its_connection_replaced(
    single: Pool,
) -> None:
    with pytest.raises(psycopg.OperationalError):
        async with open_snapshot(single, seconds=0.2) as conn:
            await conn.execute("SELECT pg_sleep(60)")
    await assert_plain(single)
