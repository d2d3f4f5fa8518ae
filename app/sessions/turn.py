"""The turn: one inbound message, answered from memory and decided by the database.

What is remembered of a client is in three places: its rows, this process's cache, and the session
that a responder is answering from. The rows decide. What happens to the others when another
transaction writes meanwhile:

1. The commit (`commit_turns`, and `commit_turn` for what that leaves to it: groups.py) locks the
   client's `"User"` row, then its `"Session"` row, and compares both revisions, and whether the
   message was still written by this client (`find_writer` in sql/identity.sql: who owned its
   addresses at its time), with those of the session that was answered from. They are
   random, new at every write, and gone with the row: a reset, a reset and a new client under the
   same id, a DBA's edit, a deleted session, another bot's turn all make the comparison fail. Then
   nothing is written. The statement returns what is true now, and the message is answered again
   from that. So a cache that is wrong, for any reason, costs a round trip and never a wrong answer.
   A message whose addresses lead to two clients merges them, and is then answered again in the same
   way.
2. A reset that comes while we hold the lock waits for our commit, and then deletes what we
   wrote. One that came first has the turn wait, alone, and then the comparison fails.
3. A load or a commit that any eviction overtook is not kept in the cache (`Cache.mark` and
   `keep`): the notification of a delete that waited behind our lock can arrive before our own
   commit's reply does.
4. A wish to be forgotten that the database refuses, because something keeps rows (`RowsKept`), is
   stored for a person to see to, and the client is told: to deliver it again would not help.
5. Answers are rows, queued in the same transaction; they are sent after it, and a reset until
   then deletes them (see app/bot/sending/outbox.py).

Two kinds of message take this one path. One for an instant responder is answered inside the
webhook's request, from the cache where it can be, one at a time for an address, by a lock in
memory alone. One for a responder that takes its time was stored before (`store_message`), and its
turn commits only while its row is there, so a reset of the client ends it too. It is answered from
what the database says then: another bot's turn sends no notification, and an answer from a stale
session would cost the responder's whole time again.

No database lock and no connection is held while a responder thinks. Turns of one client in
different bots meet in step 1, where one of them is stale and answers again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID
from weakref import WeakValueDictionary

from app.addresses import deciding_address
from app.database.errors import Busy, RowsKept
from app.database.pool import Pool
from app.database.retrying import deadline_from_now
from app.messages import Message, Outgoing, Reply, check_reply
from app.sessions.cache import Cache
from app.sessions.groups import TurnGroups
from app.sessions.session import (
    WISH_KEY,
    ChoiceReply,
    InstantResponder,
    Session,
    is_for_a_person,
    name_cause,
)
from app.sessions.store import (
    NUMBER_KEPT,
    Committed,
    Rejected,
    Stale,
    commit_turn,
    forget_by_chat,
    load_session,
    load_stored_session,
)
from app.telemetry.bot import count_stale_turn, report_wish_refused

Ask = Callable[[Session, Message], Awaitable[Reply]]
"""Asks the responder. What it raises ends the turn, with nothing written."""

Excuse = Callable[[Session, Message], str]
"""What a client is told whose wish to be forgotten was refused: that a person will see to it."""


@dataclass(frozen=True, slots=True)
class BecameReset:
    """The client asked to be forgotten, and is: the turn became a reset."""

    farewell: tuple[Outgoing, ...]
    """To be sent; not stored, for the client's rows are gone."""
    address: str | None
    """Where the farewell goes; None if the client has left all its addresses."""


