"""The server itself: whether it keeps what a reset commits, and notifies of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from app.database.migrating.migrations import OLDEST_SERVER
from app.doctor.finding import Finding

_FIRST_SOUND_MINORS = {14: 21, 15: 16, 16: 12, 17: 8, 18: 2}
"""The first minors (February 2026) with PostgreSQL's commit 8eeb4a0f7c of 2025-11-12 and its
successor: before them VACUUM could remove what LISTEN needs, which then fails with "could not
access status of transaction". The minors of November 2025 were wrapped two days before it."""


def check_version(conn: Connection[Any]) -> Iterator[Finding]:
    yield judge_version(conn.info.server_version)


def judge_version(number: int) -> Finding:
    """`number` is as in server_version_num: 150018 for 15.18."""
    major, minor = divmod(number, 10000)
    name = f"PostgreSQL {major}.{minor}"
    if number < OLDEST_SERVER:
        return Finding("fault", "version", f"{name} is too old", "move to PostgreSQL 14 or newer")
    sound = _FIRST_SOUND_MINORS.get(major, 0)
    if minor < sound:
        return Finding(
            "warning",
            "version",
            f"{name} can lose what LISTEN needs: bots may be unable to listen until it restarts",
            f"update to {major}.{sound} or newer",
        )
    return Finding("ok", "version", name)


def check_primary(conn: Connection[Any]) -> Iterator[Finding]:
    """`conn` leads to any server, as no read-write one answers."""
    row = conn.execute("SELECT pg_is_in_recovery(), inet_server_addr()::text").fetchone()
    standby, address = row or (False, None)
    if standby:
        yield Finding(
            "fault",
            "primary",
            f"{address or 'the server'} is a standby: it makes no reset and notifies of none",
            "let DATABASE_URL and LISTEN_DATABASE_URL lead to the primary, or name all hosts",
        )
    else:
        yield Finding(
            "fault",
            "primary",
            "the server is read-only (default_transaction_read_only = on)",
            "ALTER DATABASE or ALTER SYSTEM … RESET default_transaction_read_only, or let"
            " DATABASE_URL lead to the new primary if this one was taken out of service",
        )


def check_settings(conn: Connection[Any]) -> Iterator[Finding]:
    """Settings as the bots' own connections have them."""
    settings = _read_settings(
        conn,
        "track_counts",
        "session_replication_role",
        "fsync",
        "full_page_writes",
        "synchronous_commit",
    )
    if settings["track_counts"] != "on":
        yield Finding(
            "fault",
            "settings",
            "track_counts is off: receipts count sessions and conversations by it",
            "ALTER SYSTEM (or DATABASE, or ROLE) … SET track_counts = on",
        )
    if settings["session_replication_role"] != "origin":
        yield Finding(
            "fault",
            "settings",
            "session_replication_role is not origin: foreign keys do not fire",
            "ALTER ROLE (or DATABASE) … RESET session_replication_role",
        )
    risky = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if settings[name] == "off"
    ]
    if risky:
        yield Finding(
            "warning",
            "settings",
            f"off: {', '.join(risky)}; a crash of the server can bring a forgotten client back",
            "; ".join(f"ALTER SYSTEM SET {name} = on" for name in risky),
        )
    if settings["track_counts"] == "on" and settings["session_replication_role"] == "origin":
        yield Finding("ok", "settings", "resets are counted, foreign keys are enforced")


def check_replication(conn: Connection[Any]) -> Iterator[Finding]:
    """Whether a failover would lose resets, where there is a standby."""
    row = conn.execute("SELECT count(*) FROM pg_stat_replication").fetchone()
    standbys = row[0] if row else 0
    if not standbys:
        yield Finding("ok", "replication", "no standby")
    elif _read_settings(conn, "synchronous_standby_names")["synchronous_standby_names"]:
        yield Finding("ok", "replication", f"synchronous, {standbys} connected")
    else:
        yield Finding(
            "ok",
            "replication",
            f"asynchronous, {standbys} connected: a reset that has not been replicated yet is lost"
            " by a failover (synchronous_standby_names prevents it)",
        )


def check_prepared(conn: Connection[Any]) -> Iterator[Finding]:
    found = conn.execute(
        "SELECT gid, owner, seconds FROM novabot_internal.find_prepared_deletes()"
    ).fetchall()
    for gid, owner, seconds in found:
        yield Finding(
            "fault",
            "prepared",
            f"the prepared transaction {gid} of {owner} has held clients for {seconds:.0f} s:"
            " turns and resets wait for it",
            f"ROLLBACK PREPARED '{gid}' or COMMIT PREPARED '{gid}'",
        )
    if not found:
        yield Finding("ok", "prepared", "no prepared transaction holds clients")


def _read_settings(conn: Connection[Any], *names: str) -> dict[str, str]:
    return dict(
        conn.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS s (name)", (list(names),)
        ).fetchall()
    )
