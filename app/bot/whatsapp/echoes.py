"""Echoes: what a person wrote to a client in the business's own WhatsApp app, or did there.

https://developers.facebook.com/docs/whatsapp/embedded-signup/onboarding-business-app-users
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import Ignored, name_plainly, read_message
from app.bot.whatsapp.senders import Sender
from app.messages import Message

FIELD = "smb_message_echoes"
"""The webhook's field, which has them as `message_echoes`."""


@dataclass(frozen=True, slots=True)
class Echo:
    """A message to a client, or what the person did to one."""

    content: Message | Annotation

    @property
    def id(self) -> str:
        return self.content.id

    @property
    def act(self) -> str:
        """`message`, or `edit`, `revoke`, `reaction`."""
        return self.content.act if isinstance(self.content, Annotation) else "message"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The client's, to whom the person wrote; never empty."""
        return self.content.addresses

    @property
    def at(self) -> datetime:
        return self.content.at


def read_echo(
    item: Mapping[str, Any], recipient: Sender, account: str | None = None
) -> Echo | Ignored:
    """One entry of `message_echoes`. Raises UnreadableError."""
    if item.get("recipient_type") == "group" or item.get("group_id"):
        return Ignored("group message")
    if item.get("type") == "system":
        return Ignored("type system")
    found = read_message(item, recipient, account)
    match found:
        case Message() | Annotation():
            return Echo(found)
        case IdentityEvent():
            return Ignored(f"echo of type {name_plainly(item.get('type'))}")
        case Ignored():
            return found
