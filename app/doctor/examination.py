"""The whole examination, in the order in which one check depends on another.

Checks of the catalogs share a connection; those that use what app.crm and app.notifications have
are awaited, on connections of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import psycopg
from psycopg import Connection, errors

from app.database.errors import first_line
from app.doctor.account_events import check_account_events
from app.doctor.activity import check_queue, check_sessions
from app.doctor.bots import check_bots, check_clocks, check_webhook
from app.doctor.connections import connect
from app.doctor.finding import Finding
from app.doctor.notification_check import check_notifications
from app.doctor.number import check_number
from app.doctor.privacy import check_connecting, check_rights, check_server_log
from app.doctor.schema import (
    APPLY_AGAIN,
    check_foreign,
    check_functions,
    check_migrations,
    check_orphans,
    check_triggers,
)
from app.doctor.server import (
    check_prepared,
    check_primary,
    check_replication,
    check_settings,
    check_version,
)
from app.doctor.write_check import COMMITS, check_writing

Check = Callable[[Connection[Any]], Iterator[Finding]]


def examine(database_url: str, listen_url: str) -> Iterator[Finding]:
    """Yields the findings of each check as it ends.

    Writes nothing but the canary and its receipt.
    """
    try:
        with connect(database_url) as conn:
            yield Finding("ok", "database", "answers, and is the read-write primary")
            yield from _run("version", check_version, conn)
            yield from _run("settings", check_settings, conn)
            current = True
            for finding in _run("schema", check_migrations, conn):
                current = current and finding.level == "ok"
                yield finding
            checks = _choose_checks(database_url, listen_url, current=current)
            commits_wait = False
            for subject, check in checks.items():
                if conn.closed:
                    continue
                if subject == "signal" and commits_wait:
                    yield Finding("warning", subject, "not tried", "mend the fault above first")
                    continue
                for finding in _run(subject, check, conn):
                    commits_wait = commits_wait or finding.subject == COMMITS
                    yield finding
    except psycopg.OperationalError as error:
        yield from _explain_absence(database_url, error)


def _choose_checks(database_url: str, listen_url: str, *, current: bool) -> dict[str, Check]:
    """The checks by subject; without the current schema, only those that do not need it."""
    checks: dict[str, Check] = {}
    if current:
        checks = {
            "triggers": check_triggers,
            "foreign": check_foreign,
            "functions": check_functions,
            "orphans": check_orphans,
            "writing": lambda _: run_async(check_writing(database_url)),
            "signal": lambda _: run_async(check_notifications(database_url, listen_url)),
            "bots": lambda _: run_async(check_bots(database_url)),
            "number": lambda _: run_async(check_number(database_url)),
            "account": lambda _: run_async(check_account_events(database_url)),
            "sessions": check_sessions,
            "prepared": check_prepared,
            "clocks": check_clocks,
            "webhook": check_webhook,
            "rights": check_rights,
        }
    return checks | {
        "queue": check_queue,
        "replication": check_replication,
        "connecting": check_connecting,
        "server log": check_server_log,
    }


def run_async(check: AsyncGenerator[Finding]) -> Iterator[Finding]:
    """The findings of a check that is awaited; the error that ended it comes after them."""
    findings: list[Finding] = []

    async def collect() -> None:
        async for finding in check:
            findings.append(finding)  # noqa: PERF401 (kept if the next one fails)

    try:
        asyncio.run(collect())
    except psycopg.Error:
        yield from findings
        raise
    yield from findings


def _run(subject: str, check: Check, conn: Connection[Any]) -> Iterator[Finding]:
    """The findings of a check, and the finding that it failed if it did."""
    try:
        yield from check(conn)
    except (
        errors.UndefinedFunction,
        errors.UndefinedTable,
        errors.UndefinedColumn,
        errors.InvalidSchemaName,
    ) as error:
        yield _fail(subject, error, APPLY_AGAIN)
    except errors.InsufficientPrivilege as error:
        yield _fail(subject, error, "run novabot doctor as the role of the bots, or as the owner")
    except psycopg.Error as error:
        yield _fail(subject, error, "mend the faults above, then run novabot doctor again")


def _fail(subject: str, error: psycopg.Error, mend: str) -> Finding:
    return Finding("fault", subject, f"can't be examined: {first_line(error)}", mend)


def _explain_absence(url: str, refused: psycopg.OperationalError) -> Iterator[Finding]:
    """No read-write server answered: another one may."""
    try:
        with connect(url, "any") as conn:
            yield from check_primary(conn)
    except psycopg.OperationalError:
        yield Finding(
            "fault",
            "database",
            f"does not answer: {first_line(refused)}",
            "start it, or correct DATABASE_URL",
        )
