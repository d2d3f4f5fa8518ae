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

from app.database.migrating.migrations import (
    MigrationError,
    find_newer_release,
    pending,
    sql_directory,
)
from app.doctor.finding import Finding

APPLY_AGAIN = "novabot migrate --force"

_ROUTINE = re.compile(
    r"^CREATE OR REPLACE (?:FUNCTION|PROCEDURE) (?P<name>\w+\.\w+)\((?P<head>.*?)"
    r"^AS \$\$(?P<body>.*?)^\$\$;",
    re.MULTILINE | re.DOTALL,
)
_SETTING = re.compile(r"^SET (\w+) = (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Routine:
    """What decides what a function does."""

    body: str
    is_definer: bool
    """SECURITY DEFINER: it acts as its owner."""
    settings: frozenset[str]
    """What it sets while it runs, as pg_proc.proconfig has it: `lock_timeout=50ms`."""


def check_migrations(conn: Connection[Any]) -> Iterator[Finding]:
    try:
        newer = find_newer_release(conn)
        if newer is not None:
            text = f"of the newer release {newer}, which works with this one"
            yield Finding("ok", "schema", text)
            return
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
    found = conn.execute("SELECT fault, mend FROM novabot_internal.find_drift()").fetchall()
    for fault, mend in found:
        yield Finding("fault", "triggers", fault, mend)
    if not found:
        yield Finding("ok", "triggers", "all present, ENABLE ALWAYS; foreign keys cascade")


def check_foreign(conn: Connection[Any]) -> Iterator[Finding]:
    """Triggers, rules and policies that are not shipped, but those that find_drift() tells."""
    found = conn.execute(
        "SELECT format('%s %s on \"%s\"', f.kind, f.name, f.relation), f.at_delete, f.mend"
        " FROM novabot_internal.find_foreign() AS f"
        " WHERE NOT (f.kind IN ('row security', 'DO INSTEAD rule') AND f.at_delete)"
        " AND NOT EXISTS ("
        " SELECT FROM novabot_internal.expected_triggers() AS e"
        " WHERE f.kind = 'trigger' AND e.relation = f.relation AND e.name = f.name)"
    ).fetchall()
    for name, at_delete, mend in found:
        if at_delete:
            yield Finding(
                "fault",
                "foreign",
                f"{name} is not NovaBot's and fires at DELETE:"
                " if it keeps a row, resets fail (ST004)",
                f"have it keep no row (a BEFORE trigger returns OLD), or {mend}",
            )
        else:
            yield Finding(
                "warning", "foreign", f"{name} is not NovaBot's; it does not fire at DELETE", mend
            )
    if not found:
        yield Finding("ok", "foreign", "no trigger, rule or policy of another program")


def check_orphans(conn: Connection[Any]) -> Iterator[Finding]:
    """Rows of clients who are not there."""
    found = conn.execute(
        "SELECT relation, orphans FROM novabot_internal.count_orphans() WHERE orphans > 0"
    ).fetchall()
    if not found:
        yield Finding("ok", "orphans", "no row of a client who is not there")
        return
    counted = ", ".join(f'{orphans} in "{relation}"' for relation, orphans in found)
    yield Finding(
        "warning",
        "orphans",
        f"rows of clients who are not there: {counted}; a DELETE with triggers switched off, or a"
        " restore of some of the tables, left them",
        "SELECT novabot_internal.delete_orphans()",
    )


def check_functions(conn: Connection[Any]) -> Iterator[Finding]:
    newer = find_newer_release(conn)
    if newer is not None:
        yield Finding("ok", "functions", f"not compared: those of {newer} are in that novabot")
        return
    shipped = read_shipped()
    present: dict[str, list[tuple[str, Routine]]] = {}
    for name, signature, body, is_definer, settings in conn.execute(
        "SELECT n.nspname || '.' || p.proname,"
        " format('%%I.%%I(%%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)),"
        " p.prosrc, p.prosecdef, p.proconfig"
        " FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'novabot_internal'"
        " OR (n.nspname = 'public' AND 'public.' || p.proname = ANY (%s))"
        " ORDER BY 2",
        (list(shipped),),
    ):
        routine = Routine(body.replace("\r\n", "\n"), is_definer, frozenset(settings or ()))
        present.setdefault(name, []).append((signature, routine))
    sound = True
    for name, routine in sorted(shipped.items()):
        found = present.get(name, [])
        if all(other != routine for _, other in found):
            sound = False
            state = "is not as shipped" if found else "is missing"
            yield Finding("fault", "functions", f"{name} {state}", APPLY_AGAIN)
            present.pop(name, None)
    for name, found in sorted(present.items()):
        for signature, routine in found:
            if routine != shipped.get(name):
                sound = False
                yield Finding(
                    "fault",
                    "functions",
                    f"{signature} is not ours, and can be called in place of a function of ours",
                    f"DROP ROUTINE {signature}",
                )
    if sound:
        yield Finding("ok", "functions", f"{len(shipped)} as shipped")


def read_shipped() -> dict[str, Routine]:
    """The functions and procedures of sql/*.sql by schema and name; no two have the same."""
    routines: dict[str, Routine] = {}
    for path in sorted(sql_directory().glob("*.sql")):
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        for found in _ROUTINE.finditer(text):
            settings = _SETTING.findall(found["head"])
            routines[found["name"]] = Routine(
                found["body"],
                "SECURITY DEFINER" in found["head"],
                frozenset(f"{name}={value.strip(chr(39))}" for name, value in settings),
            )
    return routines
