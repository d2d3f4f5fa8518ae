"""What is told a client who has just been deleted: not stored, for the client's rows are gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from app.bot.ending import finish_tasks
from app.bot.sending.number import Number
from app.bot.sending.outcomes import count_outcome
from app.bot.whatsapp.answers import NotSent, Outcome
from app.bot.whatsapp.cloud_api import CloudApi
from app.bot.whatsapp.refusals import ApiRefusal
from app.messages import Outgoing

_TRIED: Final = 30.0
"""Seconds during which a farewell that clearly was not sent is tried again."""
_PAUSE = 2.0
_SAID_LATELY: Final = 300.0
"""Seconds during which an address that had a farewell is not told that nothing is known."""


class Farewells:
    """The farewells that one bot says."""

    def __init__(self, api: CloudApi, number: Number) -> None:
        self._api = api
        self._number = number
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: dict[str, object] = {}
        """By address, the farewell that may still be tried: dropped when the client writes."""
        self._said_at: dict[str, float] = {}

    def say(self, address: str, messages: Sequence[Outgoing]) -> None:
        """Sends the farewell to a client who has just been deleted.

        It is tried again for 30 s, only while it clearly was not sent and the client writes nothing
        else to this bot.
        """
        self._note((address,))
        self._wanted[address] = wanted = object()
        task = asyncio.create_task(self._say(address, messages, wanted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def say_nothing_known(self, addresses: Sequence[str], messages: Sequence[Outgoing]) -> None:
        """Tells a sender that nothing is known of him; not within five minutes of the last time
        or of his farewell, as far as this bot said them."""
        now = time.monotonic()
        self._said_at = {said: at for said, at in self._said_at.items() if at > now - _SAID_LATELY}
        if self._said_at.keys().isdisjoint(addresses):
            self.say(addresses[0], messages)
            self._note(addresses)

    def expect(self, addresses: Sequence[str]) -> None:
        """The client is being deleted: a further confirmation is not told that nothing is known."""
        self._note(addresses)

    def expect_none(self, addresses: Sequence[str]) -> None:
        """It is not known whether the client was deleted: if so, this bot says no farewell, and
        the confirmation that is delivered again is told that nothing is known."""
        for address in addresses:
            self._said_at.pop(address, None)

    def drop(self, addresses: Sequence[str]) -> None:
        """The client writes again: no farewell is tried once more. One on its way goes on."""
        for address in addresses:
            self._wanted.pop(address, None)

    async def finish(self, seconds: float) -> None:
        """Lets those on their way end, and cancels what runs longer."""
        await finish_tasks(list(self._tasks), seconds)

    def _note(self, addresses: Sequence[str]) -> None:
        now = time.monotonic()
        self._said_at.update(dict.fromkeys(addresses, now))

    async def _say(self, address: str, messages: Sequence[Outgoing], wanted: object) -> None:
        until = time.monotonic() + _TRIED
        try:
            for message in messages:
                is_tried = False  # though the client's next message may have come with this one
                while not is_tried or self._wanted.get(address) is wanted:
                    is_tried = True
                    if await self._try(address, message) or time.monotonic() + _PAUSE > until:
                        break
                    await asyncio.sleep(_PAUSE)
        finally:
            if self._wanted.get(address) is wanted:
                del self._wanted[address]

    async def _try(self, address: str, message: Outgoing) -> bool:
        """Whether it is not to be tried again."""
        if not await self._number.wait_for_place():
            return False
        outcome = await self._api.send(address, message, str(uuid4()))
        count_outcome(outcome)
        return not _may_pass(outcome)


def _may_pass(outcome: Outcome) -> bool:
    """Whether the message clearly was not sent, for a reason that may pass."""
    if isinstance(outcome, ApiRefusal):
        return outcome.action in ("retry", "slow_client", "slow_number")
    return isinstance(outcome, NotSent)
