"""Table locks of `novabot migrate`: taken all at once and briefly, or not at all.

An ALTER TABLE that waits makes every later statement on its table wait behind it. So a step asks
for all of its locks at once, before it does anything, and for TRY at most; while it does not get
them it waits without asking, with pauses that are longer than the tries, so that no other statement
waits for longer than one try. Behind a transaction that stays open it gives up after a bound.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, LiteralString

from psycopg import Connection, errors

from app.database.migrating.scripts import MigrationError, sql_directory

TRY = 0.1
"""Seconds for which a step asks for its locks, and others wait behind it."""
LOCK_WAIT = 300.0
"""Seconds that a migration waits for other transactions, altogether, unless it is told another."""

_PAUSES = (0.5, 2.0)
"""Seconds: the first pause between two tries, and the longest."""
_SHARE_UPDATE_EXCLUSIVE = (
    *("ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock"),
    *("ExclusiveLock", "AccessExclusiveLock"),
)
_WITH_FUNCTIONS = "with_functions"
_CONFLICTS = {
    "SHARE UPDATE EXCLUSIVE": _SHARE_UPDATE_EXCLUSIVE,
    "SHARE ROW EXCLUSIVE": ("RowExclusiveLock", *_SHARE_UPDATE_EXCLUSIVE),
    "ACCESS EXCLUSIVE": (
        *("AccessShareLock", "RowShareLock", "RowExclusiveLock"),
        *_SHARE_UPDATE_EXCLUSIVE,
    ),
}
"""The modes, as pg_locks names them, that keep one of ours waiting (PostgreSQL's chapter 13.3);
each of ours is stronger than the one before it."""
_FIND_HOLDERS: LiteralString = """
    WITH wanted AS (
        SELECT to_regclass(format('public.%%I', w.name)) AS relation, w.mode
        FROM unnest(%(tables)s::text[], %(modes)s::text[]) AS w (name, mode)
    ),
    held AS (
        SELECT DISTINCT l.pid, l.virtualtransaction
        FROM pg_locks AS l
        JOIN wanted AS w ON w.relation = l.relation AND w.mode = l.mode
        WHERE
            l.granted
            AND l.database = (
                SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()
            )
            AND coalesce(l.pid, -1) NOT IN (%(own)s, pg_backend_pid())
    )
    SELECT
        h.pid,
        coalesce(a.usename, p.owner)::text,
        coalesce(nullif(a.application_name, ''), p.gid, a.backend_type),
        coalesce(a.xact_start, p.prepared) AS since,
        a.state,
        upper(substring(a.query FROM '^\\s*([[:alpha:]]+)'))
    FROM held AS h
    LEFT JOIN pg_stat_activity AS a ON a.pid = h.pid
    LEFT JOIN pg_locks AS own
        ON h.pid IS NULL
        AND own.virtualtransaction = h.virtualtransaction
        AND own.locktype = 'transactionid'
    LEFT JOIN pg_prepared_xacts AS p ON p.transaction = own.transactionid
    WHERE
        coalesce(a.xact_start, p.prepared, '-infinity')
        <= clock_timestamp() - make_interval(secs => %(age)s)
    ORDER BY since NULLS LAST, h.pid
"""
"""Asked on a connection whose search_path is scripts.PATH."""


@dataclass(frozen=True, slots=True)
class TableLock:
    table: str
    """In the schema public."""
    mode: str
    """As LOCK TABLE has it."""
    work: str
    """What takes time while it is held; empty if the step changes the catalog alone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A transaction that keeps a lock. What the server hides from our role is None."""

    pid: int | None
    """None of a prepared transaction."""
    role: str | None
    application: str | None
    """Its application_name; of a prepared transaction its gid."""
    since: datetime | None
    """When the transaction began."""
    state: str | None
    kind: str | None
    """The first word of its current or last statement, whose text may quote clients."""

    def __str__(self) -> str:
        who = "prepared transaction" if self.pid is None else f"process {self.pid}"
        parts = [f"{who} ({self.application or 'unnamed'}, role {self.role or 'unknown'})"]
        if self.state and self.pid is not None:
            parts.append(self.state)
        if self.since:
            parts.append(f"since {self.since.astimezone():%Y-%m-%d %H:%M:%S}")
        if self.kind:
            parts.append(f"statement {self.kind}")
        return ", ".join(parts)


class Held(Exception):
    """Another transaction keeps what a step needs; nothing of the step was done."""


@cache
def read_locks() -> dict[str, tuple[TableLock, ...]]:
    """What each step locks, by its name in "Migration" (sql/locks.toml)."""
    return {
        step: tuple(_read_lock(table, text) for table, text in tables.items())
        for step, tables in _read_file().items()
        if step != _WITH_FUNCTIONS
    }


def needs_functions(step: str) -> bool:
    """Whether the functions of the release before fail on what it leaves: see sql/locks.toml."""
    return step in _read_file()[_WITH_FUNCTIONS]


def join_locks(steps: Iterable[str]) -> tuple[TableLock, ...]:
    """What these steps lock together: each table once, "User" first, in the strongest mode."""
    joined: dict[str, TableLock] = {}
    for lock in (lock for step in steps for lock in read_locks().get(step, ())):
        before = joined.get(lock.table, lock)
        work = dict.fromkeys(filter(None, (before.work, lock.work)))
        mode = max(before.mode, lock.mode, key=list(_CONFLICTS).index)
        joined[lock.table] = TableLock(lock.table, mode, "; ".join(work))
    return tuple(sorted(joined.values(), key=lambda lock: lock.table != "User"))


def lock_tables(conn: Connection[Any], locks: Sequence[TableLock]) -> None:
    """Takes all of these locks until the transaction ends; leaves out tables that do not exist.

    Raises Held if that takes longer than TRY, altogether.
    """
    if not locks:
        return
    statements = "".join(
        f"IF pg_catalog.to_regclass('public.\"{lock.table}\"') IS NOT NULL THEN"
        f' LOCK TABLE public."{lock.table}" IN {lock.mode} MODE; END IF; '
        for lock in locks
    )
    try:
        ((before,),) = conn.execute(
            "SELECT pg_catalog.current_setting('statement_timeout')"
        ).fetchall()
        # One statement, so that statement_timeout bounds all of it.
        conn.execute(f"SET LOCAL statement_timeout = {round(TRY * 1000)}".encode())
        conn.execute(f"DO $$ BEGIN {statements} END $$".encode())
        conn.execute(f"SET LOCAL statement_timeout = '{before}'".encode())
    except (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected) as error:
        raise Held from error


def find_holders(
    conn: Connection[Any],
    locks: Collection[TableLock],
    *,
    own: int = 0,
    older_than: float = 0.0,
) -> tuple[Holder, ...]:
    """Transactions that keep these locks from us and began so many seconds ago.

    Turns end within milliseconds: what began before a try did is what kept it waiting. `own` is
    the process of another session of ours. The search_path of `conn` is
    scripts.PATH.
    """
    pairs = [(lock.table, mode) for lock in locks for mode in _CONFLICTS[lock.mode]]
    parameters = {
        "tables": [table for table, _ in pairs],
        "modes": [mode for _, mode in pairs],
        "own": own,
        "age": older_than,
    }
    # In a transaction, what pg_stat_activity said first would be said again.
    conn.execute("SELECT pg_stat_clear_snapshot()")
    return tuple(Holder(*row) for row in conn.execute(_FIND_HOLDERS, parameters).fetchall())


class LockWait:
    """The tries of a migration, the pauses between them, and its reports of what it waits for."""

    def __init__(
        self, watcher: Connection[Any], own: int, seconds: float, report: Callable[[str], None]
    ) -> None:
        """`watcher` is a connection that waits for nothing; `own` the process that migrates."""
        self._watcher = watcher
        self._own = own
        self._seconds = seconds
        self._report = report
        self._left = seconds
        self._pause = _PAUSES[0]
        self._told: frozenset[tuple[int | None, str | None, datetime | None]] = frozenset()

    def begin(self) -> None:
        """A step begins: its first pauses are short."""
        self._pause = _PAUSES[0]

    def wait(self, step: str, locks: Collection[TableLock]) -> None:
        """Pauses after a try in vain; raises MigrationError at the bound, which it names."""
        holders = find_holders(self._watcher, locks, own=self._own, older_than=TRY)
        names = "; ".join(map(str, holders)) or "short transactions, one after another"
        if self._left <= 0:
            raise MigrationError(
                f"{step}: gave up after {self._seconds:g} s, because another transaction holds a"
                f" table of ours: {names}. End it, or migrate again later; what was applied before"
                " stays, and the services work on it"
            )
        told = frozenset((holder.pid, holder.application, holder.since) for holder in holders)
        if told and told != self._told:
            self._told = told
            self._pause = _PAUSES[0]
            bound = f"{self._left:.0f}" if self._left > 1 else f"{self._left:.1f}"
            self._report(f"{step} waits, for {bound} s at most, for {names}")
        pause = min(self._pause, self._left)
        time.sleep(pause)
        # What the steps themselves take is no waiting.
        self._left -= pause + TRY
        self._pause = min(2 * self._pause, _PAUSES[1])


@cache
def _read_file() -> dict[str, Any]:
    with (sql_directory() / "locks.toml").open("rb") as file:
        return tomllib.load(file)


def _read_lock(table: str, text: str) -> TableLock:
    mode, _, work = text.partition(";")
    if mode not in _CONFLICTS:
        raise MigrationError(f'sql/locks.toml: "{mode}" of "{table}" is no mode that a step takes')
    return TableLock(table, mode, work.strip())
