"""Which schema this novabot works on.

The schema decides, in `novabot_internal.schema_release()`: it names its own release, and the
oldest one that works rightly on it. A service whose release lies between the two stays ready while
newer ones replace it.
"""

from __future__ import annotations

import re
from typing import Any

from psycopg import AsyncConnection, Connection, errors

from app.database.migrating.scripts import (
    READ_APPLIED,
    ROUTINES,
    MigrationError,
    list_wanted,
    read_migrations,
)

RELEASE = "0.2.0"
"""The release of this novabot; that of its schema is in sql/schema.sql, and the same."""

_READ_RELEASE = "SELECT release, oldest_working FROM novabot_internal.schema_release()"
_OLDER = "the schema is older than this novabot: run novabot migrate"
_FOREIGN_OWNER = "the schema novabot_internal belongs to another role: run novabot doctor"
_FIND_FOREIGN_OWNER = """
    SELECT pg_catalog.quote_ident(o.rolname)
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_roles AS o ON o.oid OPERATOR(pg_catalog.=) n.nspowner
    WHERE
        n.nspname OPERATOR(pg_catalog.=) 'novabot_internal'
        AND o.rolname OPERATOR(pg_catalog.<>) current_user
        AND NOT EXISTS (
            SELECT
            FROM pg_catalog.pg_class AS c
            WHERE
                c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass('public."User"')
                AND c.relowner OPERATOR(pg_catalog.=) n.nspowner
        )
"""
"""A role that made the schema before we did: its functions are not to be called."""


def find_newer_release(conn: Connection[Any]) -> str | None:
    """The release of a schema that is newer than this novabot and works with it.

    Raises MigrationError as `migrate` does.
    """
    release, oldest_working = _read_release(conn) or (RELEASE, RELEASE)
    return release if _is_compatible(release, oldest_working) else None


async def find_schema_fault(conn: AsyncConnection[tuple[Any, ...]]) -> str | None:
    """Why this novabot cannot work on the schema, and what to do; None if it can.

    Unauthenticated callers of /ready read it, so it names no role.
    """
    try:
        cursor = await conn.execute(READ_APPLIED)
        applied: dict[str, str] = dict(await cursor.fetchall())
        if applied == list_wanted():
            return None
        if await (await conn.execute(_FIND_FOREIGN_OWNER)).fetchall():
            return _FOREIGN_OWNER
        release, oldest_working = (await (await conn.execute(_READ_RELEASE)).fetchall())[0]
    except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName):
        return _OLDER
    if _is_compatible(release, oldest_working):
        return None
    return _describe_misfit(release, oldest_working, applied)


def refuse_newer(conn: Connection[Any], applied: dict[str, str]) -> None:
    """Raises MigrationError if this novabot may not migrate a schema with these files applied."""
    known = {script.name: script for script in read_migrations()}
    for name, checksum in sorted(applied.items()):
        if name == ROUTINES:
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
    release, _ = _read_release(conn) or (RELEASE, RELEASE)
    if _is_newer(release):
        raise MigrationError(
            f"The database is newer than this novabot: it is of release {release}; install the"
            " newer one"
        )


def _read_release(conn: Connection[Any]) -> tuple[str, str] | None:
    """The release of the schema and the oldest that works on it; None before 0.2."""
    if owners := conn.execute(_FIND_FOREIGN_OWNER).fetchall():
        (owner,) = owners[0]
        raise MigrationError(
            f"The schema novabot_internal belongs to the role {owner}: DROP SCHEMA"
            " novabot_internal, or migrate as that role"
        )
    try:
        return conn.execute(_READ_RELEASE).fetchall()[0]
    except (errors.UndefinedFunction, errors.InvalidSchemaName):
        return None


def _describe_misfit(release: str, oldest_working: str, applied: dict[str, str]) -> str:
    if _is_newer(release):
        return (
            f"the schema is newer ({release}), and needs novabot {oldest_working} or newer:"
            " install the newer one"
        )
    if unknown := sorted(applied.keys() - list_wanted().keys()):
        return (
            f"the database has migrations that this novabot does not know ({', '.join(unknown)}):"
            " install the novabot that applied them"
        )
    return _OLDER


def _is_newer(release: str) -> bool:
    return _parse_release(release) > _parse_release(RELEASE)


def _is_compatible(release: str, oldest_working: str) -> bool:
    """Whether a schema is newer than this novabot and works with it."""
    return _is_newer(release) and _parse_release(RELEASE) >= _parse_release(oldest_working)


def _parse_release(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release)[:3])
