"""Connections that do harm: a full queue, open transactions, listeners that do not read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from psycopg import Connection

from app.doctor.finding import Finding
from app.sessions.listener import NAME as LISTENER

LONG = timedelta(minutes=5)


def check_queue(conn: Connection[Any]) -> Iterator[Finding]:
    row = conn.execute("SELECT pg_notification_queue_usage()").fetchone()
    usage: float = row[0] if row else 0.0
    text = f"{usage:.0%} of the notification queue is used"
    if usage <= 0.1:
        yield Finding("ok", "queue", text)
        return
    yield Finding(
        "fault" if usage > 0.5 else "warning",
        "queue",
        f"{text}; when it is full, every reset fails at its commit",
        "end the session that does not read: the server's log names its process id at 50 %,"
        " below are the open transactions",
    )


def check_sessions(conn: Connection[Any], long: timedelta = LONG) -> Iterator[Finding]:
    sound = True
    for pid, application, role, seconds in conn.execute(
        "SELECT pid, application, role, seconds FROM novabot_internal.find_idle_transactions(%s)",
        (long,),
    ):
        sound = False
        listens = application == LISTENER
        yield Finding(
            "fault" if listens else "warning",
            "sessions",
            f"process {pid} ({application or 'unnamed'}, {role}) sits in an open transaction for"
            f" {seconds:.0f} s: "
            + (
                "no notification reaches it"
                if listens
                else "it keeps its locks, and the queue if it LISTENs"
            ),
            f"SELECT pg_terminate_backend({pid})",
        )
    for (pid,) in conn.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = %s AND wait_event = 'ClientWrite'",
        (LISTENER,),
    ):
        sound = False
        yield Finding(
            "fault",
            "sessions",
            f"the listener of process {pid} does not read: notifications for it pile up",
            f"restart that bot, or SELECT pg_terminate_backend({pid})",
        )
    row = conn.execute(
        "SELECT count(*), current_user FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type IS NULL"
    ).fetchone()
    hidden, role = row or (0, "")
    if hidden:
        yield Finding(
            "warning",
            "sessions",
            f"{hidden} sessions of other roles can't be seen",
            f'GRANT pg_read_all_stats TO "{role}"',
        )
    elif sound:
        yield Finding("ok", "sessions", "no transaction is left open, no listener is stuck")
