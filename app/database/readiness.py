"""Whether a service can use the database: what /ready asks first."""

from __future__ import annotations

import psycopg

from app.database.migrations import find_schema_fault
from app.database.pool import Pool
from app.database.queries import open_bounded

PROBE_TIMEOUT = 1.0
"""Seconds that the database has to answer /ready."""


async def find_database_unreadiness(pool: Pool) -> str | None:
    """Why the database cannot be used now: it does not answer (the log says why), or it has a
    schema that this novabot cannot work on.

    Unauthenticated callers read it, so it names no server and no role.
    """
    try:
        async with open_bounded(pool, PROBE_TIMEOUT) as conn:
            return await find_schema_fault(conn)
    except (psycopg.Error, TimeoutError):
        return "the database does not answer"
