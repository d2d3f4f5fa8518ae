"""One `novabot migrate` at a time, and no session left of one that has ended.

The watcher, a second connection, holds a lock on "Migration" while the steps commit one by one, and
asks which transactions they wait for. The mode is one that PREPARE cannot take without rights on
the table: PREPARE locks the tables of its statement before it checks any right, and any role can
hold an advisory lock.

A migration that alters "Migration" itself would wait for the watcher, so it cannot run this way.

If the process is killed, the server ends its sessions: a step waits for locks for a tenth of a
second only, and while it runs the server checks that its client is still connected.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, LiteralString

from psycopg import Connection, errors

from app.database.connection import open_beside
from app.database.migrating.scripts import PATH, MigrationError, set_search_path
from app.database.migrating.table_locks import Held, LockWait, TableLock, lock_tables

NAME = "novabot migrate"
"""The application_name of the watcher, and of the connection of the command."""

_LOCKS = (TableLock("Migration", "SHARE UPDATE EXCLUSIVE", ""),)
_ROUNDS = 5
_BOUNDS: dict[LiteralString, LiteralString] = {
    # Longer than any statement of a step needs. Where the server has no
    # client_connection_check_interval, it alone bounds how long a killed migration's session lives.
    "statement_timeout": "600s",
    "client_connection_check_interval": "200ms",
    "lock_timeout": "100ms",
    "idle_in_transaction_session_timeout": "10s",
    "client_min_messages": "warning",
}
_BOUNDS_OF_WATCHER: dict[LiteralString, LiteralString] = {
    "search_path": PATH,
    "statement_timeout": "10s",
    "client_connection_check_interval": "200ms",
    "lock_timeout": "100ms",
    # It is idle in its transaction for as long as the steps take.
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
    # A host that has vanished is noticed in half a minute.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
}
_CREATE_TABLE = """
    CREATE TABLE public."Migration" (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        "appliedAt" timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
    );
    COMMENT ON TABLE public."Migration" IS
        'What `novabot migrate` has applied: a row a file of sql/migrations, and one for sql/*.sql';
"""
_MADE_MEANWHILE = (errors.DuplicateTable, errors.DuplicateObject, errors.UniqueViolation)
"""Another migration makes the table: of two at once each of these has been seen."""
_FIND_FOREIGN_OWNER = """
    SELECT quote_ident(o.rolname)
    FROM pg_class AS c
    JOIN pg_roles AS o ON o.oid = c.relowner
    WHERE
        c.oid = to_regclass('public."Migration"')
        AND NOT pg_has_role(current_user, c.relowner, 'USAGE')
"""
"""Where PUBLIC may create tables in public, another role can make "Migration" before we do."""


@contextmanager
def open_watcher(conn: Connection[Any]) -> Generator[Connection[Any]]:
    """The second connection of a migration on `conn`, to the same server."""
    with open_beside(conn, NAME) as watcher:
        # Before any SET: a pooler would hand that on to the next program.
        refuse_pooler(conn, watcher)
        for name, value in _BOUNDS_OF_WATCHER.items():
            _set(watcher, name, value)
        yield watcher


@contextmanager
def bound_session(conn: Connection[Any]) -> Generator[None]:
    """Until the context ends, the server itself bounds how long `conn` waits and stays."""
    for name, value in _BOUNDS.items():
        _set(conn, name, value)
    try:
        yield
    finally:
        if not conn.closed:
            for name in _BOUNDS:
                conn.execute(f"RESET {name}")


def refuse_pooler(conn: Connection[Any], other: Connection[Any]) -> None:
    """Raises MigrationError if these connections are not two sessions of the server.

    A pooler in transaction mode gives each transaction the session that is free: ours would be
    given to the other connection, or another one to us.
    """
    own, others = set[int](), set[int]()
    for _ in range(_ROUNDS):
        own.add(_find_process(conn))
        with other.transaction():
            others.add(_find_process(other))
    if len(own) > 1 or len(others) > 1 or own & others:
        raise MigrationError(
            "The database is reached through a pooler in transaction mode, where a session and"
            " its settings last for one transaction: set LISTEN_DATABASE_URL to a direct"
            " connection, then migrate again"
        )


@contextmanager
def only_one(
    conn: Connection[Any], watcher: Connection[Any], lock_wait: LockWait
) -> Generator[None]:
    """Until the context ends, no other `novabot migrate` changes this database.

    Makes "Migration" where there is none. Raises MigrationError at the bound of `lock_wait`.
    """
    while not (_has_table(conn, watcher) and _take_turn(watcher)):
        lock_wait.wait(NAME, _LOCKS)
    try:
        yield
    finally:
        if not watcher.closed:
            watcher.execute("ROLLBACK")


def _has_table(conn: Connection[Any], watcher: Connection[Any]) -> bool:
    """False if another transaction is making the table."""
    if watcher.execute("""SELECT to_regclass('public."Migration"')""").fetchall() == [(None,)]:
        try:
            with conn.transaction():
                set_search_path(conn)
                conn.execute(_CREATE_TABLE)
        except (errors.LockNotAvailable, *_MADE_MEANWHILE):
            return False
    for (owner,) in watcher.execute(_FIND_FOREIGN_OWNER).fetchall():
        raise MigrationError(
            f'The table "Migration" belongs to the role {owner}: DROP TABLE public."Migration", or'
            " migrate as that role"
        )
    return True


def _take_turn(watcher: Connection[Any]) -> bool:
    watcher.execute("BEGIN")
    try:
        lock_tables(watcher, _LOCKS)
    except Held:
        watcher.execute("ROLLBACK")
        return False
    return True


def _find_process(conn: Connection[Any]) -> int:
    ((process,),) = conn.execute("SELECT pg_catalog.pg_backend_pid()").fetchall()
    return process


def _set(conn: Connection[Any], name: LiteralString, value: LiteralString) -> None:
    try:
        conn.execute(
            f"SET {name} = {value}" if name == "search_path" else f"SET {name} = '{value}'"
        )
    except (errors.InvalidParameterValue, errors.UndefinedObject):
        # client_connection_check_interval on some systems, transaction_timeout before 17.
        if name not in ("client_connection_check_interval", "transaction_timeout"):
            raise
