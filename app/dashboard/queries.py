"""Statements and their rows. Every statement commits by itself; errors are psycopg's."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row
from starlette.requests import Request

from app.dashboard.services import services_of
from app.database.connection import cutting_after

Row = TypeVar("Row")

PATIENCE = 15.0
"""Seconds that a statement may take: a reset waits 5 for somebody's lock."""


@asynccontextmanager
async def open_bounded(
    request: Request, seconds: float
) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """A connection that is cut after so long, so that none is lost to a server that is mute."""
    async with services_of(request).pool.connection() as conn:
        with cutting_after(conn, seconds):
            yield conn


async def fetch_all(
    request: Request, row: type[Row], query: LiteralString, values: Sequence[object] = ()
) -> list[Row]:
    """The rows, each as a value of the class `row`, whose fields are the columns."""
    async with (
        open_bounded(request, PATIENCE) as conn,
        conn.cursor(row_factory=class_row(row)) as cursor,
    ):
        await cursor.execute(query, values)
        return await cursor.fetchall()


async def fetch_one(
    request: Request, row: type[Row], query: LiteralString, values: Sequence[object] = ()
) -> Row | None:
    """The first row, or None."""
    rows = await fetch_all(request, row, query, values)
    return rows[0] if rows else None


async def fetch_value(request: Request, query: LiteralString, values: Sequence[object] = ()) -> Any:
    """The first column of the first row; None without one."""
    async with (
        open_bounded(request, PATIENCE) as conn,
        conn.cursor(row_factory=scalar_row) as cursor,
    ):
        await cursor.execute(query, values)
        return await cursor.fetchone()
