"""What `commit_turns` (sql/turn_groups.sql) is given, and what it says of each turn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.database.arrays import write_plain, write_texts
from app.messages import Message, Reply
from app.sessions.session import Session
from app.sessions.store import (
    Committed,
    Rejected,
    Stale,
    detail_of,
    read_session,
    write_outgoing,
)

Result = Committed | Stale | Rejected | None
"""None: not judged. The turn is to be committed alone, or its session loaded alone."""

Row = tuple[Any, ...]
"""What `commit_turns` returns for a turn, but its place."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends the first answers, and from which number."""

    bot: UUID
    number: str
    digest: bytes
    """SHA-256 of the access token."""
    is_paced: bool


@dataclass(slots=True)
class Step:
    """One turn, as it is to be written."""

    message: Message
    detail: str | None
    """JSON, as all that a responder made: what can't be written fails its own turn alone."""
    context: str
    outgoing: str
    answers: int
    learnt_name: str | None
    profile_name: str | None


@dataclass(slots=True)
class Item:
    session: Session
    """Without an id it is only to be loaded."""
    steps: Sequence[Step]
    """One, or more for a chain."""
    token: UUID | None = None
    """Of the first answer, where it is begun with the commit."""

    @property
    def answers(self) -> int:
        return sum(step.answers for step in self.steps)


def make_item(session: Session, turns: Sequence[tuple[Message, Reply]]) -> Item:
    steps = [_make_step(message, reply) for message, reply in turns]
    if len(steps) > 1:
        learnt = [step.learnt_name for step in steps if step.learnt_name is not None]
        profiles = [step.profile_name for step in steps if step.profile_name is not None]
        last = steps[-1]
        last.learnt_name = learnt[-1] if learnt else session.nama or ""
        last.profile_name = profiles[-1] if profiles else None
    return Item(session, steps)


def _make_step(message: Message, reply: Reply) -> Step:
    outgoing = [write_outgoing(outgoing) for outgoing in reply.outgoing]
    detail = detail_of(message, reply.learnt_name)
    return Step(
        message,
        None if detail is None else json.dumps(detail.obj),
        json.dumps(dict(reply.context)),
        json.dumps(outgoing),
        len(outgoing),
        reply.learnt_name,
        message.profile_name,
    )


def read_result(row: Row, *, is_handed_over: bool) -> Result:
    match row[0]:
        case "committed":
            return Committed(read_session(row[1:8]), is_handed_over=is_handed_over)
        case "stale":
            return Stale(read_session(row[1:8]))
        case "alone":
            return None
        case outcome:
            return Rejected(outcome)


COMMIT: Final = (
    "SELECT place, outcome, id, incarnation, nama, paused, context, user_revision,"
    " session_revision, taken"
    " FROM novabot_internal.commit_turns(%s::text[], %s::uuid[], %s::uuid[], %s::text[],"
    " %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[], %s::text[], %s::jsonb[],"
    " %s::text[], %s::jsonb[], %s::uuid[], %s::integer[], %s::text[], %s::integer[], %s, %s, %s,"
    " %s)"
)


def list_parameters(items: Sequence[Item], origin: Origin | None) -> tuple[Any, ...]:
    steps: list[Step] = []
    sessions: list[Session] = []
    tokens: list[UUID | None] = []
    ends: list[int] = []
    for item in items:
        token, end = item.token, len(steps) + len(item.steps)
        for step in item.steps:
            steps.append(step)
            sessions.append(item.session)
            ends.append(end)
            tokens.append(token if step.answers else None)
            token = None if step.answers else token
    written = [
        (place, address)
        for place, step in enumerate(steps, 1)
        for address in step.message.addresses
    ]
    return (
        write_texts(session.id for session in sessions),
        write_plain(session.user_revision for session in sessions),
        write_plain(session.session_revision for session in sessions),
        write_texts(step.message.id for step in steps),
        write_texts(step.message.kind for step in steps),
        write_texts(step.message.text for step in steps),
        write_texts(step.detail for step in steps),
        write_plain(step.message.at for step in steps),
        write_texts(step.profile_name for step in steps),
        write_texts(step.context for step in steps),
        write_texts(step.learnt_name for step in steps),
        write_texts(step.outgoing for step in steps),
        write_plain(tokens),
        [place for place, _ in written],
        write_texts(address for _, address in written),
        ends,
        origin and origin.bot,
        origin and origin.number,
        origin and origin.digest,
        origin is not None and origin.is_paced,
    )
