"""What every operator has to know of the business's number: that it sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.crm.sending.number import NumberTrouble
from app.dashboard.pages.explanations import explain_code
from app.dashboard.web.i18n import Language


@dataclass(frozen=True, slots=True)
class ShownStop:
    since: datetime
    reason: str
    """In words."""
    code: int
    """WhatsApp's, or the HTTP status where it gave none."""
    by_hand: bool
    """Until a person resumes it."""


def describe_stops(numbers: Sequence[NumberTrouble], language: Language) -> list[ShownStop]:
    """The numbers that are stopped; those that are only slowed mend themselves."""
    return [
        ShownStop(number.since, explain_code(number.code, language), number.code, number.by_hand)
        for number in numbers
        if number.state == "stopped"
    ]
