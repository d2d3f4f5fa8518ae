"""Turns that are committed together: one statement for all that come while another is in flight.

Each turn keeps its own fence and its own outcome (sql/turn_groups.sql). The statement skips rows of
clients and sessions that another transaction holds. A turn that it can't judge so, and each turn of
a group that failed, is committed alone (`commit_turn`): no client fails another.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from app.database.connection import UnconfirmedCommit
from app.database.errors import Unavailable, Unconfirmed, first_line
from app.database.grouping import Grouping
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
from app.telemetry.bot import report_group_failed

MOST: Final = 64
"""Turns in a group at the most."""
_GRACE: Final = 0.25
"""Seconds after its deadline that a turn waits for the statement that it is in."""

Result = Committed | Stale | Rejected | None
"""None: not judged. The turn is to be committed alone, or its session loaded alone."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends the first answers, and from which number."""

    bot: UUID
    number: str
    digest: bytes
    """SHA-256 of the access token."""
    is_paced: bool


class FirstAnswers(Protocol):
    """What sends a turn's first answer right after the commit: the bot's Outbox."""

    @property
    def origin(self) -> Origin: ...

    def reserve(self, client: str) -> UUID | None:
        """The token for a client's first answer, where there is a place to send it at once.

        From now on it counts as begun by this bot; `take` or `release` follows.
        """
        ...

    def take(
        self, client: str, token: UUID, address: str, message: Outgoing, *, has_more: bool
    ) -> None:
        """The turn has committed it as `sending`; `has_more`: further answers are queued."""
        ...

    def release(self, client: str, token: UUID, *, is_unknown: bool) -> None:
        """The turn has not; or, if `is_unknown`, it may have: the reply was lost."""
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
    answers: int
    token: UUID | None = None


class TurnGroups:
    """Commits the turns of one bot, and loads sessions, in groups."""

    def __init__(self, pool: Pool, answers: FirstAnswers | None = None) -> None:
        """Without `answers` every answer is queued, and `start_sending` gives it out."""
        self._pool = pool
        self._answers = answers
        self._grouping = Grouping(self._commit, MOST)

    async def finish(self) -> None:
        """Waits for the statement in flight: its first answers are handed over, or given back."""
        await self._grouping.finish()

    async def load(self, message: Message, deadline: float) -> Session | None:
        """The session of the client who wrote this, read by the next statement for a group.

        None while no statement is in flight (a client who is not in the cache is most often new),
        and where the addresses do not all lead to one client. Then the caller uses `load_session`,
        which knows new clients and how long a number is kept. Raises Unavailable.
        """
        if not self._grouping.is_flying:
            return None
        result = await self._ask(_make_item(message, Session(), Reply({})), deadline)
        return result.session if isinstance(result, Stale) else None

    async def commit(
        self, session: Session, message: Message, reply: Reply, deadline: float, *, again: bool
    ) -> Result:
        """Writes a turn in the next group; None where `commit_turn` has to.

        `again`: it was stale before, and goes first. Raises Unconfirmed if no synchronous standby
        has confirmed the commit, and Unavailable if the database has not said in time what became
        of the turn: delivered again, the message is a duplicate if it was committed.
        """
        if session.id is None or session.session_revision is None:
            return None
        return await self._ask(_make_item(message, session, reply), deadline, first=again)

    async def _ask(self, item: _Item, deadline: float, *, first: bool = False) -> Result:
        try:
            async with asyncio.timeout(max(0.0, deadline + _GRACE - time.monotonic())):
                return await self._grouping.ask(item, first=first)
        except TimeoutError:
            raise Unavailable("the database has not done it in time") from None

    async def _commit(self, items: Sequence[_Item]) -> Sequence[Result]:
        origin = None
        if self._answers is not None:
            origin = self._answers.origin
            for item in items:
                if item.session.id and item.answers:
                    item.token = self._answers.reserve(item.session.id)
        rows: dict[int, tuple[Any, ...]] = {}
        try:
            fetched = await execute_once(
                self._pool, _COMMIT, _parameters(items, origin), deadline_from_now()
            )
            rows = {row[0]: row[1:] for row in fetched}
        except UnconfirmedCommit as error:
            raise Unconfirmed(first_line(error)) from error
        except (psycopg.Error, PoolTimeout) as error:
            report_group_failed("commit_turns", first_line(error))  # each alone raises its own
        finally:
            handed_over = [
                self._hand_over(item, rows.get(place)) for place, item in enumerate(items, 1)
            ]
        return [
            _read_result(rows[place], is_handed_over=is_handed_over) if place in rows else None
            for place, is_handed_over in enumerate(handed_over, 1)
        ]

    def _hand_over(self, item: _Item, row: tuple[Any, ...] | None) -> bool:
        """Whether the outbox has the first answer. `row`: None if none has come back."""
        client, token = item.session.id, item.token
        if self._answers is None or client is None or token is None:
            return False
        begun: dict[str, Any] | None = None if row is None else row[8]
        if begun is None:
            self._answers.release(client, token, is_unknown=row is None)
            return False
        message = Outgoing(begun["body"], begun["kind"], begun["detail"], checked=False)
        has_more = item.answers > 1
        self._answers.take(client, token, begun["address"], message, has_more=has_more)
        return True


def _make_item(message: Message, session: Session, reply: Reply) -> _Item:
    outgoing = [write_outgoing(outgoing) for outgoing in reply.outgoing]
    return _Item(
        message,
        session,
        json.dumps(dict(reply.context)),
        reply.learnt_name,
        json.dumps(outgoing),
        len(outgoing),
    )


def _read_result(row: tuple[Any, ...], *, is_handed_over: bool) -> Result:
    match row[0]:
        case "committed":
            return Committed(read_session(row[1:8]), is_handed_over=is_handed_over)
        case "stale":
            return Stale(read_session(row[1:8]))
        case "alone":
            return None
        case outcome:
            return Rejected(outcome)


_COMMIT: Final = (
    "SELECT place, outcome, id, incarnation, nama, paused, context, user_revision,"
    " session_revision, taken"
    " FROM novabot_internal.commit_turns(%s::text[], %s::uuid[], %s::uuid[], %s::text[],"
    " %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::text[], %s::jsonb[],"
    " %s::text[], %s::jsonb[], %s::uuid[], %s::integer[], %s::text[], %s, %s, %s, %s)"
)


def _parameters(items: Sequence[_Item], origin: Origin | None) -> tuple[Any, ...]:
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
