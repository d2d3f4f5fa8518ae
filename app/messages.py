"""The values that cross walls: what came in, what a responder makes of it, what goes out.

A responder's author imports them from `novabot`. An outgoing message is one value all the way:
from the reply through the turn's transaction and the outbox to the Cloud API. To add a kind, add
it to `Kind` and its builder to app/bot/whatsapp/outbound.py; nothing in between looks inside.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeGuard, TypeVar, get_args

Kind = Literal["text"]
"""What this release can send. During an upgrade, bots of the release before leave other kinds to
newer bots, and ignore what they do not know in `detail`: whatever changes what the client is to
see (a quote, a button) is therefore a kind of its own."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

TEXT_LIMIT: Final = 4_096
"""Characters of a text message that WhatsApp takes."""

_AUTHOR: Final = re.compile(r"bot|(?:operator|api):.+", re.DOTALL)
_INSTANT: Final = "answers_at_once"

_Responder = TypeVar("_Responder", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, already cleaned (no NUL, no lone surrogates)."""

    id: str
    """WhatsApp's message id, or a key derived from the content where it has none."""
    addresses: tuple[str, ...]
    """The sender's addresses, preferred first: phone digits, BSUID, its parent; never empty."""
    kind: str
    """`text`, `button`, `interactive`, `image`, …, `location`, or `unsupported`."""
    text: str
    """The body, button title or caption; empty where the kind has none."""
    at: datetime
    """The sender's time, in UTC; WhatsApp gives whole seconds."""
    forwarded: bool = False
    """The words of another person: nothing is learnt from them."""
    profile_name: str | None = None
    """What the person typed into WhatsApp; shown as such, never taken for the learnt name."""
    detail: Mapping[str, Any] | None = None
    """What else is kept of it (media id, coordinates, …), as JSON."""
    account: str | None = None
    """WhatsApp's id of the business account that it was sent to: its BSUIDs belong to that one."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbound message, before it is stored and sent. Raises ValueError for an impossible one.

    A text is its body alone: `Outgoing("Hello")`.
    """

    body: str
    """The text; for other kinds, what a person reads of it on the dashboard."""
    kind: Kind = "text"
    detail: Mapping[str, Any] | None = None
    """What the kind needs beside the body, as JSON."""
    author: str = "bot"
    """`bot` for a responder, `operator:NAME` or `api:NAME`."""
    key: str | None = None
    """Idempotency key: a client has one message with it, however often it is queued."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} cannot be sent; use one of: {', '.join(KINDS)}")
        if not _AUTHOR.fullmatch(self.author):
            raise ValueError("author is `bot`, `operator:NAME` or `api:NAME`")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a responder makes of a message."""

    context: Mapping[str, Any]
    """The whole new context; it replaces the old one."""
    answers: Sequence[str | Outgoing] = ()
    """What to send, in order. A plain string is a text, at most 4,096 characters long."""
    learnt_name: str | None = None
    """The name the client just told; None when nothing was learnt, "" to clear the name."""
    forget: bool = False
    """The client asked to be forgotten: the turn becomes a reset and `answers` its farewell."""

    @property
    def outgoing(self) -> tuple[Outgoing, ...]:
        """The answers, strings as texts. Raises TypeError for what is neither."""
        if isinstance(self.answers, str):
            raise TypeError("answers is a sequence of texts, not one text: write (text,)")
        return tuple(_read_answer(answer) for answer in self.answers)


def check_reply(reply: object) -> Reply:
    """A responder's reply, with every answer an Outgoing of the author `bot`.

    Raises TypeError or ValueError, which say what the responder has to return instead.
    """
    if not isinstance(reply, Reply):
        raise TypeError(f"a responder returns a novabot.Reply, not a {type(reply).__qualname__}")
    outgoing = reply.outgoing
    if any(answer.author != "bot" for answer in outgoing):
        raise ValueError("the author of a responder's answers is `bot`")
    return replace(reply, answers=outgoing)


def instant(responder: _Responder) -> _Responder:
    """Marks a responder that never waits for anything: a plain function."""
    if inspect.iscoroutinefunction(responder):
        raise TypeError("@instant is for plain functions: an async def may wait")
    setattr(responder, _INSTANT, True)
    return responder


def is_instant(responder: Callable[..., object]) -> TypeGuard[Callable[..., Reply]]:
    return getattr(responder, _INSTANT, False) is True


def _read_answer(answer: object) -> Outgoing:
    match answer:
        case str():
            return Outgoing(answer)
        case Outgoing():
            return answer
        case _:
            raise TypeError(
                f"an answer is a text or a novabot.Outgoing, not a {type(answer).__qualname__}"
            )
