"""The whole examination, in the order in which one thing rests on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import Connection, errors

from app.doctor.activity import check_queue, check_sessions
from app.doctor.bots import check_bots, check_clocks, check_webhook
from app.doctor.connections import connect, first_line
from app.doctor.finding import Finding
from app.doctor.hearing import check_hearing
from app.doctor.privacy import check_rights, check_server_log
from app.doctor.schema import APPLY_AGAIN, check_functions, check_migrations, check_triggers
from app.doctor.server import (
    check_prepared,
    check_primary,
    check_replication,
    check_settings,
    check_version,
)

Check = Callable[[Connection[Any]], Iterator[Finding]]


def examine(database_url: str, listen_url: str) -> Iterator[Finding]:
    """Every finding as it is made. Writes nothing but the canary and its receipt."""
    try:
        with connect(database_url) as conn:
            yield Finding("ok", "database", "answers, and is the read-write primary")
            yield from _run("version", check_version, conn)
            yield from _run("settings", check_settings, conn)
            current = True
            for finding in _run("schema", check_migrations, conn):
                current = current and finding.level == "ok"
                yield finding
            for subject, check in _choose_checks(listen_url, current=current).items():
                if not conn.closed:
                    yield from _run(subject, check, conn)
    except psycopg.OperationalError as error:
        yield from _explain_absence(database_url, error)


def _choose_checks(listen_url: str, *, current: bool) -> dict[str, Check]:
    """Without the current schema only what needs none of it."""
    checks: dict[str, Check] = {}
    if current:
        checks = {
            "triggers": check_triggers,
            "functions": check_functions,
            "signal": lambda conn: check_hearing(conn, listen_url),
            "bots": check_bots,
            "sessions": check_sessions,
            "prepared": check_prepared,
            "clocks": check_clocks,
            "webhook": check_webhook,
            "rights": check_rights,
        }
    return checks | {
        "queue": check_queue,
        "replication": check_replication,
        "server log": check_server_log,
    }


def _run(subject: str, check: Check, conn: Connection[Any]) -> Iterator[Finding]:
    """The findings of a check, or the finding that it could not be made."""
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
        yield _fail(subject, error, "mend what is said above, then run novabot doctor again")


def _fail(subject: str, error: psycopg.Error, mend: str) -> Finding:
    return Finding("fault", subject, f"can't be examined: {first_line(error)}", mend)


def _explain_absence(url: str, refused: psycopg.OperationalError) -> Iterator[Finding]:
    """No read-write server answered: is there another one?"""
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
