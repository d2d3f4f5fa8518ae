"""What WhatsApp told of the business's account, as the pages show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.crm.account_events import StoredAccountEvent, find_topic
from app.dashboard.web.i18n import Language

MOST_NOTICES = 3
"""On the page of the clients, where they stand above everything else."""


@dataclass(frozen=True, slots=True)
class ShownAccountEvent:
    event: StoredAccountEvent
    topic: str
    """What it is about, in words."""
    told: str
    """What happened and to what, in WhatsApp's words; may be empty."""
    advice: str
    """What to do; empty where nothing is wrong."""


def describe_account_events(
    events: Sequence[StoredAccountEvent], language: Language
) -> list[ShownAccountEvent]:
    return [_describe(event, language) for event in events]


def _describe(event: StoredAccountEvent, language: Language) -> ShownAccountEvent:
    topic = find_topic(event.field, event.event)
    is_bad = event.severity in {"fault", "warning"}
    # Of a field without a topic, its name says the most.
    words = (event.event or (event.field if topic == "other" else ""), event.subject)
    return ShownAccountEvent(
        event,
        topic=language.t(f"account_topic.{topic}"),
        told=" · ".join(word for word in words if word),
        advice=language.t(f"account_advice.{topic}") if is_bad else "",
    )
