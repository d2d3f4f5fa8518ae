"""The doctor's connections: short-lived, named, and cut when no answer comes."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.conninfo import make_conninfo

from app.database.connection import cut, cutting_after, normalise_session, normalise_session_async
from app.notifications import connect_listener, listen

NAME = "novabot doctor"
"""The application_name, and so the source of the canary's receipt."""
CONNECTION_TIMEOUT = 30.0
"""Seconds after which a connection is cut, whatever it waits for."""
_CONNECT_TIMEOUT = 5

Target = Literal["read-write", "any"]


@contextmanager
def connect(url: str, server: Target = "read-write") -> Generator[Connection[tuple[Any, ...]]]:
    """An autocommit connection, which also works through a transaction pooler.

    Raises psycopg.OperationalError if there is none, or it does not answer in time.
    """
    conn = psycopg.connect(_name(url, server), autocommit=True, prepare_threshold=None)
    timer = threading.Timer(CONNECTION_TIMEOUT, cut, (conn,))
    timer.daemon = True
    timer.start()
    try:
        normalise_session(conn)
        yield conn
    finally:
        timer.cancel()
        conn.close()


@asynccontextmanager
async def connect_async(url: str) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """The same, for functions that are awaited."""
    conn = await AsyncConnection[tuple[Any, ...]].connect(
        _name(url, "read-write"), autocommit=True, prepare_threshold=None
    )
    async with conn:
        with cutting_after(conn, CONNECTION_TIMEOUT):
            await normalise_session_async(conn)
            yield conn


@asynccontextmanager
async def connect_doctor_listener(
    url: str, channels: Sequence[str]
) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """A connection that listens as a bot's does."""
    async with connect_listener(_name(url, "read-write"), NAME) as conn:
        with cutting_after(conn, CONNECTION_TIMEOUT):
            await listen(conn, channels)
            yield conn


def _name(url: str, server: Target) -> str:
    return make_conninfo(
        url,
        application_name=NAME,
        connect_timeout=_CONNECT_TIMEOUT,
        target_session_attrs=server,
    )
