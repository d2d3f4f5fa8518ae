"""Turns of one client whose messages came together: one step, all of it committed or nothing.

Each message is answered from what the turn before it is expected to leave, before anything of that
is written. Where a trigger of another program could make it something else, and wherever the
statement that commits them (sql/turn_groups.sql) can't judge them, each turn goes alone, from what
the database says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile
from typing import Any

from app.addresses import deciding_address
from app.database.errors import TryLater
from app.database.retrying import deadline_from_now
from app.messages import Message, Reply
from app.sessions.cache import Cache
from app.sessions.groups import MOST_CHAINED, TurnGroups
from app.sessions.session import Session, name_cause
from app.sessions.store import Committed, Rejected, Stale
from app.sessions.turn import BecameReset, Turns, check_time
from app.telemetry.bot import count_stale_turn

Decided = Committed | Rejected | BecameReset


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the first messages, in their order; one at least, or an error."""

    results: Sequence[Decided]
    error: TryLater | None = None
    """Why the next has to be delivered again."""


class Chains:
    """Takes turns that came together, for the clients of one bot."""

    def __init__(self, turns: Turns, cache: Cache, groups: TurnGroups) -> None:
        self._turns = turns
        self._cache = cache
        self._groups = groups

    async def take(self, messages: Sequence[Message]) -> Taken:
        """Answers the first of a client's messages, and those after it that could go with it.

        All have the same addresses, and each an id of its own. A responder may be asked about one
        of them more than once. What is raised concerns the first: Busy, Unavailable, and what the
        responder raises.
        """
        if len(messages) == 1:
            return Taken([await self._turns.take(messages[0])])
        chained = messages[:MOST_CHAINED]
        if together := await self._take_together(chained):
            return Taken(together)
        return await self._take_each(chained)

    async def _take_together(self, messages: Sequence[Message]) -> Sequence[Decided]:
        """Empty where each has to go alone."""
        deadline = deadline_from_now()
        address = deciding_address(messages[0].addresses)
        lock = await self._turns.start(address, deadline)
        try:
            session = await self._turns.find_session(messages[0], deadline)
            again = False
            while len(turns := await self._answer(session, messages)) > 1:
                mark = self._cache.mark()
                results = await self._groups.commit(session, turns, deadline, again=again)
                match results[0]:
                    case Stale(current):
                        count_stale_turn(name_cause(session, current))
                        session, again = current, True
                        check_time(deadline)
                    case Committed(current):
                        self._cache.keep(current, address, mark)
                        return [result for result in results if isinstance(result, Committed)]
                    case Rejected():
                        return _list_rejected(results)
                    case None:
                        refused = [isinstance(result, Rejected) for result in results]
                        if True not in refused:
                            return []
                        messages = messages[: refused.index(True)]
            return []
        finally:
            lock.release()

    async def _answer(
        self, session: Session, messages: Sequence[Message]
    ) -> Sequence[tuple[Message, Reply]]:
        """The messages that may go together, with their replies."""
        turns: list[tuple[Message, Reply]] = []
        if session.id is None or session.paused:
            return turns
        for message in messages:
            try:
                reply = await self._turns.answer(session, message)
                left = expect_session(session, reply)
            except Exception:
                if not turns:
                    raise
                break  # asked again when it is the first, and raised then
            if reply.forget:
                break
            turns.append((message, reply))
            session = left
        return turns

    async def _take_each(self, messages: Sequence[Message]) -> Taken:
        taken: list[Decided] = []
        for message in messages:
            try:
                taken.append(await self._turns.take(message))
            except Exception as error:
                if not taken:
                    raise
                # Any other error is raised when the message is taken again, as the first.
                return Taken(taken, error if isinstance(error, TryLater) else None)
            if isinstance(taken[-1], BecameReset):
                break  # the farewell is said before the next is answered
        return Taken(taken)


def expect_session(session: Session, reply: Reply) -> Session:
    """What a turn leaves for the next, as the database will say it; the revisions are the old."""
    name = session.nama if reply.learnt_name is None else reply.learnt_name
    context = json.loads(
        json.dumps(dict(reply.context)),
        parse_float=_read_number,
        object_pairs_hook=_order_keys,
    )
    return replace(session, nama=name or None, context=context)


def _read_number(text: str) -> float:
    """A number as jsonb gives it back: without an exponent, and zero without a sign."""
    digits = format(Decimal(text), "f")
    return float(digits) + 0.0 if "." in digits else int(digits)


def _order_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as jsonb gives it back: the shorter keys first, by their bytes."""
    written = {key: key.encode() for key, _ in pairs}
    return dict(
        sorted(dict(pairs).items(), key=lambda pair: (len(written[pair[0]]), written[pair[0]]))
    )


def _list_rejected(
    results: Sequence[Committed | Stale | Rejected | None],
) -> Sequence[Decided]:
    leading = takewhile(lambda result: isinstance(result, Rejected), results)
    return [result for result in leading if isinstance(result, Rejected)]
