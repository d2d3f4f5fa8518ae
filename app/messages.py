"""The values that cross walls: what came in, what a responder makes of it, what goes out.

A responder's author imports them from `novabot`. An outgoing message is one value all the way:
from the reply through the turn's transaction and the outbox to the Cloud API. To add a kind, add
it and its check to app/message_kinds.py and its builder to app/bot/whatsapp/outbound.py; nothing in
between looks inside.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeGuard, TypeVar

from app.message_kinds import (
    TEXT_LIMIT,
    Kind,
    Media,
    check_kind,
    check_storable,
    copy_detail,
    is_message_id,
)
from app.texts import split_text

_AUTHOR: Final = re.compile(r"bot|(?:operator|api):.+", re.DOTALL)
_INSTANT: Final = "answers_at_once"
_PART: Final = "\x1f"
"""Between a message's key and the number of its part: no key that an author chooses holds it."""

Row = str | tuple[str, str] | tuple[str, str, str]
"""A row of a list: its title, which is its id too, or id and title, or id, title, description."""

_Responder = TypeVar("_Responder", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, already cleaned (no NUL, no lone surrogates)."""

    id: str
    """WhatsApp's message id, or a key derived from the content where it has none."""
    addresses: tuple[str, ...]
    """The sender's addresses, preferred first: phone digits, BSUID, its parent; never empty."""
    kind: str
    """`text`, `button`, `interactive`, `image`, …, `location`, or `unsupported`; `call` is stored
    and comes to no responder."""
    text: str
    """The body, button title or caption; empty where the kind has none. Of several texts that get
    one answer (NOVABOT_JOIN_SECONDS) a line or more each, while the rest is the last one's."""
    at: datetime
    """The sender's time, in UTC; WhatsApp gives whole seconds."""
    forwarded: bool = False
    """The words of another person: nothing is learnt from them."""
    profile_name: str | None = None
    """What the person typed into WhatsApp; shown as such, never taken for the learnt name."""
    detail: Mapping[str, Any] | None = None
    """What else is kept of it, as JSON: media id, coordinates, `quotes` (with the `id` of the
    message that this one answers), `referral` (the advertisement), …"""
    account: str | None = None
    """WhatsApp's id of the business account that it was sent to: its BSUIDs belong to that one."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbound message, before it is stored and sent. Raises ValueError for an impossible one.

    A text is its body alone: `Outgoing("Hello")`. For the other kinds there are the functions
    below; each message is a new value.
    """

    body: str
    """The text, caption or emoji; of a template, what a person reads of it on the dashboard."""
    kind: Kind = "text"
    detail: Mapping[str, Any] | None = None
    """What the kind needs beside the body, as JSON."""
    author: str = "bot"
    """`bot` for a responder, `operator:NAME` or `api:NAME`."""
    key: str | None = None
    """Idempotency key: a client has one message with it, however often it is queued."""
    checked: InitVar[bool] = True
    """False for what was stored: it is checked when it is sent."""

    def __post_init__(self, checked: bool) -> None:
        if not checked:
            return
        if not _AUTHOR.fullmatch(self.author):
            raise ValueError("author is `bot`, `operator:NAME` or `api:NAME`")
        check_storable("the key", self.key or "")
        if self.detail is not None:
            object.__setattr__(self, "detail", copy_detail(self.detail))
        check_kind(self.kind, self.body, self.detail)

    @classmethod
    def template(
        cls, name: str, language: str, components: Sequence[Mapping[str, Any]] = (), body: str = ""
    ) -> Outgoing:
        """A template that Meta has approved, the only kind that may be sent at any time.

        `components` as Meta documents them, with their parameters; `body` as people will read it.
        """
        detail = {"name": name, "language": language, "components": list(components)}
        return cls(body or name, "template", detail)

    @classmethod
    def media(
        cls,
        kind: Media,
        *,
        media_id: str | None = None,
        link: str | None = None,
        caption: str = "",
        filename: str | None = None,
    ) -> Outgoing:
        """Media by the id of an upload or by a link; image, video and document have a caption."""
        return cls(caption, kind, _given(id=media_id, link=link, filename=filename))

    @classmethod
    def buttons(
        cls,
        body: str,
        buttons: Sequence[str | tuple[str, str]],
        *,
        header: str | None = None,
        footer: str | None = None,
    ) -> Outgoing:
        """A text with one to three buttons: a title each, which is its id too, or id and title.

        The one that is tapped comes as a message of the kind `interactive`, with the title as its
        text and the id in its detail.
        """
        shown = [_read_choice(button) for button in buttons]
        return cls(body, "buttons", _given(buttons=shown, header=header, footer=footer))

    @classmethod
    def list(
        cls,
        body: str,
        button: str,
        rows: Sequence[Row] | Mapping[str, Sequence[Row]],
        *,
        header: str | None = None,
        footer: str | None = None,
    ) -> Outgoing:
        """A text with a button that opens up to ten rows, or sections of them by their titles.

        The row that is chosen comes back as a button does.
        """
        sections: Sequence[Mapping[str, Any]]
        if isinstance(rows, Mapping):
            sections = [
                {"title": title, "rows": [_read_choice(row) for row in section]}
                for title, section in rows.items()
            ]
        else:
            sections = [{"rows": [_read_choice(row) for row in rows]}]
        detail = _given(button=button, sections=sections, header=header, footer=footer)
        return cls(body, "list", detail)

    @classmethod
    def reaction(cls, message_id: str, emoji: str) -> Outgoing:
        """An emoji on a message of the client; an empty one takes the last one back."""
        return cls(emoji, "reaction", {"message_id": message_id})

    def quoting(self, message: Message) -> Outgoing:
        """The same message as a reply that shows the client's; not for templates and reactions.

        What came without an id of WhatsApp's cannot be quoted: then it is sent as it is.
        """
        if not is_message_id(message.id):
            return self
        detail = _given(message_id=message.id, kind=self.kind, detail=self.detail)
        return replace(self, kind="quote", detail=detail)

    @property
    def parts(self) -> tuple[Outgoing, ...]:
        """What is sent: long texts in parts of what WhatsApp takes, and nothing of a blank one.

        The first part of a quote quotes. Every part of a message with a key has a key of its own.
        """
        is_quote = self.kind == "quote" and (self.detail or {}).get("kind") == "text"
        if self.kind != "text" and not is_quote:
            return (self,)
        return tuple(
            self._make_part(place, text)
            for place, text in enumerate(split_text(self.body, TEXT_LIMIT))
        )

    def _make_part(self, place: int, text: str) -> Outgoing:
        if place == 0:
            return self if text == self.body else replace(self, body=text)
        key = None if self.key is None else f"{self.key}{_PART}{place + 1}"
        return Outgoing(text, author=self.author, key=key)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a responder makes of a message."""

    context: Mapping[str, Any]
    """The whole new context; it replaces the old one."""
    answers: Sequence[str | Outgoing] = ()
    """What to send, in order. A plain string is a text; a blank one is not sent."""
    learnt_name: str | None = None
    """The name the client just told; None when nothing was learnt, "" to clear the name."""
    forget: bool = False
    """The client asked to be forgotten: the turn becomes a reset and `answers` its farewell."""

    @property
    def outgoing(self) -> tuple[Outgoing, ...]:
        """What is sent: strings as texts, long texts in parts, blank ones left out.

        Raises TypeError for an answer that is neither, ValueError for an impossible one.
        """
        if isinstance(self.answers, str):
            raise TypeError("answers is a sequence of texts, not one text: write (text,)")
        return tuple(part for answer in self.answers for part in _read_answer(answer).parts)


def check_reply(reply: object) -> Reply:
    """A responder's reply, with every answer an Outgoing of the author `bot`.

    Raises TypeError or ValueError, which say what the responder has to return instead.
    """
    if not isinstance(reply, Reply):
        raise TypeError(f"a responder returns a novabot.Reply, not a {type(reply).__qualname__}")
    outgoing = reply.outgoing
    for answer in outgoing:
        if answer.author != "bot":
            raise ValueError("the author of a responder's answers is `bot`")
    _check_name(reply.learnt_name)
    return replace(reply, answers=outgoing)


def _check_name(name: object) -> None:
    if name is None:
        return
    if not isinstance(name, str):
        raise TypeError(f"learnt_name is a text or None, not a {type(name).__qualname__}")
    check_storable("learnt_name", name)


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


def _read_choice(choice: object) -> dict[str, str]:
    """A button or a row of a list. Raises ValueError for what is neither."""
    match choice:
        case str():
            return {"id": choice, "title": choice}
        case (str(id), str(title)):
            return {"id": id, "title": title}
        case (str(id), str(title), str(description)):
            return {"id": id, "title": title, "description": description}
        case _:
            raise ValueError("a choice is its title, or (id, title), or (id, title, description)")


def _given(**fields: object) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
