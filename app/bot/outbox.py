"""Sending the answers that turns have queued: rows of "Conversation" (sql/conversation.sql).

`start_sending` commits `sending` before every attempt: a reset that came first has deleted the
row, and nothing is sent; one that comes later comes after the sending began. An answer is sent
again only when nothing was written to the socket, or Meta refused it for a passing reason. One
that may have gone out becomes `uncertain`, and a status callback settles it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, assert_never
from uuid import UUID, uuid4

from app.bot.whatsapp.cloud_api import (
    Accepted,
    CloudApi,
    NotSent,
    Outcome,
    Uncertain,
    Unsendable,
    Withdrawn,
)
from app.bot.whatsapp.refusals import ApiRefusal
from app.bot.workers import Workers
from app.crm.outbox import Sending, is_sending, settle_sent, settle_unsent, start_sending
from app.database.errors import Busy, TryLater, first_line
from app.database.pool import Pool
from app.messages import Outgoing
from app.sessions import clock
from app.telemetry.bot import count_sending, report_sending_paused, report_unsettled

RECHECK_AFTER: Final = 0.5
"""Seconds after which the database is asked again, right before the first byte, whether the message
may still be sent: the process may have been stopped, or have waited for a connection."""
GIVE_UP_AFTER: Final = 40
"""Attempts, about half an hour with the pauses between them."""
LONGEST_PAUSE: Final = 60.0
"""Seconds before an answer that was not sent is tried again, at the most."""
_PAUSE_ALL = 30.0
"""Seconds without sending, after a refusal that concerns every message."""
_SETTLE_TRIES = 30
_SETTLE_PAUSE = 1.0
_LOOK_AGAIN = 1.0
"""Seconds until a client's outbox is looked at again after the database could not be asked."""
_FAREWELL_TRIED: Final = 30.0
"""Seconds during which a farewell that clearly was not sent is tried again."""
_FAREWELL_PAUSE = 2.0
_SAID_LATELY: Final = 300.0
"""Seconds during which an address that had a farewell is not told that nothing is known."""
_CHECKS = 3
_NAMES: Final[Mapping[type[Outcome], str]] = {
    Accepted: "sent",
    ApiRefusal: "refused",
    NotSent: "not_sent",
    Uncertain: "uncertain",
    Unsendable: "unsendable",
    Withdrawn: "withdrawn",
}
"""As the metric has them."""


