"""Which messages of a client get one answer together, and when.

With a quiet time above 0 a message is stored, and answered when that time has passed without
another message of the client, or 10 s after the first that waits. The due time stands in the rows
(`store_message` in sql/conversation.sql), so that bots among which a client's messages are spread
agree on it. Each bot that stored one has a timer here, which wakes its worker; the bot that claims
first answers all of them, as one message. If it ends, or no timer goes off, the next look of any
bot at what waits (upkeep) finds them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

from app.messages import Message

DEFAULT_SECONDS: Final = 1.5
"""The quiet time for a responder that takes its time, unless the settings say otherwise."""

_MARGIN: Final = 0.005
"""Seconds added to a timer: a loop's clock counts in milliseconds, and what is claimed before it is
due by the database's clock would wait for the next look at what waits."""


def choose_quiet(message: Message, seconds: float) -> float:
    """For how many seconds this message waits for another one; 0: it goes at once.

    Texts of the client's own wait. A picture, a button or a text forwarded from another person goes
    at once, and so does a command (`/…`); what waits then goes before it, for itself.
    """
    is_own_text = message.kind == "text" and not message.forwarded
    return seconds if is_own_text and not message.text.lstrip().startswith("/") else 0.0


class DueTimes:
    """The timers of one bot, one a client. An eviction (`Memory`) ends those of its clients."""

    def __init__(self, wake: Callable[[str], None]) -> None:
        """`wake` is called with the client's id when its messages are due."""
        self._wake = wake
        self._timers: dict[UUID, tuple[str, asyncio.TimerHandle]] = {}
        """By the client's incarnation: its id, and what wakes it."""

    def set(self, client: str, incarnation: UUID, seconds: float) -> None:
        """Has this client woken in so many seconds, at once with 0; an earlier timer ends."""
        self.evict((incarnation,))
        if seconds <= 0:
            self._wake(client)
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(seconds + _MARGIN, self._ring, incarnation)
        self._timers[incarnation] = client, timer

    def evict(self, incarnations: Iterable[UUID]) -> int:
        """Ends the timers of these clients; returns how many there were."""
        found = [incarnation for incarnation in incarnations if incarnation in self._timers]
        for incarnation in found:
            _, timer = self._timers.pop(incarnation)
            timer.cancel()
        return len(found)

    def evict_client(self, client_id: str) -> int:
        """Ends the timer of the client with this id."""
        return self.evict([key for key, (client, _) in self._timers.items() if client == client_id])

    def evict_all(self) -> int:
        """Ends all timers."""
        return self.evict(list(self._timers))

    def _ring(self, incarnation: UUID) -> None:
        client, _ = self._timers.pop(incarnation)
        self._wake(client)
