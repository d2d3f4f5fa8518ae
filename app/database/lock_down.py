"""Who may connect to the database: by PostgreSQL's default every role of the server.

A role that may only connect reads and changes nothing of ours, but it can fill the server's queue
of notifications, after which no reset commits, and hold up what locks whole tables.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection, errors, sql

from app.database.migrating.scripts import MigrationError, set_search_path

_FIND_OPEN: LiteralString = """
    SELECT d.datname, string_agg(DISTINCT a.privilege_type, ', ' ORDER BY a.privilege_type)
    FROM pg_catalog.pg_database AS d
    CROSS JOIN LATERAL pg_catalog.aclexplode(
        coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))
    ) AS a
    WHERE
        d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
        AND a.grantee OPERATOR(pg_catalog.=) 0
        AND a.privilege_type OPERATOR(pg_catalog.=) ANY (ARRAY['CONNECT', 'TEMPORARY'])
    GROUP BY d.datname
"""
_FIND_ABLE: LiteralString = """
    SELECT r.rolname::text
    FROM pg_roles AS r
    WHERE r.rolcanlogin AND has_database_privilege(r.oid, current_database(), 'CONNECT')
    ORDER BY 1
"""
_FIND_OWN_ROLES: LiteralString = """
    SELECT session_user::text
    UNION
    SELECT o.rolname::text FROM pg_class AS c
    JOIN pg_roles AS o ON o.oid = c.relowner
    WHERE c.oid = to_regclass('public."User"')
"""


@dataclass(frozen=True, slots=True)
class LockDown:
    """What closing the database to PUBLIC means."""

    statement: str
    """What closes it."""
    keep: tuple[str, ...]
    """Roles of the services, which are granted CONNECT if they have it from PUBLIC alone."""
    lose: tuple[str, ...]
    """Roles with LOGIN that can connect now, and could not any more; sessions go on."""
    give_back: str
    """What gives it back to all of those; empty if there are none."""


def describe_open(conn: Connection[Any]) -> tuple[str, str] | None:
    """What PUBLIC may do with the database (`CONNECT, TEMPORARY`), and what ends it, or None."""
    rows: list[tuple[str, str]] = conn.execute(_FIND_OPEN).fetchall()
    for database, rights in rows:
        revoke = sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(
            sql.Identifier(database)
        )
        return rights, revoke.as_string(conn)
    return None


def preview_lock_down(conn: Connection[Any], services: Collection[str]) -> LockDown | None:
    """What `lock_down` would do, tried and rolled back; None if PUBLIC may not connect anyway."""
    return _close(conn, services, commit=False)


def lock_down(conn: Connection[Any], services: Collection[str]) -> LockDown | None:
    """Takes CONNECT and TEMPORARY on the database from PUBLIC.

    The roles `services`, that of `conn` and the owner of the tables go on to be able to connect.
    Raises MigrationError if the role of `conn` may not do that, or one of them could not.
    """
    return _close(conn, services, commit=True)


def _close(conn: Connection[Any], services: Collection[str], *, commit: bool) -> LockDown | None:
    found = describe_open(conn)
    if found is None:
        return None
    statement = found[1]
    ((database,),) = conn.execute("SELECT pg_catalog.current_database()").fetchall()
    try:
        with conn.transaction(force_rollback=not commit):
            set_search_path(conn)
            conn.execute("SET LOCAL lock_timeout = '5s'")
            keep = {*services, *_read_names(conn, _FIND_OWN_ROLES)}
            before = _read_names(conn, _FIND_ABLE)
            conn.execute(statement.encode())
            if describe_open(conn) is not None:
                raise _explain(conn, statement)
            for role in sorted((keep & before) - _read_names(conn, _FIND_ABLE)):
                conn.execute(_grant(conn, database, [role]).encode())
            after = _read_names(conn, _FIND_ABLE)
            if missing := sorted((keep & before) - after):
                raise MigrationError(
                    f"{', '.join(missing)} could not connect any more: nothing was changed"
                )
    except errors.InsufficientPrivilege as error:
        raise _explain(conn, statement) from error
    except errors.LockNotAvailable as error:
        raise MigrationError(
            "Another transaction changes the rights on this database: nothing was changed; try"
            " again"
        ) from error
    lose = sorted(before - after)
    return LockDown(
        statement,
        tuple(sorted(keep & after)),
        tuple(lose),
        _grant(conn, database, lose) if lose else "",
    )


def _read_names(conn: Connection[Any], query: LiteralString) -> set[str]:
    rows: list[tuple[str]] = conn.execute(query).fetchall()
    return {name for (name,) in rows}


def _grant(conn: Connection[Any], database: str, roles: Collection[str]) -> str:
    statement = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
        sql.Identifier(database), sql.SQL(", ").join(map(sql.Identifier, roles))
    )
    return statement.as_string(conn)


def _explain(conn: Connection[Any], statement: str) -> MigrationError:
    return MigrationError(
        f"The role {conn.info.user} may not change who may connect: run, as the database's owner or"
        f" a superuser, {statement}"
    )