class Turns:
    """Takes turns for the clients of one bot."""

    def __init__(
        self,
        pool: Pool,
        cache: Cache,
        ask: Ask,
        *,
        excuse: Excuse | None = None,
        number_kept: timedelta = NUMBER_KEPT,
        is_door: bool = False,
        groups: TurnGroups | None = None,
    ) -> None:
        """`number_kept` is how long a number stays a client's who does not write.

        Without an `excuse`, a wish to be forgotten that is refused raises RowsKept.
        `is_door`: `ask` is the program's own and no responder. It is asked even while a person has
        taken over, and sees whether the wish to be forgotten awaits its confirmation.
        `groups`: in which the turns go, with those of others.
        """
        self._excuse = excuse
        self._is_door = is_door
        self._pool = pool
        self._cache = cache
        self._ask = ask
        self._number_kept = number_kept
        self._groups = groups or TurnGroups(pool)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, message: Message) -> Committed | Rejected | BecameReset:
        """Answers a message that was just delivered; the answers are then in the outbox.

        Raises Busy or Unavailable when that is not done by `deadline_from_now()`.
        """
        deadline = deadline_from_now()
        address = deciding_address(message.addresses)
        lock = await self.start(address, deadline)
        try:
            session = await self.find_session(message, deadline)
            again = False
            while True:
                reply = await self.answer(session, message)
                mark = self._cache.mark()
                match await self._decide(session, message, reply, deadline, None, again=again):
                    case Stale(current):
                        session, again = current, True
                        check_time(deadline)
                    case Committed(current) as committed:
                        self._cache.keep(current, address, mark)
                        return committed
                    case decided:
                        return decided
        finally:
            lock.release()

    async def take_stored(
        self,
        message: Message,
        token: UUID,
        status: Literal["answered", "unanswered"] = "answered",
    ) -> Committed | Stale | Rejected | BecameReset:
        """Answers a message whose row has this token, once, and gives it this status.

        After Stale, the message may be gone with its client: claim it again before it is answered
        again. Raises Busy or Unavailable, and what the responder raises.
        """
        session = await load_stored_session(self._pool, token, deadline_from_now())
        if session.incarnation is None:
            return Rejected("gone")
        reply = await self.answer(session, message)
        deadline = deadline_from_now()
        return await self._decide(session, message, reply, deadline, token, status=status)

    async def answer(self, session: Session, message: Message) -> Reply:
        """What to answer; nothing while a person has taken over."""
        if self._is_door:
            return check_reply(await self._ask(session, message))
        if WISH_KEY in session.context:
            context = {key: kept for key, kept in session.context.items() if key != WISH_KEY}
            session = replace(session, context=context)
        if session.paused:
            return Reply(session.context)
        return check_reply(await self._ask(session, message))

    async def _decide(
        self,
        session: Session,
        message: Message,
        reply: Reply,
        deadline: float,
        stored_message: UUID | None,
        *,
        again: bool = False,
        status: Literal["answered", "unanswered"] = "answered",
    ) -> Committed | Stale | Rejected | BecameReset:
        """Lets the database decide what a reply that was made from `session` becomes."""
        refused: RowsKept | None = None
        if reply.forget:
            try:
                outcome, address = await forget_by_chat(
                    self._pool,
                    session,
                    message,
                    deadline,
                    stored_message=stored_message,
                    number_kept=self._number_kept,
                )
            except RowsKept as error:
                if self._excuse is None:
                    raise
                refused = error
                reply = Reply(session.context, (self._excuse(session, message),))
            else:
                match outcome:
                    case "reset":
                        return BecameReset(reply.outgoing, address)
                    case "stale":
                        return await self._reload(session, message, deadline, stored_message)
                    case _:
                        return Rejected(outcome)
        result = None
        is_plain = refused is None and not isinstance(reply, ChoiceReply)
        if stored_message is None and is_plain:
            turn = (message, reply)
            (result,) = await self._groups.commit(session, [turn], deadline, again=again)
        if result is None:
            result = await commit_turn(
                self._pool,
                session,
                message,
                reply,
                deadline,
                stored_message=stored_message,
                number_kept=self._number_kept,
                status="unanswered" if refused or is_for_a_person(reply) else status,
            )
        if refused is not None and isinstance(result, Committed):
            report_wish_refused(str(refused))
        if isinstance(result, Stale):
            count_stale_turn(name_cause(session, result.session))
        return result

    async def _reload(
        self, session: Session, message: Message, deadline: float, stored_message: UUID | None
    ) -> Stale:
        """What the database says now, after a wish that was made from an earlier session."""
        if stored_message is not None:
            current = await load_stored_session(self._pool, stored_message, deadline)
        else:
            current = await self._load(message, deadline)
        count_stale_turn(name_cause(session, current))
        return Stale(current)

    async def _load(self, message: Message, deadline: float) -> Session:
        session = await self._groups.load(message, deadline)
        if session is not None:
            return session
        return await load_session(self._pool, message, deadline, number_kept=self._number_kept)

    async def find_session(self, message: Message, deadline: float) -> Session:
        """What is remembered of the writer, by the cache or else the database.

        A pause may end without an edit, by the database's clock, which only the database reads.
        """
        session = self._cache.find(deciding_address(message.addresses))
        if session is None or session.paused:
            session = await self._load(message, deadline)
        return session

    async def start(self, address: str, deadline: float) -> asyncio.Lock:
        """Keeps other turns of this address waiting, until the lock is released.

        Raises Busy at the deadline.
        """
        lock = self._locks.get(address)
        if lock is None:
            lock = self._locks[address] = asyncio.Lock()
            await lock.acquire()  # just made, so at once
            return lock
        try:
            async with asyncio.timeout_at(_on_loop(deadline)):
                await lock.acquire()
        except TimeoutError:
            raise Busy("earlier messages of this client are still waiting") from None
        return lock


def ask_at_once(responder: InstantResponder) -> Ask:
    """Asks a responder that never waits: nothing else runs in between."""

    async def ask(session: Session, message: Message) -> Reply:
        return responder(session, message)

    return ask


def check_time(deadline: float) -> None:
    """Raises Busy after it, before a stale turn is answered again."""
    if time.monotonic() > deadline:
        raise Busy("other transactions kept changing this client")


def _on_loop(deadline: float) -> float:
    return asyncio.get_running_loop().time() + (deadline - time.monotonic())
