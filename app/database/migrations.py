"""Brings a database to the schema of this code.

`sql/migrations/NNNN_name.sql` make the tables: each is applied once, in order, in a transaction
of its own. `sql/*.sql` make functions, triggers and views with CREATE OR REPLACE: all of them
are applied again, in one transaction, whenever one of them has changed.

Written here rather than with yoyo-migrations: that never applies an edited file again, refuses
URLs of several hosts, and after a kill waits for somebody to break its lock. Here the lock is an
advisory lock, which ends with its connection.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection, errors

OLDEST_SERVER = 140000
"""PostgreSQL 14, as server_version_num has it."""

_ADVISORY_LOCK = 0x6E6F7661
_ROUTINES = "sql/*.sql"
"""The name in "Migration" under which the checksum of all of sql/*.sql is kept."""

_CREATE_TABLE = b"""
    CREATE TABLE IF NOT EXISTS "Migration" (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        "appliedAt" timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    COMMENT ON TABLE "Migration" IS
        'What `novabot migrate` has applied: a row a file of sql/migrations, and one for sql/*.sql';
"""


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


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    applied: tuple[str, ...]
    """The names of the files of sql/migrations that were new."""
    routines: bool
    """Whether functions, triggers and views were applied again."""


def sql_directory() -> Path:
    """The sql/ of this code: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for directory in (package / "_sql", package.parent / "sql"):
        if (directory / "migrations").is_dir():
            return directory
    raise MigrationError(f"sql/ is neither in {package} nor beside it: install novabot again")


def migrate(conn: Connection[Any], *, force: bool = False) -> Migrated:
    """Brings the database of `conn` to the current schema; safe to run side by side.

    `conn` is in autocommit mode and reaches the server directly, without a transaction pooler.
    With `force`, functions, triggers and views are applied even if unchanged.
    """
    if conn.info.server_version < OLDEST_SERVER:
        found = conn.info.parameter_status("server_version")
        raise MigrationError(f"The server is PostgreSQL {found}; novabot needs 14 or newer")
    conn.prepare_threshold = None
    try:
        conn.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        conn.execute("SET client_min_messages = warning")
        conn.execute(_CREATE_TABLE)
        try:
            return Migrated(_apply_migrations(conn), _apply_routines(conn, force=force))
        finally:
            if not conn.closed:
                conn.execute("RESET client_min_messages")
                conn.execute("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))
    except errors.LockNotAvailable as error:
        raise MigrationError(
            "Somebody's open transaction holds a table of ours: end it, or migrate again later"
        ) from error
    except errors.InsufficientPrivilege as error:
        raise MigrationError(
            f"The role {conn.info.user} may not change this database: {error.diag.message_primary};"
            " migrate as its owner"
        ) from error


def pending(conn: Connection[Any]) -> tuple[str, ...]:
    """The names of what `migrate` would apply. Raises MigrationError as `migrate` does."""
    applied = _read_applied(conn)
    _refuse_strangers(applied)
    return tuple(
        script.name
        for script in (*_read_migrations(), _read_routines())
        if applied.get(script.name) != script.checksum
    )


async def is_current(conn: AsyncConnection[tuple[Any, ...]]) -> bool:
    """Whether the database has exactly the schema of this code."""
    try:
        cursor = await conn.execute('SELECT name, checksum FROM "Migration"')
    except errors.UndefinedTable:
        return False
    wanted = {(script.name, script.checksum) for script in (*_read_migrations(), _read_routines())}
    return set(await cursor.fetchall()) == wanted


def _apply_migrations(conn: Connection[Any]) -> tuple[str, ...]:
    applied = _read_applied(conn)
    _refuse_strangers(applied)
    new = [script for script in _read_migrations() if script.name not in applied]
    for script in new:
        with conn.transaction():
            _execute(conn, script)
            _record(conn, script)
    return tuple(script.name for script in new)


def _apply_routines(conn: Connection[Any], *, force: bool) -> bool:
    routines = _read_routines()
    if not force and _read_applied(conn).get(_ROUTINES) == routines.checksum:
        return False
    with conn.transaction():
        # A function may call one that a later file makes.
        conn.execute("SET LOCAL check_function_bodies = off")
        # Waiting for somebody's open transaction would make every turn wait behind us.
        conn.execute("SET LOCAL lock_timeout = '3s'")
        for script in _read_scripts(sql_directory()):
            _execute(conn, script)
        _record(conn, routines)
    return True


def _refuse_strangers(applied: dict[str, str]) -> None:
    known = {script.name: script for script in _read_migrations()}
    for name, checksum in sorted(applied.items()):
        if name == _ROUTINES:
            continue
        if name not in known:
            raise MigrationError(
                f"The database is newer than this novabot: it has {name}; install the newer one"
            )
        if known[name].checksum != checksum:
            raise MigrationError(
                f"{known[name].path} was edited after it was applied: restore it, and put the"
                " change into a new migration"
            )


def _execute(conn: Connection[Any], script: Script) -> None:
    try:
        conn.execute(script.text)
    except (errors.InsufficientPrivilege, psycopg.OperationalError):
        raise
    except psycopg.Error as error:
        line = _line_of(script.text, error.diag.statement_position)
        reason = " ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
        raise MigrationError(f"{script.path}{line}: {reason or error}") from error


def _record(conn: Connection[Any], script: Script) -> None:
    conn.execute(
        'INSERT INTO "Migration" (name, checksum) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE'
        ' SET checksum = excluded.checksum, "appliedAt" = clock_timestamp()',
        (script.name, script.checksum),
    )


def _read_applied(conn: Connection[Any]) -> dict[str, str]:
    try:
        return dict(conn.execute('SELECT name, checksum FROM "Migration"').fetchall())
    except errors.UndefinedTable:
        return {}


@cache
def _read_migrations() -> tuple[Script, ...]:
    return _read_scripts(sql_directory() / "migrations")


@cache
def _read_routines() -> Script:
    scripts = _read_scripts(sql_directory())
    together = "".join(f"{script.name} {script.checksum}\n" for script in scripts)
    return Script(_ROUTINES, _ROUTINES, b"", _digest(together.encode()))


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
