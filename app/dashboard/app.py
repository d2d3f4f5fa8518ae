"""The dashboard's composition root: its services, its routes, its process."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from app import telemetry
from app.crm.operators import hash_password
from app.dashboard import api, health
from app.dashboard.access import login
from app.dashboard.access.roles import for_changes, for_everybody, for_operators, for_programs
from app.dashboard.live import stream
from app.dashboard.live.subscriptions import Signals
from app.dashboard.pages import bots, clients, resets
from app.dashboard.web.errors import EXPECTED, answer_failure
from app.dashboard.web.middleware import Guard
from app.dashboard.web.rendering import STATIC, open_templates
from app.dashboard.web.state import Services
from app.database.pool import open_pool
from app.server import HttpServer
from app.settings import Settings
from app.telemetry import configure_logging

HASHING = 2
"""Passwords that are hashed side by side."""
STOP_SECONDS = 2
"""How long requests under way may take to end."""


async def go_home(_: Request) -> Response:
    """GET /"""
    return RedirectResponse("/clients", 303)


def create_app(settings: Settings) -> Starlette:
    """The application; it is up at once, whether or not the database is."""
    signals = Signals()
    decoy = hash_password(secrets.token_urlsafe())

    @asynccontextmanager
    async def run(app: Starlette) -> AsyncGenerator[None]:
        pool = await open_pool(settings.database_url, name="novabot dashboard")
        app.state.services = Services(
            settings, pool, signals, open_templates(), asyncio.Semaphore(HASHING), decoy
        )
        url = settings.listen_database_url or settings.database_url
        listening = asyncio.create_task(stream.listen(url, signals), name="listen")
        listening.add_done_callback(_end_process)
        try:
            yield
        finally:
            signals.close()
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            await pool.close()

    app = Starlette(
        routes=list_routes(),
        middleware=[Middleware(Guard)],
        exception_handlers=dict.fromkeys(EXPECTED, answer_failure),
        lifespan=run,
    )
    app.state.signals = signals
    return app


def list_routes() -> list[BaseRoute]:
    """Every route; what isn't for everybody asks for a login or a token."""
    return [
        for_everybody("/live", health.show_live),
        for_everybody("/ready", health.show_ready),
        for_everybody("/metrics", health.show_metrics),
        for_everybody("/login", login.show_login),
        for_everybody("/login", login.log_in, ["POST"]),
        for_everybody("/language", login.switch_language, ["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
        for_everybody("/logout", login.log_out, ["POST"]),
        for_operators("/", go_home),
        for_operators("/signals", stream.stream_signals),
        for_operators("/clients", clients.show_clients),
        for_operators("/clients/{id}", clients.show_client),
        for_changes("/clients/{id}/reset", resets.confirm_reset, ["GET"]),
        for_changes("/clients/{id}/reset", resets.create_reset),
        for_changes("/clients/{id}/pause", clients.pause),
        for_changes("/clients/{id}/resume", clients.resume),
        for_operators("/resets", resets.show_resets),
        for_operators("/resets/{reset}", resets.show_receipt),
        for_operators("/bots", bots.show_bots),
        for_programs("/api/clients", api.get_clients),
        for_programs("/api/clients/{handle}", api.get_client),
        for_programs("/api/clients/{handle}", api.delete_client, ["DELETE"]),
        for_programs("/api/resets/{reset}", api.get_reset),
        for_programs("/api/{path:path}", api.answer_unknown_path),
    ]


def create_server(settings: Settings, host: str, port: int) -> HttpServer:
    """The server of the application; a stop ends the live streams first, and waits for no page.

    Raises PortTakenError.
    """
    app = create_app(settings)
    return HttpServer(app, host, port, end_streams=app.state.signals.close, grace=STOP_SECONDS)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT. Raises PortTakenError."""
    configure_logging(settings.log_format, "dashboard")
    create_server(settings, host, port).run()


def _end_process(listening: asyncio.Task[None]) -> None:
    """The listener never ends by itself: whatever ended it is a fault that must be seen."""
    if not listening.cancelled() and (fault := listening.exception()) is not None:
        telemetry.report_signals_ended(fault)
        os._exit(1)
