"""A client's messages as the timeline shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.crm.conversation import StoredMessage
from app.dashboard.web.i18n import WIB, Language

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
    reason: str
    """Why it is not known to have arrived, in words; empty for a message that waits or arrived."""


def describe_messages(messages: Sequence[StoredMessage], language: Language) -> list[ShownMessage]:
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
                kind=language.kind(message.kind),
                beginning=message.body[:LONG] if folded else None,
                reason=_explain_status(message, language),
            )
        )
        last = day
    return shown


def _explain_status(message: StoredMessage, language: Language) -> str:
    """The stored text is in English, and another program's: the pages have their own."""
    if message.error_code is not None:
        return explain_code(message.error_code, language)
    if message.error_text is not None or message.status in ("expired", "cancelled"):
        return language.find(f"unsent.{message.status}") or ""
    return ""


def explain_code(code: int, language: Language) -> str:
    """WhatsApp's error codes, some of them in ranges, and HTTP statuses where it gave no code.

    In words, with the code.

    https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
    """
    return language.t("error.with_code", reason=_name_code(code, language), code=code)


def _name_code(code: int, language: Language) -> str:
    own = language.find(f"error.{code}")
    if own is not None:
        return own
    if 200 <= code < 300:
        return language.t("error.10")
    if 300 <= code < 600:
        return language.t("error.http")
    if 132000 <= code < 133000:
        return language.t("error.template")
    return language.t("error.refused")
