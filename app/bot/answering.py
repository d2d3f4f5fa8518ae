"""Responders that take their time: the message is stored and acknowledged first, and answered
afterwards from the stored row; by another bot, if this one ends meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.bot.outbox import Outbox
from app.bot.workers import Workers
from app.database.errors import Busy, TryLater
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_rows
from app.sessions.session import Message, Reply, Responder, Session
from app.sessions.signals import EVERYBODY, Eviction
from app.sessions.store import (
    Committed,
    Refused,
    Stale,
    Stored,
    commit_turn,
    forget_by_chat,
    load_session,
    store_message,
)
from app.sessions.turn import name_cause
from app.telemetry.bot import count_stale_turn, count_turn, report_responder_failed

LONGEST_THOUGHT = 120.0
"""Seconds that a responder may take."""
GIVE_UP_AFTER = 3
"""Attempts; a responder that fails as often gets no more, and the message stays unanswered."""


class Answering:
    """Takes the turns of stored messages, a client's in their order."""

    def __init__(self, pool: Pool, responder: Responder, bot: UUID, outbox: Outbox) -> None:
        self._pool = pool
        self._responder = responder
        self._bot = bot
        self._outbox = outbox
        self._workers = Workers(self._answer_all)
        self._thinking: dict[UUID, set[asyncio.Task[Reply]]] = {}

    async def accept(self, message: Message) -> Stored:
        """Stores a message; it is answered soon. Raises Busy or Unavailable."""
        stored = await store_message(self._pool, message, self._bot, deadline_from_now())
        if stored.outcome == "stored" and stored.client_id is not None:
            self._workers.wake(stored.client_id)
        return stored

    def wake(self, client: str) -> None:
        """This client has a stored message that no living bot is at."""
        self._workers.wake(client)

    def cancel(self, eviction: Eviction) -> None:
        """Stops responders that think for somebody who was reset or edited."""
        match eviction.clients:
            case _ if eviction.cause == "gap":
                return  # nobody was reset: the fence judges what they come up with
            case frozenset() as incarnations:
                chosen = self._thinking.keys() & incarnations
            case clients:
                chosen = set(self._thinking) if clients == EVERYBODY else set[UUID]()
        for incarnation in chosen:
            for task in self._thinking[incarnation]:
                task.cancel()

    async def finish(self, seconds: float) -> None:
        """Ends what is being answered; the rest stays for another bot."""
        await self._workers.finish(seconds)

    async def _answer_all(self, client: str) -> None:
        while True:
            try:
                rows = await fetch_rows(
                    self._pool,
                    "SELECT * FROM claim_pending(%s, %s)",
                    (client, self._bot),
                    deadline_from_now(),
                )
                if not rows:
                    return
                stored, addresses, kind, body, found, at, message_id, attempts = rows[0]
                detail: dict[str, Any] = found or {}
                message = Message(
                    id=message_id or "",
                    addresses=tuple(addresses),
                    kind=kind,
                    text=body,
                    at=at,
                    forwarded=bool(detail.get("forwarded")),
                    detail=detail,
                )
                await self._answer(stored, message, attempts)
            except TryLater:
                return  # the next look around finds it again

    async def _answer(self, stored: UUID, message: Message, attempts: int) -> None:
        session = await load_session(self._pool, message.addresses, deadline_from_now())
        reply = await self._think(session, message, attempts)
        if reply is None:
            return
        if reply.forget:
            outcome = await forget_by_chat(
                self._pool, session, message, deadline_from_now(), stored_message=stored
            )
            if outcome == "reset":
                count_turn(outcome)
                self._outbox.say_farewell(message.addresses[0], reply.answers)
            else:
                self._note_refusal(outcome)
            return
        result = await commit_turn(
            self._pool, session, message, reply, deadline_from_now(), stored_message=stored
        )
        match result:
            case Committed(committed):
                count_turn("committed")
                if committed.id is not None:
                    self._outbox.wake(committed.id)
            case Stale(current):
                count_stale_turn(name_cause(session, current))
            case Refused(outcome):
                self._note_refusal(outcome)

    def _note_refusal(self, outcome: str) -> None:
        """Raises Busy for a message that is out of reach now: the next round looks again."""
        count_turn(outcome)
        if outcome == "gone":
            raise Busy("the stored message is gone, or out of reach")

    async def _think(self, session: Session, message: Message, attempts: int) -> Reply | None:
        """None: it was stopped or failed, and the message is to be looked at again."""
        if session.paused or session.incarnation is None:
            return Reply(session.context)
        task = asyncio.create_task(self._ask(session, message))
        tasks = self._thinking.setdefault(session.incarnation, set())
        tasks.add(task)
        try:
            await asyncio.wait({task}, timeout=LONGEST_THOUGHT)
        finally:
            task.cancel()
            tasks.discard(task)
            if not tasks:
                self._thinking.pop(session.incarnation, None)
        if not task.done():
            error = TimeoutError(f"no answer within {LONGEST_THOUGHT:g} s")
        elif task.cancelled():
            return None
        else:
            error = task.exception()
            if error is None:
                return task.result()
        report_responder_failed(error)
        if attempts >= GIVE_UP_AFTER:
            return Reply(session.context)
        await asyncio.sleep(2.0**attempts)  # what it asks may be away for a moment
        return None

    async def _ask(self, session: Session, message: Message) -> Reply:
        if inspect.iscoroutinefunction(self._responder):
            return await self._responder(session, message)
        reply = await _run_in_thread(self._responder, session, message)
        return await reply if inspect.isawaitable(reply) else reply


async def _run_in_thread(responder: Responder, session: Session, message: Message) -> Any:
    """In a thread of its own that, unlike an executor's, keeps no process from ending."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[Any] = loop.create_future()

    def settle(settled: Callable[[Any], None], value: Any) -> None:
        if not answered.done():
            settled(value)

    def run() -> None:
        try:
            outcome = (answered.set_result, responder(session, message))
        except Exception as error:
            outcome = (answered.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return await answered
