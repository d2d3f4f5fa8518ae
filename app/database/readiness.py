"""Whether a service can use the database: what /ready asks first."""

from __future__ import annotations

import psycopg

from app.database.migrations import is_current
from app.database.pool import Pool
from app.database.queries import open_bounded

PROBE_TIMEOUT = 1.0
"""Seconds that the database has to answer /ready."""


async def find_database_unreadiness(pool: Pool) -> str | None:
    """Why the database cannot be used now: no answer (the log says why), or another schema.

    Unauthenticated callers read it, so it names no server and no role.
    """
    try:
        async with open_bounded(pool, PROBE_TIMEOUT) as conn:
            current = await is_current(conn)
    except (psycopg.Error, TimeoutError):
        return "the database does not answer"
    if not current:
        return "the schema is not current: run novabot migrate"
    return None
