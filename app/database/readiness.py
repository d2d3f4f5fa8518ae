"""Whether a service can use the database: what /ready asks first."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from app.database.errors import first_line
from app.database.migrations import find_schema_fault
from app.database.pool import Pool
from app.database.queries import open_bounded

PROBE_TIMEOUT = 1.0
"""Seconds that the database has to answer /ready."""


async def find_database_unreadiness(pool: Pool, report: Callable[[str], None]) -> str | None:
    """Why the database cannot be used now: it does not answer, it refuses, or it has a schema that
    this novabot cannot work on.

    Unauthenticated callers read it, so it names no server and nothing that the server said:
    `report` gets that, for the log.
    """
    try:
        async with open_bounded(pool, PROBE_TIMEOUT) as conn:
            return await find_schema_fault(conn)
    except (psycopg.OperationalError, TimeoutError) as error:
        report(first_line(error))
        return "the database does not answer"
    except psycopg.Error as error:
        report(first_line(error))
        return "the database refuses: the log says why"