class Outbox:
    """The sending side of one bot."""

    def __init__(
        self,
        pool: Pool,
        api: CloudApi,
        bot: UUID,
        *,
        find_obstacle: Callable[[], str | None] = lambda: None,
    ) -> None:
        """While `find_obstacle` has a reason, no sending is begun."""
        self._find_obstacle = find_obstacle
        self._pool = pool
        self._api = api
        self._bot = bot
        self._resume_at = 0.0
        self._posted: set[UUID] = set()
        """Tokens that this bot has begun to POST, until their outcome is written."""
        self._workers = Workers(self._send_all)
        self._farewells: set[asyncio.Task[None]] = set()
        self._wanted: dict[str, object] = {}
        """By address, the farewell that may still be tried: dropped when the client writes."""
        self._said_at: dict[str, float] = {}

    def wake(self, client: str) -> None:
        """This client has an answer to be sent."""
        self._workers.wake(client)

    def say_farewell(self, address: str, messages: Sequence[Outgoing]) -> None:
        """Sends the farewell to a client who has just been deleted.

        It is not stored. It is tried again for 30 s, only while it clearly was not sent and the
        client writes nothing else to this bot.
        """
        self._note_farewell((address,))
        self._wanted[address] = wanted = object()
        task = asyncio.create_task(self._say_farewell(address, messages, wanted))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def say_nothing_known(self, addresses: Sequence[str], messages: Sequence[Outgoing]) -> None:
        """Tells a sender that nothing is known of him; not within five minutes of the last time
        or of his farewell, as far as this bot said them."""
        now = time.monotonic()
        self._said_at = {said: at for said, at in self._said_at.items() if at > now - _SAID_LATELY}
        if self._said_at.keys().isdisjoint(addresses):
            self.say_farewell(addresses[0], messages)
            self._note_farewell(addresses)

    def expect_farewell(self, addresses: Sequence[str]) -> None:
        """The client is being deleted: a further confirmation is not told that nothing is known."""
        self._note_farewell(addresses)

    def expect_no_farewell(self, addresses: Sequence[str]) -> None:
        """It is not known whether the client was deleted: if so, this bot says no farewell, and
        the confirmation that is delivered again is told that nothing is known."""
        for address in addresses:
            self._said_at.pop(address, None)

    def drop_farewells(self, addresses: Sequence[str]) -> None:
        """The client writes again: no farewell is tried once more. One on its way goes on."""
        for address in addresses:
            self._wanted.pop(address, None)

    def _note_farewell(self, addresses: Sequence[str]) -> None:
        now = time.monotonic()
        self._said_at.update(dict.fromkeys(addresses, now))

    async def finish(self, seconds: float) -> None:
        """Ends what is being sent; what is queued stays for another bot.

        What runs longer is cancelled: the client's connections close right after, and one that is
        just being made then would stay open.
        """
        await self._workers.finish(seconds)
        if not self._farewells:
            return
        _, late = await asyncio.wait(self._farewells, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _send_all(self, client: str) -> None:
        while time.monotonic() >= self._resume_at:
            if self._find_obstacle() is not None:
                self._look_again(client)
                return
            asked_at = clock.now()
            try:
                sending = await start_sending(self._pool, client, self._bot, self._posted)
                if sending is None:
                    return
                await self._send(sending, asked_at)
            except TryLater:
                # The row may have been given to this bot by a call whose reply was lost: only this
                # bot takes it again.
                self._look_again(client)
                return

    def _look_again(self, client: str) -> None:
        asyncio.get_running_loop().call_later(_LOOK_AGAIN, self.wake, client)

    async def _send(self, sending: Sending, asked_at: float) -> None:
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
        count_sending(_NAMES[type(outcome)])
        match outcome:
            case Withdrawn():
                pass
            case Accepted(message_id):
                await self._settle(
                    sending.token, lambda: settle_sent(self._pool, sending.token, message_id)
                )
            case Uncertain(text):
                await self._settle_unsent(sending, "uncertain", text)
            case NotSent(text):
                await self._try_again(sending, None, text, 0.5 * 2 ** (sending.attempts - 1))
            case Unsendable(text):
                await self._settle_unsent(sending, "failed", text)
            case ApiRefusal():
                await self._take_refusal(sending, outcome)
            case _:
                assert_never(outcome)

    async def _take_refusal(self, sending: Sending, refusal: ApiRefusal) -> None:
        code, text, attempts = refusal.code, refusal.text, sending.attempts
        match refusal.action:
            case "retry":
                await self._try_again(sending, code, text, 0.5 * 2 ** (attempts - 1))
            case "slow_client":
                await self._try_again(sending, code, text, 4.0 ** min(attempts, 5))
            case "slow_number" | "stop_now" | "stop_if_confirmed":
                self._resume_at = time.monotonic() + _PAUSE_ALL
                report_sending_paused(code, text, _PAUSE_ALL)
                await self._settle_unsent(sending, "queued", text, code, _PAUSE_ALL)
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

    async def _say_farewell(
        self, address: str, messages: Sequence[Outgoing], wanted: object
    ) -> None:
        until = time.monotonic() + _FAREWELL_TRIED
        try:
            for message in messages:
                while self._wanted.get(address) is wanted:
                    outcome = await self._api.send(address, message, str(uuid4()))
                    count_sending(_NAMES[type(outcome)])
                    if not _may_pass(outcome) or time.monotonic() + _FAREWELL_PAUSE > until:
                        break
                    await asyncio.sleep(_FAREWELL_PAUSE)
        finally:
            if self._wanted.get(address) is wanted:
                del self._wanted[address]


def _may_pass(outcome: Outcome) -> bool:
    """Whether the message clearly was not sent, for a reason that may pass."""
    if isinstance(outcome, ApiRefusal):
        return outcome.action in ("retry", "slow_client", "slow_number")
    return isinstance(outcome, NotSent)
