"""The turn's statements: each is one call of a function in sql/, one round trip."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database.errors import Busy
from app.database.pool import Pool
from app.database.retrying import fetch_row
from app.messages import Message, Outgoing, Reply
from app.sessions.session import ChoiceReply, Session
from app.telemetry.bot import report_identity

NUMBER_KEPT: Final = timedelta(days=90)
"""How long a number stays a client's who does not write, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Committed:
    session: Session
    """As it is now."""
    is_handed_over: bool = False
    """The outbox has the first answer, and sends the others after it: it need not be woken."""


@dataclass(frozen=True, slots=True)
class Stale:
    session: Session
    """The current one. No turn was written; two clients may have been merged."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing was written, and nothing is to be answered."""

    outcome: str
    """`duplicate`, `too_old` (written over 7.5 days ago), `forgotten` (written before a reset) or
    `gone` (reset while it was answered)."""


@dataclass(frozen=True, slots=True)
class Stored:
    outcome: str
    """`stored`, `duplicate`, `too_old` or `forgotten`."""
    client_id: str | None
    incarnation: UUID | None
    due_in: float
    """Seconds until it may be answered; 0 at once."""


async def load_session(
    pool: Pool, message: Message, deadline: float, *, number_kept: timedelta = NUMBER_KEPT
) -> Session:
    """What is remembered of the client who wrote this message."""
    row = await fetch_row(
        pool,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision"
        " FROM novabot_internal.load_session(%s, %s, %s, %s)",
        (list(message.addresses), message.account, message.at, number_kept),
        deadline,
    )
    return read_session(row)


async def load_stored_session(pool: Pool, stored_message: UUID, deadline: float) -> Session:
    """What is remembered of the client of a stored message; an empty session when it is gone."""
    row = await fetch_row(
        pool,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision"
        " FROM novabot_internal.load_stored_session(%s)",
        (stored_message,),
        deadline,
    )
    return read_session(row)


async def is_wish_open(pool: Pool, client: str, deadline: float) -> bool:
    """Whether the client was asked within five minutes to confirm the wish to be forgotten."""
    row = await fetch_row(pool, "SELECT novabot_internal.is_wish_open(%s)", (client,), deadline)
    return row[0]


async def commit_turn(
    pool: Pool,
    session: Session,
    message: Message,
    reply: Reply,
    deadline: float,
    *,
    stored_message: UUID | None = None,
    number_kept: timedelta = NUMBER_KEPT,
    status: Literal["answered", "unanswered"] = "answered",
) -> Committed | Stale | Rejected:
    """Writes a turn that was answered from `session`, if that is still the current one.

    `stored_message` is the token of a message that was stored before it was answered; `status` is
    what its row says from now on, `unanswered` where a person has to see to it.
    """
    row = await fetch_row(
        pool,
        "SELECT id, incarnation, nama, paused, context, user_revision, session_revision, outcome,"
        " identity"
        " FROM novabot_internal.commit_turn(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
        " %s, %s, %s, %s, %s)",
        (
            list(message.addresses),
            session.id,
            session.user_revision,
            session.session_revision,
            message.id,
            message.kind,
            message.text,
            detail_of(message, reply.learnt_name),
            message.at,
            message.profile_name,
            Jsonb(dict(reply.context)),
            reply.learnt_name,
            Jsonb([write_outgoing(outgoing) for outgoing in reply.outgoing]),
            stored_message,
            message.account,
            number_kept,
            status,
            reply.choice if isinstance(reply, ChoiceReply) else None,
        ),
        deadline,
    )
    if row[8] is not None:
        report_identity(row[8])
    match row[7]:
        case "committed":
            return Committed(read_session(row))
        case "stale":
            return Stale(read_session(row))
        case outcome:
            return Rejected(outcome)


async def store_message(
    pool: Pool,
    message: Message,
    bot: UUID,
    deadline: float,
    *,
    number_kept: timedelta = NUMBER_KEPT,
    quiet: float = 0,
) -> Stored:
    """Stores a message whose answer takes its time.

    It is to be answered in `quiet` seconds (see app/bot/joining.py), by any bot; with 0 it is
    claimed by this one. Raises Busy or Unavailable.
    """
    while True:
        outcome, client_id, identity, incarnation, due_in = await fetch_row(
            pool,
            "SELECT outcome, client_id, identity, incarnation, due_in"
            " FROM novabot_internal.store_message(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                list(message.addresses),
                message.id,
                message.kind,
                message.text,
                detail_of(message),
                message.at,
                message.profile_name,
                bot,
                message.account,
                number_kept,
                quiet,
            ),
            deadline,
        )
        if identity is not None:
            report_identity(identity)
        if outcome != "stale":
            return Stored(outcome, client_id, incarnation, due_in or 0.0)
        if time.monotonic() > deadline:
            raise Busy("other transactions kept changing this client")


async def forget_by_chat(
    pool: Pool,
    session: Session,
    message: Message,
    deadline: float,
    *,
    stored_message: UUID | None = None,
    number_kept: timedelta = NUMBER_KEPT,
) -> tuple[str, str | None]:
    """Resets the client who asked for it.

    Returns `reset`, `stale`, `duplicate`, `too_old`, `forgotten` or `gone`, and the address to
    which the farewell goes; None if the client has left all of them. Raises RowsKept.
    """
    row = await fetch_row(
        pool,
        "SELECT outcome, address"
        " FROM novabot_internal.forget_by_chat(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            list(message.addresses),
            session.id,
            session.user_revision,
            session.session_revision,
            message.id,
            message.at,
            stored_message,
            message.account,
            number_kept,
        ),
        deadline,
    )
    return row[0], row[1]


def write_outgoing(outgoing: Outgoing) -> dict[str, Any]:
    written: dict[str, Any] = {
        "kind": outgoing.kind,
        "body": outgoing.body,
        "author": outgoing.author,
    }
    if outgoing.detail is not None:
        written["detail"] = dict(outgoing.detail)
    if outgoing.key is not None:
        written["key"] = outgoing.key
    return written


def detail_of(message: Message, learnt_name: str | None = None) -> Jsonb | None:
    """What is kept of a message beside its text, and the name that it taught."""
    detail = dict(message.detail or {})
    if message.forwarded:
        detail["forwarded"] = True
    if learnt_name is not None:
        detail["learnt"] = learnt_name
    return Jsonb(detail) if detail else None


def read_session(row: tuple[Any, ...]) -> Session:
    """A session of the columns that the functions of sql/ return, in their order."""
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
