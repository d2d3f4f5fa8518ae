"""Notifications: the channels, what a payload means, and the loop that listens for them.

PostgreSQL delivers a notification to the connections that LISTEN when it is committed, and keeps
none for later: a connection that begins to listen has to assume that it missed everything.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, Notify, sql

from app.addresses import is_client_id
from app.database.connection import KEEP_OPEN, cut, cutting_after, normalise_session_async
from app.database.pool import connection_parameters

SESSION_RESET = "session_reset"
SESSION_CHANGED = "session_changed"
RESET_ACKNOWLEDGED = "reset_acknowledged"

ALL_CLIENTS: Literal["*"] = "*"
"""In place of a list of clients: all of them."""

QUIET = 10.0
"""Seconds without a notification after which `follow` asks the server something."""
PROBE_TIMEOUT = 5.0
"""Seconds that the server has to answer, and that LISTEN may take."""

_PAUSES = (0.2, 5.0)
"""Seconds before `follow` connects again: the first pause, and the longest."""
_BIGINT = range(1, 2**63)


@dataclass(frozen=True, slots=True)
class SessionReset:
    """A reset was committed."""

    reset: int
    """The id of its row in "Reset"."""
    clients: frozenset[UUID] | Literal["*"]
    """Incarnations, or ALL_CLIENTS."""


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """What is remembered of clients was edited, and not by a turn."""

    clients: frozenset[UUID] | Literal["*"]
    """Incarnations, or ALL_CLIENTS."""


@dataclass(frozen=True, slots=True)
class ResetAcknowledged:
    """A bot no longer remembers the clients of a reset, or of more than fifty ("*")."""

    reset: int | Literal["*"]
    """The id of its row in "Reset"; "*" for any number of resets."""


@dataclass(frozen=True, slots=True)
class SentByHand:
    """A DBA asks the bots to drop what they remember."""

    client: str
    """A client's id, or ALL_CLIENTS."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A payload in none of the known forms, or on an unknown channel."""


Notification = SessionReset | SessionChanged | ResetAcknowledged | SentByHand | Malformed


@dataclass(frozen=True, slots=True)
class ListeningBegan:
    """Notifications arrive from now on; any number of earlier ones was missed."""


@dataclass(frozen=True, slots=True)
class ListeningFailed:
    """There is no connection, or it was lost; `follow` connects again after a pause."""

    error: Exception


def read_notification(channel: str, payload: str) -> Notification:
    """The value of a payload. Never raises; unknown JSON keys are ignored."""
    if channel in (SESSION_RESET, SESSION_CHANGED) and payload == ALL_CLIENTS:
        return SentByHand(ALL_CLIENTS)
    if channel == SESSION_RESET and is_client_id(payload):
        return SentByHand(payload)
    try:
        return _read_fields(channel, _read_object(payload))
    except (ValueError, RecursionError):
        return Malformed()


@asynccontextmanager
async def connect_listener(url: str, name: str) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
    """A connection for `listen`, named in pg_stat_activity, and cut when the context ends.

    Raises psycopg.OperationalError if there is no read-write server, or it does not answer.
    """
    conn = await AsyncConnection[tuple[Any, ...]].connect(url, **connection_parameters(url, name))
    conn.prepare_threshold = None
    try:
        yield conn
    finally:
        cut(conn)
        await conn.close()


async def listen(conn: AsyncConnection[Any], channels: Sequence[str]) -> None:
    """LISTENs: when it returns, notifications committed from now on arrive at `conn.notifies()`.

    No timeout of a role or database ends the connection while it is idle.
    """
    await normalise_session_async(conn)
    await conn.execute(KEEP_OPEN)
    for channel in channels:
        await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))


async def follow(
    url: str, channels: Sequence[str], name: str
) -> AsyncGenerator[ListeningBegan | ListeningFailed | Notify]:
    """Every notification in the order of commits, for ever: connects again when it has to.

    A connection on which nothing arrives is tried, for one that is open may still be dead.
    Leave it by `aclosing`, or by cancelling the task that iterates.
    """
    pause = _PAUSES[0]
    while True:
        try:
            async with connect_listener(url, name) as conn:
                with cutting_after(conn, PROBE_TIMEOUT):
                    await listen(conn, channels)
                yield ListeningBegan()
                pause = _PAUSES[0]
                while True:
                    # To its end, so that no notification of a batch is lost.
                    async for notify in conn.notifies(timeout=QUIET):
                        yield notify
                    await _probe(conn)
        except (psycopg.Error, OSError) as error:
            failure = ListeningFailed(error)
        yield failure
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, _PAUSES[1])


async def _probe(conn: AsyncConnection[Any]) -> None:
    """Raises psycopg.OperationalError if the server does not answer, or only reads."""
    with cutting_after(conn, PROBE_TIMEOUT):
        cursor = await conn.execute("SHOW transaction_read_only")
        if await cursor.fetchone() != ("off",):
            raise psycopg.OperationalError("the server only reads now")


def _read_object(payload: str) -> dict[str, Any]:
    value: object = json.loads(payload)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return cast("dict[str, Any]", value)


def _read_fields(channel: str, fields: dict[str, Any]) -> Notification:
    if channel == RESET_ACKNOWLEDGED:
        if fields.get("reset") == "*":
            return ResetAcknowledged("*")
        return ResetAcknowledged(_read_reset(fields))
    clients = _read_clients(fields)
    if channel == SESSION_CHANGED:
        return SessionChanged(clients)
    if channel == SESSION_RESET:
        return SessionReset(_read_reset(fields), clients)
    raise ValueError("an unknown channel")


def _read_reset(fields: dict[str, Any]) -> int:
    reset: object = fields.get("reset")
    if type(reset) is not int or reset not in _BIGINT:
        raise ValueError("no reset")
    return reset


def _read_clients(fields: dict[str, Any]) -> frozenset[UUID] | Literal["*"]:
    clients: object = fields.get("clients")
    if clients == ALL_CLIENTS:
        return ALL_CLIENTS
    if not isinstance(clients, list):
        raise ValueError("no clients")
    return frozenset(_read_incarnation(client) for client in cast("list[object]", clients))


def _read_incarnation(client: object) -> UUID:
    if not isinstance(client, str):
        raise ValueError("no incarnation")
    return UUID(client)
