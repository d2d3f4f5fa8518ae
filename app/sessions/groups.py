"""Turns that are committed together: one statement for all that come while another is in flight.

Each turn keeps its own fence and its own outcome (sql/turn_groups.sql). The statement skips rows of
clients and sessions that another transaction holds. A turn that it can't judge so, and each turn of
a group that failed, is committed alone (`commit_turn`): no client fails another.

Turns of one client that came together are one item, a chain: each is answered from what the one
before leaves, and all are committed or none. Chains go in groups of their own, one of which may be
in flight beside one of other turns: those don't wait for a body of a thousand messages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString, Protocol
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from app.database.connection import UnconfirmedCommit
from app.database.errors import Unavailable, Unconfirmed, first_line
from app.database.grouping import Grouping
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, execute_once
from app.messages import Message, Outgoing, Reply
from app.sessions.group_items import (
    COMMIT,
    Item,
    Origin,
    Result,
    Row,
    list_parameters,
    make_item,
    read_result,
)
from app.sessions.session import Session
from app.sessions.store import Stale
from app.telemetry.bot import report_group_failed

MOST: Final = 64
"""Turns in a group at the most; chains go in groups of their own."""
MOST_CHAINED: Final = 16
"""Turns of a chain at the most."""
_CHAINS: Final = 2
"""Chains in a group at the most."""
_GRACE: Final = 0.25
"""Seconds after its deadline that a turn waits for the statement that it is in."""


class Rider(Protocol):
    """What is to be written in the same statement as a group of turns, and its own outcomes."""

    @property
    def statement(self) -> LiteralString:
        """Its rows are shaped as those of COMMIT; their places are negative."""
        ...

    @property
    def parameters(self) -> Sequence[Any]: ...

    def land(self, rows: Mapping[int, Row] | None, /) -> None:
        """The rows by their place, as `commit_turns` has them; None if the statement failed."""
        ...


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

    def find_rider(self) -> Rider | None:
        """What waits to be written; its `land` is called."""
        ...


class TurnGroups:
    """Commits the turns of one bot, and loads sessions, in groups."""

    def __init__(self, pool: Pool, answers: FirstAnswers | None = None) -> None:
        """Without `answers` every answer is queued, and `start_sending` gives it out."""
        self._pool = pool
        self._answers = answers
        self._grouping = Grouping(self._commit, MOST)
        self._chains = Grouping(self._commit, _CHAINS)

    async def finish(self) -> None:
        """Waits for the statements in flight: first answers are handed over, or given back."""
        await self._grouping.finish()
        await self._chains.finish()

    async def load(self, message: Message, deadline: float) -> Session | None:
        """The session of the client who wrote this, read by the next statement for a group.

        None while no statement is in flight (a client who is not in the cache is most often new),
        and where the addresses do not all lead to one client. Then the caller uses `load_session`,
        which knows new clients and how long a number is kept. Raises Unavailable.
        """
        if not self._grouping.is_flying:
            return None
        (result,) = await self._ask(make_item(Session(), [(message, Reply({}))]), deadline)
        return result.session if isinstance(result, Stale) else None

    async def commit(
        self,
        session: Session,
        turns: Sequence[tuple[Message, Reply]],
        deadline: float,
        *,
        again: bool,
    ) -> Sequence[Result]:
        """Writes a turn, or a chain of them, in the next group; None where `commit_turn` has to.

        The results are in the order of the turns. Of a chain all are committed or none: then its
        turns are Rejected, each for itself, or None.
        `again`: it was stale before, and goes first. Raises Unconfirmed if no synchronous standby
        has confirmed the commit, and Unavailable if the database has not said in time what became
        of the turns: delivered again, the messages are duplicates if they were committed.
        """
        if session.id is None or session.session_revision is None:
            return [None] * len(turns)
        return await self._ask(make_item(session, turns), deadline, first=again)

    async def _ask(self, item: Item, deadline: float, *, first: bool = False) -> Sequence[Result]:
        grouping = self._grouping if len(item.steps) == 1 else self._chains
        asked = grouping.ask(item, first=first)
        # Cheaper than asyncio.timeout(), which every turn would pay for.
        timer = asyncio.get_running_loop().call_later(
            deadline + _GRACE - time.monotonic(), _give_up, asked
        )
        try:
            return await asked
        finally:
            timer.cancel()

    async def _commit(self, items: Sequence[Item]) -> Sequence[Sequence[Result]]:
        origin, rider = None, None
        rows: dict[int, Row] = {}
        landed: dict[int, Row] | None = None
        statement: LiteralString = COMMIT
        try:
            if self._answers is not None:
                origin = self._answers.origin
                for item in items:
                    if item.session.id and item.answers:
                        item.token = self._answers.reserve(item.session.id)
                rider = self._answers.find_rider()
            parameters = list_parameters(items, origin)
            if rider is not None:
                statement = f"{rider.statement} UNION ALL {COMMIT}"
                parameters = (*rider.parameters, *parameters)
            fetched = await execute_once(self._pool, statement, parameters, deadline_from_now())
            landed = rows = {row[0]: row[1:] for row in fetched}
        except UnconfirmedCommit as error:
            raise Unconfirmed(first_line(error)) from error
        except (psycopg.Error, PoolTimeout) as error:
            report_group_failed("commit_turns", first_line(error))  # each alone raises its own
        finally:
            if rider is not None:
                rider.land(landed)
            places = iter(range(1, sum(len(item.steps) for item in items) + 1))
            by_item = [[rows.get(next(places)) for _ in item.steps] for item in items]
            handed_over = [
                self._hand_over(item, own) for item, own in zip(items, by_item, strict=True)
            ]
        return [
            [None if row is None else read_result(row, is_handed_over=handed) for row in own]
            for own, handed in zip(by_item, handed_over, strict=True)
        ]

    def _hand_over(self, item: Item, rows: Sequence[Row | None]) -> bool:
        """Whether the outbox has the first answer. `rows`: of the item's turns; None if none has
        come back.
        """
        client, token = item.session.id, item.token
        if self._answers is None or client is None or token is None:
            return False
        begun: dict[str, Any] | None = next((row[8] for row in rows if row and row[8]), None)
        if begun is None:
            self._answers.release(client, token, is_unknown=None in rows)
            return False
        message = Outgoing(begun["body"], begun["kind"], begun["detail"], checked=False)
        self._answers.take(client, token, begun["address"], message, has_more=item.answers > 1)
        return True


def _give_up(asked: asyncio.Future[Sequence[Result]]) -> None:
    if not asked.done():
        asked.set_exception(Unavailable("the database has not done it in time"))
