"""Live pages: one connection that listens to the database, and the streams to the pages."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import NoReturn

import psycopg
from psycopg import AsyncConnection
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from app import telemetry
from app.dashboard.live.subscriptions import ANYTHING, DEAF, Signals, read_signal
from app.dashboard.web.state import services_of
from app.database.connection import KEEP_OPEN, cutting_after
from app.database.pool import connection_parameters

QUIET = 10.0
"""Seconds without a notification after which the connection is tried."""
PATIENCE = 5.0
"""Seconds that it may take to answer."""
PING = 15
"""Seconds between the comments that keep a quiet stream open."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


async def listen(url: str, signals: Signals) -> NoReturn:
    """Hears resets and acknowledgements and publishes them; connects again for ever.

    Whoever was away has missed everything: each connection begins with the signal for anything.
    """
    chance = random.SystemRandom()
    pause = FIRST_PAUSE
    while True:
        try:
            parameters = connection_parameters(url, "novabot dashboard listener")
            conn = await AsyncConnection.connect(url, **parameters)
            async with conn:
                await conn.execute(KEEP_OPEN)
                await conn.execute("LISTEN session_reset")
                await conn.execute("LISTEN reset_acknowledged")
                telemetry.report_signals_heard()
                signals.publish(ANYTHING)
                pause = FIRST_PAUSE
                await _hear(conn, signals)
        except (psycopg.Error, OSError, TimeoutError) as error:
            telemetry.report_signals_lost(error)
        signals.publish(DEAF)
        await asyncio.sleep(pause * chance.uniform(0.5, 1.0))
        pause = min(LONGEST_PAUSE, pause * 2)


async def stream_signals(request: Request) -> Response:
    """GET /signals: server-sent events `reset`, `acknowledged` and `deaf`."""
    return EventSourceResponse(_tell(services_of(request).signals), ping=PING)


async def _hear(conn: AsyncConnection, signals: Signals) -> None:
    while True:
        async for heard in conn.notifies(timeout=QUIET):
            signals.publish(read_signal(heard.channel, heard.payload))
        with cutting_after(conn, PATIENCE):
            cursor = await conn.execute("SHOW transaction_read_only")
        if await cursor.fetchone() != ("off",):
            raise psycopg.OperationalError("the server only reads now")


async def _tell(signals: Signals) -> AsyncIterator[ServerSentEvent]:
    with signals.subscribe() as subscription:
        while taken := await subscription.take():
            for signal in taken:
                yield ServerSentEvent(data=signal.data, event=signal.event)
