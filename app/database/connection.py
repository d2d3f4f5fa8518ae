"""What every connection needs: session settings that parsing depends on, and a bound on waiting."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, BaseConnection, Connection

KEEP_OPEN: LiteralString = "SET idle_session_timeout = 0"
"""The LISTEN connection is idle by design."""

_CONNECT_TIMEOUT = 10
"""Seconds that a command waits for a server that does not answer."""
_REQUIRED_SETTINGS: Mapping[str, tuple[str, LiteralString]] = {
    "client_encoding": ("UTF8", "SET client_encoding = 'UTF8'"),
    "DateStyle": ("ISO", "SET DateStyle = 'ISO, MDY'"),
    "standard_conforming_strings": ("on", "SET standard_conforming_strings = on"),
}
"""Settings that parsing depends on: how the value has to begin, and what sets it."""


def open_connection(url: str) -> Connection[tuple[Any, ...]]:
    """For a command: autocommit, and through a transaction pooler as well.

    Raises psycopg.OperationalError if there is no server, or it does not answer within
    10 seconds.
    """
    conn = psycopg.connect(
        url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT, prepare_threshold=None
    )
    normalise_session(conn)
    return conn


async def open_async_connection(url: str) -> AsyncConnection[tuple[Any, ...]]:
    """The same, for functions that are awaited."""
    conn = await AsyncConnection[tuple[Any, ...]].connect(
        url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT, prepare_threshold=None
    )
    await normalise_session_async(conn)
    return conn


def normalise_session(conn: Connection[Any]) -> None:
    """Sets, on a new connection, what an ALTER ROLE or ALTER DATABASE … SET has changed.

    Usually runs no statement: the server reports these settings when it accepts a connection.
    """
    for statement in _list_missing_settings(conn):
        conn.execute(statement)


async def normalise_session_async(conn: AsyncConnection[Any]) -> None:
    """The same."""
    for statement in _list_missing_settings(conn):
        await conn.execute(statement)


def cut(conn: BaseConnection[Any]) -> None:
    """Ends a connection at once, from this side, whatever its peer does.

    Anything awaiting it gets an OperationalError. Cancelling instead would first ask the server,
    which may be the one that does not answer; closing the descriptor would leave the event loop
    waiting on a number that the next connection is given.
    """
    if conn.closed:
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as peer:
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the peer has closed it already


@contextmanager
def cutting_after(conn: BaseConnection[Any], seconds: float) -> Generator[None]:
    """Cuts the connection if the body takes longer."""
    timer = asyncio.get_running_loop().call_later(seconds, cut, conn)
    try:
        yield
    finally:
        timer.cancel()


def _list_missing_settings(conn: BaseConnection[Any]) -> list[LiteralString]:
    return [
        statement
        for name, (wanted, statement) in _REQUIRED_SETTINGS.items()
        if not (conn.info.parameter_status(name) or "").startswith(wanted)
    ]
