"""How much of what is queued this bot may send now: the number's state, and a pace.

The state is in the database, for all bots (sql/number.sql). This bot reads it with its heartbeat,
at each message that it takes, and at each refusal. The pace is its share of the number's rate.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final, Literal
from uuid import UUID

from app.bot.whatsapp.refusals import ApiRefusal
from app.crm.sending.number import (
    NumberAction,
    NumberState,
    Sender,
    claim_try,
    note_acceptance,
    note_refusal,
    read_state,
)
from app.database.errors import TryLater, first_line
from app.database.pool import Pool
from app.telemetry.sending import report_number, report_number_unwritten

_BURST: Final = 0.25
"""Seconds' worth of messages that may go out at once after a quiet time."""
_LOOK: Final = 0.2
"""Seconds after which who waits for the pace looks again: the share may be another by then."""
_UNWRITTEN_PAUSE: Final = 5.0
"""Seconds without sending after a refusal that could not be written down."""


class Number:
    """The business's number, as one bot may use it."""

    def __init__(self, pool: Pool, sender: Sender, bot: UUID) -> None:
        self.sender = sender
        self._pool = pool
        self._bot = bot
        self._state = NumberState(share=sender.per_second or None)
        self._paused_until = 0.0
        self._places = 1.0
        self._refilled_at = time.monotonic()
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._taken = 0
        self._closed = False

    @property
    def is_stopped(self) -> bool:
        return self._state.state == "stopped"

    @property
    def is_by_hand(self) -> bool:
        """Whether it is stopped until a person resumes it."""
        return self.is_stopped and bool(self._state.by_hand)

    @property
    def is_try_due(self) -> bool:
        """Whether a message may now try what the number is stopped for, if the database agrees."""
        return self.is_stopped and not self.is_by_hand and self._state.due_in == 0

    async def wait_for_place(self) -> bool:
        """Waits until this bot may begin to send a message, in the order of asking.

        False: not before the number resumes, or another bot may.
        """
        if self._closed or self.is_stopped:
            return False
        self._taken += 1
        if not self._waiting and not self._find_wait():
            self._places -= 1
            return True
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        if self._pump is None:
            self._pump = asyncio.create_task(self._give_places())
        return await place

    def try_place(self) -> bool:
        """Takes a place if there is one now, without waiting; whether it did."""
        if self._closed or self.is_stopped or self._waiting or self._find_wait():
            return False
        self._taken += 1
        self._places -= 1
        return True

    def give_back_place(self) -> None:
        """A place that was taken is not used: nothing was sent."""
        self._places += 1
        self._taken = max(0, self._taken - 1)

    def take_demand(self) -> int:
        """Messages that this bot has sent, or has to send, since it was asked last."""
        taken, self._taken = self._taken, 0
        return taken + len(self._waiting)

    def note_state(self, state: NumberState) -> None:
        """What the database says now."""
        before, self._state = self._state, state
        if state.due_in and state.state == "slowed":
            self._paused_until = time.monotonic() + state.due_in
        if (before.state, before.code) != (state.state, state.code):
            report_number(state.state, state.code, state.reason, by_hand=bool(state.by_hand))

    async def refresh(self) -> None:
        """Reads the state. Raises TryLater."""
        self.note_state(await read_state(self._pool, self.sender, self._bot))

    async def take_refusal(
        self, client: str, refusal: ApiRefusal, action: NumberAction, begun_ago: float
    ) -> Literal["slowed", "stopped", "suspected", "unwritten"]:
        """Writes down what a refusal says of the number.

        Returns `slowed`, `stopped` or `suspected`; `unwritten` while the database is away.
        """
        try:
            result = await note_refusal(
                self._pool,
                self.sender,
                client,
                action=action,
                code=refusal.code,
                reason=refusal.text,
                by_hand=refusal.resumes == "by_hand",
                begun_ago=begun_ago,
                retry_after=refusal.retry_after,
            )
            await self.refresh()
        except TryLater as error:
            self._paused_until = time.monotonic() + _UNWRITTEN_PAUSE
            report_number_unwritten(refusal.code, refusal.text, first_line(error))
            return "unwritten"
        return result

    async def take_acceptance(self, begun_ago: float, *, was_try: bool) -> None:
        """A message was accepted: a stop that it tried, and a suspicion, are over."""
        if not was_try and not self._state.is_suspected:
            return
        try:
            if await note_acceptance(self._pool, self.sender, begun_ago):
                await self.refresh()
        except TryLater as error:
            report_number_unwritten(None, "accepted", first_line(error))

    async def claim_try(self) -> bool:
        """Whether this bot is to send the one message that tries the stop. Raises TryLater."""
        return self.is_try_due and await claim_try(self._pool, self.sender)

    def describe_trouble(self) -> str | None:
        """Why nothing is sent, in a line for /ready; None while the number is not stopped."""
        if not self.is_stopped:
            return None
        return f"sending is stopped: WhatsApp answered {self._state.code}; novabot number says more"

    def close(self) -> None:
        """Nothing more is begun."""
        self._closed = True
        self._refuse_waiting()

    async def _give_places(self) -> None:
        try:
            while self._waiting:
                if self._closed or self.is_stopped:
                    self._refuse_waiting()
                    return
                wait = self._find_wait()
                if wait > 0:
                    await asyncio.sleep(min(wait, _LOOK))
                    continue
                place = self._waiting.popleft()
                if not place.done():  # its asker was not cancelled
                    self._places -= 1
                    place.set_result(True)
        finally:
            self._pump = None

    def _find_wait(self) -> float:
        """Seconds until there is a place."""
        now, share = time.monotonic(), self._state.share
        if now < self._paused_until:
            self._places, self._refilled_at = 1.0, self._paused_until
            return self._paused_until - now
        if share is None:
            self._places, self._refilled_at = 1.0, now
            return 0.0
        most = max(1.0, share * _BURST)
        self._places = min(most, self._places + (now - self._refilled_at) * share)
        self._refilled_at = now
        return 0.0 if self._places >= 1 else (1 - self._places) / max(share, 0.01)

    def _refuse_waiting(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(False)
