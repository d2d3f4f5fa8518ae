"""Brings a database to the schema of this code.

`sql/migrations/NNNN_name.sql` make the tables: each is applied once, in order, in a transaction
of its own, as long as the functions of the release before work on what it leaves. `sql/*.sql` make
the schema novabot_internal, functions and triggers with CREATE OR REPLACE: all of them are applied
again, in one transaction with the other migrations, whenever one of them has changed: schema.sql
first, spellings.sql and grants.sql last, and before grants.sql what no file defines any more is
dropped.

The search_path of the connection does not matter: each transaction sets its own, and what is asked
outside of one qualifies its names.

Which schema a novabot works on is in app/database/migrating/releases.py.

How a step gets its locks while the services run is in app/database/migrating/table_locks.py; that
there is one migration at a time, and that nothing is left of one that was killed, in
app/database/migrating/exclusion.py.

Written here rather than with yoyo-migrations: that never applies an edited file again, refuses
URLs of several hosts, and after a kill waits for an operator to break its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import Connection, errors

from app.database.migrating.exclusion import bound_session, only_one, open_watcher
from app.database.migrating.releases import find_newer_release, find_schema_fault, refuse_newer
from app.database.migrating.routines import replace_routines
from app.database.migrating.scripts import (
    ROUTINES,
    MigrationError,
    Script,
    describe_fully,
    execute,
    read_applied,
    read_migrations,
    read_routines,
    record,
    set_search_path,
    sql_directory,
)
from app.database.migrating.table_locks import (
    LOCK_WAIT,
    Held,
    LockWait,
    join_locks,
    lock_tables,
    needs_functions,
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

_PATH = "public, pg_temp"
"""The first two migrations are frozen, and name no schema."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    applied: tuple[str, ...]
    """The names of the files of sql/migrations that were new."""
    routines: bool
    """Whether functions and triggers were applied again."""


def migrate(
    conn: Connection[Any],
    *,
    force: bool = False,
    wait: float = LOCK_WAIT,
    report: Callable[[str], None] = lambda _: None,
) -> Migrated:
    """Brings the database of `conn` to the current schema; safe to run side by side.

    `conn` is in autocommit mode and reaches the server directly, without a transaction pooler. A
    second connection is opened beside it. With `force`, functions and triggers are applied even if
    unchanged. Waits for other transactions for `wait` seconds altogether, and reports a line for
    those it waits for. Raises MigrationError; what was applied before it stays applied.
    """
    refuse_old_server(conn)
    conn.prepare_threshold = None
    with _explained(conn), open_watcher(conn) as watcher:
        lock_wait = LockWait(watcher, conn.info.backend_pid, wait, report)
        with bound_session(conn), only_one(conn, watcher, lock_wait):
            return _apply(conn, _Steps(conn, watcher, lock_wait), force=force)


def pending(conn: Connection[Any]) -> tuple[str, ...]:
    """The names of what `migrate` would apply. Raises MigrationError as `migrate` does."""
    return tuple(name for names in find_steps(conn) for name in names)


def find_steps(conn: Connection[Any], *, force: bool = False) -> list[tuple[str, ...]]:
    """The names of what `migrate` would apply, in order, by what commits together.

    Raises MigrationError if the database is newer than this novabot.
    """
    applied = read_applied(conn)
    refuse_newer(conn, applied)
    alone = [script.name for script in read_migrations() if script.name not in applied]
    together: list[str] = []
    for place, name in enumerate(alone):
        if needs_functions(name):
            alone, together = alone[:place], alone[place:]
            break
    if together or force or applied.get(ROUTINES) != read_routines().checksum:
        together.append(ROUTINES)
    steps = [(name,) for name in alone]
    return [*steps, tuple(together)] if together else [*steps]


def refuse_old_server(conn: Connection[Any]) -> None:
    """Raises MigrationError if the server is older than we need."""
    if conn.info.server_version < OLDEST_SERVER:
        found = conn.info.parameter_status("server_version")
        raise MigrationError(f"The server is PostgreSQL {found}; novabot needs 14 or newer")


class _Steps:
    """What is applied in a transaction of its own, under locks that it gets at once."""

    def __init__(
        self, conn: Connection[Any], watcher: Connection[Any], lock_wait: LockWait
    ) -> None:
        self._conn = conn
        self._watcher = watcher
        self._lock_wait = lock_wait

    def commit(self, names: Sequence[str], work: Callable[[], None]) -> None:
        """Commits the `work` of these steps, which is called again after each try in vain."""
        locks = join_locks(names)
        self._lock_wait.begin()
        while True:
            try:
                with self._conn.transaction():
                    lock_tables(self._conn, locks)
                    work()
                    # Without its connection another migration may have begun.
                    self._watcher.execute("SELECT")
                return
            except (Held, errors.LockNotAvailable, errors.DeadlockDetected):
                self._lock_wait.wait(names[0], locks)


def _apply(conn: Connection[Any], steps: _Steps, *, force: bool) -> Migrated:
    scripts = {script.name: script for script in read_migrations()}
    found = find_steps(conn, force=force)
    for names in found:
        migrations = [scripts[name] for name in names if name != ROUTINES]
        apply = partial(_apply_scripts, conn, migrations)
        if ROUTINES in names:
            replace_routines(conn, partial(_commit_together, steps, names, apply))
        else:
            steps.commit(names, apply)
    applied = tuple(name for names in found for name in names)
    new = tuple(name for name in applied if name != ROUTINES)
    return Migrated(new, ROUTINES in applied)


def _commit_together(
    steps: _Steps, names: Sequence[str], apply: Callable[[], None], replace: Callable[[], None]
) -> None:
    def work() -> None:
        apply()
        replace()

    steps.commit(names, work)


def _apply_scripts(conn: Connection[Any], scripts: Sequence[Script]) -> None:
    for script in scripts:
        set_search_path(conn, _PATH)
        execute(conn, script)
        record(conn, script)


@contextmanager
def _explained(conn: Connection[Any]) -> Generator[None]:
    """PostgreSQL's errors become MigrationError, with what to do; but not a lost connection."""
    try:
        yield
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
    except psycopg.Error as error:
        if error.sqlstate is None or conn.closed:
            raise
        raise MigrationError(f"The database refuses: {describe_fully(error)}") from error
