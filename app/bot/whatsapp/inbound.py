"""One message or status of a webhook body, read by itself.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

import msgspec

from app.bot.whatsapp.annotations import (
    ACTS,
    Annotation,
    read_edited,
    read_emoji,
    read_target,
)
from app.bot.whatsapp.cleaning import clean_json, clean_text, mask_ids
from app.bot.whatsapp.content import IGNORED_TYPES, read_content
from app.bot.whatsapp.context import is_forwarded
from app.bot.whatsapp.identity_events import (
    IdentityEvent,
    is_identity_event,
    read_identity_event,
)
from app.bot.whatsapp.preferences import Preference, make_preference, read_level
from app.bot.whatsapp.senders import Sender
from app.messages import Message

ID_LIMIT = 512
"""Characters of a message id; a longer one is not WhatsApp's, and would not fit an index."""
GROUP_MESSAGE = "group message"
"""The reason why a message in a group is set aside."""

_EARLIEST = 1_230_768_000  # 2009-01-01, the year WhatsApp began
_LATEST = 7_258_118_400  # 2200-01-01
_UNIX_TIME = re.compile(r"[0-9]{1,14}")
_MILLISECONDS = 100_000_000_000
_CODE = re.compile(r"[0-9]{1,9}")
_PLAIN_NAME = re.compile(r"[a-z_]{1,40}")

_NO_CONTACTS: Mapping[str, Sender] = MappingProxyType({})

_Shape = TypeVar("_Shape")

StatusName = Literal["sent", "delivered", "read", "failed"]
_STATUSES: Mapping[str, StatusName] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}


class UnreadableError(ValueError):
    """No message for a chat. The text is the reason, one line without personal data."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Well-formed, but nothing for us to do."""

    reason: str
    """From a small vocabulary, without personal data."""


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What became of a message of ours."""

    message_id: str
    token: str | None
    """What we sent as biz_opaque_callback_data: finds the row even if the answer to the send
    was lost."""
    status: StatusName
    error_code: int | None = None
    error_text: str | None = None
    """One line without phone numbers."""


class _Header(msgspec.Struct):
    type: str = "unsupported"
    id: str | None = None
    timestamp: str | int | None = None


class _Status(msgspec.Struct):
    status: str
    id: str
    biz_opaque_callback_data: str | None = None


def read_message(
    item: Mapping[str, Any],
    sender: Sender,
    account: str | None = None,
    contacts: Mapping[str, Sender] = _NO_CONTACTS,
) -> Message | Annotation | IdentityEvent | Ignored:
    """A message to this business account, what it does to another, or what it tells of a person's
    addresses.

    Raises UnreadableError.
    """
    header = _convert(item, _Header, "message")
    if header.type == "system":
        return _read_system(item, header, contacts, account)
    if header.type in IGNORED_TYPES:
        return Ignored(f"type {header.type}")
    if item.get("group_id"):
        raise UnreadableError(GROUP_MESSAGE)  # kept, but no client's chat, and never answered
    if not sender.addresses:
        raise UnreadableError("no sender id that could be read")
    try:
        if header.type in ACTS:
            return _read_annotation(item, header, sender, account)
        content = read_content(header.type, item)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{header.type}: {error}") from error
    return Message(
        id=_read_id(header, item, sender, content.kind),
        addresses=sender.addresses,
        kind=content.kind,
        text=content.text,
        at=_read_time(header.timestamp),
        forwarded=is_forwarded(item),
        profile_name=sender.profile_name,
        detail=content.detail,
        account=account,
    )


def _read_annotation(
    item: Mapping[str, Any], header: _Header, sender: Sender, account: str | None
) -> Annotation:
    """Raises UnreadableError and msgspec.ValidationError."""
    act = ACTS[header.type]
    target = read_target(act, item)
    if not target or len(target) > ID_LIMIT:
        raise UnreadableError(f"{act}: no id of a message")
    edited = None
    if act == "edit":
        message = {**read_edited(item), "id": target, "timestamp": header.timestamp}
        if message.get("type") in {*ACTS, "system", *IGNORED_TYPES}:
            raise UnreadableError("edit: no message")
        found = read_message(message, sender, account)
        edited = found if isinstance(found, Message) else None
    return Annotation(
        id=_read_id(header, item, sender, act),
        act=act,
        target=target,
        addresses=sender.addresses,
        at=_read_time(header.timestamp),
        account=account,
        emoji=read_emoji(item) if act == "reaction" else "",
        edited=edited,
    )


def _read_system(
    item: Mapping[str, Any],
    header: _Header,
    contacts: Mapping[str, Sender],
    account: str | None,
) -> IdentityEvent | Ignored:
    if not is_identity_event(item):
        return Ignored("type system")
    event = read_identity_event(
        item,
        contacts,
        message_id=_read_id(header, item, Sender(), "system"),
        at=_read_time(header.timestamp),
        account=account,
    )
    if event is None:
        raise UnreadableError("a change of addresses that does not name both sides")
    return event


def read_status(item: Mapping[str, Any], recipient: Sender) -> StatusUpdate | Ignored:
    """Raises UnreadableError. Neither recipient nor time is needed: the message's id finds it."""
    del recipient
    status = _convert(item, _Status, "status")
    if item.get("recipient_type") == "group":
        return Ignored("group status")
    if status.status not in _STATUSES:
        return Ignored(f"status {name_plainly(status.status)}")
    errors = item.get("errors")
    first = cast("list[Any]", errors)[0] if isinstance(errors, list) and errors else None
    code, text = read_error(first)
    token = status.biz_opaque_callback_data
    return StatusUpdate(
        message_id=clean_text(status.id),
        token=clean_text(token) if token else None,
        status=_STATUSES[status.status],
        error_code=code,
        error_text=text,
    )


