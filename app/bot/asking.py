"""Asking a responder that may take its time, and cancelling it when its client is evicted."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from app.messages import Message, Reply
from app.sessions.session import Responder, Session

RESPONDER_TIMEOUT = 120.0
"""Seconds that a responder may take."""


class Stopped(Exception):
    """The session it was answering from has been evicted: its answer is not waited for."""


class Asking:
    """The messages that the responder is answering now. An eviction (`Memory`) cancels those of its
    clients."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
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
        if inspect.iscoroutinefunction(self._responder):
            return await self._responder(session, message)
        reply = await _run_in_thread(self._responder, session, message)
        return await reply if inspect.isawaitable(reply) else reply


def _cancel(tasks: Iterable[asyncio.Task[Reply]]) -> int:
    return sum(task.cancel() for task in list(tasks))


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
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return await answered
