"""A client's messages as the timeline shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.crm.conversation import StoredMessage
from app.dashboard.web.i18n import WIB, Words

LONG = 1200
"""Characters past which a message is folded."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    message: StoredMessage
    begins_day: bool
    kind: str
    """In words."""
    beginning: str | None
    """The first characters of a message that is folded; None for a short one."""
    failure: str
    """In words; empty without one."""


def show_messages(messages: Sequence[StoredMessage], words: Words) -> list[ShownMessage]:
    """The messages, oldest first, with everything the template writes beside them."""
    shown: list[ShownMessage] = []
    last: date | None = None
    for message in messages:
        day = message.at.astimezone(WIB).date()
        folded = len(message.body) > LONG
        shown.append(
            ShownMessage(
                message,
                begins_day=day != last,
                kind=_name_kind(message, words),
                beginning=message.body[:LONG] if folded else None,
                failure=_explain_failure(message, words),
            )
        )
        last = day
    return shown


def _name_kind(message: StoredMessage, words: Words) -> str:
    key = f"kind.{message.kind}"
    return words.t(key) if words.has(key) else words.t("kind.other", kind=message.kind)


def _explain_failure(message: StoredMessage, words: Words) -> str:
    if message.error_code is None:
        return message.error_text or ""
    key = f"error.{message.error_code}"
    reason = words.t(key) if words.has(key) else (message.error_text or words.t("error.unknown"))
    return words.t("error.with_code", reason=reason, code=message.error_code)
