"""The turn: one inbound message, answered from memory and decided by the database.

A turn remembers in three places: the client's rows, this process's cache, and the session in
its own hands while the responder thinks. The first is the truth. What happens to the others
when somebody writes meanwhile:

1. `commit_turn` locks the client's `"User"` row, then its `"Session"` row, and compares both
   revisions, and whether the sender's address still leads to this client, with those of the
   session that was answered from. They are random, new at every write, and gone with the row: a
   reset, a reset and a new client under the same id, a DBA's edit, a deleted session, another
   bot's turn all make the comparison fail. Then nothing is written. The statement returns what
   is true now, and the message is answered again from that. So a cache that is wrong, for
   whatever reason, costs a round trip and never a wrong answer.
2. A reset that comes while we hold the lock waits for our commit, and then deletes what we
   wrote. One that came first makes us wait, and then the comparison fails.
3. A load or a commit that any eviction overtook is not kept in the cache (`Cache.mark` and
   `keep`): the notification of a delete that waited behind our lock can arrive before our own
   commit's reply does.
4. Answers are rows, queued in the same transaction; they are sent after it, and a reset until
   then deletes them (see app/bot/outbox.py).

One turn at a time for an address in this process, by a lock in memory alone. No database lock
and no connection is held while a responder thinks. Turns of one client in different bots meet
in step 1, where one of them is stale and answers again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from weakref import WeakValueDictionary

from app.database.errors import Busy
from app.database.pool import Pool
from app.database.retrying import deadline_from_now
from app.sessions.cache import Cache
from app.sessions.session import InstantResponder, Message, Reply, Session
from app.sessions.store import (
    Committed,
    Refused,
    Stale,
    commit_turn,
    forget_by_chat,
    load_session,
)
from app.telemetry.bot import count_stale_turn


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The turn became a reset; the farewell is not a row, for there is no client any more."""

    farewell: tuple[str, ...]


class Turns:
    """Takes turns for the clients of one bot."""

    def __init__(self, pool: Pool, cache: Cache, responder: InstantResponder) -> None:
        self._pool = pool
        self._cache = cache
        self._responder = responder
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, message: Message) -> Committed | Refused | Forgotten:
        """Answers a message and commits the turn; the answers are then in the outbox.

        Raises Busy or Unavailable when that could not be done within `retrying.PATIENCE` seconds.
        """
        deadline = deadline_from_now()
        address = message.addresses[0]
        lock = self._locks.setdefault(address, asyncio.Lock())
        try:
            async with asyncio.timeout_at(_on_loop(deadline)):
                await lock.acquire()
        except TimeoutError:
            raise Busy("earlier messages of this client are still waiting") from None
        try:
            return await self._take(message, address, deadline)
        finally:
            lock.release()

    async def _take(
        self, message: Message, address: str, deadline: float
    ) -> Committed | Refused | Forgotten:
        session = self._cache.find(address)
        if session is None:
            session = await load_session(self._pool, message.addresses, deadline)
        while True:
            reply = answer(self._responder, session, message)
            if reply.forget:
                outcome = await forget_by_chat(self._pool, session, message, deadline)
                if outcome == "reset":
                    return Forgotten(reply.answers)
                if outcome != "stale":
                    return Refused(outcome)
                current = await load_session(self._pool, message.addresses, deadline)
                session = self._note_stale(session, current, deadline)
                continue
            mark = self._cache.mark()
            result = await commit_turn(self._pool, session, message, reply, deadline)
            match result:
                case Committed(session):
                    self._cache.keep(session, address, mark)
                    return result
                case Stale(current):
                    session = self._note_stale(session, current, deadline)
                case Refused():
                    return result

    def _note_stale(self, answered_from: Session, current: Session, deadline: float) -> Session:
        """The session to answer from next."""
        count_stale_turn(name_cause(answered_from, current))
        if time.monotonic() > deadline:
            raise Busy("other turns of this client were always faster")
        return current


def answer(responder: InstantResponder, session: Session, message: Message) -> Reply:
    """What to answer; nothing while a person has taken over."""
    if session.paused:
        return Reply(session.context)
    return responder(session, message)


def name_cause(answered_from: Session, current: Session) -> str:
    """Why the fence sent a turn back: `reset`, `edit` or another bot's `turn`.

    A turn renews both revisions, an edit one, and another life of the client is a reset.
    """
    if answered_from.incarnation not in (None, current.incarnation):
        return "reset"
    if (answered_from.user_revision == current.user_revision) != (
        answered_from.session_revision == current.session_revision
    ) or (current.id is not None and current.session_revision is None):
        return "edit"
    return "turn"


def _on_loop(deadline: float) -> float:
    return asyncio.get_running_loop().time() + (deadline - time.monotonic())
