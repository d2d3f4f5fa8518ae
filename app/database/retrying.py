"""Statements that may be repeated: each is tried until it is done, or until its deadline."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout

from app.database.connection import UnconfirmedCommit, ending_after
from app.database.errors import (
    ROWS_KEPT,
    Busy,
    RowsKept,
    Unavailable,
    Unconfirmed,
    describe_rows_kept,
    first_line,
)
from app.database.pool import Pool

RETRY_DEADLINE = 1.0
"""Seconds that a statement waits for the database, locks and pool together."""

_TRY_AGAIN = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
)
"""Another transaction writes the same rows: nothing was written; the next try sees its result."""
_STORED_MEANWHILE = "ST003"
"""Raised by functions of ours to be undone and called again: see note_delivery in
sql/watermarks.sql and refuse_other_owner in sql/clients.sql."""
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.2
_LAST_ATTEMPT = 0.25
"""Seconds that an attempt gets at the deadline: more than its lock_timeout, so that it ends by
itself and not by losing its connection."""


def deadline_from_now() -> float:
    """RETRY_DEADLINE from now, on the clock of `time.monotonic`."""
    return time.monotonic() + RETRY_DEADLINE


async def fetch_row(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> tuple[Any, ...]:
    """The one row of a statement that may be repeated as long as it has written nothing.

    Behind another transaction's lock it holds no connection while it waits, so that the clients
    of one long transaction can't starve the others. Raises Busy or Unavailable at the deadline,
    and RowsKept at once.
    """
    rows = await fetch_rows(pool, statement, parameters, deadline)
    return rows[0]


async def fetch_rows(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> list[tuple[Any, ...]]:
    """All rows of such a statement; otherwise as `fetch_row`."""
    pause = _FIRST_PAUSE
    blocked: psycopg.Error | None = None
    while True:
        try:
            return await execute_once(pool, statement, parameters, deadline)
        except PoolTimeout as error:
            if blocked is not None:
                raise Busy(first_line(blocked)) from error
            raise Unavailable("no connection to the database") from error
        except psycopg.Error as error:
            if error.sqlstate == ROWS_KEPT:
                raise RowsKept(describe_rows_kept(error)) from error
            if isinstance(error, UnconfirmedCommit):
                raise Unconfirmed(first_line(error)) from error
            blocked = error
            if not (isinstance(error, _TRY_AGAIN) or error.sqlstate == _STORED_MEANWHILE):
                if isinstance(error, errors.ReadOnlySqlTransaction):
                    # This server was the primary and still runs: all connections have to move.
                    await pool.drain()
                    raise Unavailable(first_line(error)) from error
                if isinstance(error, (psycopg.DataError, psycopg.IntegrityError)):
                    raise  # what was to be written is at fault, and would be again
                raise Unavailable(first_line(error)) from error
            if time.monotonic() + pause > deadline:
                raise Busy(first_line(error)) from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def execute_once(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> list[tuple[Any, ...]]:
    """One attempt. Raises psycopg_pool.PoolTimeout, and psycopg.Error as it is."""
    async with pool.connection(timeout=max(0.05, deadline - time.monotonic())) as conn:
        seconds_left = max(_LAST_ATTEMPT, deadline - time.monotonic())
        async with ending_after(conn, seconds_left):
            cursor = await conn.execute(statement, parameters)
        return await cursor.fetchall()
