"""Turns that are committed together: one statement for all that arrive while another is in flight.

A group is sent as soon as the one before it has come back: nothing waits for a clock, and a turn
alone is a group of one. Each turn keeps its own fence and its own outcome (sql/turn_groups.sql).
The statement waits for no other transaction's row. A turn that it can't judge so, and every turn of
a group that failed, is committed alone (`commit_turn`): no client fails or holds up another.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from app.database.connection import UnconfirmedCommit
from app.database.errors import Unconfirmed, first_line
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, execute_once
from app.messages import Message, Outgoing, Reply
from app.sessions.session import Session
from app.sessions.store import (
    Committed,
    Rejected,
    Stale,
    detail_of,
    read_session,
    write_outgoing,
)

MOST: Final = 64
"""Turns in a group at the most."""

Result = Committed | Stale | Rejected | None
"""None: not judged. The turn is to be committed alone, or its session loaded alone."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose answers a bot may begin to send in the transaction that queues them."""

    bot: UUID
    number: str
    digest: bytes
    """SHA-256 of the access token."""
    is_paced: bool


class FirstAnswers(Protocol):
    """Who sends the first answers, at once: see Outbox in app/bot/sending/outbox.py."""

    @property
    def origin(self) -> Sender: ...

    def reserve(self, client: str) -> UUID | None:
        """The token for a client's first answer, where there is a place to send it at once.

        From now on it counts as begun by this bot; `take` or `release` follows.
        """
        ...

    def take(self, client: str, token: UUID, address: str, message: Outgoing) -> None:
        """The turn has committed it as `sending`."""
        ...

    def release(self, client: str, token: UUID, *, is_unknown: bool) -> None:
        """It was not, or, if `is_unknown`, may have been: the reply was lost."""
        ...


@dataclass(slots=True)
class _Item:
    message: Message
    session: Session
    """Without an id it is only to be loaded."""
    context: str
    """JSON, as all that a responder made: what can't be written fails its own turn alone."""
    learnt_name: str | None
    outgoing: str
    has_answers: bool
    result: asyncio.Future[Result]
    token: UUID | None = None


class TurnGroups:
    """Commits the turns of one bot, and loads sessions, in groups: one in flight at a time."""

    def __init__(self, pool: Pool, answers: FirstAnswers | None = None) -> None:
        self._pool = pool
        self._answers = answers
        self._waiting: deque[_Item] = deque()
        self._flight: asyncio.Task[None] | None = None

    async def load(self, message: Message) -> Session | None:
        """The session of the client who wrote this; None where `load_session` has to say.

        Most often a client who is not remembered is a new one, whom only that knows: nothing is
        asked here but of a statement that comes anyway.
        """
        if self._flight is None:
            return None
        result = await self._wait(_make_item(message, Session(), Reply({})))
        return result.session if isinstance(result, Stale) else None

    async def commit(
        self, session: Session, message: Message, reply: Reply, *, again: bool
    ) -> Result:
        """Writes a turn as `commit_turn` does; None where that has to.

        `again`: it was stale before, and goes first. Raises Unconfirmed.
        """
        if session.id is None or session.session_revision is None:
            return None
        return await self._wait(_make_item(message, session, reply), first=again)

    async def _wait(self, item: _Item, *, first: bool = False) -> Result:
        if first:
            self._waiting.appendleft(item)
        else:
            self._waiting.append(item)
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly())
        return await item.result

    async def _fly(self) -> None:
        try:
            while self._waiting:
                items = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                items = [
                    item for item in items if not item.result.done()
                ]  # its asker was cancelled
                if items:
                    await self._commit(items)
        finally:
            self._flight = None

    async def _commit(self, items: Sequence[_Item]) -> None:
        origin = None
        if self._answers is not None:
            origin = self._answers.origin
            for item in items:
                if item.session.id and item.has_answers:
                    item.token = self._answers.reserve(item.session.id)
        error: Exception | None = None
        rows: Sequence[tuple[Any, ...]] = ()
        try:
            rows = await execute_once(
                self._pool, _COMMIT, _parameters(items, origin), deadline_from_now()
            )
        except UnconfirmedCommit as unconfirmed:
            error = Unconfirmed(first_line(unconfirmed))
        except (psycopg.Error, PoolTimeout):
            pass  # each alone, which raises what is its own
        finally:
            judged = {row[0]: row[1:] for row in rows}
            for place, item in enumerate(items, 1):
                self._conclude(item, judged.get(place), error)

    def _conclude(self, item: _Item, row: tuple[Any, ...] | None, error: Exception | None) -> None:
        """`row`: without its place; None when none has come back."""
        taken: dict[str, Any] | None = None if row is None else row[8]
        if self._answers and item.session.id and item.token:
            if taken:
                message = Outgoing(taken["body"], taken["kind"], taken["detail"], checked=False)
                self._answers.take(item.session.id, item.token, taken["address"], message)
            else:
                self._answers.release(item.session.id, item.token, is_unknown=row is None)
        if item.result.done():
            return  # its asker was cancelled
        if error is not None:
            item.result.set_exception(error)
        else:
            item.result.set_result(None if row is None else _read_result(row[0], row[1:8]))


def _make_item(message: Message, session: Session, reply: Reply) -> _Item:
    outgoing = [write_outgoing(outgoing) for outgoing in reply.outgoing]
    return _Item(
        message,
        session,
        json.dumps(dict(reply.context)),
        reply.learnt_name,
        json.dumps(outgoing),
        bool(outgoing),
        asyncio.get_running_loop().create_future(),
    )


def _read_result(outcome: str, session: tuple[Any, ...]) -> Result:
    match outcome:
        case "committed":
            return Committed(read_session(session))
        case "stale":
            return Stale(read_session(session))
        case "alone":
            return None
        case _:
            return Rejected(outcome)


_COMMIT: Final = (
    "SELECT place, outcome, id, incarnation, nama, paused, context, user_revision,"
    " session_revision, taken"
    " FROM novabot_internal.commit_turns(%s::text[], %s::uuid[], %s::uuid[], %s::text[],"
    " %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::text[], %s::jsonb[],"
    " %s::text[], %s::jsonb[], %s::uuid[], %s::integer[], %s::text[], %s, %s, %s, %s)"
)


def _parameters(items: Sequence[_Item], origin: Sender | None) -> tuple[Any, ...]:
    written = [
        (place, address)
        for place, item in enumerate(items, 1)
        for address in item.message.addresses
    ]
    return (
        [item.session.id for item in items],
        [item.session.user_revision for item in items],
        [item.session.session_revision for item in items],
        [item.message.id for item in items],
        [item.message.kind for item in items],
        [item.message.text for item in items],
        [detail_of(item.message) for item in items],
        [item.message.at for item in items],
        [item.message.profile_name for item in items],
        [item.context for item in items],
        [item.learnt_name for item in items],
        [item.outgoing for item in items],
        [item.token for item in items],
        [place for place, _ in written],
        [address for _, address in written],
        origin and origin.bot,
        origin and origin.number,
        origin and origin.digest,
        origin is not None and origin.is_paced,
    )
