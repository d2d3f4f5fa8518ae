"""What machines ask: does it run, can it serve, how is it."""

from __future__ import annotations

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.dashboard.web.state import pool_of
from app.database.migrations import find_schema_fault
from app.database.queries import open_bounded
from app.telemetry import METRICS_CONTENT_TYPE, render_metrics

PATIENCE = 2.0
"""Seconds that the database may take to answer."""


async def show_live(_: Request) -> Response:
    """GET /live"""
    return PlainTextResponse("live\n")


async def show_ready(request: Request) -> Response:
    """GET /ready: 503 with the reason unless the database answers and has our schema."""
    try:
        async with open_bounded(pool_of(request), PATIENCE) as conn:
            fault = await find_schema_fault(conn)
    except (psycopg.Error, PoolTimeout, PoolClosed, TimeoutError):
        return PlainTextResponse("the database does not answer\n", 503)
    if fault is not None:
        return PlainTextResponse(f"{fault}\n", 503)
    return PlainTextResponse("ready\n")


async def show_metrics(_: Request) -> Response:
    """GET /metrics"""
    return Response(render_metrics(), media_type=METRICS_CONTENT_TYPE)
