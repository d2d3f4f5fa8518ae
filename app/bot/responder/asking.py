"""Asking a responder that may take its time, and cancelling it when its client is evicted."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from uuid import UUID

from app.bot.responder.memory import ResponderMemory
from app.bot.responder.threads import run_in_thread
from app.messages import Message, Reply
from app.sessions.session import Responder, Session

RESPONDER_TIMEOUT = 120.0
"""Seconds that a responder may take."""


class Stopped(Exception):
    """The session it was answering from has been evicted: its answer is not waited for."""


class Asking:
    """The messages that the responder is answering now. An eviction (`Memory`) cancels those of its
    clients."""

    def __init__(self, responder: Responder, memory: ResponderMemory) -> None:
        self._responder = responder
        self._memory = memory
        self._asked: dict[UUID | None, dict[asyncio.Task[Reply], Session]] = {}
        """By the client's incarnation."""

    async def ask(self, session: Session, message: Message) -> Reply:
        """The responder's reply. Raises Stopped, TimeoutError, and what the responder raises."""
        task = asyncio.create_task(self._ask(session, message))
        tasks = self._asked.setdefault(session.incarnation, {})
        tasks[task] = session
        try:
            await asyncio.wait({task}, timeout=RESPONDER_TIMEOUT)
        finally:
            task.cancel()
            del tasks[task]
            if not tasks:
                self._asked.pop(session.incarnation, None)
        if not task.done():
            raise TimeoutError(f"no answer within {RESPONDER_TIMEOUT:g} s")
        if task.cancelled():
            raise Stopped
        return task.result()

    def evict(self, incarnations: Iterable[UUID]) -> int:
        """Cancels the responder for these clients; returns how many messages it was answering."""
        return _cancel(
            task
            for incarnation in incarnations
            if incarnation in self._asked
            for task in self._asked[incarnation]
        )

    def evict_client(self, client_id: str) -> int:
        """Cancels it for the client with this id."""
        return _cancel(
            task
            for tasks in self._asked.values()
            for task, session in tasks.items()
            if session.id == client_id
        )

    def evict_all(self) -> int:
        """Cancels it for all clients."""
        return _cancel(task for tasks in self._asked.values() for task in tasks)

    async def _ask(self, session: Session, message: Message) -> Reply:
        mark = self._memory.mark()

        def note_answered() -> None:
            self._memory.note_answered(session.incarnation, mark)

        if inspect.iscoroutinefunction(self._responder):
            try:
                return await self._responder(session, message)
            finally:
                note_answered()
        reply = await run_in_thread(self._responder, session, message, ended=note_answered)
        if not inspect.isawaitable(reply):
            return reply
        try:
            return await reply
        finally:
            note_answered()


def _cancel(tasks: Iterable[asyncio.Task[Reply]]) -> int:
    return sum(task.cancel() for task in list(tasks))
