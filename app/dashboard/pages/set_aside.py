"""Items set aside as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.crm.set_aside import SetAsideItem
from app.dashboard.web.i18n import Language

_REASONS: Mapping[str, str] = {
    "no sender id that could be read": "reason.sender",
    "no timestamp": "reason.time",
    "a timestamp outside the years 2009 to 2199": "reason.time",
    "could not be handled": "reason.handling",
    "status": "reason.status",
    "group message": "reason.group",
    "handover": "reason.handover",
}
"""By the stored reason, which is in English, up to its first colon."""


@dataclass(frozen=True, slots=True)
class ShownItem:
    item: SetAsideItem
    reason: str
    """In words."""


def describe_items(items: Sequence[SetAsideItem], language: Language) -> list[ShownItem]:
    return [ShownItem(item, _explain_reason(item.reason, language)) for item in items]


def _explain_reason(stored: str, language: Language) -> str:
    """A stored reason that begins with a kind of message means that its content is unreadable."""
    subject, _, detail = stored.partition(":")
    if subject in _REASONS:
        return language.t(_REASONS[subject])
    if detail and language.find(f"kind.{subject}") is not None:
        return language.t("reason.content", kind=language.kind(subject))
    return language.t("reason.other")
