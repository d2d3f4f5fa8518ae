"""Makes a reset, and finds out whether it committed when its COMMIT is not answered.

A reset is a transaction of its own, so its receipt is known before COMMIT is sent. What fails until
then has reset nothing. When COMMIT is not answered (the connection is lost, or the server waits for
a synchronous standby until the deadline), a session of the server that still runs it is
ended, and then the receipt is looked up on a new connection: it is there, or nothing was reset.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, errors

from app.crm.errors import ResetNotMade, ResetUnconfirmed, resetting
from app.crm.resets import Reset
from app.database.connection import ending_after, ending_when, noting_standby
from app.database.errors import first_line
from app.database.queries import STATEMENT_DEADLINE, fetch_one, fetch_value

LOOK_UP_TIMEOUT: Final = 5.0
"""Seconds that the database has, after a commit that was not answered, to say what became of it."""

_PAUSE = 0.05
_ENDED_BY_SERVER = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.IdleSessionTimeout,
    errors.TransactionTimeout,
)
_UNREPLICATED = (
    "it is committed, but no synchronous standby has confirmed it: a failover may bring the client"
    " back"
)


class Connections(Protocol):
    """A pool, or a `ReplacedConnection`."""

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection[tuple[Any, ...]]]: ...


@dataclass(frozen=True, slots=True)
class MadeReset(Reset):
    """A reset that this process has made."""

    transaction: str
    """Its id in the database (xid8)."""
    is_replicated: bool = True
    """False: it waited for a synchronous standby, and none is known to have confirmed it."""

    @property
    def warning(self) -> str | None:
        """What a failover may undo."""
        return None if self.is_replicated else _UNREPLICATED

    def counts_as_json(self) -> dict[str, Any]:
        counts = Reset.counts_as_json(self)
        return counts if self.warning is None else {**counts, "warning": self.warning}


async def reset_incarnation(
    connections: Connections,
    handle: str,
    incarnation: UUID | None,
    *,
    actor: str,
    door: Literal["dashboard", "api", "cli"],
    seconds: float | None = STATEMENT_DEADLINE,
    interrupted: asyncio.Event | None = None,
) -> MadeReset | None:
    """Resets the client if it is still this incarnation (None: the current one), else None.

    A client who is gone already is no fault: the receipt is one of zeros. `actor` and `door` are
    the receipt's actor and source. After `seconds`, if not None, and once `interrupted` is set, the
    database is asked to end it; a reset that has committed by then is returned.

    Raises UnreadableHandle, RowsKeptError, psycopg's LockNotAvailable after 5 s behind another
    transaction's lock and QueryCanceled where it was interrupted, ResetNotMade, and
    ResetUnconfirmed. Nothing was reset but, perhaps, after the last one.
    """
    made: MadeReset | None = None
    try:
        with resetting():
            async with connections.connection() as conn, AsyncExitStack() as bounds:
                await bounds.enter_async_context(ending_after(conn, seconds))
                if interrupted is not None:
                    await bounds.enter_async_context(ending_when(conn, interrupted))
                standby = bounds.enter_context(noting_standby(conn))
                async with conn.transaction():
                    made = await fetch_one(
                        conn,
                        MadeReset,
                        "SELECT r.id, r.at, r.actor, r.source, r.clients, r.sessions,"
                        " r.conversations, pg_current_xact_id()::text AS transaction"
                        " FROM novabot_internal.reset_incarnation(%s, %s, %s, %s) AS r"
                        " WHERE r.id IS NOT NULL",
                        [handle, incarnation, actor, door],
                        seconds=None,
                    )
                return None if made is None else replace(made, is_replicated=not standby.given_up)
    except psycopg.Error as error:
        if made is not None and (found := await _look_up(connections, made)) is not None:
            return found
        if _says_nothing(error):
            raise ResetNotMade(f"nothing was reset: {first_line(error)}") from error
        raise


async def _look_up(connections: Connections, made: MadeReset) -> MadeReset | None:
    """What became of a reset whose COMMIT was not answered; None: it was not made.

    Raises ResetUnconfirmed.
    """
    deadline = time.monotonic() + LOOK_UP_TIMEOUT
    while True:
        try:
            async with (
                connections.connection() as conn,
                ending_after(conn, max(_PAUSE, deadline - time.monotonic())),
            ):
                if not await _is_running(conn, made.transaction):
                    return await _find(conn, made)
                await _end_session(conn, made)
                reason = "its transaction goes on"
        except psycopg.Error as error:
            reason = first_line(error)
        if time.monotonic() > deadline:
            raise ResetUnconfirmed(made.id, made.at, reason)
        await asyncio.sleep(_PAUSE)


async def _is_running(conn: AsyncConnection[tuple[Any, ...]], transaction: str) -> bool:
    try:
        return await fetch_value(
            conn,
            "SELECT pg_xact_status(%s::text::xid8) IS NOT DISTINCT FROM 'in progress'",
            [transaction],
        )
    except errors.InvalidParameterValue:
        return False  # the server has crashed, and never wrote down that there was such a one


async def _end_session(conn: AsyncConnection[tuple[Any, ...]], made: MadeReset) -> None:
    # After a crash another transaction may have the same id: that one has begun later.
    await conn.execute(
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a"
        " WHERE a.backend_xid = %s::text::xid8::xid AND coalesce(a.xact_start <= %s, true)"
        " AND a.usename = session_user",
        (made.transaction, made.at),
    )


async def _find(conn: AsyncConnection[tuple[Any, ...]], made: MadeReset) -> MadeReset | None:
    # After a crash another reset may have the same id.
    is_replicated = await fetch_value(
        conn,
        "SELECT current_setting('synchronous_standby_names') = ''"
        ' FROM public."Reset" WHERE id = %s AND at = %s',
        [made.id, made.at],
    )
    return None if is_replicated is None else replace(made, is_replicated=is_replicated)


def _says_nothing(error: psycopg.Error) -> bool:
    """Whether a connection was lost, or none was had; not an answer of the server."""
    if error.sqlstate is None:
        return True
    return isinstance(error, _ENDED_BY_SERVER) or error.sqlstate.startswith("08")
