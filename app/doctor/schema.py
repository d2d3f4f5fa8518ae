"""The schema: migrations, triggers and foreign keys, functions, each compared with what is shipped.

Functions are compared by the text of their bodies, which PostgreSQL keeps as it was written
(pg_proc.prosrc): nothing has to be recorded when they are made, and no lock is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from app.database.migrations import MigrationError, pending, sql_directory
from app.doctor.finding import Finding

APPLY_AGAIN = "novabot migrate --force"

_ROUTINE = re.compile(
    r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) (?P<name>\w+)\((?P<head>.*?)"
    r"^AS \$\$(?P<body>.*?)^\$\$;",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Routine:
    """What decides what a function does."""

    body: str
    is_definer: bool
    """SECURITY DEFINER: it acts as its owner."""
    has_path: bool
    """Whether it fixes search_path."""


def check_migrations(conn: Connection[Any]) -> Iterator[Finding]:
    try:
        missing = pending(conn)
    except MigrationError as error:
        text, _, mend = str(error).partition(": ")
        yield Finding("fault", "schema", text, mend or "restore the files of sql/migrations")
        return
    if missing:
        yield Finding(
            "fault", "schema", f"behind this novabot: {', '.join(missing)}", "novabot migrate"
        )
    else:
        yield Finding("ok", "schema", "current")


def check_triggers(conn: Connection[Any]) -> Iterator[Finding]:
    """Triggers and foreign keys; the bots look at the same every minute."""
    found = conn.execute("SELECT fault, mend FROM find_drift()").fetchall()
    for fault, mend in found:
        yield Finding("fault", "triggers", fault, mend)
    if not found:
        yield Finding("ok", "triggers", "all present, ENABLE ALWAYS; foreign keys cascade")


def check_functions(conn: Connection[Any]) -> Iterator[Finding]:
    shipped = read_shipped()
    present: dict[str, list[tuple[str, Routine]]] = {}
    for name, signature, *rest in conn.execute(
        "SELECT proname, oid::regprocedure::text, prosrc, prosecdef,"
        " coalesce(array_to_string(proconfig, ','), '') LIKE '%%search_path=%%'"
        " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%s)",
        (list(shipped),),
    ):
        body, is_definer, has_path = rest
        routine = Routine(body.replace("\r\n", "\n"), is_definer, has_path)
        present.setdefault(name, []).append((signature, routine))
    sound = True
    for name, routine in sorted(shipped.items()):
        found = present.get(name, [])
        others = [signature for signature, other in found if other != routine]
        if len(found) == len(others):
            sound = False
            state = "is not as shipped" if found else "is missing"
            yield Finding("fault", "functions", f"{name} {state}", APPLY_AGAIN)
        else:
            for signature in others:
                sound = False
                yield Finding(
                    "fault",
                    "functions",
                    f"{signature} is a stranger: it can be called in place of ours",
                    f"DROP ROUTINE {signature}",
                )
    if sound:
        yield Finding("ok", "functions", f"{len(shipped)} as shipped")


def read_shipped() -> dict[str, Routine]:
    """The functions and procedures of sql/*.sql by name; no two have the same."""
    routines: dict[str, Routine] = {}
    for path in sorted(sql_directory().glob("*.sql")):
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        for found in _ROUTINE.finditer(text):
            routines[found["name"]] = Routine(
                found["body"],
                "SECURITY DEFINER" in found["head"],
                "SET search_path" in found["head"],
            )
    return routines
