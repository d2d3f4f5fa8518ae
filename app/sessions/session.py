"""The values of a turn: what is remembered, what came in, what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

_INSTANT: Final = "answers_at_once"


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of one client, as one committed transaction left it.

    Everything is None (and `context` empty) for a sender whom the database does not know.
    The two revisions are the fence: a turn commits only if both are still the current ones.
    """

    id: str | None = None
    """`"User".id`: `6281717407674@c.us`, or a BSUID."""
    incarnation: UUID | None = None
    """This life of the client; a client deleted and made again has another."""
    nama: str | None = None
    paused: bool = False
    """A person has taken over: messages are stored and not answered."""
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the responder keeps between turns (a JSON object, never the name); read only."""
    user_revision: UUID | None = None
    session_revision: UUID | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, already cleaned (no NUL, no lone surrogates)."""

    id: str
    """WhatsApp's message id, or a key derived from the content where it has none."""
    addresses: tuple[str, ...]
    """Where it came from, preferred first: phone digits without plus, BSUID, parent BSUID."""
    kind: str
    """`text`, `image`, `location`, … as the Cloud API calls it."""
    text: str
    """The body, button title or caption; empty where the kind has none."""
    at: datetime
    """The sender's time, in UTC; WhatsApp gives whole seconds."""
    forwarded: bool = False
    """Somebody else's words: nothing is learnt from them."""
    profile_name: str | None = None
    """What the person typed into WhatsApp; shown as such, never taken for the learnt name."""
    detail: Mapping[str, Any] | None = None
    """What else is kept of it (media id, coordinates, …), as JSON."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a responder makes of a message."""

    context: Mapping[str, Any]
    """The whole new context; it replaces the old one."""
    answers: tuple[str, ...] = ()
    """Texts to send, in order, each at most 4,096 characters."""
    learnt_name: str | None = None
    """The name the client just told; None when nothing was learnt."""
    forget: bool = False
    """The client asked to be forgotten: the turn becomes a reset and `answers` its farewell."""


Responder = Callable[[Session, Message], Reply | Awaitable[Reply]]
"""A pure function of what is remembered and what came in: no database, no clock, no I/O.

It may take its time, as an `async def` or (in a thread) a plain function: its message is stored
and acknowledged before it is asked. One that is marked `@instant` is asked within the webhook's
request."""

InstantResponder = Callable[[Session, Message], Reply]


def instant(responder: InstantResponder) -> InstantResponder:
    """Marks a plain function that never waits for anything."""
    setattr(responder, _INSTANT, True)
    return responder


def is_instant(responder: Responder) -> TypeGuard[InstantResponder]:
    return getattr(responder, _INSTANT, False) is True
