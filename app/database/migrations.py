"""Brings a database to the schema of this code, and says whether it has it.

`sql/migrations/NNNN_name.sql` make the tables: each is applied once, in order, in a transaction
of its own. `sql/*.sql` make the schema novabot_internal, functions and triggers with CREATE OR
REPLACE: all of them are applied again, in one transaction, whenever one of them has changed:
schema.sql first, grants.sql last, and in between what no file defines any more is dropped.

The search_path of the connection does not matter: each transaction sets its own.

Which of two novabots of different releases may use a schema is decided by the schema, in
`novabot_internal.schema_release()`: its own release, and the oldest one that works rightly on it.
A service whose release lies between the two stays ready while newer ones replace it.

Written here rather than with yoyo-migrations: that never applies an edited file again, refuses
URLs of several hosts, and after a kill waits for an operator to break its lock. Here the lock is
an advisory lock, which ends with its connection.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, Connection, errors

RELEASE = "0.2.0"
"""The release of this novabot; that of its schema is in sql/schema.sql, and the same."""
OLDEST_SERVER = 140000
"""PostgreSQL 14, as server_version_num has it."""

_ADVISORY_LOCK = 0x6E6F7661
_ROUTINES = "sql/*.sql"
"""The name in "Migration" under which the checksum of all of sql/*.sql is kept."""
_FIRST = "schema.sql"
_LAST = "grants.sql"
_MIGRATION_PATH = "public, pg_temp"
"""The first two migrations are frozen, and name no schema."""
_ROUTINE_PATH = "pg_catalog, pg_temp"
_SIGNATURE = re.compile(r"(?:novabot_internal|public)\.\w+\(.*\)")

_CREATE_TABLE = b"""
    CREATE TABLE IF NOT EXISTS public."Migration" (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        "appliedAt" timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
    );
    COMMENT ON TABLE public."Migration" IS
        'What `novabot migrate` has applied: a row a file of sql/migrations, and one for sql/*.sql';
"""
_READ_APPLIED = 'SELECT name, checksum FROM public."Migration"'
_READ_RELEASE = "SELECT release, oldest_working FROM novabot_internal.schema_release()"
_OLDER = "the schema is older than this novabot: run novabot migrate"
_FIND_FOREIGN_OWNER = """
    SELECT n.nspowner::regrole::text
    FROM pg_namespace AS n
    WHERE
        n.nspname = 'novabot_internal'
        AND n.nspowner NOT IN (
            SELECT r.oid FROM pg_roles AS r WHERE r.rolname = current_user
            UNION ALL
            SELECT c.relowner FROM pg_class AS c WHERE c.oid = to_regclass('public."User"')
        )
"""
"""A role that made the schema before we did: its functions are not to be called."""
_FIND_OBSOLETE = """
    SELECT p.oid::regprocedure::text
    FROM pg_proc AS p
    WHERE
        p.xmin <> pg_current_xact_id()::xid
        AND p.proowner IN (
            (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'public."User"'::regclass),
            (SELECT n.nspowner FROM pg_namespace AS n WHERE n.nspname = 'novabot_internal')
        )
        AND (
            p.pronamespace = 'novabot_internal'::regnamespace
            OR p.oid IN (SELECT to_regprocedure(s) FROM unnest(%s::text[]) AS s)
        )
    ORDER BY p.oid
"""
"""What this transaction has not made again, of ours."""
_FIND_TRIGGERS = """
    SELECT format('DROP TRIGGER %%I ON %%s', t.tgname, t.tgrelid::regclass)
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE
        t.tgfoid = %s::regprocedure
        AND NOT t.tgisinternal
        AND c.relnamespace = 'public'::regnamespace
        AND c.relname IN ('User', 'Session', 'Alias', 'Conversation')
"""
_FIND_GRANTS = """
    SELECT
        format(
            'GRANT EXECUTE ON ROUTINE %%s TO %%s%%s',
            p.oid::regprocedure,
            CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
            CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        )
    FROM pg_proc AS p
    CROSS JOIN LATERAL aclexplode(p.proacl) AS g
    WHERE p.oid = %s::regprocedure AND g.grantee <> p.proowner
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
    """Whether functions and triggers were applied again."""


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
    applied = _read_applied(conn)
    _refuse_newer(conn, applied)
    return tuple(
        script.name
        for script in (*_read_migrations(), _read_routines())
        if applied.get(script.name) != script.checksum
    )


def find_newer_release(conn: Connection[Any]) -> str | None:
    """The release of a schema that is newer than this novabot and works with it."""
    try:
        release, oldest_working = conn.execute(_READ_RELEASE).fetchall()[0]
    except (errors.UndefinedFunction, errors.InvalidSchemaName):
        return None
    return release if _is_compatible(release, oldest_working) else None


async def find_schema_fault(conn: AsyncConnection[tuple[Any, ...]]) -> str | None:
    """Why this novabot cannot work on the schema, and what to do; None if it can."""
    try:
        cursor = await conn.execute(_READ_APPLIED)
        applied: dict[str, str] = dict(await cursor.fetchall())
        if applied == _wanted():
            return None
        if owners := await (await conn.execute(_FIND_FOREIGN_OWNER)).fetchall():
            return _describe_foreign_owner(*owners[0])
        release, oldest_working = (await (await conn.execute(_READ_RELEASE)).fetchall())[0]
    except (errors.UndefinedTable, errors.UndefinedFunction, errors.InvalidSchemaName):
        return _OLDER
    if _is_compatible(release, oldest_working):
        return None
    if _is_newer(release) or not applied.keys() <= _wanted().keys():
        return (
            f"the schema is newer ({release}), and needs novabot {oldest_working} or newer:"
            " install the newer one"
        )
    return _OLDER


def _apply_migrations(conn: Connection[Any]) -> tuple[str, ...]:
    applied = _read_applied(conn)
    _refuse_newer(conn, applied)
    new = [script for script in _read_migrations() if script.name not in applied]
    for script in new:
        with conn.transaction():
            _begin(conn, _MIGRATION_PATH)
            _execute(conn, script)
            _record(conn, script)
    return tuple(script.name for script in new)


def _apply_routines(conn: Connection[Any], *, force: bool) -> bool:
    if not force and _read_applied(conn).get(_ROUTINES) == _read_routines().checksum:
        return False
    changed: list[str] = []
    while True:
        try:
            with conn.transaction():
                _replace_routines(conn, changed)
            return True
        except _SignatureChanged as found:
            changed.append(found.signature)


def _replace_routines(conn: Connection[Any], changed: list[str]) -> None:
    """Applies sql/*.sql; `changed` are functions that CREATE OR REPLACE cannot change."""
    *scripts, last = _read_routine_scripts()
    _begin(conn, _ROUTINE_PATH)
    # A function may call one that a later file makes.
    conn.execute("SET LOCAL check_function_bodies = off")
    grants = [
        grant for signature in changed for (grant,) in conn.execute(_FIND_GRANTS, (signature,))
    ]
    for signature in changed:
        _drop(conn, signature)
    for script in scripts:
        _execute(conn, script, changed)
    obsolete = conn.execute(_FIND_OBSOLETE, (_read_obsolete(),)).fetchall()
    for (signature,) in obsolete:
        _drop(conn, signature)
    for grant in grants:
        conn.execute(grant.encode())
    _execute(conn, last)
    _record(conn, _read_routines())


def _begin(conn: Connection[Any], path: str) -> None:
    """Settings of a transaction of ours, whatever those of the connection are."""
    conn.execute(f"SET LOCAL search_path = {path}".encode())
    # A longer wait for another transaction would make every turn wait behind this one.
    conn.execute("SET LOCAL lock_timeout = '3s'")


def _drop(conn: Connection[Any], signature: str) -> None:
    """Drops a function of ours, and the triggers on our tables that call it."""
    for (statement,) in conn.execute(_FIND_TRIGGERS, (signature,)).fetchall():
        conn.execute(statement.encode())
    try:
        conn.execute(f"DROP ROUTINE {signature}".encode())
    except errors.DependentObjectsStillExist as error:
        raise MigrationError(
            f"{signature} is no longer what it was, but {error.diag.message_detail}: drop or"
            " change that, then migrate again"
        ) from error


def _refuse_newer(conn: Connection[Any], applied: dict[str, str]) -> None:
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
    if owners := conn.execute(_FIND_FOREIGN_OWNER).fetchall():
        raise MigrationError(_describe_foreign_owner(*owners[0]))
    try:
        (release, _), *_ = conn.execute(_READ_RELEASE).fetchall()
    except (errors.UndefinedFunction, errors.InvalidSchemaName):
        return
    if _is_newer(release):
        raise MigrationError(
            f"The database is newer than this novabot: it is of release {release}; install the"
            " newer one"
        )


def _describe_foreign_owner(owner: str) -> str:
    return (
        f"The schema novabot_internal belongs to the role {owner}: DROP SCHEMA novabot_internal,"
        " or migrate as that role"
    )


def _is_newer(release: str) -> bool:
    return _parse_release(release) > _parse_release(RELEASE)


def _is_compatible(release: str, oldest_working: str) -> bool:
    """Whether a schema is newer than this novabot and works with it."""
    return _is_newer(release) and _parse_release(RELEASE) >= _parse_release(oldest_working)


def _parse_release(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


class _SignatureChanged(Exception):
    """CREATE OR REPLACE cannot change this function: it has to be dropped first."""

    def __init__(self, signature: str) -> None:
        super().__init__(signature)
        self.signature = signature


def _execute(conn: Connection[Any], script: Script, dropped: list[str] | None = None) -> None:
    """Applies a file; `dropped` is what was dropped for it already."""
    try:
        conn.execute(script.text)
    except (errors.InsufficientPrivilege, psycopg.OperationalError):
        raise
    except psycopg.Error as error:
        diag = error.diag
        if isinstance(error, errors.InvalidFunctionDefinition) and dropped is not None:
            # PostgreSQL's hint, in any language, names it: Use DROP FUNCTION public.f(text) first.
            found = _SIGNATURE.search(diag.message_hint or "")
            if found is not None and found[0] not in dropped:
                raise _SignatureChanged(found[0]) from error
        line = _line_of(script.text, diag.statement_position)
        parts = (diag.message_primary, diag.message_detail, diag.message_hint)
        reason = " ".join(filter(None, parts))
        raise MigrationError(f"{script.path}{line}: {reason or error}") from error


def _record(conn: Connection[Any], script: Script) -> None:
    conn.execute(
        'INSERT INTO public."Migration" (name, checksum) VALUES (%s, %s)'
        " ON CONFLICT (name) DO UPDATE"
        ' SET checksum = excluded.checksum, "appliedAt" = clock_timestamp()',
        (script.name, script.checksum),
    )


def _read_applied(conn: Connection[Any]) -> dict[str, str]:
    try:
        return dict(conn.execute(_READ_APPLIED).fetchall())
    except errors.UndefinedTable:
        return {}


def _wanted() -> dict[str, str]:
    """What "Migration" holds of a database with the schema of this code."""
    return {script.name: script.checksum for script in (*_read_migrations(), _read_routines())}


@cache
def _read_migrations() -> tuple[Script, ...]:
    return _read_scripts(sql_directory() / "migrations")


@cache
def _read_routines() -> Script:
    """All of sql/*.sql as one: what "Migration" keeps of them."""
    lines = [f"{script.name} {script.checksum}\n" for script in _read_routine_scripts()]
    lines += [f"{signature}\n" for signature in _read_obsolete()]
    return Script(_ROUTINES, _ROUTINES, b"", _digest("".join(lines).encode()))


def _read_routine_scripts() -> tuple[Script, ...]:
    """In the order in which they are applied."""
    scripts = {script.name: script for script in _read_scripts(sql_directory())}
    first, last = scripts.pop(_FIRST), scripts.pop(_LAST)
    return (first, *scripts.values(), last)


def _read_obsolete() -> list[str]:
    """The functions in public that an earlier release made (sql/obsolete_*.txt)."""
    return [
        line
        for path in sorted(sql_directory().glob("obsolete_*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]


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
