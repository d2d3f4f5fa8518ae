"""Sending the answers that turns have queued: rows of "Conversation" (sql/outbox.sql).

`sending` is committed before every attempt: a reset that came first has deleted the row, and
nothing is sent; one that comes later comes after the sending began. Three statements commit it: the
one that commits the turn, for its first answer, where there is a place to send that at once
(`reserve`); the one that settles the client's answer before (`settle_sendings`); and
`start_sending` for all others. An answer is sent again only when nothing was written to the socket,
or Meta refused it for a passing reason. One that may have gone out becomes `uncertain`, and a
status callback settles it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, assert_never
from uuid import UUID, uuid4

from app.bot.sending.farewells import Farewells
from app.bot.sending.number import Number
from app.bot.sending.outcomes import count_outcome
from app.bot.sending.settling import After, Begun, Mark, Settling
from app.bot.whatsapp.answers import Accepted, NotSent, Uncertain, Unsendable, Withdrawn
from app.bot.whatsapp.cloud_api import CloudApi
from app.bot.whatsapp.refusals import ApiRefusal
from app.bot.workers import Workers
from app.crm.sending.outbox import Sending, is_sending
from app.database.errors import Busy, TryLater
from app.database.pool import Pool
from app.messages import Outgoing
from app.sessions import clock
from app.sessions.group_items import Origin

RECHECK_AFTER: Final = 0.5
"""Seconds after which the database is asked again, right before the first byte, whether the message
may still be sent: the process may have been stopped, or have waited for a connection."""
GIVE_UP_AFTER: Final = 40
"""Attempts, about half an hour with the pauses between them."""
LONGEST_PAUSE: Final = 60.0
"""Seconds before an answer that was not sent is tried again, at the most."""
_SUSPECT_TRIES = 5
"""Attempts at a message whose refusal may concern the number, while no other client's does too."""
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
        self._workers = Workers(self._send_all)
        self._tries: set[str] = set()
        """Clients one message of which is to try whether a stop is over."""
        self._reserved: dict[str, Mark] = {}
        self._begun: dict[str, Begun] = {}
        """What turns have handed over, by client."""
        self._evictions = 0
        self._settling = Settling(pool, bot, number, self._mark)
        self.find_rider = self._settling.find_rider
        self.farewells = Farewells(api, number)

    @property
    def origin(self) -> Origin:
        """What a turn needs to commit its first answer as begun by this bot."""
        sender = self._number.sender
        return Origin(self._bot, sender.number, sender.digest, sender.is_paced)

    def wake(self, client: str) -> None:
        """This client has an answer to be sent."""
        if self._workers.is_at(client):
            self._settling.more.add(client)
        self._workers.wake(client)

    def reserve(self, client: str) -> UUID | None:
        """The token for a turn's first answer, if it can be sent at once.

        It counts as begun from now on, before the turn commits it: else it could be given out a
        second time meanwhile. `take` or `release` follows.
        """
        if (
            self._find_obstacle() is not None
            or client in self._reserved
            or client in self._begun
            or self._workers.is_at(client)
            or not self._number.try_place()
        ):
            return None
        token = uuid4()
        self._settling.posted.add(token)
        self._reserved[client] = self._mark()
        return token

    def take(
        self, client: str, token: UUID, address: str, message: Outgoing, *, has_more: bool
    ) -> None:
        """The turn has committed it as `sending`."""
        sending = Sending(token, address, message, attempts=1)
        self._begun[client] = Begun(sending, self._reserved.pop(client))
        if has_more:
            self._settling.more.add(client)
        self._workers.wake(client)

    def release(self, client: str, token: UUID, *, is_unknown: bool) -> None:
        """The turn has not; or, if `is_unknown`, it may have, and its row is looked for."""
        del self._reserved[client]
        self._settling.posted.discard(token)
        self._number.give_back_place()
        if is_unknown:
            self._settling.doubtful.add(client)
            self._look_again(client)

    def note_eviction(self) -> None:
        """Some clients are reset or edited: whatever is not written yet is asked for again."""
        self._evictions += 1

    async def finish(self, seconds: float) -> None:
        """Ends what is being sent; what is queued stays for another bot.

        What runs longer is cancelled: the client's connections close right after, and one that is
        just being made then would stay open.
        """
        self._number.close()
        await self._workers.finish(seconds)
        try:
            async with asyncio.timeout(seconds):
                while self._begun:
                    _, begun = self._begun.popitem()
                    await self._settling.give_back(begun.sending)
        except TimeoutError:
            pass  # the database is away: another bot settles them as uncertain
        await self.farewells.finish(seconds)

    def try_number(self, client: str) -> None:
        """Sends one message of a client though the number is stopped: is the cause mended?"""
        self._tries.add(client)
        self.wake(client)

    async def _send_all(self, client: str) -> None:
        begun = self._begun.pop(client, None)
        try:
            while self._find_obstacle() is None and not (begun and self._number.is_stopped):
                if begun is None:
                    if client in self._tries and (begun := await self._send_try(client)):
                        continue
                    if not await self._number.wait_for_place():
                        return  # woken again once the number may send
                    begun = await self._settling.start(client)
                    if begun is None:
                        self._number.give_back_place()
                        return
                match await self._send(client, begun):
                    case "done":
                        return
                    case "look":
                        begun = None
                    case Begun() as following:
                        begun = following
            if begun is not None:
                await self._settling.give_back(begun.sending)
        except TryLater:
            # The row may have been given to this bot by a call whose reply was lost: only this
            # bot takes it again.
            pass
        finally:
            self._settling.more.discard(client)
        self._look_again(client)

    async def _send_try(self, client: str) -> Begun | None:
        """Sends one message though the number is stopped; returns what its outcome gives out."""
        self._tries.discard(client)
        tried = await self._settling.start(client, is_try=True)
        after = None if tried is None else await self._send(client, tried, is_try=True)
        return after if isinstance(after, Begun) else None

    def _mark(self) -> Mark:
        return Mark(clock.now(), self._evictions)

    def _look_again(self, client: str) -> None:
        asyncio.get_running_loop().call_later(_LOOK_AGAIN, self.wake, client)

    async def _send(self, client: str, begun: Begun, *, is_try: bool = False) -> After:
        """Posts a message and writes its outcome.

        Cancelled before the first byte, it is queued again; after any other error before that,
        `start_sending` gives its row to this bot again.
        """
        sending = begun.sending
        begun_at = time.monotonic()
        is_posted = False

        async def may_write() -> bool:
            nonlocal is_posted
            is_posted = False  # asked again, the API has received nothing
            for _ in range(_CHECKS):
                now = self._mark()
                if (
                    begun.mark.evictions == now.evictions
                    and now.at - begun.mark.at <= RECHECK_AFTER
                ):
                    break
                begun.mark = now
                if not await is_sending(self._pool, sending.token, self._bot):
                    return False
            else:
                raise Busy("the database is too slow to be sure that it may still be sent")
            self._settling.posted.add(sending.token)
            is_posted = True
            return True

        try:
            outcome = await self._api.send(
                sending.address, sending.message, str(sending.token), may_write
            )
        except asyncio.CancelledError:
            if not is_posted:
                await self._settling.give_back(sending)
            raise
        except BaseException:
            if not is_posted:
                self._settling.posted.discard(sending.token)
                self._settling.doubtful.add(client)  # given out again
            raise
        count_outcome(outcome)
        match outcome:
            case Withdrawn():
                self._settling.posted.discard(sending.token)
            case Accepted(message_id):
                after = await self._settling.settle_sent(client, sending.token, message_id)
                await self._take_acceptance(after, time.monotonic() - begun_at, is_try=is_try)
                return after
            case Uncertain(text):
                await self._settling.settle_unsent(sending, "uncertain", text)
            case NotSent(text):
                await self._try_again(sending, None, text, 0.5 * 2 ** (sending.attempts - 1))
            case Unsendable(text):
                await self._settling.settle_unsent(sending, "failed", text)
            case ApiRefusal():
                await self._take_refusal(client, sending, outcome, time.monotonic() - begun_at)
            case _:
                assert_never(outcome)
        return "look"

    async def _take_acceptance(self, after: After, begun_ago: float, *, is_try: bool) -> None:
        try:
            await self._number.take_acceptance(begun_ago, was_try=is_try)
        except asyncio.CancelledError:
            if isinstance(after, Begun):
                await self._settling.give_back(after.sending)
            raise

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
                    await self._settling.settle_unsent(sending, "queued", text, code)
                elif attempts >= _SUSPECT_TRIES:
                    await self._settling.settle_unsent(sending, "failed", text, code)
                else:
                    await self._settling.settle_unsent(sending, "queued", text, code, 4.0**attempts)
            case "fail":
                await self._settling.settle_unsent(sending, "failed", text, code)
            case _:
                assert_never(refusal.action)

    async def _try_again(self, sending: Sending, code: int | None, text: str, pause: float) -> None:
        if sending.attempts >= GIVE_UP_AFTER:
            await self._settling.settle_unsent(sending, "failed", text, code)
        else:
            await self._settling.settle_unsent(
                sending, "queued", text, code, min(pause, LONGEST_PAUSE)
            )
