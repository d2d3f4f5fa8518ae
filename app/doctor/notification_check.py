"""The signal from end to end: a client is really deleted, and the delete is really heard.

The canary is a row of "User" of the doctor's own. Its delete leaves a receipt, with the source
`novabot doctor`; the living bots acknowledge it like any other reset.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import Connection, Notify, OperationalError, errors, sql

from app.doctor.connections import connect, first_line
from app.doctor.finding import Finding
from app.doctor.schema import APPLY_AGAIN
from app.sessions.signals import RESET, read_signal

DEADLINE = 2.0
"""Seconds that a notification may take."""
ACKNOWLEDGED_WITHIN = 3.0
"""Seconds that the living bots have."""
CANARY = "novabot-doctor-"
_SOON: LiteralString = "SET LOCAL lock_timeout = '3s'"
_DIRECT = "set LISTEN_DATABASE_URL to a direct connection to the same database"


def check_hearing(conn: Connection[Any], listen_url: str) -> Iterator[Finding]:
    """`conn` goes the way of turns and resets, `listen_url` the way of the bots' listeners."""
    with ExitStack() as stack:
        try:
            ear = stack.enter_context(connect(listen_url))
        except OperationalError as error:
            yield Finding(
                "fault",
                "listening",
                f"LISTEN_DATABASE_URL does not answer: {first_line(error)}",
                "correct it; it has to lead to the same server as DATABASE_URL, directly",
            )
            return
        channel = f"novabot_doctor_{uuid4().hex}"
        for name in (channel, RESET):
            ear.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
        conn.execute("SELECT pg_notify(%s, '')", (channel,))
        if _wait(ear, lambda note: note.channel == channel, DEADLINE):
            yield _describe_way(conn, ear)
            yield from _send_canary(conn, ear)
        else:
            yield _explain_deafness(conn, ear)


def _explain_deafness(conn: Connection[Any], ear: Connection[Any]) -> Finding:
    identity: LiteralString = "SELECT pg_postmaster_start_time(), current_database()"
    if conn.execute(identity).fetchone() != ear.execute(identity).fetchone():
        return Finding(
            "fault",
            "listening",
            "DATABASE_URL and LISTEN_DATABASE_URL lead to two databases",
            _DIRECT,
        )
    if _goes_through_pooler(ear):
        return Finding(
            "fault",
            "listening",
            "LISTEN is accepted and nothing arrives: a transaction pooler such as PgBouncer is in"
            " the way; bots remember nobody",
            _DIRECT,
        )
    return Finding(
        "fault",
        "listening",
        f"LISTEN is accepted and nothing arrives within {DEADLINE:g} s; bots remember nobody",
        f"if a proxy or pooler is in the way, {_DIRECT}; else restart the server",
    )


def _describe_way(conn: Connection[Any], ear: Connection[Any]) -> Finding:
    if _goes_through_pooler(ear):
        return Finding(
            "warning",
            "listening",
            "LISTEN goes through a pooler; it works while that holds on to the session",
            _DIRECT,
        )
    way = "turns go through a pooler, LISTEN directly" if _goes_through_pooler(conn) else "direct"
    return Finding("ok", "listening", way)


def _goes_through_pooler(conn: Connection[Any]) -> bool:
    """Whether somebody between us and the server made up the process id told at connecting."""
    told = {conn.info.backend_pid}
    for _ in range(3):
        row = conn.execute("SELECT pg_backend_pid()").fetchone()
        told |= set(row or ())
    return len(told) > 1


def _send_canary(conn: Connection[Any], ear: Connection[Any]) -> Iterator[Finding]:
    client = f"{CANARY}{uuid4()}"
    try:
        _clear_leftovers(conn)
        incarnation = _make_and_delete(conn, client)
    except errors.LockNotAvailable:
        yield Finding(
            "fault",
            "signal",
            'a delete from "User" waits for somebody\'s lock',
            "find whose: SELECT pid, mode FROM pg_locks WHERE relation = '\"User\"'::regclass",
        )
        return
    if incarnation is None:
        yield Finding("fault", "signal", 'a DELETE FROM "User" deletes nothing', APPLY_AGAIN)
        return
    deleted_at = time.monotonic()
    resets: list[int] = []

    def is_canary(note: Notify) -> bool:
        signal = read_signal(note.channel, note.payload)
        if signal.reset is None or isinstance(signal.clients, str):
            return False
        if incarnation not in signal.clients:
            return False
        resets.append(signal.reset)
        return True

    if not _wait(ear, is_canary, DEADLINE):
        # With its trigger off, the delete may have left the address behind.
        conn.execute('DELETE FROM "Alias" WHERE "userId" = %s', (client,))
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
        "ok", "signal", f"a real delete was heard after {milliseconds:.1f} ms (reset {resets[0]})"
    )
    yield from _await_acknowledgements(conn, resets[0])


def _make_and_delete(conn: Connection[Any], client: str) -> UUID | None:
    """The incarnation of a client that was there and is gone; None if the delete did nothing."""
    with conn.transaction():
        conn.execute(_SOON)
        row = conn.execute(
            'INSERT INTO "User" (id) VALUES (%s) RETURNING incarnation', (client,)
        ).fetchone()
    with conn.transaction():
        conn.execute(_SOON)
        deleted = conn.execute('DELETE FROM "User" WHERE id = %s', (client,)).rowcount
    return row[0] if row and deleted else None


def _await_acknowledgements(conn: Connection[Any], reset: int) -> Iterator[Finding]:
    deadline = time.monotonic() + ACKNOWLEDGED_WITHIN
    while True:
        row = conn.execute(
            "SELECT jsonb_array_length(acks),"
            " (SELECT array_agg(left(b.id::text, 8)) FROM bots_missing(%s) AS b)"
            " FROM reset_receipt(%s)",
            (reset, reset),
        ).fetchone()
        acknowledged, missing = row or (0, None)
        if missing is None or time.monotonic() > deadline:
            break
        time.sleep(0.02)  # the poll of a condition with a deadline
    if missing is None:
        yield Finding("ok", "acknowledgement", f"by all living bots ({acknowledged})")
    else:
        yield Finding(
            "warning",
            "acknowledgement",
            f"bot {', '.join(missing)} did not acknowledge the reset within"
            f" {ACKNOWLEDGED_WITHIN:g} s (the fence keeps its answers right)",
            "look at its /ready and its log; restart it if it hangs",
        )


def _clear_leftovers(conn: Connection[Any]) -> None:
    """What a doctor that was killed between insert and delete has left."""
    with conn.transaction():
        conn.execute(_SOON)
        conn.execute(
            'DELETE FROM "User" WHERE id LIKE %s AND "createdAt" < now() - interval \'1 minute\'',
            (f"{CANARY}%",),
        )


def _wait(ear: Connection[Any], is_wanted: Callable[[Notify], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    found = False
    while not found and (left := deadline - time.monotonic()) > 0:
        # A batch is read to its end: leaving it early would lose the rest.
        for note in ear.notifies(timeout=left, stop_after=1):
            found = is_wanted(note) or found
    return found
