"""Read marks and typing indicators: courtesies, of which none delays or fails a turn.

They are off unless the settings ask for them: a mark tells the client that the message was seen,
and each is one more call of the rate that the number may send. One that does not get through
within 5 s is not tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from app.bot.ending import end_tasks
from app.bot.whatsapp.cloud_api import CloudApi
from app.message_kinds import is_message_id
from app.messages import Message
from app.sessions.session import Session
from app.telemetry.sending import count_mark

PLACES: Final = 16
"""Marks under way at once; further ones are left out."""


class ReadMarks:
    """Those of one bot. An eviction (`Memory`) ends what is under way for its clients."""

    def __init__(
        self, api: CloudApi, *, reading: bool, typing: bool, may_send: Callable[[], bool]
    ) -> None:
        """While `may_send` says no, none is begun."""
        self._api = api
        self._reading = reading
        self._typing = typing
        self._may_send = may_send
        self._under_way: dict[asyncio.Task[None], Session] = {}

    def note_answered(self, session: Session, message: Message) -> None:
        """A message that the bot has answered is read; not while a person has taken over."""
        if self._reading and not session.paused:
            self._begin(session, message, typing=False)

    @asynccontextmanager
    async def answering(self, session: Session, message: Message) -> AsyncGenerator[None]:
        """While a message is being answered: it is read, and the client sees the bot typing.

        An indicator that is not out when the answer is there would come after it: it is ended.
        """
        task = None
        if self._typing or self._reading:
            task = self._begin(session, message, typing=self._typing)
        try:
            yield
        finally:
            if task is not None and self._typing:
                task.cancel()

    def evict(self, incarnations: Iterable[UUID]) -> int:
        wanted = frozenset(incarnations)
        return self._cancel(lambda session: session.incarnation in wanted)

    def evict_client(self, client_id: str) -> int:
        return self._cancel(lambda session: session.id == client_id)

    def evict_all(self) -> int:
        return self._cancel(lambda _: True)

    async def finish(self) -> None:
        """Ends those under way."""
        await end_tasks(list(self._under_way))

    def _begin(
        self, session: Session, message: Message, *, typing: bool
    ) -> asyncio.Task[None] | None:
        if not is_message_id(message.id) or len(self._under_way) >= PLACES or not self._may_send():
            return None
        task = asyncio.create_task(self._send(message.id, typing=typing))
        self._under_way[task] = session
        task.add_done_callback(self._under_way.pop)
        return task

    async def _send(self, message_id: str, *, typing: bool) -> None:
        count_mark("taken" if await self._api.mark_read(message_id, typing=typing) else "failed")

    def _cancel(self, is_meant: Callable[[Session], bool]) -> int:
        tasks = [task for task, session in self._under_way.items() if is_meant(session)]
        return sum(task.cancel() for task in tasks)
