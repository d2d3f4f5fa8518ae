"""The turn's statements: each is one call of a function in sql/turn.sql, one round trip."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from app.database.connection import cutting_after
from app.database.pool import Pool
from app.sessions.errors import Busy, Unavailable
from app.sessions.session import Message, Reply, Session

PATIENCE = 1.0
"""Seconds that a turn waits for the database, locks and pool together."""

_TRY_AGAIN = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
)
"""Somebody else is at the same rows: nothing was written, and the next try sees what they left."""
_STORED_MEANWHILE = "ST003"
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.2
_LAST_ATTEMPT = 0.25
"""Seconds that an attempt gets at the deadline: more than its lock_timeout, so that it ends by
itself and not by losing its connection."""


@dataclass(frozen=True, slots=True)
class Committed:
    session: Session
    """As it is now."""


@dataclass(frozen=True, slots=True)
class Stale:
    session: Session
    """The current one; nothing was written."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written, and nothing is to be answered."""

    outcome: str
    """`duplicate`, `forgotten` (written before a reset) or `gone` (reset while it was answered)."""


@dataclass(frozen=True, slots=True)
class Stored:
    outcome: str
    """`stored`, `duplicate` or `forgotten`."""
    client_id: str | None


def deadline_from_now() -> float:
    """PATIENCE from now, on the clock of `time.monotonic`."""
    return time.monotonic() + PATIENCE


async def load_session(pool: Pool, addresses: Sequence[str], deadline: float) -> Session:
    """What is remembered of whoever writes from these addresses."""
    row = await fetch_row(
        pool,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision"
        " FROM load_session(%s)",
        (list(addresses),),
        deadline,
    )
    return _read_session(row)


async def commit_turn(
    pool: Pool,
    session: Session,
    message: Message,
    reply: Reply,
    deadline: float,
    *,
    stored_message: UUID | None = None,
) -> Committed | Stale | Refused:
    """Writes a turn that was answered from `session`, if that is still the current one.

    `stored_message` is the token of a message that was stored before it was answered.
    """
    row = await fetch_row(
        pool,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision, outcome"
        " FROM commit_turn(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::text[], %s)",
        (
            list(message.addresses),
            session.id,
            session.user_revision,
            session.session_revision,
            message.id,
            message.kind,
            message.text,
            _detail_of(message),
            message.at,
            message.profile_name,
            Jsonb(dict(reply.context)),
            reply.learnt_name,
            list(reply.answers),
            stored_message,
        ),
        deadline,
    )
    match row[7]:
        case "committed":
            return Committed(_read_session(row))
        case "stale":
            return Stale(_read_session(row))
        case outcome:
            return Refused(outcome)


async def store_message(pool: Pool, message: Message, bot: UUID, deadline: float) -> Stored:
    """Stores a message whose answer takes its time, claimed by this bot."""
    while True:
        outcome, client_id = await fetch_row(
            pool,
            "SELECT outcome, client_id FROM store_message(%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                list(message.addresses),
                message.id,
                message.kind,
                message.text,
                _detail_of(message),
                message.at,
                message.profile_name,
                bot,
            ),
            deadline,
        )
        if outcome != "stale":
            return Stored(outcome, client_id)
        if time.monotonic() > deadline:
            raise Busy("other messages of this client were always faster")


async def forget_by_chat(
    pool: Pool,
    session: Session,
    message: Message,
    deadline: float,
    *,
    stored_message: UUID | None = None,
) -> str:
    """Resets the client who asked for it: `reset`, `stale`, `duplicate`, `forgotten` or `gone`."""
    row = await fetch_row(
        pool,
        "SELECT outcome FROM forget_by_chat(%s, %s, %s, %s, %s, %s, %s)",
        (
            list(message.addresses),
            session.id,
            session.user_revision,
            session.session_revision,
            message.id,
            message.at,
            stored_message,
        ),
        deadline,
    )
    return row[0]


async def fetch_row(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> tuple[Any, ...]:
    """The one row of a statement that may be repeated as long as it has written nothing.

    Behind somebody's lock it holds no connection while it waits, so that the clients of one
    long transaction can't starve the others. Raises Busy or Unavailable at the deadline.
    """
    rows = await fetch_rows(pool, statement, parameters, deadline)
    return rows[0]


async def fetch_rows(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> list[tuple[Any, ...]]:
    """All rows of such a statement; otherwise as `fetch_row`."""
    pause = _FIRST_PAUSE
    blocked: psycopg.Error | None = None
    while True:
        try:
            return await _execute(pool, statement, parameters, deadline)
        except PoolTimeout as error:
            if blocked is not None:
                raise Busy(_say(blocked)) from error
            raise Unavailable("no connection to the database") from error
        except psycopg.Error as error:
            blocked = error
            if not (isinstance(error, _TRY_AGAIN) or error.sqlstate == _STORED_MEANWHILE):
                if isinstance(error, errors.ReadOnlySqlTransaction):
                    # A primary that was replaced and left up: all connections have to move.
                    await pool.drain()
                    raise Unavailable(_say(error)) from error
                if isinstance(error, (psycopg.DataError, psycopg.IntegrityError)):
                    raise  # what was to be written is at fault, and would be again
                raise Unavailable(_say(error)) from error
            if time.monotonic() + pause > deadline:
                raise Busy(_say(error)) from error
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _execute(
    pool: Pool, statement: LiteralString, parameters: Sequence[Any], deadline: float
) -> list[tuple[Any, ...]]:
    async with pool.connection(timeout=max(0.05, deadline - time.monotonic())) as conn:
        patience = max(_LAST_ATTEMPT, deadline - time.monotonic())
        with cutting_after(conn, patience):
            cursor = await conn.execute(statement, parameters)
        return await cursor.fetchall()


def _detail_of(message: Message) -> Jsonb | None:
    detail = dict(message.detail or {})
    if message.forwarded:
        detail["forwarded"] = True
    return Jsonb(detail) if detail else None


def _say(error: psycopg.Error) -> str:
    """One line without the statement's values."""
    return error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__


def _read_session(row: tuple[Any, ...]) -> Session:
    client_id, incarnation, nama, paused, context, user_revision, session_revision = row[:7]
    return Session(
        id=client_id,
        incarnation=incarnation,
        nama=nama,
        paused=bool(paused),
        context=context or {},
        user_revision=user_revision,
        session_revision=session_revision,
    )
