"""The bot service: what runs in its process, and in which order it stops.

Shutdown: no new webhooks → running requests end → what is being answered and sent ends → the
listener and the rounds stop → the bot's row says so → the pool closes.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import Any, cast
from uuid import uuid4

import psycopg
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.bot.answering import Answering
from app.bot.heartbeat import AUDIT_EVERY, Rounds
from app.bot.outbox import Outbox
from app.bot.webhook import Webhook
from app.bot.whatsapp.cloud_api import CloudApi
from app.database.connection import cutting_after
from app.database.errors import TryLater
from app.database.migrations import is_current
from app.database.pool import Pool, open_pool
from app.server import HttpServer, RequestLog
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.cache import Cache
from app.sessions.listener import Listener
from app.sessions.session import Message, Responder, is_instant
from app.sessions.signals import EVERYBODY, Eviction
from app.sessions.store import Committed
from app.sessions.turn import Forgotten, Turns
from app.settings import Settings
from app.telemetry import (
    METRICS_CONTENT_TYPE,
    configure_logging,
    count_evictions,
    count_turn,
    measure_memory,
    render_metrics,
    report_bot_started,
    report_bot_stopped,
)

POOL_SIZE = 10
PROBE = 1.0
"""Seconds that the database gets to answer /ready."""
LAST_WORK = 1.5
"""Seconds that answers being sent get at a stop."""


class ResponderError(Exception):
    """NOVABOT_RESPONDER names nothing that could answer; the text says why."""


def serve(settings: Settings, host: str, port: int) -> None:
    """Runs one bot until SIGINT or SIGTERM."""
    configure_logging(settings.log_format, "bot")
    uvloop.run(_run(settings, host, port))


async def _run(settings: Settings, host: str, port: int) -> None:
    responder = load_responder(settings.responder)
    pool = await open_pool(settings.database_url, name="novabot bot", size=POOL_SIZE)
    try:
        async with CloudApi.open(
            settings.whatsapp_api_url,
            settings.whatsapp_phone_number_id,
            settings.whatsapp_access_token.get_secret_value(),
        ) as api:
            bot = Bot(settings, pool, api, responder)
            await bot.run(host, port)
    finally:
        await pool.close(timeout=1)


class Bot:
    """The parts of one bot process, wired together."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        api: CloudApi,
        responder: Responder,
        *,
        audit_every: int = AUDIT_EVERY,
    ) -> None:
        self.id = uuid4()
        self._pool = pool
        self._cache = Cache(settings.session_limit, self._is_listening)
        self._outbox = Outbox(pool, api, self.id)
        self._answering = Answering(pool, responder, self.id, self._outbox)
        self._turns: Turns | None = None
        if is_instant(responder):
            self._turns = Turns(pool, self._cache, responder)
        self._acknowledgements = Acknowledgements(pool, self.id)
        self._listener = Listener(
            settings.listen_database_url, pool, self.id, self._evict, self._acknowledgements
        )
        self._rounds = Rounds(
            pool,
            self.id,
            self._outbox,
            self._answering,
            is_listening=self._is_listening,
            count_sessions=lambda: len(self._cache),
            audit_every=audit_every,
        )
        webhook = Webhook(
            pool,
            self._take,
            phone_number_id=settings.whatsapp_phone_number_id,
            app_secret=settings.whatsapp_app_secret.get_secret_value(),
            verify_token=settings.whatsapp_verify_token.get_secret_value(),
        )
        self.http = Starlette(
            routes=[
                Route("/webhook", webhook.shake_hands, methods=["GET"]),
                Route("/webhook", webhook.receive, methods=["POST"]),
                Route("/live", _say_live),
                Route("/ready", self._say_ready),
                Route("/metrics", _show_metrics),
            ],
            middleware=[Middleware(RequestLog)],
        )
        measure_memory(lambda: len(self._cache), self._is_listening)

    async def run(self, host: str, port: int) -> None:
        """Serves until told to stop. A background task that ends by an error ends the bot."""
        server = HttpServer(self.http, host, port)
        report_bot_started(self.id, host, port)
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self._listener.run()),
                group.create_task(self._acknowledgements.run()),
                group.create_task(self._rounds.run()),
            ]
            await server.serve()
            await self._answering.finish(LAST_WORK)
            await self._outbox.finish(LAST_WORK)
            for task in background:
                task.cancel()
        self._cache.evict_all()
        try:
            await self._rounds.retire()
        except TryLater as error:
            report_bot_stopped(self.id, str(error))
        else:
            report_bot_stopped(self.id, None)

    async def _take(self, message: Message) -> None:
        if self._turns is None:
            count_turn((await self._answering.accept(message)).outcome)
            return
        result = await self._turns.take(message)
        if isinstance(result, Forgotten):
            count_turn("reset")
            self._outbox.say_farewell(message.addresses[0], result.farewell)
        elif isinstance(result, Committed):
            count_turn("committed")
            if result.session.id is not None:
                self._outbox.wake(result.session.id)
        else:
            count_turn(result.outcome)

    def _is_listening(self) -> bool:
        return self._listener.is_fresh()

    def _evict(self, eviction: Eviction) -> int:
        match eviction.clients:
            case frozenset() as incarnations:
                dropped = self._cache.evict(incarnations)
            case str() as client:
                dropped = (
                    self._cache.evict_all()
                    if client == EVERYBODY
                    else self._cache.evict_client(client)
                )
        self._answering.cancel(eviction)
        count_evictions(eviction.cause, dropped)
        return dropped

    async def _say_ready(self, _: Request) -> Response:
        reason = await self._find_unreadiness()
        return PlainTextResponse(
            "ready\n" if reason is None else f"{reason}\n", 503 if reason else 200
        )

    async def _find_unreadiness(self) -> str | None:
        """The first of the reasons why this bot should not be asked, the deepest first."""
        try:
            async with self._pool.connection(timeout=PROBE) as conn:
                with cutting_after(conn, PROBE):
                    current = await is_current(conn)
        except psycopg.Error as error:
            return f"no database: {str(error).partition(chr(10))[0] or 'it does not answer'}"
        if not current:
            return "the schema is not current: run novabot migrate"
        if not self._is_listening():
            return "not listening: evictions would not be heard"
        if self._rounds.drift is None:
            return "the triggers are not audited: the log says why"
        if self._rounds.drift:
            return f"{'; '.join(self._rounds.drift)}: run novabot doctor"
        return None


def load_responder(path: str) -> Responder:
    """What the factory `package.module:factory` makes. Raises ResponderError."""
    module, _, name = path.partition(":")
    try:
        factory: Any = getattr(importlib.import_module(module), name)
        responder: Any = factory()
    except Exception as error:
        raise ResponderError(
            f"NOVABOT_RESPONDER: {path} can't be used: {type(error).__name__}: {error}"
        ) from error
    if not callable(responder):
        raise ResponderError(f"NOVABOT_RESPONDER: {path} returned nothing that can be called")
    return cast("Responder", responder)


async def _say_live(_: Request) -> Response:
    return PlainTextResponse("live\n")


async def _show_metrics(_: Request) -> Response:
    return Response(render_metrics(), media_type=METRICS_CONTENT_TYPE)
