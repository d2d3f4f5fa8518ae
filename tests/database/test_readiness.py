"""What /ready says of the database to its callers, and what the log gets."""

from __future__ import annotations

import psycopg

from app.database.pool import Pool, open_pool
from app.database.readiness import find_database_unreadiness


async def test_a_database_in_order_is_no_reason(pool: Pool) -> None:
    told: list[str] = []
    assert await find_database_unreadiness(pool, told.append) is None
    assert told == []


async def test_a_database_that_cannot_be_reached_does_not_answer() -> None:
    pool = await open_pool("postgresql://127.0.0.1:1/nowhere", name="test")
    told: list[str] = []
    async with pool:
        assert await find_database_unreadiness(pool, told.append) == "the database does not answer"
    assert len(told) == 1


async def test_a_server_that_refuses_is_not_said_to_be_silent_and_the_log_gets_its_reason(
    pool: Pool, connection: psycopg.Connection
) -> None:
    connection.execute('ALTER TABLE "Migration" RENAME COLUMN checksum TO digest')
    told: list[str] = []
    said = await find_database_unreadiness(pool, told.append)
    assert said == "the database refuses: the log says why"
    assert told == ['column "checksum" does not exist']
