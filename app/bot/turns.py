"""Which way a message takes to its answer, and what follows once the turn is decided.

An `@instant` responder is asked inside the webhook's request. For any other one, and where several
messages may get one answer (joining.py), the message is stored and acknowledged first, and answered
from its row afterwards; by another bot, if this one ends meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, assert_never
from uuid import UUID

from app.addresses import deciding_address
from app.bot.chaining import find_chain
from app.bot.choices import NotAChoice, find_choice, make_chooser
from app.bot.joining import DEFAULT_SECONDS, DueTimes, choose_quiet
from app.bot.responder.asking import Asking, Stopped
from app.bot.responder.memory import ResponderMemory
from app.bot.sending.marks import ReadMarks
from app.bot.sending.outbox import Outbox
from app.bot.silent import is_silent, say_nothing
from app.bot.wish import NotAWish, NothingKnown, answer_wish, choose_texts, find_wish
from app.bot.workers import Workers
from app.crm.conversation import PendingMessage, claim_pending
from app.database.errors import TryLater, Unavailable
from app.database.pool import Pool
from app.database.retrying import deadline_from_now
from app.messages import Message, Outgoing, Reply, is_instant
from app.nova import say_not_forgotten
from app.nova.wishes import Wish
from app.sessions.cache import Cache
from app.sessions.chains import Chains
from app.sessions.evictions import Eviction
from app.sessions.groups import TurnGroups
from app.sessions.session import InstantResponder, Responder, Session
from app.sessions.store import (
    NUMBER_KEPT,
    Committed,
    Rejected,
    Stale,
    Stored,
    is_wish_open,
    load_session,
    store_message,
)
from app.sessions.turn import Ask, BecameReset, Turns, ask_at_once
from app.telemetry.bot import count_evictions, count_turn, report_responder_failed

PAUSES: Final = (2.0, 4.0, 8.0, 16.0, 30.0, *(60.0,) * 9)
"""Seconds until a slow responder that failed is asked again, ten minutes in all; if it fails once
more after them, the message is left to a person (`unanswered`)."""


class BotTurns:
    """Answers the messages of one bot, a client's in their order."""

    def __init__(
        self,
        pool: Pool,
        cache: Cache,
        responder: Responder,
        bot: UUID,
        outbox: Outbox,
        *,
        marks: ReadMarks | None = None,
        memory: ResponderMemory | None = None,
        number_kept: timedelta = NUMBER_KEPT,
        join_seconds: float | None = None,
        find_obstacle: Callable[[], str | None] = lambda: None,
    ) -> None:
        """While `find_obstacle` has a reason, no stored message is claimed. `join_seconds`: the
        quiet time (joining.py); None: 0 for an instant responder, 1.5 for others."""
        self._find_obstacle = find_obstacle
        self._pool = pool
        self._cache = cache
        self._bot = bot
        self._outbox = outbox
        self._marks = marks
        self._memory = memory or ResponderMemory(responder)
        self._asking = Asking(responder, self._memory)
        self._workers = Workers(self._answer_stored)
        self._due_times = DueTimes(self._workers.wake)
        if join_seconds is None:
            join_seconds = 0.0 if is_instant(responder) else DEFAULT_SECONDS
        self._join_seconds = join_seconds
        self._is_stored = join_seconds > 0 or not is_instant(responder)
        ask = self._ask_slow
        if is_instant(responder) and not self._is_stored:
            ask = self._ask_instant(responder)
        self._number_kept = number_kept
        self._groups = groups = TurnGroups(pool, outbox)
        make = partial(Turns, pool, cache, number_kept=number_kept)
        self._turns = make(ask, excuse=say_not_forgotten, groups=groups)
        self._chains = Chains(self._turns, cache, groups)
        self._door = make(answer_wish, excuse=say_not_forgotten, is_door=True, groups=groups)
        self._silent_turns = make(say_nothing, groups=groups)
        self._choices = make(make_chooser(pool), is_door=True, groups=groups)

    async def take(self, messages: Sequence[Message]) -> int:
        """Answers the first of a client's messages that came together, and those that go with it,
        or stores the first to be answered soon. Returns how many it has seen to, at least one.

        Raises Busy or Unavailable when the next has to be delivered again, and what a responder
        raises at the first.
        The wish to be forgotten is answered here, never stored first, and asks no responder.
        """
        message = messages[0]
        if is_silent(message):
            self._conclude(await self._silent_turns.take(message))
            return 1
        wish = find_wish(message)
        if wish is not Wish.CONFIRM:
            self._outbox.farewells.drop(message.addresses)
        if wish is not None and await self._take_wish(message, wish):
            return 1
        if find_choice(message) is not None and await self._take_choice(message):
            return 1
        if self._is_stored:
            count_turn((await self.store(message)).outcome)
            return 1
        mark = self._cache.mark()
        taken = await self._chains.take(find_chain(messages))
        results = taken.results
        answered = [place for place, each in enumerate(results) if isinstance(each, Committed)]
        for place, result in enumerate(results):
            read = messages[place] if place in answered[-1:] else None  # those before it too
            self._conclude(result, read, mark)
        if taken.error is not None:
            raise taken.error
        return len(results)

    async def _take_wish(self, message: Message, wish: Wish) -> bool:
        """Whether the message was the wish's: a confirmation may find no question."""
        if wish is Wish.CONFIRM:
            # From the database, not the cache: another bot may have asked, or have forgotten him.
            session = await self.load(message)
            if session.id is not None and not await is_wish_open(
                self._pool, session.id, deadline_from_now()
            ):
                session = await self.load(message)  # forgotten since, or not asked
                if session.id is not None:
                    return False
            if session.id is None:
                self._say_nothing_known(message)
                return True
            self._outbox.farewells.expect(message.addresses)
        mark = self._cache.mark()
        try:
            self._conclude(await self._door.take(message), message, mark)
        except NothingKnown:
            self._say_nothing_known(message)
        except NotAWish:
            return False
        except Unavailable:
            self._outbox.farewells.expect_none(message.addresses)
            raise
        return True

    async def _take_choice(self, message: Message) -> bool:
        """Whether it was one: there may be nothing to end, or a person answers already."""
        mark = self._cache.mark()
        try:
            self._conclude(await self._choices.take(message), message, mark)
        except NotAChoice:
            return False
        return True

    async def load(self, message: Message) -> Session:
        """What the database remembers of the writer. Raises Busy or Unavailable."""
        mark = self._cache.mark()
        session = await load_session(
            self._pool, message, deadline_from_now(), number_kept=self._number_kept
        )
        self._cache.keep(session, deciding_address(message.addresses), mark)
        return session

    def _say_nothing_known(self, message: Message) -> None:
        """Nothing is written. An impatient client who has just had the farewell hears it once."""
        text = Outgoing(choose_texts(Session(), message).nothing_known)
        self._outbox.farewells.say_nothing_known(message.addresses, (text,))

    async def store(self, message: Message) -> Stored:
        """Stores a message, and sets about answering it. Raises Busy or Unavailable."""
        stored = await store_message(
            self._pool,
            message,
            self._bot,
            deadline_from_now(),
            number_kept=self._number_kept,
            quiet=choose_quiet(message, self._join_seconds),
        )
        if stored.outcome == "stored" and stored.client_id and stored.incarnation:
            self._due_times.set(stored.client_id, stored.incarnation, stored.due_in)
        return stored

    def wake(self, client: str) -> None:
        """This client has a stored message that no living bot has claimed."""
        self._workers.wake(client)

    def evict(self, eviction: Eviction) -> int:
        """Drops sessions from the cache, and cancels the responder where it answers from one.

        Returns how many sessions were dropped. When the listener lost its connection nothing is
        known of any client: the fence judges the answers that are being made.
        """
        self._outbox.note_eviction()
        dropped = eviction.apply_to(self._cache)
        if eviction.cause != "gap":
            eviction.apply_to(self._asking)
            if eviction.cause != "edit":  # what waits of an edited client is still to be answered
                eviction.apply_to(self._due_times)
            if self._marks is not None:
                eviction.apply_to(self._marks)
        count_evictions(eviction.cause, dropped)
        return dropped

    async def finish(self, seconds: float) -> None:
        """Ends what is being answered; the rest stays for another bot."""
        self._due_times.evict_all()
        await self._workers.finish(seconds)
        await self._groups.finish()

    async def _ask_slow(self, session: Session, message: Message) -> Reply:
        if self._marks is None:
            return await self._asking.ask(session, message)
        async with self._marks.answering(session, message):
            return await self._asking.ask(session, message)

    def _ask_instant(self, responder: InstantResponder) -> Ask:
        ask_without_waiting = ask_at_once(responder)

        async def ask(session: Session, message: Message) -> Reply:
            mark = self._memory.mark()
            try:
                return await ask_without_waiting(session, message)
            finally:
                self._memory.note_answered(session.incarnation, mark)

        return ask

    async def _answer_stored(self, client: str) -> None:
        try:
            while self._find_obstacle() is None and (
                pending := await claim_pending(self._pool, client, self._bot)
            ):
                result = await self._answer(pending)
                if result is not None:
                    self._conclude(result)
                if isinstance(result, Rejected):
                    return  # gone, or at an address that leads to no client: looked at again later
        except TryLater:
            return  # found again by the next look at what waits

    async def _answer(
        self, pending: PendingMessage
    ) -> Committed | Stale | Rejected | BecameReset | None:
        """None: the responder was stopped or failed, and the message is to be claimed again."""
        try:
            return await self._turns.take_stored(pending.message, pending.token)
        except TryLater:
            raise
        except Stopped:
            return None
        except Exception as error:  # its own, or one of storing what it replied
            report_responder_failed(error)
        if pending.attempts > len(PAUSES):
            return await self._silent_turns.take_stored(
                pending.message, pending.token, "unanswered"
            )
        await asyncio.sleep(PAUSES[pending.attempts - 1])  # what it depends on may be away
        return None

    def _conclude(
        self,
        result: Committed | Stale | Rejected | BecameReset,
        read: Message | None = None,
        mark: int | None = None,
    ) -> None:
        """`read` is marked as read, unless an eviction has overtaken the turn since `mark`."""
        match result:
            case Committed(session, is_handed_over):
                count_turn("committed")
                if session.id is not None and not is_handed_over:
                    self._outbox.wake(session.id)
                if read is not None and self._marks is not None and mark == self._cache.mark():
                    self._marks.note_answered(session, read)
            case BecameReset(farewell, address):
                count_turn("reset")
                if address is not None:
                    self._outbox.farewells.say(address, farewell)
            case Rejected(outcome):
                count_turn(outcome)
            case Stale():
                pass  # counted by its cause
            case _:
                assert_never(result)
