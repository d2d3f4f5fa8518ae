"""A client's messages as the timeline shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request

from app.dashboard.queries import fetch_all
from app.dashboard.words import WIB, Words

PAGE = 60
LONG = 1200
"""Characters past which a message is folded."""


@dataclass(frozen=True, slots=True)
class TimelineMessage:
    id: int
    direction: str
    kind: str
    body: str
    at: datetime
    status: str
    error_code: int | None
    error_text: str | None

    @property
    def outgoing(self) -> bool:
        return self.direction == "out"

    @property
    def beginning(self) -> str | None:
        """The first characters of a message that is folded; None for a short one."""
        return self.body[:LONG] if len(self.body) > LONG else None

    def name_kind(self, words: Words) -> str:
        key = f"kind.{self.kind}"
        return words.t(key) if words.has(key) else words.t("kind.other", kind=self.kind)

    def explain_error(self, words: Words) -> str:
        """The failure in words; empty without one."""
        if self.error_code is None:
            return self.error_text or ""
        key = f"error.{self.error_code}"
        reason = words.t(key) if words.has(key) else (self.error_text or words.t("error.unknown"))
        return words.t("error.with_code", reason=reason, code=self.error_code)


@dataclass(frozen=True, slots=True)
class Timeline:
    messages: list[TimelineMessage]
    """The oldest first."""
    before: int | None
    """The message before which there are more."""

    @property
    def days(self) -> Iterator[tuple[TimelineMessage, bool]]:
        """The messages, each with whether a day begins with it."""
        last: date | None = None
        for message in self.messages:
            day = message.at.astimezone(WIB).date()
            yield message, day != last
            last = day


async def read_timeline(request: Request, client_id: str, before: int | None) -> Timeline:
    """The latest messages, or those before one."""
    messages = await fetch_all(
        request,
        TimelineMessage,
        "SELECT * FROM client_timeline(%s, %s, %s)",
        [client_id, before, PAGE + 1],
    )
    more = len(messages) > PAGE
    shown = messages[:PAGE][::-1]
    return Timeline(shown, shown[0].id if more else None)
