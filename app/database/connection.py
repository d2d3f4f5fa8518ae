"""What every connection needs: session settings that parsing depends on, and a bound on waiting."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, BaseConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import Diagnostic

PRIMARY: Mapping[str, str] = {"target_session_attrs": "read-write"}
"""Of several hosts the one that can be written to; a URL that names another kind wins."""
KEEP_OPEN: LiteralString = "SET idle_session_timeout = 0"
"""The LISTEN connection is idle by design."""

_CONNECT_TIMEOUT = 10
"""Seconds that a command waits for a server that does not answer."""
_CANCEL_TIMEOUT = 0.25
"""Seconds that the server has to take a request to cancel, and then to end the statement."""
_STANDBY_WAIT = "SyncRepWaitForLSN"
"""The server's function that warns of a wait for a synchronous standby that was cancelled; its text
depends on lc_messages."""
_REQUIRED_SETTINGS: Mapping[str, tuple[str, LiteralString]] = {
    "client_encoding": ("UTF8", "SET client_encoding = 'UTF8'"),
    "DateStyle": ("ISO", "SET DateStyle = 'ISO, MDY'"),
    "standard_conforming_strings": ("on", "SET standard_conforming_strings = on"),
}
"""Settings that parsing depends on: how the value has to begin, and what sets it."""


class Late(psycopg.OperationalError):
    """It took longer than its deadline, and was ended."""


class UnconfirmedCommit(Late):
    """A commit took longer than its deadline: it stands on this server, and no synchronous standby
    has confirmed it."""


def open_connection(url: str, name: str | None = None) -> Connection[tuple[Any, ...]]:
    """For a command: autocommit, to the read-write primary, and through a transaction pooler too.

    `name` is its application_name in pg_stat_activity; without one, the URL's.

    Raises psycopg.OperationalError if there is no such server, or it does not answer within
    10 seconds.
    """
    conn = psycopg.connect(
        prefer_primary(url),
        autocommit=True,
        connect_timeout=_CONNECT_TIMEOUT,
        prepare_threshold=None,
        application_name=name,
    )
    normalise_session(conn)
    return conn


async def open_async_connection(url: str) -> AsyncConnection[tuple[Any, ...]]:
    """The same, for functions that are awaited."""
    conn = await AsyncConnection[tuple[Any, ...]].connect(
        prefer_primary(url),
        autocommit=True,
        connect_timeout=_CONNECT_TIMEOUT,
        prepare_threshold=None,
    )
    await normalise_session_async(conn)
    return conn


class ReplacedConnection:
    """A command's connection: as `open_async_connection`, with a new one for one that was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: AsyncConnection[tuple[Any, ...]] | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
        """For one user at a time. Raises psycopg.OperationalError if none can be opened."""
        if self._conn is None or self._conn.closed:
            self._conn = await open_async_connection(self._url)
        yield self._conn

    async def close(self) -> None:
        if self._conn is not None:
            await self._conn.close()


def open_beside(conn: Connection[Any], name: str) -> Connection[tuple[Any, ...]]:
    """A second connection to the server and database of `conn`, as the same role."""
    host = {"host": conn.info.host, "port": conn.info.port}
    if conn.info.hostaddr:
        host["hostaddr"] = conn.info.hostaddr
    url = make_conninfo(conn.info.dsn, **host, password=conn.info.password)
    return open_connection(url, name)


def prefer_primary(url: str) -> str:
    """The URL, or connection string, that leads to the read-write primary unless it says else."""
    given = conninfo_to_dict(url)
    return make_conninfo(
        url, **{name: value for name, value in PRIMARY.items() if name not in given}
    )


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


@asynccontextmanager
async def ending_after(conn: AsyncConnection[Any], seconds: float | None) -> AsyncGenerator[None]:
    """Ends what the body does if it takes longer (None: never), on the server too, and closes the
    connection: no session of the server goes on waiting, for a lock or a synchronous standby.

    Then raises Late, or UnconfirmedCommit.
    """
    if seconds is None:
        yield
        return
    ending: asyncio.Task[None] | None = None
    wait = StandbyWait()

    def end() -> None:
        nonlocal ending
        conn.add_notice_handler(wait.note)
        ending = asyncio.create_task(_end_statement(conn))

    timer = asyncio.get_running_loop().call_later(seconds, end)
    try:
        yield
    except psycopg.OperationalError:
        if ending is None:
            raise
    finally:
        timer.cancel()
        if ending is not None:
            ending.cancel()
            await conn.close()
    if wait.given_up:
        raise UnconfirmedCommit("a commit waits for a synchronous standby")
    if ending is not None:
        raise Late(f"the database has not done it within {seconds:.1f} s")


@asynccontextmanager
async def ending_when(conn: AsyncConnection[Any], event: asyncio.Event) -> AsyncGenerator[None]:
    """Ends what the body does once the event is set, on the server too, and closes the connection.

    Then the body gets psycopg's OperationalError; or nothing, if its statement succeeds all the
    same: a commit that waits for a synchronous standby does.
    """

    async def end() -> None:
        await event.wait()
        await _end_statement(conn)

    ending = asyncio.create_task(end())
    try:
        yield
    finally:
        ending.cancel()
        if event.is_set():
            await conn.close()


class StandbyWait:
    """Learns from a connection's warnings that a commit gave up waiting for a synchronous standby.

    Such a commit has succeeded, on this server alone.
    """

    def __init__(self) -> None:
        self.given_up = False

    def note(self, warning: Diagnostic) -> None:
        """A notice handler."""
        if warning.source_function == _STANDBY_WAIT:
            self.given_up = True


@contextmanager
def noting_standby(conn: BaseConnection[Any]) -> Generator[StandbyWait]:
    """Whether a commit of the body gave up waiting for a synchronous standby."""
    wait = StandbyWait()
    conn.add_notice_handler(wait.note)
    try:
        yield wait
    finally:
        conn.remove_notice_handler(wait.note)


async def _end_statement(conn: AsyncConnection[Any]) -> None:
    """Asks the server to cancel; cuts the connection if that does not help. To be cancelled when
    the statement has ended."""
    with suppress(psycopg.Error):
        await conn.cancel_safe(timeout=_CANCEL_TIMEOUT)
    await asyncio.sleep(_CANCEL_TIMEOUT)
    cut(conn)


def _list_missing_settings(conn: BaseConnection[Any]) -> list[LiteralString]:
    return [
        statement
        for name, (wanted, statement) in _REQUIRED_SETTINGS.items()
        if not (conn.info.parameter_status(name) or "").startswith(wanted)
    ]
