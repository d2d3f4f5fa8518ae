"""Responders that take their time: the message is stored and acknowledged first, and answered
afterwards from the stored row; by another bot, if this one ends meanwhile.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any
from uuid import UUID

from app.bot.outbox import Outbox
from app.bot.workers import Workers
from app.database.pool import Pool
from app.sessions.cache import Cache
from app.sessions.errors import StoreError
from app.sessions.session import Message, Reply, Responder, Session
from app.sessions.signals import EVERYBODY, Eviction
from app.sessions.store import (
    Committed,
    Refused,
    Stale,
    Stored,
    commit_turn,
    deadline_from_now,
    fetch_rows,
    forget_by_chat,
    load_session,
    store_message,
)
from app.sessions.turn import name_cause
from app.telemetry import count_stale_turn, count_turn, report_responder_failed

GIVE_UP_AFTER = 3
"""Attempts; a responder that fails as often gets no more, and the message stays unanswered."""


class Answering:
    """Takes the turns of stored messages, a client's in their order."""

    def __init__(
        self, pool: Pool, cache: Cache, responder: Responder, bot: UUID, outbox: Outbox
    ) -> None:
        self._pool = pool
        self._cache = cache
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
            except StoreError:
                return  # the next look around finds it again

    async def _answer(self, stored: int, message: Message, attempts: int) -> None:
        session = await load_session(self._pool, message.addresses, deadline_from_now())
        reply = await self._think(session, message, attempts)
        if reply is None:
            return
        if reply.forget:
            outcome = await forget_by_chat(
                self._pool, session, message, deadline_from_now(), stored_message=stored
            )
            count_turn(outcome)
            if outcome == "reset":
                self._outbox.say_farewell(message.addresses[0], reply.answers)
            return
        mark = self._cache.mark()
        result = await commit_turn(
            self._pool, session, message, reply, deadline_from_now(), stored_message=stored
        )
        match result:
            case Committed(committed):
                count_turn("committed")
                self._cache.keep(committed, message.addresses[0], mark)
                if committed.id is not None:
                    self._outbox.wake(committed.id)
            case Stale(current):
                count_stale_turn(name_cause(session, current))
            case Refused(outcome):
                count_turn(outcome)

    async def _think(self, session: Session, message: Message, attempts: int) -> Reply | None:
        """None: it was stopped or failed, and the message is to be looked at again."""
        if session.paused or session.incarnation is None:
            return Reply(session.context)
        task = asyncio.create_task(self._ask(session, message))
        tasks = self._thinking.setdefault(session.incarnation, set())
        tasks.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            tasks.discard(task)
            if not tasks:
                self._thinking.pop(session.incarnation, None)
        if task.cancelled():
            return None
        error = task.exception()
        if error is None:
            return task.result()
        report_responder_failed(error)
        return Reply(session.context) if attempts >= GIVE_UP_AFTER else None

    async def _ask(self, session: Session, message: Message) -> Reply:
        if inspect.iscoroutinefunction(self._responder):
            return await self._responder(session, message)
        reply = await asyncio.to_thread(self._responder, session, message)
        return await reply if inspect.isawaitable(reply) else reply
