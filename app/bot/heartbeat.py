"""The bot's row in "Bot": that it is alive, and whether it would hear a reset.

Receipts and pages say from this row which bots listen, so it must not contradict the bot. It is
written each second, and at once when the listener gains or loses its proof. In between the bot
claims less than its row does, never more: `/ready` turns green only after a row that says
`listening` is committed, and red before the one that says otherwise is written. A database that
cannot be reached cannot be told; there the row's age says that the bot is silent.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from uuid import UUID

from app.crm.bots import report_bot, retire_bot
from app.crm.write_check import describe_refusal
from app.database.errors import TryLater, first_line
from app.database.pool import Pool
from app.sessions import clock
from app.telemetry.bot import report_heartbeat_missed

INTERVAL = 1.0
"""Seconds between two writes of the row while nothing changes."""
_LATE = 4.0
"""Seconds by which a write may be late before the bot is unready."""


class Heartbeat:
    """Runs until cancelled; a database that is away is waited for."""

    def __init__(
        self,
        pool: Pool,
        bot: UUID,
        *,
        is_listening: Callable[[], bool],
        count_sessions: Callable[[], int],
        count_wanted: Callable[[], int] = lambda: 0,
        refresh: Callable[[], Awaitable[None]] | None = None,
        note_written: Callable[[], None] = lambda: None,
        note_missed: Callable[[TryLater], None] = lambda _: None,
    ) -> None:
        """`count_wanted`: messages that this bot had to send since it was asked last. `refresh` is
        awaited and `note_written` called after each write, `note_missed` when one failed."""
        self._count_wanted = count_wanted
        self._refresh = refresh
        self._pool = pool
        self._bot = bot
        self._is_listening = is_listening
        self._count_sessions = count_sessions
        self._note_written = note_written
        self._note_missed = note_missed
        self._said: bool | None = None
        """What the row says of the listener; None while that may be changing."""
        self._changed = asyncio.Event()
        self._written_at: float | None = None
        self._failure: str | None = None
        """Why the last write failed."""
        self.written = asyncio.Event()
        """Set once the row is there."""

    def says_listening(self) -> bool:
        """Whether the committed row is known to say that this bot listens."""
        return self._said is True

    def find_fault(self) -> str | None:
        """How old the committed row is, and why, once it is too old."""
        if self._written_at is None:
            return (
                f'its row in "Bot" is not written yet: {self._failure}' if self._failure else None
            )
        age = clock.now() - self._written_at
        if age < INTERVAL + _LATE:
            return None
        reason = self._failure or "this bot stood still"
        return f'its row in "Bot" was last written {age:.0f} s ago: {reason}'

    def note_listener(self) -> None:
        """Writes the row at once if it says something else of the listener than is true now."""
        if self._is_listening() is not self._said:
            self._changed.set()

    async def run(self) -> None:
        """Keeps the row current."""
        while True:
            self._changed.clear()
            await self._try_to_write()
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def retire(self) -> None:
        """Says that this bot has stopped and remembers no client. Raises TryLater."""
        await retire_bot(self._pool, self._bot)

    async def _try_to_write(self) -> None:
        try:
            await self._write()
        except TryLater as error:
            self._failure = describe_refusal(error)
            report_heartbeat_missed(first_line(error))
            self._note_missed(error)
            self._changed.clear()  # the database is given a moment
        else:
            self._failure = None
            self._note_written()

    async def _write(self) -> None:
        listening = self._is_listening()
        if listening is not self._said:
            self._said = None
        await report_bot(
            self._pool,
            self._bot,
            host=socket.gethostname(),
            pid=os.getpid(),
            listening=listening,
            sessions=self._count_sessions(),
            wants=self._count_wanted(),
        )
        self._said = listening
        self._written_at = clock.now()
        self.written.set()
        self.note_listener()
        if self._refresh is not None:
            await self._refresh()
