"""What WhatsApp tells of calls, and of the hand-over of a chat to another app.

https://developers.facebook.com/docs/whatsapp/cloud-api/calling
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from app.bot.whatsapp.cleaning import clean_json, clean_text
from app.bot.whatsapp.context import QUOTED_LIMIT
from app.bot.whatsapp.inbound import Ignored, UnreadableError, find_time, name_plainly
from app.bot.whatsapp.senders import Sender, read_phone, read_user_id
from app.messages import Message

CALL = "call"
_KEPT = ("status", "duration", "start_time", "end_time")
# No `session`: its description of the connection holds network addresses.


class _Call(msgspec.Struct):
    id: str
    event: str
    direction: str | None = None


def read_call(item: Mapping[str, Any], caller: Sender, account: str | None) -> Message | Ignored:
    """A client's call once it has ended, as a message without text; its other events are ignored.

    Raises UnreadableError.
    """
    try:
        call = msgspec.convert(item, _Call)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"call: {error}") from error
    if call.event != "terminate":
        return Ignored(f"call {name_plainly(call.event)}")
    if call.direction == "BUSINESS_INITIATED":
        return Ignored("call by the business")
    if not caller.addresses:
        raise UnreadableError("no sender id that could be read")
    at = find_time(item)
    if at is None:
        raise UnreadableError("no timestamp")
    if not 0 < len(call.id) <= QUOTED_LIMIT:
        raise UnreadableError("call: no id")
    kept = {name: item[name] for name in _KEPT if isinstance(item.get(name), str | int)}
    return Message(
        id=clean_text(call.id),
        addresses=caller.addresses,
        kind=CALL,
        text="",
        at=at,
        profile_name=caller.profile_name,
        detail=clean_json(kept) or None,
        account=account,
    )


def find_handed_over(value: Mapping[str, Any]) -> Sender:
    """Whose chat was handed over."""
    part = value.get("sender")
    fields = cast("dict[str, Any]", part) if isinstance(part, dict) else {}
    phones = (read_phone(fields.get(name)) for name in ("phone_number", "wa_id", "id"))
    users = (read_user_id(fields.get(name)) for name in ("user_id", "id"))
    return Sender(
        phone=next((phone for phone in phones if phone), None),
        user_id=next((user for user in users if user), None),
        parent_user_id=read_user_id(fields.get("parent_user_id")),
    )
