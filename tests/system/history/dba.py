"""Plain SQL, of which it is known whether it happened."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tests.system.history.record import Record

Statement = tuple[str, tuple[Any, ...]]

_SERVER_ENDS = {"57P01", "57P02", "57P03"}
"""SQLSTATEs of a server that is stopped, has crashed, or is not open yet."""


_UNDONE = {"ST004", "23503", "23505", "27000", "P0001"}
"""SQLSTATEs of a DELETE that a trigger made fail: as ours, or as PostgreSQL's own error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a transaction."""

    invoked: float
    outcome: Literal["done", "lost", "refused"]
    """lost: its connection ended first, and it may have happened. refused: a trigger undid it."""
    count: int = 0
    """Rows that the last statement found."""
    rows: Sequence[tuple[Any, ...]] = ()
    sqlstate: str = ""


class Dba:
    """Runs SQL on connections of a pool."""

    def __init__(self, url: str, record: Record, connections: int) -> None:
        self._record = record
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            kwargs={"autocommit": True, "application_name": "dba"},
            min_size=4,
            max_size=connections,
            # A connection that a restart ended says nothing of the statement that meets it.
            check=AsyncConnectionPool.check_connection,
            # Else its pauses double with each restart, up to minutes.
            reconnect_timeout=2,
            open=False,
        )

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    async def execute(self, statement: str, *parameters: Any) -> Answer:
        return await self.transact((statement, parameters))

    async def transact(self, *statements: Statement) -> Answer:
        """The statements in one transaction, anew if a deadlock undid it or no connection came."""
        while True:
            invoked = time.monotonic()
            try:
                async with self._pool.connection() as conn:
                    return await _run(conn, statements, invoked)
            except (psycopg.errors.DeadlockDetected, PoolTimeout):
                # Nothing was done: undone, or not sent while the server was away again and again.
                self._record.retried += 1
            except psycopg.Error as error:
                if is_lost(error):
                    self._record.lost += 1
                    return Answer(invoked, "lost")
                if error.sqlstate in _UNDONE:
                    return Answer(invoked, "refused", sqlstate=error.sqlstate)
                raise

    async def read(self, statement: str, *parameters: Any) -> Answer:
        """A query that changes nothing, as often as it takes."""
        while True:
            answer = await self.execute(statement, *parameters)
            if answer.outcome == "done":
                return answer
            assert answer.outcome == "lost", f"{statement} failed with {answer.sqlstate}"


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection ended, or none was made: the server is restarted."""
    return error.sqlstate in _SERVER_ENDS or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    )


async def _run(
    conn: AsyncConnection[Any], statements: Sequence[Statement], invoked: float
) -> Answer:
    if len(statements) > 1:
        async with conn.transaction():
            return await _run_each(conn, statements, invoked)
    return await _run_each(conn, statements, invoked)


async def _run_each(
    conn: AsyncConnection[Any], statements: Sequence[Statement], invoked: float
) -> Answer:
    cursor: psycopg.AsyncCursor[Any] | None = None
    for statement, parameters in statements:
        cursor = await conn.execute(statement.encode(), parameters)
    assert cursor is not None, "a transaction without a statement"
    rows = await cursor.fetchall() if cursor.description else []
    return Answer(invoked, "done", cursor.rowcount, rows)
