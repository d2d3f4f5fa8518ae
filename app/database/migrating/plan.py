"""What `novabot migrate` would do, and lock, now: asked without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection

from app.database.migrating.migrations import find_steps, refuse_old_server
from app.database.migrating.scripts import ROUTINES, set_search_path
from app.database.migrating.table_locks import TableLock, find_holders, join_locks

_MEASURE = """
    SELECT pg_size_pretty(pg_table_size(c.oid)), greatest(c.reltuples, 0)::bigint
    FROM pg_class AS c
    WHERE c.oid = to_regclass(format('public.%%I', %s::text))
"""
_MEANINGS = {
    "SHARE UPDATE EXCLUSIVE": "only VACUUM and other changes of the schema wait",
    "SHARE ROW EXCLUSIVE": "writers wait, readers do not",
    "ACCESS EXCLUSIVE": "readers and writers wait",
}


def describe_plan(conn: Connection[Any], *, force: bool = False) -> Iterator[str]:
    """A line for each step that is pending, for each table that it locks, and for each transaction
    that it would wait for now. Raises MigrationError as `migrate` does.

    Its transactions are read-only, and `conn` stays so.
    """
    refuse_old_server(conn)
    conn.read_only = True
    steps = find_steps(conn, force=force)
    if not steps:
        yield "the schema is current"
    for names in steps:
        yield " + ".join(_describe(name) for name in names) + (
            ", in one transaction" if len(names) > 1 else ""
        )
        with conn.transaction():
            set_search_path(conn)
            locks = join_locks(names)
            for lock in locks:
                if line := _describe_lock(conn, lock):
                    yield f"  {line}"
            for holder in find_holders(conn, locks):
                yield f"  would wait now for {holder}"


def _describe(name: str) -> str:
    return "functions, triggers and views" if name == ROUTINES else name


def _describe_lock(conn: Connection[Any], lock: TableLock) -> str | None:
    """None for a table that is not there yet."""
    rows: Sequence[tuple[str, int]] = conn.execute(_MEASURE, (lock.table,)).fetchall()
    for size, count in rows:
        work = lock.work or "neither rewrites nor reads it"
        return (
            f'"{lock.table}" ({size}, about {count} rows): {_MEANINGS[lock.mode]}'
            f" ({lock.mode}); {work}"
        )
    return None
