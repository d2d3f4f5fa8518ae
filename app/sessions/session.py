"""What is remembered of a client, and the function that answers from it.

`Message`, `Reply`, `instant` and `is_instant` are here for responders that were written for
version 0.1; `novabot` has them. To be removed in the next release.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.messages import Message, Reply, instant, is_instant

__all__ = [
    "InstantResponder",
    "Message",
    "Reply",
    "Responder",
    "Session",
    "instant",
    "is_instant",
]


WISH_KEY = "novabotWish"
"""In the context: the client was asked to confirm the wish to be forgotten. No responder sees it;
the database decides how long it stays (`keep_wish` in sql/sessions.sql)."""


@dataclass(frozen=True, slots=True)
class ChoiceReply(Reply):
    """The program's own reply to what a client chose for itself; no responder makes one."""

    choice: str | None = None
    """As `take_choice` in sql/opting_out.sql has it; None where it was chosen before."""


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of one client, as one committed transaction left it.

    Everything is None (and `context` empty) for a sender whom the database does not know.
    The two revisions are the fence: a turn commits only if both are still the current ones.
    """

    id: str | None = None
    """`"User".id`: `6281717407674@c.us`, or a BSUID."""
    incarnation: UUID | None = None
    """A random uuid; a client that is deleted and made again has another one."""
    nama: str | None = None
    paused: bool = False
    """A person has taken over, or the client has stopped all messages: messages are stored and not
    answered."""
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the responder keeps between turns (a JSON object, never the name); read only."""
    user_revision: UUID | None = None
    session_revision: UUID | None = None


def is_for_a_person(reply: Reply) -> bool:
    """Whether the client asked for a person, who has to answer then."""
    return isinstance(reply, ChoiceReply) and reply.choice == "person"


Responder = Callable[[Session, Message], Reply | Awaitable[Reply]]
"""A pure function of what is remembered and what came in: no database, no clock, no I/O.

It may take its time, as an `async def` or (in a thread) a plain function: its message is stored
and acknowledged before it is asked. One that is marked `@instant` is asked within the webhook's
request."""

Forgotten = Callable[[frozenset[UUID] | None], Awaitable[None] | None]
"""What a responder with a memory of its own has as its attribute `forgotten`: it is given the
incarnations that were reset or merged into others, or None where any client may be among them."""

InstantResponder = Callable[[Session, Message], Reply]


def name_cause(answered_from: Session, current: Session) -> str:
    """Why the fence sent a turn back: `reset`, `edit` or another bot's `turn`.

    A turn renews both revisions, an edit one, and another incarnation means a reset. A merge renews
    one or both, so it counts as `edit` or `turn`.
    """
    if answered_from.incarnation not in (None, current.incarnation):
        return "reset"
    if (answered_from.user_revision == current.user_revision) != (
        answered_from.session_revision == current.session_revision
    ) or (current.id is not None and current.session_revision is None):
        return "edit"
    return "turn"
