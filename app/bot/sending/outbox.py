"""Sending the answers that turns have queued: rows of "Conversation" (sql/outbox.sql).

`start_sending` commits `sending` before every attempt: a reset that came first has deleted the
row, and nothing is sent; one that comes later comes after the sending began. An answer is sent
again only when nothing was written to the socket, or Meta refused it for a passing reason. One
that may have gone out becomes `uncertain`, and a status callback settles it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal, assert_never
from uuid import UUID

from app.bot.sending.farewells import Farewells
from app.bot.sending.number import Number
from app.bot.sending.outcomes import count_outcome
from app.bot.whatsapp.cloud_api import (
    Accepted,
    CloudApi,
    NotSent,
    Uncertain,
    Unsendable,
    Withdrawn,
)
from app.bot.whatsapp.refusals import ApiRefusal
from app.bot.workers import Workers
from app.crm.outbox import Sending, is_sending, settle_sent, settle_unsent, start_sending
from app.database.errors import Busy, TryLater, first_line
from app.database.pool import Pool
from app.sessions import clock
from app.telemetry.bot import report_unsettled

RECHECK_AFTER: Final = 0.5
"""Seconds after which the database is asked again, right before the first byte, whether the message
may still be sent: the process may have been stopped, or have waited for a connection."""
GIVE_UP_AFTER: Final = 40
"""Attempts, about half an hour with the pauses between them."""
LONGEST_PAUSE: Final = 60.0
"""Seconds before an answer that was not sent is tried again, at the most."""
_SUSPECT_TRIES = 5
"""Attempts at a message whose refusal may concern the number, while no other client's does too."""
_SETTLE_TRIES = 30
_SETTLE_PAUSE = 1.0
_LOOK_AGAIN = 1.0
"""Seconds until a client's outbox is looked at again after the database could not be asked."""
_CHECKS = 3