def read_preference(item: Mapping[str, Any], owner: Sender) -> Preference | Ignored:
    """Raises UnreadableError."""
    level = read_level(item)
    if level is None:
        return Ignored("preference of another kind")
    if not owner.addresses:
        raise UnreadableError("a preference of no one who could be read")
    timestamp = item.get("timestamp")
    return make_preference(
        owner.addresses,
        level,
        _read_time(timestamp if isinstance(timestamp, str | int) else None),
    )


def read_error(error: object) -> tuple[int | None, str | None]:
    """Code and one line without personal data, of an error from any place that has one."""
    if not isinstance(error, dict):
        return None, None
    fields = cast("dict[str, Any]", error)
    code, data = fields.get("code"), fields.get("error_data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else None
    texts = (fields.get("title") or fields.get("message"), details or fields.get("details"))
    said = dict.fromkeys(text for text in texts if isinstance(text, str) and text)
    number = int(code) if isinstance(code, str | int) and _CODE.fullmatch(str(code)) else None
    return number, mask_ids(": ".join(said)) or None


def name_plainly(name: object) -> str:
    """A name of Meta's as it may be logged and counted; anything else is `other`."""
    return name if isinstance(name, str) and _PLAIN_NAME.fullmatch(name) else "other"


def _convert(item: Mapping[str, Any], shape: type[_Shape], what: str) -> _Shape:
    try:
        return msgspec.convert(item, shape)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"{what}: {error}") from error


def _read_id(header: _Header, item: Mapping[str, Any], sender: Sender, kind: str) -> str:
    """WhatsApp's id, or a key that the same content gets again when it is delivered again."""
    if header.id and len(header.id) <= ID_LIMIT:
        return clean_text(header.id)
    content = [next(iter(sender.addresses), None), header.timestamp, kind, clean_json(item)]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "content:" + hashlib.sha256(canonical.encode()).hexdigest()


def find_time(item: object) -> datetime | None:
    """When an item says that it was written; None if that can't be read."""
    try:
        return _read_time(cast("dict[str, Any]", item)["timestamp"])
    except (UnreadableError, LookupError, TypeError):
        return None


def _read_time(value: str | int | None) -> datetime:
    """Unix seconds as text or number; milliseconds were seen once. Whole seconds, UTC.

    A time that WhatsApp cannot have sent is no time: a message dated by guess could slip past a
    reset's watermark.
    """
    text = str(value).strip()
    if not _UNIX_TIME.fullmatch(text):
        raise UnreadableError("no timestamp")
    seconds = int(text)
    if seconds >= _MILLISECONDS:
        seconds //= 1000
    if not _EARLIEST <= seconds < _LATEST:
        raise UnreadableError("a timestamp outside the years 2009 to 2199")
    return datetime.fromtimestamp(seconds, UTC)
