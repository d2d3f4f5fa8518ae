"""Notifications from end to end: a client is really deleted, and the delete is really notified.

The canary is a row of "User" of the doctor's own. Its delete leaves a receipt, with the source
`novabot doctor`; the running bots acknowledge it like any other reset.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from typing import Any, LiteralString, TypeVar
from uuid import UUID, uuid4

from psycopg import AsyncConnection, Notify, OperationalError, errors

from app.crm.resets import find_receipt
from app.database.errors import first_line
from app.doctor.connections import connect_async, connect_doctor_listener
from app.doctor.finding import Finding
from app.doctor.schema import APPLY_AGAIN
from app.notifications import (
    RESET_ACKNOWLEDGED,
    SESSION_RESET,
    ResetAcknowledged,
    SessionReset,
    read_notification,
)

NOTIFICATION_TIMEOUT = 2.0
"""Seconds that a notification may take."""
ACKNOWLEDGEMENT_TIMEOUT = 3.0
"""Seconds that the running bots have to acknowledge a reset."""
CANARY = "novabot-doctor-"

_BOUNDED: LiteralString = "SET LOCAL lock_timeout = '3s'"
_DIRECT = "set LISTEN_DATABASE_URL to a direct connection to the same database"

_Conn = AsyncConnection[tuple[Any, ...]]
_Found = TypeVar("_Found")


async def check_notifications(database_url: str, listen_url: str) -> AsyncGenerator[Finding]:
    """Deletes by `database_url`, as turns and resets connect, and listens by `listen_url`."""
    channel = f"novabot_doctor_{uuid4().hex}"
    async with AsyncExitStack() as stack:
        conn = await stack.enter_async_context(connect_async(database_url))
        try:
            listener = await stack.enter_async_context(
                connect_doctor_listener(listen_url, (channel, SESSION_RESET, RESET_ACKNOWLEDGED))
            )
        except OperationalError as error:
            yield Finding(
                "fault",
                "listening",
                f"LISTEN_DATABASE_URL does not answer: {first_line(error)}",
                "correct it; it has to lead to the same server as DATABASE_URL, directly",
            )
            return
        await conn.execute("SELECT pg_notify(%s, '')", (channel,))
        if not await _await(
            listener, lambda notify: notify.channel == channel or None, NOTIFICATION_TIMEOUT
        ):
            yield await _explain_silence(conn, listener)
            return
        yield await _describe_way(conn, listener)
        async for finding in _delete_canary(conn, listener):
            yield finding


async def _explain_silence(conn: _Conn, listener: _Conn) -> Finding:
    if await _identify(conn) != await _identify(listener):
        return Finding(
            "fault",
            "listening",
            "DATABASE_URL and LISTEN_DATABASE_URL lead to two databases",
            _DIRECT,
        )
    if await _goes_through_pooler(listener):
        return Finding(
            "fault",
            "listening",
            "LISTEN is accepted and nothing arrives: a transaction pooler such as PgBouncer is in"
            " the way; bots remember nothing",
            _DIRECT,
        )
    return Finding(
        "fault",
        "listening",
        f"LISTEN is accepted and nothing arrives within {NOTIFICATION_TIMEOUT:g} s; bots remember"
        " nothing",
        f"if a proxy or pooler is in the way, {_DIRECT}; else restart the server",
    )


async def _identify(conn: _Conn) -> tuple[Any, ...] | None:
    """What differs between two databases."""
    cursor = await conn.execute("SELECT pg_postmaster_start_time(), current_database()")
    return await cursor.fetchone()


async def _describe_way(conn: _Conn, listener: _Conn) -> Finding:
    if await _goes_through_pooler(listener):
        return Finding(
            "warning",
            "listening",
            "LISTEN goes through a pooler; it works while the pooler keeps the session",
            _DIRECT,
        )
    pooled = await _goes_through_pooler(conn)
    way = "turns go through a pooler, LISTEN directly" if pooled else "direct"
    return Finding("ok", "listening", way)


async def _goes_through_pooler(conn: _Conn) -> bool:
    """Whether the process id told at connecting is not the server's, but made up by a pooler."""
    told = {conn.info.backend_pid}
    for _ in range(3):
        cursor = await conn.execute("SELECT pg_backend_pid()")
        told |= set(await cursor.fetchone() or ())
    return len(told) > 1


