"""Live pages: one connection that listens to the database, and the streams to the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import assert_never

from psycopg import Notify
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from app.dashboard.live.subscriptions import ANYTHING, NOT_LISTENING, Signals, choose_signal
from app.dashboard.web.state import state_of
from app.notifications import (
    RESET_ACKNOWLEDGED,
    SESSION_RESET,
    ListeningBegan,
    ListeningFailed,
    follow,
    read_notification,
)
from app.telemetry import dashboard as telemetry

PING = 15
"""Seconds between the comments that keep a quiet stream open."""


async def listen(url: str, signals: Signals) -> None:
    """Publishes a signal for each reset and acknowledgement, until it is cancelled.

    What happened while there was no connection is unknown, so each one begins with ANYTHING.
    """
    channels = (SESSION_RESET, RESET_ACKNOWLEDGED)
    async with aclosing(follow(url, channels, "novabot dashboard listener")) as events:
        async for event in events:
            match event:
                case ListeningBegan():
                    telemetry.report_listening()
                    signals.publish(ANYTHING)
                case ListeningFailed(error):
                    telemetry.report_listener_lost(error)
                    signals.publish(NOT_LISTENING)
                case Notify(channel=channel, payload=payload):
                    signals.publish(choose_signal(read_notification(channel, payload)))
                case _:
                    assert_never(event)


async def stream_signals(request: Request) -> Response:
    """GET /signals: server-sent events `reset`, `acknowledged` and `not_listening`."""
    return EventSourceResponse(_tell(state_of(request).signals), ping=PING)


async def _tell(signals: Signals) -> AsyncIterator[ServerSentEvent]:
    with telemetry.track_stream(), signals.subscribe() as subscription:
        while taken := await subscription.take():
            for signal in taken:
                yield ServerSentEvent(data=signal.data, event=signal.event)
