"""The pool: open before the database is, quick to say that it is away, mended by itself."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import psycopg
import pytest
from psycopg_pool import PoolTimeout

from app.database.pool import Pool, open_pool
from app.local.embedded import EmbeddedServer


async def ask(pool: Pool) -> object:
    async with pool.connection() as conn:
        row = await (await conn.execute("SHOW application_name")).fetchone()
        return row[0] if row else None


async def ask_until_answered(pool: Pool) -> object:
    with anyio.fail_after(20):
        while True:
            try:
                return await ask(pool)
            except PoolTimeout:
                continue


async def test_its_connections_are_named_and_commit_by_themselves(pool: Pool) -> None:
    assert await ask(pool) == "test"
    async with pool.connection() as conn:
        assert conn.autocommit


async def test_a_connection_that_the_server_closed_is_never_handed_out(
    pool: Pool, connection: psycopg.Connection
) -> None:
    for _ in range(5):
        await ask(pool)
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle' AND pid <> pg_backend_pid()"
        )
        assert await ask(pool) == "test"


async def test_a_checkout_costs_no_round_trip(
    database_url: str, connection: psycopg.Connection
) -> None:
    async with await open_pool(database_url, size=1) as pool:
        async with pool.connection() as conn:
            pid = conn.info.backend_pid
        query = "SELECT state_change, query FROM pg_stat_activity WHERE pid = %s"
        before = connection.execute(query, (pid,)).fetchone()
        async with pool.connection() as conn:
            assert conn.info.backend_pid == pid
        assert connection.execute(query, (pid,)).fetchone() == before


async def test_without_a_database_it_opens_fails_fast_and_works_once_there_is_one(
    data_dir: Path,
) -> None:
    server = EmbeddedServer(data_dir, durable=False)
    with server:
        url = server.url()
    pool = await open_pool(url, name="patient")
    async with pool:
        before = time.monotonic()
        with pytest.raises(PoolTimeout):
            await ask(pool)
        assert time.monotonic() - before < 1.5
        with EmbeddedServer(data_dir, durable=False):
            assert await ask_until_answered(pool) == "patient"
        with pytest.raises(PoolTimeout):
            await ask(pool)
        with EmbeddedServer(data_dir, durable=False):
            assert await ask_until_answered(pool) == "patient"
