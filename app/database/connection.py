"""What every connection needs: the settings that we read by, and an end if it does not answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, BaseConnection, Connection

_SPOKEN: Mapping[str, tuple[str, LiteralString]] = {
    "client_encoding": ("UTF8", "SET client_encoding = 'UTF8'"),
    "DateStyle": ("ISO", "SET DateStyle = 'ISO, MDY'"),
    "standard_conforming_strings": ("on", "SET standard_conforming_strings = on"),
}
KEEP_OPEN: LiteralString = "SET idle_session_timeout = 0"
"""For who listens: it is idle by profession."""


def open_connection(url: str) -> Connection[tuple[Any, ...]]:
    """For a command: autocommit, and through a transaction pooler as well.

    Raises psycopg.OperationalError if there is no server, or it does not answer within 10 seconds.
    """
    conn = psycopg.connect(url, autocommit=True, connect_timeout=10, prepare_threshold=None)
    mend_settings(conn)
    return conn


async def open_async_connection(url: str) -> AsyncConnection[tuple[Any, ...]]:
    """The same, for functions that are awaited."""
    conn = await AsyncConnection[tuple[Any, ...]].connect(
        url, autocommit=True, connect_timeout=10, prepare_threshold=None
    )
    await mend_settings_async(conn)
    return conn


def mend_settings(conn: Connection[Any]) -> None:
    """Sees to it, on a new connection, that both sides mean the same by what they write.

    As a rule this asks nothing: the server has told its settings already. But a role or a
    database may have been given other ones (`ALTER ROLE … SET`).
    """
    for statement in _find_repairs(conn):
        conn.execute(statement)


async def mend_settings_async(conn: AsyncConnection[Any]) -> None:
    """The same."""
    for statement in _find_repairs(conn):
        await conn.execute(statement)


def cut(conn: BaseConnection[Any]) -> None:
    """Ends a connection at once, from this side, whatever its peer does.

    Who waits on it gets an OperationalError. Cancelling instead would first ask the server, which
    may be the very one that does not answer; closing the descriptor would leave the event loop
    waiting on a number that the next connection is given.
    """
    if conn.closed:
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as peer:
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the peer was faster


@contextmanager
def cutting_after(conn: BaseConnection[Any], seconds: float) -> Generator[None]:
    """Cuts the connection if what is asked of it inside takes longer."""
    watch = asyncio.get_running_loop().call_later(seconds, cut, conn)
    try:
        yield
    finally:
        watch.cancel()


def _find_repairs(conn: BaseConnection[Any]) -> list[LiteralString]:
    return [
        statement
        for name, (wanted, statement) in _SPOKEN.items()
        if not (conn.info.parameter_status(name) or "").startswith(wanted)
    ]
