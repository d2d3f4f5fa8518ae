"""Statements and their rows, on a pool or a connection. Errors are psycopg's.

Through a pool, every statement has a connection of its own and commits by itself. On a
connection, several statements can share a transaction, and so a snapshot.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row

from app.database.connection import ending_after
from app.database.pool import Pool

Source = Pool | AsyncConnection[tuple[Any, ...]]
Row = TypeVar("Row")

STATEMENT_DEADLINE = 15.0
"""Seconds that a statement may take: a reset waits 5 for another transaction's lock. A command
may wait without a deadline, for its user can interrupt it."""

_BEGIN_SNAPSHOT: LiteralString = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL lock_timeout = '2s'"
)


@asynccontextmanager
async def open_bounded(
    source: Source, seconds: float | None = STATEMENT_DEADLINE
) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """A connection that is ended after this many seconds, so that a server that stops answering
    holds up no caller. With `seconds` None it never is. Raises Late.
    """
    if isinstance(source, AsyncConnection):
        async with ending_after(source, seconds):
            yield source
        return
    async with source.connection() as conn, ending_after(conn, seconds):
        yield conn


@asynccontextmanager
async def open_snapshot(
    pool: Pool, seconds: float = STATEMENT_DEADLINE
) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """A connection to read by: all statements see the database as the first of them does.

    They wait 2 s for another transaction's lock, then raise psycopg's LockNotAvailable. These
    settings belong to the transaction, not to the connection, so they end with it however the
    caller leaves: by an error, cancelled, or cut.
    """
    async with open_bounded(pool, seconds) as conn, conn.transaction():
        await conn.execute(_BEGIN_SNAPSHOT)
        yield conn


async def fetch_all(
    source: Source,
    row: type[Row],
    query: LiteralString,
    values: Sequence[object] = (),
    *,
    seconds: float | None = STATEMENT_DEADLINE,
) -> list[Row]:
    """The rows, each as a value of the class `row`, whose fields are the columns."""
    async with (
        open_bounded(source, seconds) as conn,
        conn.cursor(row_factory=class_row(row)) as cursor,
    ):
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def fetch_one(
    source: Source,
    row: type[Row],
    query: LiteralString,
    values: Sequence[object] = (),
    *,
    seconds: float | None = STATEMENT_DEADLINE,
) -> Row | None:
    """The first row, or None."""
    rows = await fetch_all(source, row, query, values, seconds=seconds)
    return rows[0] if rows else None


async def fetch_value(source: Source, query: LiteralString, values: Sequence[object] = ()) -> Any:
    """The first column of the first row; None without one."""
    async with (
        open_bounded(source) as conn,
        conn.cursor(row_factory=scalar_row) as cursor,
    ):
        await cursor.execute(query, values)
        return await cursor.fetchone()