async def _delete_canary(conn: _Conn, listener: _Conn) -> AsyncGenerator[Finding]:
    client = f"{CANARY}{uuid4()}"
    try:
        await _clear_leftovers(conn)
        incarnation = await _make_and_delete(conn, client)
    except errors.LockNotAvailable:
        yield Finding(
            "fault",
            "signal",
            'a delete from "User" waits for another transaction\'s lock',
            "find it: SELECT pid, mode FROM pg_locks WHERE relation = '\"User\"'::regclass",
        )
        return
    if incarnation is None:
        yield Finding("fault", "signal", 'a DELETE FROM "User" deletes nothing', APPLY_AGAIN)
        return
    deleted_at = time.monotonic()
    reset = await _await(
        listener, lambda notify: _read_reset_of(notify, incarnation), NOTIFICATION_TIMEOUT
    )
    if reset is None:
        # If its trigger is disabled, the delete may have left the address behind.
        await conn.execute('DELETE FROM public."Alias" WHERE "userId" = %s', (client,))
        yield Finding(
            "fault",
            "signal",
            "a client was deleted and no notification came: bots remember such a client until its"
            " next turn",
            APPLY_AGAIN,
        )
        return
    milliseconds = (time.monotonic() - deleted_at) * 1000
    yield Finding(
        "ok", "signal", f"a real delete was notified after {milliseconds:.1f} ms (reset {reset})"
    )
    yield await _check_acknowledgements(conn, listener, reset)


async def _clear_leftovers(conn: _Conn) -> None:
    """Deletes the canary of a doctor that was killed before it could."""
    async with conn.transaction():
        await conn.execute(_BOUNDED)
        await conn.execute(
            'DELETE FROM public."User" WHERE id LIKE %s'
            " AND \"createdAt\" < now() - interval '1 minute'",
            (f"{CANARY}%",),
        )


async def _make_and_delete(conn: _Conn, client: str) -> UUID | None:
    """The incarnation of a client that existed and is deleted; None if the delete did nothing."""
    async with conn.transaction():
        await conn.execute(_BOUNDED)
        cursor = await conn.execute(
            'INSERT INTO public."User" (id) VALUES (%s) RETURNING incarnation', (client,)
        )
        row = await cursor.fetchone()
    async with conn.transaction():
        await conn.execute(_BOUNDED)
        cursor = await conn.execute('DELETE FROM public."User" WHERE id = %s', (client,))
    return row[0] if row and cursor.rowcount else None


def _read_reset_of(notify: Notify, incarnation: UUID) -> int | None:
    match read_notification(notify.channel, notify.payload):
        case SessionReset(reset, frozenset() as clients) if incarnation in clients:
            return reset
        case _:
            return None


async def _check_acknowledgements(conn: _Conn, listener: _Conn, reset: int) -> Finding:
    """Reads the receipt after each acknowledgement, until no bot is missing."""

    def read(notify: Notify) -> bool | None:
        notification = read_notification(notify.channel, notify.payload)
        return notification in (ResetAcknowledged(reset), ResetAcknowledged("*")) or None

    deadline = time.monotonic() + ACKNOWLEDGEMENT_TIMEOUT
    while (receipt := await find_receipt(conn, reset)) and receipt.missing:
        if time.monotonic() > deadline:
            break
        await _await(listener, read, deadline - time.monotonic())
    if receipt is None or not receipt.missing:
        acknowledged = len(receipt.acknowledged) if receipt else 0
        return Finding("ok", "acknowledgement", f"by all living bots ({acknowledged})")
    missing = ", ".join(str(bot.id)[:8] for bot in receipt.missing)
    return Finding(
        "warning",
        "acknowledgement",
        f"bot {missing} did not acknowledge the reset within {ACKNOWLEDGEMENT_TIMEOUT:g} s (the"
        " fence keeps its answers right)",
        "look at its /ready and its log; restart it if it hangs",
    )


async def _await(
    listener: _Conn, read: Callable[[Notify], _Found | None], seconds: float
) -> _Found | None:
    """The first value that `read` makes of a notification; None if there is none in time."""
    deadline = time.monotonic() + seconds
    found: _Found | None = None
    while found is None and (left := deadline - time.monotonic()) > 0:
        # A batch is read to its end: leaving it early would lose the rest.
        async for notify in listener.notifies(timeout=left, stop_after=1):
            found = read(notify) if found is None else found
    return found
