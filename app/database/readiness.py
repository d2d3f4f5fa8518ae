"""Whether a service can use the database: what /ready asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import AsyncConnection

from app.database.connection import cutting_after
from app.database.errors import first_line
from app.database.migrating.migrations import find_schema_fault
from app.database.pool import Pool, connection_parameters
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


async def find_absence(url: str) -> str | None:
    """Why no connection to the read-write primary can be had, where another server answers."""
    parameters: dict[str, Any] = connection_parameters(url, "novabot readiness")
    parameters |= {"target_session_attrs": "any", "prepare_threshold": None}
    try:
        conn = await AsyncConnection[tuple[Any, ...]].connect(url, **parameters)
        async with conn:
            with cutting_after(conn, PROBE_TIMEOUT):
                cursor = await conn.execute(
                    "SELECT pg_catalog.pg_is_in_recovery(),"
                    " pg_catalog.current_setting('transaction_read_only')"
                )
                in_recovery, read_only = (await cursor.fetchall())[0]
    except (psycopg.Error, TimeoutError):
        return None
    if in_recovery:
        return "the connections lead to a standby, which only reads"
    if read_only == "on":
        return "the connections only read (default_transaction_read_only)"
    return None
