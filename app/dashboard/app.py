"""The dashboard's composition root: its state, its routes, its process."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from app.crm.operators import hash_password
from app.crm.write_check import find_write_fault
from app.dashboard import api
from app.dashboard.access import login
from app.dashboard.access.roles import change_route, open_route, operator_route, program_route
from app.dashboard.live import stream
from app.dashboard.live.subscriptions import Signals
from app.dashboard.media.meta import MetaMedia
from app.dashboard.pages import bots, client, clients, media, messages, receipt, reset, resets
from app.dashboard.web.errors import EXPECTED, answer_failure
from app.dashboard.web.middleware import Guard
from app.dashboard.web.rendering import STATIC, open_templates
from app.dashboard.web.state import DashboardState
from app.database.pool import Pool, open_pool
from app.database.readiness import find_database_unreadiness
from app.server import HttpServer, RequestLog, list_probes
from app.settings import Settings
from app.telemetry.dashboard import REGISTRY, REQUESTS, report_listener_ended
from app.telemetry.logs import configure_logging
from app.telemetry.serving import report_database_unready
from app.way_out import check_way_out

HASHING = 2
"""Passwords that are hashed side by side."""
STOP_TIMEOUT = 2
"""Seconds that running requests get at a stop."""


async def go_home(_: Request) -> Response:
    """GET /"""
    return RedirectResponse("/clients", 303)


def create_app(settings: Settings) -> Starlette:
    """The application; it starts whether or not the database is there. Raises WayOutError."""
    if settings.whatsapp_access_token.get_secret_value():
        check_way_out(settings.whatsapp_api_url)
    signals = Signals()
    decoy = hash_password(secrets.token_urlsafe())

    @asynccontextmanager
    async def run(app: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as opened:
            files = await opened.enter_async_context(_open_media(settings))
            pool = await open_pool(settings.database_url, name="novabot dashboard")
            opened.push_async_callback(pool.close)
            app.state.dashboard = DashboardState(
                settings, pool, signals, files, open_templates(), asyncio.Semaphore(HASHING), decoy
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

    async def find_unreadiness() -> str | None:
        pool: Pool = app.state.dashboard.pool
        return await find_database_unreadiness(
            pool, report_database_unready
        ) or await find_write_fault(pool, report_database_unready)

    app = Starlette(
        routes=[*list_probes(find_unreadiness, REGISTRY), *list_routes()],
        middleware=[Middleware(RequestLog, requests=REQUESTS), Middleware(Guard)],
        exception_handlers=dict.fromkeys(EXPECTED, answer_failure),
        lifespan=run,
    )
    app.state.signals = signals
    return app


def list_routes() -> list[BaseRoute]:
    """Every route but the probes; one that is not open asks for a login or a token."""
    return [
        open_route("/login", login.show_login),
        open_route("/login", login.log_in, ["POST"]),
        open_route("/language", login.switch_language, ["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
        open_route("/logout", login.log_out, ["POST"]),
        operator_route("/", go_home),
        operator_route("/signals", stream.stream_signals),
        operator_route("/clients", clients.show_clients),
        operator_route("/clients/{id}", client.show_client),
        change_route("/clients/{id}/reset", reset.confirm_reset, ["GET"]),
        change_route("/clients/{id}/reset", reset.create_reset),
        change_route("/clients/{id}/pause", client.pause),
        change_route("/clients/{id}/resume", client.resume),
        change_route("/messages/{token}/resend", messages.resend),
        change_route("/messages/{token}/arrived", messages.note_that_it_arrived),
        operator_route("/clients/{id}/media/{token}", media.show_media),
        operator_route("/clients/{id}/media/{token}/file", media.send_file),
        operator_route("/resets", resets.show_resets),
        operator_route("/resets/{reset}", receipt.show_receipt),
        operator_route("/bots", bots.show_bots),
        program_route("/api/clients", api.answer_clients),
        program_route("/api/clients/{handle}", api.answer_client),
        program_route("/api/clients/{handle}", api.delete_client, ["DELETE"]),
        program_route("/api/resets/{reset}", api.answer_reset),
        program_route("/api/{path:path}", api.answer_unknown_path),
    ]


def create_server(settings: Settings, host: str, port: int) -> HttpServer:
    """The application's server; at a stop the live streams end first.

    Raises PortTakenError, WayOutError.
    """
    app = create_app(settings)
    return HttpServer(
        app, host, port, end_streams=app.state.signals.close, stop_timeout=STOP_TIMEOUT
    )


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT. Raises PortTakenError, WayOutError."""
    configure_logging(settings.log_format, "dashboard")
    create_server(settings, host, port).run()


def _open_media(settings: Settings) -> AbstractAsyncContextManager[MetaMedia]:
    return MetaMedia.open(
        settings.whatsapp_api_url,
        settings.whatsapp_phone_number_id,
        settings.whatsapp_access_token.get_secret_value(),
    )


def _end_process(listening: asyncio.Task[None]) -> None:
    """The listener ends by cancellation alone: another end is a fault, and ends the process."""
    if not listening.cancelled() and (fault := listening.exception()) is not None:
        report_listener_ended(fault)
        os._exit(1)
