"""The files of sql/: reading them, applying one, and what "Migration" keeps of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, errors

from app.database.errors import first_line

PATH = "pg_catalog, pg_temp"
"""The search_path of what names its schemas itself."""
ROUTINES = "sql/*.sql"
"""The name in "Migration" under which the checksum of all of sql/*.sql is kept."""
READ_APPLIED = 'SELECT name, checksum FROM public."Migration"'

_FIRST = "schema.sql"
_LAST = ("spellings.sql", "grants.sql")


class MigrationError(Exception):
    """The database can't be brought to this schema; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    """Its key in "Migration"."""
    path: str
    """Where it is in the sources: `sql/migrations/0001_model.sql`."""
    text: bytes
    checksum: str


def sql_directory() -> Path:
    """The sql/ of this code: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    for directory in (package / "_sql", package.parent / "sql"):
        if (directory / "migrations").is_dir():
            return directory
    raise MigrationError(f"sql/ is neither in {package} nor beside it: install novabot again")


@cache
def read_migrations() -> tuple[Script, ...]:
    """sql/migrations, in order."""
    return _read_scripts(sql_directory() / "migrations")


@cache
def read_routines() -> Script:
    """All of sql/*.sql as one: what "Migration" keeps of them."""
    lines = [f"{script.name} {script.checksum}\n" for script in read_routine_scripts()]
    lines += [f"{signature}\n" for signature in read_obsolete()]
    return Script(ROUTINES, ROUTINES, b"", _digest("".join(lines).encode()))


def read_routine_scripts() -> tuple[Script, ...]:
    """In the order in which they are applied."""
    scripts = {script.name: script for script in _read_scripts(sql_directory())}
    first, last = scripts.pop(_FIRST), [scripts.pop(name) for name in _LAST]
    return (first, *scripts.values(), *last)


def read_obsolete() -> list[str]:
    """The functions in public that an earlier release made (sql/obsolete_*.txt)."""
    return [
        line
        for path in sorted(sql_directory().glob("obsolete_*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]


def list_wanted() -> dict[str, str]:
    """What "Migration" holds of a database with the schema of this code."""
    return {script.name: script.checksum for script in (*read_migrations(), read_routines())}


def read_applied(conn: Connection[Any]) -> dict[str, str]:
    """The checksums of what was applied, by name."""
    try:
        return dict(conn.execute(READ_APPLIED).fetchall())
    except errors.UndefinedTable:
        return {}


def set_search_path(conn: Connection[Any], path: str = PATH) -> None:
    """Until the transaction ends; that of the connection does not matter."""
    conn.execute(f"SET LOCAL search_path = {path}".encode())


def execute(conn: Connection[Any], script: Script) -> None:
    """Applies a file. Raises MigrationError, or InvalidFunctionDefinition as it is."""
    try:
        conn.execute(script.text)
    except (
        errors.InsufficientPrivilege,
        errors.InvalidFunctionDefinition,
        psycopg.OperationalError,
    ):
        raise
    except psycopg.Error as error:
        raise explain(script, error) from error


def explain(script: Script, error: psycopg.Error) -> MigrationError:
    """What went wrong, where, and PostgreSQL's hint."""
    line = _line_of(script.text, error.diag.statement_position)
    return MigrationError(f"{script.path}{line}: {describe_fully(error)}")


def describe_fully(error: psycopg.Error) -> str:
    """What PostgreSQL says, with its detail and its hint, in one line."""
    parts = (error.diag.message_primary, error.diag.message_detail, error.diag.message_hint)
    told = ". ".join(part.rstrip(".") for part in parts if part)
    return " ".join(told.split()) or first_line(error)


def record(conn: Connection[Any], script: Script) -> None:
    """Writes down that a file is applied."""
    conn.execute(
        'INSERT INTO public."Migration" (name, checksum) VALUES (%s, %s)'
        " ON CONFLICT (name) DO UPDATE"
        ' SET checksum = excluded.checksum, "appliedAt" = clock_timestamp()',
        (script.name, script.checksum),
    )


def _read_scripts(directory: Path) -> tuple[Script, ...]:
    paths = sorted(directory.glob("*.sql"))
    return tuple(
        Script(
            path.name,
            path.relative_to(sql_directory().parent).as_posix().replace("_sql/", "sql/", 1),
            text := path.read_bytes(),
            _digest(text),
        )
        for path in paths
    )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


def _line_of(text: bytes, position: str | None) -> str:
    if position is None:
        return ""
    return f":{text.decode()[: int(position)].count(chr(10)) + 1}"
