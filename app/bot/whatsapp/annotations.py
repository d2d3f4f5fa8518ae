"""What a client does to a message that is there: a reaction, an edit, a revoke.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from app.bot.whatsapp.cleaning import clean_text
from app.crm.annotations import Act
from app.messages import Message

ACTS: Final[Mapping[str, Act]] = {"reaction": "reaction", "edit": "edit", "revoke": "revoke"}
"""By the type of the webhook's message."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One client's act on one message."""

    id: str
    act: Act
    target: str
    """WhatsApp's id of the message."""
    addresses: tuple[str, ...]
    """As of a message; never empty."""
    at: datetime
    account: str | None
    emoji: str = ""
    """Of a reaction; empty where it was removed."""
    edited: Message | None = None
    """What an edit makes of the message, under the message's own id."""

    @property
    def text(self) -> str:
        """The emoji, or the new text."""
        return self.emoji if self.edited is None else self.edited.text


class _Reaction(msgspec.Struct):
    message_id: str
    emoji: str | None = None


class _Original(msgspec.Struct):
    """Of an edit or a revoke."""

    original_message_id: str


class _Edit(msgspec.Struct):
    message: dict[str, Any]


def read_target(act: Act, item: Mapping[str, Any]) -> str:
    """The id of the message. Raises msgspec.ValidationError."""
    part = item.get(act)
    if act == "reaction":
        return clean_text(msgspec.convert(part, _Reaction).message_id)
    return clean_text(msgspec.convert(part, _Original).original_message_id)


def read_emoji(item: Mapping[str, Any]) -> str:
    """Raises msgspec.ValidationError."""
    return clean_text(msgspec.convert(item.get("reaction"), _Reaction).emoji or "")


def read_edited(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message as it is now, without an id. Raises msgspec.ValidationError."""
    return msgspec.convert(item.get("edit"), _Edit).message
