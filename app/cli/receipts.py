"""Resets as the command line makes and follows them."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from rich.console import Console
from rich.text import Text

from app.database.connection import open_connection

_PAUSE = 1.0


class Receipt(NamedTuple):
    """A row of "Reset"."""

    id: int
    at: datetime
    actor: str
    source: str
    clients: int
    sessions: int
    conversations: int


class _Acknowledgement(NamedTuple):
    bot: str
    pid: int
    evicted: int
    acked_at: datetime
    reset_at: datetime


class _Notification(msgspec.Struct):
    """What we need of a notification's payload."""

    reset: int


def reset_clients(url: str, handles: Sequence[str]) -> bool:
    """Resets each client and prints its receipt; False if a handle could not be read or reset."""
    console, errors = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
    done = True
    with open_connection(url) as conn:
        for handle in handles:
            try:
                receipt = _reset_client(conn, handle)
            except psycopg.DatabaseError as error:
                if conn.closed or isinstance(error, psycopg.errors.UndefinedFunction):
                    raise
                reason = error.diag.message_primary or str(error)
                errors.print(Text(f"novabot: {handle}: {reason}"))
                done = False
            else:
                console.print(Text(describe(receipt)))
    return done


def describe(receipt: Receipt) -> str:
    """`reset 42: 1 client, 1 session, 14 conversations`, as the database's NOTICE has it."""
    counts = (
        _count(receipt.clients, "client"),
        _count(receipt.sessions, "session"),
        _count(receipt.conversations, "conversation"),
    )
    return f"reset {receipt.id}: {', '.join(counts)}"


def watch_resets(url: str) -> None:
    """Prints resets and acknowledgements as they come, until interrupted."""
    console = Console(highlight=False, soft_wrap=True)
    # Only the first connection may fail: what is mistyped should not be tried for ever.
    conn = open_connection(url)
    while True:
        try:
            with conn, open_connection(url) as reader:
                _follow(console, conn, reader)
        except psycopg.OperationalError:
            console.print("the connection is lost; trying again", style="yellow")
        conn = _reconnect(url)


def _reset_client(conn: psycopg.Connection[Any], handle: str) -> Receipt:
    cursor = conn.execute(
        "SELECT id, at, actor, source, clients, sessions, conversations"
        " FROM reset_client(%s, actor => %s, source => 'cli')",
        (handle, _find_user()),
    )
    row = cursor.fetchone()
    if row is None:
        raise psycopg.DataError(f"reset_client returned no receipt for {handle}")
    return Receipt(*row)


def _follow(
    console: Console, conn: psycopg.Connection[Any], reader: psycopg.Connection[Any]
) -> None:
    reader.execute('SELECT FROM "Reset" LIMIT 0')  # without a schema nothing would ever come
    conn.execute("LISTEN session_reset")
    conn.execute("LISTEN reset_acknowledged")
    console.print("watching for resets; Ctrl-C ends it", style="dim")
    shown: set[tuple[int, str]] = set()
    for notification in conn.notifies():
        reset = _find_reset(notification.payload)
        if notification.channel == "session_reset":
            _print_reset(console, reader, reset, notification.payload)
        elif reset is not None:
            _print_acknowledgements(console, reader, reset, shown)


def _print_reset(
    console: Console, reader: psycopg.Connection[Any], reset: int | None, payload: str
) -> None:
    row = reader.execute(
        'SELECT id, at, actor, source, clients, sessions, conversations FROM "Reset" WHERE id = %s',
        (reset,),
    ).fetchone()
    if row is None:
        console.print(Text(f"notified by hand: {payload[:80]!r}", style="yellow"))
        return
    receipt = Receipt(*row)
    console.print(
        Text.assemble(
            (f"{receipt.at.astimezone():%H:%M:%S}  ", "dim"),
            (describe(receipt), "bold"),
            (f"  by {receipt.actor} ({receipt.source})", "dim"),
        )
    )


def _print_acknowledgements(
    console: Console,
    reader: psycopg.Connection[Any],
    reset: int,
    shown: set[tuple[int, str]],
) -> None:
    cursor = reader.execute(
        'SELECT a."botId"::text, b.pid, a.evicted, a."ackedAt", r.at'
        ' FROM "ResetAck" AS a'
        ' JOIN "Bot" AS b ON b.id = a."botId"'
        ' JOIN "Reset" AS r ON r.id = a."resetId"'
        ' WHERE a."resetId" = %s ORDER BY a."ackedAt"',
        (reset,),
    )
    for row in (_Acknowledgement(*columns) for columns in cursor.fetchall()):
        if (reset, row.bot) in shown:
            continue
        shown.add((reset, row.bot))
        milliseconds = (row.acked_at - row.reset_at).total_seconds() * 1000
        console.print(
            Text(
                f"{row.acked_at.astimezone():%H:%M:%S}    reset {reset}: bot {row.bot[:8]}"
                f" (process {row.pid}) dropped {_count(row.evicted, 'session')}"
                f" after {milliseconds:.1f} ms",
                style="green",
            )
        )


def _reconnect(url: str) -> psycopg.Connection[Any]:
    while True:
        time.sleep(_PAUSE)
        try:
            return open_connection(url)
        except psycopg.OperationalError:
            continue


def _find_reset(payload: str) -> int | None:
    """The reset's number in a notification, None for one that was sent by hand."""
    try:
        return msgspec.json.decode(payload, type=_Notification).reset
    except msgspec.DecodeError:
        return None


def _find_user() -> str:
    """The operating system's name for who runs this."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
