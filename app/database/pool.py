"""Connections to PostgreSQL: autocommit, to the read-write primary, named in pg_stat_activity."""

from __future__ import annotations

import select
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool

from app.database.connection import PRIMARY, normalise_session_async

Pool = AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]

WAIT = 1.0
"""Seconds that a request waits for a connection before it is told that there is none."""

_CONNECT_TIMEOUT = 2
"""Seconds; a server that is down refuses at once, one whose packets are dropped never answers."""
_GIVE_UP = 3.0
"""Seconds after which a reconnection starts anew, instead of doubling its pauses for minutes."""


def connection_parameters(url: str, name: str) -> dict[str, Any]:
    """What every connection of ours is opened with, beside its URL, which wins."""
    parameters: dict[str, Any] = {
        "application_name": name,
        "connect_timeout": _CONNECT_TIMEOUT,
        **PRIMARY,
    }
    given = conninfo_to_dict(url)
    return {"autocommit": True} | {
        name: value for name, value in parameters.items() if name not in given
    }


async def open_pool(url: str, *, name: str = "novabot", size: int = 8) -> Pool:
    """A pool that is open at once, whether or not the database is there, and mends itself.

    `pool.connection()` raises `psycopg_pool.PoolTimeout` after WAIT seconds without a connection.
    Nothing is prepared: behind a transaction pooler, a name that was prepared on one of its
    connections means another statement on the next, or none. Close it with `await pool.close()`.
    """
    parameters = connection_parameters(url, name) | {"prepare_threshold": None}

    async def check(conn: AsyncConnection[tuple[Any, ...]]) -> None:
        """Costs no round trip: an idle connection has something to read only if it was closed."""
        if not _has_input(conn.fileno()):
            return
        try:
            await AsyncConnectionPool.check_connection(conn)
        except OperationalError:
            # If the server closed one idle connection it closed them all: drain now, because the
            # pool retries a failed check once and then backs off.
            await pool.drain()
            raise

    pool: Pool = AsyncConnectionPool(
        url,
        kwargs=parameters,
        min_size=min(2, size),
        max_size=size,
        timeout=WAIT,
        reconnect_timeout=_GIVE_UP,
        check=check,
        configure=normalise_session_async,
        name=name,
        open=False,
    )
    await pool.open(wait=False)
    return pool


def _has_input(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