class Outbox:
    """The sending side of one bot."""

    def __init__(
        self,
        pool: Pool,
        api: CloudApi,
        bot: UUID,
        number: Number,
        *,
        find_obstacle: Callable[[], str | None] = lambda: None,
    ) -> None:
        """While `find_obstacle` has a reason, no sending is begun."""
        self._find_obstacle = find_obstacle
        self._pool = pool
        self._api = api
        self._bot = bot
        self._number = number
        self._posted: set[UUID] = set()
        """Tokens that this bot has begun to POST, until their outcome is written."""
        self._workers = Workers(self._send_all)
        self._tries: set[str] = set()
        """Clients one message of which is to try whether a stop is over."""
        self.farewells = Farewells(api, number)

    def wake(self, client: str) -> None:
        """This client has an answer to be sent."""
        self._workers.wake(client)

    async def finish(self, seconds: float) -> None:
        """Ends what is being sent; what is queued stays for another bot.

        What runs longer is cancelled: the client's connections close right after, and one that is
        just being made then would stay open.
        """
        self._number.close()
        await self._workers.finish(seconds)
        await self.farewells.finish(seconds)

    def try_number(self, client: str) -> None:
        """Sends one message of a client though the number is stopped: is the cause mended?"""
        self._tries.add(client)
        self.wake(client)

    async def _send_all(self, client: str) -> None:
        try:
            while self._find_obstacle() is None:
                if client in self._tries:
                    self._tries.discard(client)
                    await self._send_next(client, is_try=True)
                if not await self._number.wait_for_place():
                    return  # woken again once the number may send
                if not await self._send_next(client):
                    self._number.give_back_place()
                    return
        except TryLater:
            # The row may have been given to this bot by a call whose reply was lost: only this
            # bot takes it again.
            pass
        self._look_again(client)

    async def _send_next(self, client: str, *, is_try: bool = False) -> bool:
        """Whether there was something to send."""
        asked_at = clock.now()
        sending = await start_sending(
            self._pool, client, self._bot, self._posted, self._number.sender, is_try=is_try
        )
        if sending is not None:
            await self._send(client, sending, asked_at, is_try=is_try)
        return sending is not None

    def _look_again(self, client: str) -> None:
        asyncio.get_running_loop().call_later(_LOOK_AGAIN, self.wake, client)

    async def _send(self, client: str, sending: Sending, asked_at: float, *, is_try: bool) -> None:
        begun_at = time.monotonic()

        async def may_write() -> bool:
            nonlocal asked_at
            for _ in range(_CHECKS):
                if clock.now() - asked_at <= RECHECK_AFTER:
                    break
                asked_at = clock.now()
                if not await is_sending(self._pool, sending.token, self._bot):
                    return False
            else:
                raise Busy("the database is too slow to be sure that it may still be sent")
            self._posted.add(sending.token)
            return True

        outcome = await self._api.send(
            sending.address, sending.message, str(sending.token), may_write
        )
        count_outcome(outcome)
        match outcome:
            case Withdrawn():
                pass
            case Accepted(message_id):
                await self._settle(
                    sending.token, lambda: settle_sent(self._pool, sending.token, message_id)
                )
                await self._number.take_acceptance(time.monotonic() - begun_at, was_try=is_try)
            case Uncertain(text):
                await self._settle_unsent(sending, "uncertain", text)
            case NotSent(text):
                await self._try_again(sending, None, text, 0.5 * 2 ** (sending.attempts - 1))
            case Unsendable(text):
                await self._settle_unsent(sending, "failed", text)
            case ApiRefusal():
                await self._take_refusal(client, sending, outcome, time.monotonic() - begun_at)
            case _:
                assert_never(outcome)

    async def _take_refusal(
        self, client: str, sending: Sending, refusal: ApiRefusal, begun_ago: float
    ) -> None:
        code, text, attempts = refusal.code, refusal.text, sending.attempts
        match refusal.action:
            case "retry":
                pause = max(0.5 * 2 ** (attempts - 1), refusal.retry_after or 0)
                await self._try_again(sending, code, text, pause)
            case "slow_client":
                await self._try_again(sending, code, text, 4.0 ** min(attempts, 5))
            case "slow_number" | "stop_now" | "stop_if_confirmed" as action:
                result = await self._number.take_refusal(client, refusal, action, begun_ago)
                if result != "suspected":
                    await self._settle_unsent(sending, "queued", text, code)
                elif attempts >= _SUSPECT_TRIES:
                    await self._settle_unsent(sending, "failed", text, code)
                else:
                    await self._settle_unsent(sending, "queued", text, code, 4.0**attempts)
            case "fail":
                await self._settle_unsent(sending, "failed", text, code)
            case _:
                assert_never(refusal.action)

    async def _try_again(self, sending: Sending, code: int | None, text: str, pause: float) -> None:
        if sending.attempts >= GIVE_UP_AFTER:
            await self._settle_unsent(sending, "failed", text, code)
        else:
            await self._settle_unsent(sending, "queued", text, code, min(pause, LONGEST_PAUSE))

    async def _settle_unsent(
        self,
        sending: Sending,
        status: Literal["queued", "uncertain", "failed"],
        text: str,
        code: int | None = None,
        pause: float = 0.0,
    ) -> None:
        await self._settle(
            sending.token,
            lambda: settle_unsent(
                self._pool, sending.token, self._bot, status, text, code=code, pause=pause
            ),
        )

    async def _settle(self, token: UUID, write: Callable[[], Awaitable[None]]) -> None:
        """Writes what became of an attempt; a database that is away is asked for a while."""
        for left in reversed(range(_SETTLE_TRIES)):
            try:
                await write()
            except TryLater as error:
                if left == 0:
                    report_unsettled(first_line(error))
                    return
                await asyncio.sleep(_SETTLE_PAUSE)
            else:
                self._posted.discard(token)
                return
