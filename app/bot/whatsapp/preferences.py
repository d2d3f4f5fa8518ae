"""What a person set in WhatsApp about marketing messages: the webhook field `user_preferences`.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

FIELD: Final = "user_preferences"
_LEVELS: Final = {"stop": "promotions", "resume": "none"}


@dataclass(frozen=True, slots=True)
class Preference:
    """A person stops marketing messages, or wants them again."""

    id: str
    """Derived of what it says: the same when it is delivered again."""
    addresses: tuple[str, ...]
    level: str
    """`promotions` (they stop) or `none` (they go on), as sql/opting_out.sql has it."""
    at: datetime

    @property
    def act(self) -> str:
        return FIELD


def read_level(item: Mapping[str, Any]) -> str | None:
    """None for a category or a value that is not known."""
    if item.get("category", "marketing_messages") != "marketing_messages":
        return None
    value = item.get("value")
    return _LEVELS.get(value.strip().lower()) if isinstance(value, str) else None


def make_preference(addresses: tuple[str, ...], level: str, at: datetime) -> Preference:
    said = f"{FIELD} {addresses[0]} {level} {at.timestamp():.0f}"
    return Preference(hashlib.sha256(said.encode()).hexdigest(), addresses, level, at)
