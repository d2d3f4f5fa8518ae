"""A client's messages as the timeline shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from app.crm.conversation import QuotedMessage, StoredMessage
from app.crm.media import MEDIA_KINDS, read_media_id
from app.dashboard.pages.details import describe_detail
from app.dashboard.pages.explanations import explain_status, is_worth_resending
from app.dashboard.web.i18n import WIB, Language

NOT_DOWNLOADED = 131052
"""Meta's code for a file that it could not fetch from the client."""
LONG = 1200
"""Characters past which a message is folded."""


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """What a message quotes."""

    id: int | None
    """Of the message that is quoted; None if the chat does not hold it."""
    text: str
    """Its beginning, or what it is, in words."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    message: StoredMessage
    day: str
    """The operator's, as YYYY-MM-DD."""
    begins_day: bool
    kind: str
    """In words."""
    beginning: str | None
    """The first characters of a message that is folded; None for a short one."""
    reason: str
    """Why it is not known to have arrived, in words; empty for a message that waits or arrived."""
    extras: tuple[str, ...]
    """What else it holds: buttons or rows, a file's name, a link; a place, an order, …"""
    quoted: ShownQuote | None
    file: bool
    """Whether WhatsApp may have a file of it, which can be looked at."""
    no_file: str
    """Why there is none of a message that should have one, in words; else empty."""
    marks: tuple[str, ...]
    """What the client, or a person on the phone, did to it afterwards, in words."""
    offers: tuple[str, ...]
    """What an operator may say of it: `resend`, `arrived`."""


def describe_messages(
    messages: Sequence[StoredMessage],
    language: Language,
    quoted: Mapping[str, QuotedMessage] = MappingProxyType({}),
) -> list[ShownMessage]:
    """The messages, oldest first, with everything the template writes beside them; `quoted` by
    WhatsApp's id.
    """
    shown: list[ShownMessage] = []
    last: date | None = None
    for message in messages:
        day = message.at.astimezone(WIB).date()
        folded = len(message.body) > LONG
        shown.append(
            ShownMessage(
                message,
                day=day.isoformat(),
                begins_day=day != last,
                kind=language.kind(message.kind),
                beginning=message.body[:LONG] if folded else None,
                reason=explain_status(message, language),
                extras=(
                    _list_extras(message.kind, message.detail or {})
                    if message.outgoing and message.author != "phone"
                    else describe_detail(message.kind, message.detail or {}, language)
                ),
                quoted=_describe_quote(message, quoted, language),
                file=_has_file(message),
                no_file=_explain_missing_file(message, language),
                marks=_list_marks(message, language),
                offers=tuple(
                    offer
                    for offer in message.offers
                    if offer != "resend" or is_worth_resending(message)
                ),
            )
        )
        last = day
    return shown


def _describe_quote(
    message: StoredMessage, quoted: Mapping[str, QuotedMessage], language: Language
) -> ShownQuote | None:
    if message.quotes is None:
        return None
    found = quoted.get(message.quotes)
    if found is None:
        return ShownQuote(None, language.t("client.quoted_gone"))
    return ShownQuote(found.id, found.body.strip() or language.kind(found.kind))


def _has_file(message: StoredMessage) -> bool:
    return message.kind in MEDIA_KINDS and read_media_id(message.detail) is not None


def _explain_missing_file(message: StoredMessage, language: Language) -> str:
    detail = message.detail or {}
    if message.outgoing or detail.get("revoked"):
        return ""
    if _fields(detail.get("error")).get("code") == NOT_DOWNLOADED:
        return language.t("media.not_downloaded")
    return (
        language.t("media.none") if message.kind in MEDIA_KINDS and not _has_file(message) else ""
    )


def _list_marks(message: StoredMessage, language: Language) -> tuple[str, ...]:
    detail = message.detail or {}
    marks: list[str] = []
    if detail.get("revoked"):
        key = "client.revoked_on_phone" if message.outgoing else "client.revoked"
        marks.append(language.t(key))
    elif detail.get("editedAt"):
        key = "client.edited_on_phone" if message.outgoing else "client.edited"
        marks.append(language.t(key))
    if isinstance(emoji := detail.get("reaction"), str):
        marks.append(language.t("client.reaction", emoji=emoji))
    if isinstance(emoji := detail.get("reactionByPhone"), str):
        marks.append(language.t("client.reaction_by_phone", emoji=emoji))
    return tuple(marks)


def _list_extras(kind: str, detail: Mapping[str, Any]) -> tuple[str, ...]:
    """What was stored may have another shape: a DBA, or a newer release, wrote it."""
    match kind:
        case "quote":
            return _list_extras(str(detail.get("kind")), _fields(detail.get("detail")))
        case "buttons":
            return _list_titles(detail.get("buttons"))
        case "list":
            sections = [_fields(section) for section in _entries(detail.get("sections"))]
            return tuple(title for part in sections for title in _list_titles(part.get("rows")))
        case _:
            return _texts(detail.get("filename"), detail.get("link"))


def _list_titles(choices: object) -> tuple[str, ...]:
    return _texts(*(_fields(choice).get("title") for choice in _entries(choices)))


def _texts(*values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _entries(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _fields(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
