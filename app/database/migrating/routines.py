"""Functions and triggers: sql/*.sql, applied as one.

Each file says CREATE OR REPLACE. What that cannot change (a result, a name of a parameter) is
dropped first, and gets its grants again; what no file makes any more is dropped, if it is ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from psycopg import Connection, errors

from app.database.migrating.scripts import (
    MigrationError,
    Script,
    execute,
    explain,
    read_obsolete,
    read_routine_scripts,
    read_routines,
    record,
    set_search_path,
)

_SIGNATURE = re.compile(r"(?:novabot_internal|public)\.\w+\(.*\)")
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
"""Functions of ours that this transaction has neither made nor replaced."""
_FIND_TRIGGERS = """
    SELECT format('DROP TRIGGER %%I ON %%s', t.tgname, t.tgrelid::regclass)
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE
        t.tgfoid = %s::regprocedure
        AND NOT t.tgisinternal
        AND c.relnamespace = 'public'::regnamespace
        AND c.relname IN ('User', 'Session', 'Alias', 'Conversation', 'FormerAlias')
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


def replace_routines(conn: Connection[Any], commit: Callable[[Callable[[], None]], None]) -> None:
    """Applies sql/*.sql in one transaction, which `commit` makes. Raises MigrationError."""
    changed: list[str] = []
    while True:
        try:
            commit(lambda: _replace(conn, changed))
            return
        except _SignatureChanged as found:
            changed.append(found.signature)


def _replace(conn: Connection[Any], changed: list[str]) -> None:
    """Applies sql/*.sql; `changed` are functions that CREATE OR REPLACE cannot change."""
    *scripts, last = read_routine_scripts()
    set_search_path(conn)
    # A function may call one that a later file makes.
    conn.execute("SET LOCAL check_function_bodies = off")
    grants = [
        grant for signature in changed for (grant,) in conn.execute(_FIND_GRANTS, (signature,))
    ]
    for signature in changed:
        _drop(conn, signature)
    for script in scripts:
        _execute(conn, script, changed)
    obsolete = conn.execute(_FIND_OBSOLETE, (read_obsolete(),)).fetchall()
    for (signature,) in obsolete:
        _drop(conn, signature)
    for grant in grants:
        conn.execute(grant.encode())
    _execute(conn, last, changed)
    record(conn, read_routines())


def _drop(conn: Connection[Any], signature: str) -> None:
    """Drops a function of ours, and the triggers on our tables that call it."""
    for (statement,) in conn.execute(_FIND_TRIGGERS, (signature,)).fetchall():
        conn.execute(statement.encode())
    try:
        conn.execute(f"DROP ROUTINE {signature}".encode())
    except errors.DependentObjectsStillExist as error:
        raise MigrationError(
            f"{signature} is dropped or changed by this release, but"
            f" {error.diag.message_detail}: drop or change that, then migrate again"
        ) from error


class _SignatureChanged(Exception):
    """CREATE OR REPLACE cannot change this function: it has to be dropped first."""

    def __init__(self, signature: str) -> None:
        super().__init__(signature)
        self.signature = signature


def _execute(conn: Connection[Any], script: Script, dropped: list[str]) -> None:
    """Applies a file; `dropped` is what was dropped for it already."""
    try:
        execute(conn, script)
    except errors.InvalidFunctionDefinition as error:
        # PostgreSQL's hint, in any language, names it: Use DROP FUNCTION public.f(text) first.
        found = _SIGNATURE.search(error.diag.message_hint or "")
        if found is None or found[0] in dropped:
            raise explain(script, error) from error
        raise _SignatureChanged(found[0]) from error
