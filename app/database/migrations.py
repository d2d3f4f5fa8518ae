"""Brings a database to the schema of this code.

`sql/migrations/NNNN_name.sql` make the tables: each is applied once, in order, in a transaction
of its own. `sql/*.sql` make the schema novabot_internal, functions and triggers with CREATE OR
REPLACE: all of them are applied again, in one transaction, whenever one of them has changed:
schema.sql first, spellings.sql and grants.sql last, and before grants.sql what no file defines any
more is dropped.

The search_path of the connection does not matter: each transaction sets its own, and what is asked
outside of one qualifies its names.

Which schema a novabot works on is in app/database/releases.py.

Written here rather than with yoyo-migrations: that never applies an edited file again, refuses
URLs of several hosts, and after a kill waits for an operator to break its lock. Here the lock is
an advisory lock, which ends with its connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, errors

from app.database.releases import find_newer_release, find_schema_fault, refuse_newer
from app.database.routines import replace_routines
from app.database.scripts import (
    ROUTINES,
    MigrationError,
    begin,
    execute,
    read_applied,
    read_migrations,
    read_routines,
    record,
    sql_directory,
)

__all__ = [
    "OLDEST_SERVER",
    "Migrated",
    "MigrationError",
    "find_newer_release",
    "find_schema_fault",
    "migrate",
    "pending",
    "sql_directory",
]

OLDEST_SERVER = 140000
"""PostgreSQL 14, as server_version_num has it."""

_ADVISORY_LOCK = 0x6E6F7661
_PATH = "public, pg_temp"
"""The first two migrations are frozen, and name no schema."""

_CREATE_TABLE = b"""
    CREATE TABLE IF NOT EXISTS public."Migration" (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        "appliedAt" timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
    );
    COMMENT ON TABLE public."Migration" IS
        'What `novabot migrate` has applied: a row a file of sql/migrations, and one for sql/*.sql';
"""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    applied: tuple[str, ...]
    """The names of the files of sql/migrations that were new."""
    routines: bool
    """Whether functions and triggers were applied again."""


def migrate(conn: Connection[Any], *, force: bool = False) -> Migrated:
    """Brings the database of `conn` to the current schema; safe to run side by side.

    `conn` is in autocommit mode and reaches the server directly, without a transaction pooler.
    With `force`, functions and triggers are applied even if unchanged.
    """
    if conn.info.server_version < OLDEST_SERVER:
        found = conn.info.parameter_status("server_version")
        raise MigrationError(f"The server is PostgreSQL {found}; novabot needs 14 or newer")
    conn.prepare_threshold = None
    try:
        conn.execute("SELECT pg_catalog.pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        conn.execute("SET client_min_messages = warning")
        conn.execute(_CREATE_TABLE)
        try:
            return Migrated(_apply_migrations(conn), _apply_routines(conn, force=force))
        finally:
            if not conn.closed:
                conn.execute("RESET client_min_messages")
                conn.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))
    except errors.LockNotAvailable as error:
        raise MigrationError(
            "Another transaction holds a table of ours: end it, or migrate again later"
        ) from error
    except errors.InsufficientPrivilege as error:
        hint = error.diag.message_hint or "migrate as its owner"
        raise MigrationError(
            f"The role {conn.info.user} may not change this database:"
            f" {error.diag.message_primary}; {hint}"
        ) from error
    except errors.InvalidSchemaName as error:
        raise MigrationError(
            f"{error.diag.message_primary}: CREATE SCHEMA public, then migrate again"
        ) from error


def pending(conn: Connection[Any]) -> tuple[str, ...]:
    """The names of what `migrate` would apply. Raises MigrationError as `migrate` does."""
    applied = read_applied(conn)
    refuse_newer(conn, applied)
    return tuple(
        script.name
        for script in (*read_migrations(), read_routines())
        if applied.get(script.name) != script.checksum
    )


def _apply_migrations(conn: Connection[Any]) -> tuple[str, ...]:
    applied = read_applied(conn)
    refuse_newer(conn, applied)
    new = [script for script in read_migrations() if script.name not in applied]
    for script in new:
        with conn.transaction():
            begin(conn, _PATH)
            execute(conn, script)
            record(conn, script)
    return tuple(script.name for script in new)


def _apply_routines(conn: Connection[Any], *, force: bool) -> bool:
    if not force and read_applied(conn).get(ROUTINES) == read_routines().checksum:
        return False
    replace_routines(conn)
    return True
