"""The bot service: what runs in its process, and in which order it stops.

Shutdown: no new webhooks → running requests end → what is being answered and sent ends → the
listener, the heartbeat and the upkeep stop → the bot's row says so → the pool closes.
"""

from __future__ import annotations

import asyncio
import gc
from datetime import timedelta
from uuid import uuid4

import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from app.bot.annotating import Annotating
from app.bot.audit import TriggerAudit
from app.bot.echoing import Echoing
from app.bot.ending import end_tasks
from app.bot.heartbeat import Heartbeat
from app.bot.items import Items
from app.bot.rehearsal import Rehearsal
from app.bot.responder.loading import load_responder
from app.bot.responder.memory import ResponderMemory
from app.bot.sending.marks import ReadMarks
from app.bot.sending.number import Number
from app.bot.sending.outbox import Outbox
from app.bot.turns import BotTurns
from app.bot.upkeep import AUDIT_EVERY, Upkeep
from app.bot.webhook import Webhook
from app.bot.whatsapp.cloud_api import CloudApi
from app.crm.sending.number import make_sender
from app.database.errors import TryLater, first_line
from app.database.pool import Pool, open_pool
from app.database.readiness import find_database_unreadiness
from app.server import DirectPost, HttpServer, RequestLog, list_probes
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.cache import Cache
from app.sessions.listener import Listener
from app.sessions.session import Responder
from app.settings import Settings
from app.telemetry.bot import (
    REGISTRY,
    REQUESTS,
    measure_memory,
    report_bot_started,
    report_bot_stopped,
)
from app.telemetry.logs import configure_logging
from app.telemetry.serving import report_database_unready

POOL_SIZE = 10
FINISH_TIMEOUT = 1.5
"""Seconds that answers being sent get at a stop."""


def collect_garbage_rarely() -> None:
    """Leaves out what was made until now, and has the rest collected less often.

    A full collection of all that the modules make stops the event loop for some 30 ms, and was the
    slowest turn in a hundred; a turn makes few reference cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


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
        self._rehearsal = Rehearsal(pool, settings.database_url)
        self._number = Number(
            pool,
            make_sender(
                settings.whatsapp_phone_number_id,
                settings.whatsapp_access_token.get_secret_value(),
                settings.messages_per_second,
                timedelta(minutes=settings.answers_kept_minutes),
            ),
            self.id,
        )
        self._outbox = Outbox(
            pool, api, self.id, self._number, find_obstacle=self._rehearsal.find_obstacle
        )
        self._marks = ReadMarks(
            api,
            reading=settings.read_marks,
            typing=settings.typing,
            may_send=lambda: not self._number.is_stopped,
        )
        memory = ResponderMemory(responder)
        self._turns = BotTurns(
            pool,
            self._cache,
            responder,
            self.id,
            self._outbox,
            marks=self._marks,
            memory=memory,
            number_kept=timedelta(days=settings.number_kept_days),
            join_seconds=settings.join_seconds,
            find_obstacle=self._rehearsal.find_obstacle,
        )
        self._acknowledgements = Acknowledgements(
            pool, self.id, tell=memory.tell if memory.exists else None
        )
        self._heartbeat = Heartbeat(
            pool,
            self.id,
            is_listening=self._is_listening,
            count_sessions=lambda: len(self._cache),
            count_wanted=self._number.take_demand,
            refresh=self._number.refresh,
            note_written=self._rehearsal.note_heartbeat,
            note_missed=self._rehearsal.note_refusal,
        )
        self._listener = Listener(
            settings.listen_database_url,
            pool,
            self.id,
            self._turns.evict,
            self._acknowledgements,
            suspend=self._cache.suspend,
            note_state=self._heartbeat.note_listener,
            note_reconnection=self._rehearsal.note_reconnection,
            find_obstacle=self._rehearsal.find_obstacle,
        )
        self._audit = TriggerAudit(pool)
        self._upkeep = Upkeep(
            pool,
            self.id,
            self._audit,
            self._turns,
            self._outbox,
            number=self._number,
            audit_every=audit_every,
        )
        echoing = Echoing(
            pool,
            pause=timedelta(minutes=settings.phone_pause_minutes),
            number_kept=timedelta(days=settings.number_kept_days),
        )
        annotating = Annotating(pool, responder, self._turns.load, self._turns.take)
        webhook = Webhook(
            Items(pool, self._turns.take, annotating.annotate, echoing.take),
            phone_number_id=settings.whatsapp_phone_number_id,
            app_secret=settings.whatsapp_app_secret.get_secret_value(),
            verify_token=settings.whatsapp_verify_token.get_secret_value(),
            find_obstacle=self._rehearsal.find_obstacle,
            note_refusal=self._rehearsal.note_refusal,
        )
        rest = Starlette(
            routes=[
                Route("/webhook", webhook.shake_hands, methods=["GET"]),
                *list_probes(self._find_unreadiness, REGISTRY, self._number.describe_trouble),
            ],
            middleware=[Middleware(RequestLog, requests=REQUESTS)],
        )
        self.http = DirectPost("/webhook", webhook.receive, rest, REQUESTS)
        measure_memory(lambda: len(self._cache), self._is_listening)

    async def run(self, host: str, port: int) -> None:
        """Serves until told to stop. A background task that ends by an error ends the bot."""
        server = HttpServer(self.http, host, port)
        collect_garbage_rarely()
        report_bot_started(self.id, host, port)
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self._listener.run()),
                group.create_task(self._acknowledgements.run()),
                group.create_task(self._rehearsal.run()),
                group.create_task(self._heartbeat.run()),
                group.create_task(self._upkeep.run(self._heartbeat.written)),
            ]
            await server.serve()
            await self._turns.finish(FINISH_TIMEOUT)
            await self._marks.finish()
            await self._outbox.finish(FINISH_TIMEOUT)
            await end_tasks(background)
        self._cache.evict_all()
        try:
            await self._heartbeat.retire()
        except TryLater as error:
            report_bot_stopped(self.id, first_line(error))
        else:
            report_bot_stopped(self.id, None)

    def _is_listening(self) -> bool:
        return self._listener.is_fresh()

    async def _find_unreadiness(self) -> str | None:
        """The first reason this bot is not ready, checked from the database up."""
        reason = await find_database_unreadiness(self._pool, report_database_unready)
        if reason is not None:
            return self._rehearsal.absence or reason
        return self._find_own_fault()

    def _find_own_fault(self) -> str | None:
        if self._rehearsal.fault is not None:
            return self._rehearsal.fault
        if not self._is_listening():
            return "not listening: evictions would not be heard"
        if not self._heartbeat.says_listening():
            return 'its row in "Bot" does not say yet that it listens'
        return self._heartbeat.find_fault() or self._rehearsal.find_delay() or self._find_drift()

    def _find_drift(self) -> str | None:
        if self._audit.drift is None:
            return "the triggers are not audited: the log says why"
        if self._audit.drift:
            return f"{'; '.join(self._audit.drift)}: run novabot doctor"
        return None
