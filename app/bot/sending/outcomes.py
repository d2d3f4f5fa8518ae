"""The names of the outcomes of a send in the metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.bot.whatsapp.answers import Accepted, NotSent, Outcome, Uncertain, Unsendable, Withdrawn
from app.bot.whatsapp.refusals import ApiRefusal
from app.telemetry.sending import count_sending

NAMES: Final[Mapping[type[Outcome], str]] = {
    Accepted: "sent",
    ApiRefusal: "refused",
    NotSent: "not_sent",
    Uncertain: "uncertain",
    Unsendable: "unsendable",
    Withdrawn: "withdrawn",
}
"""As the metric has them."""


def count_outcome(outcome: Outcome) -> None:
    count_sending(NAMES[type(outcome)])
