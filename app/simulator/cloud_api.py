"""The Cloud API's wire format: webhook bodies as Meta builds and signs them.

Nothing here does I/O.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from typing import Literal, TypeAlias

from app.addresses import is_bsuid

JsonValue: TypeAlias = "dict[str, JsonValue] | Sequence[JsonValue] | str | int | float | None"
JsonObject: TypeAlias = dict[str, JsonValue]
Direction = Literal["in", "out"]
ReplyType = Literal["button_reply", "list_reply"]
Status = Literal["sent", "delivered", "read", "failed"]

BUSINESS_ACCOUNT_ID = "102290129340398"
DISPLAY_PHONE_NUMBER = "15550783881"


def sign(raw: bytes, secret: str) -> str:
    """The value of X-Hub-Signature-256 for these very bytes."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def encode(body: JsonValue) -> bytes:
    r"""JSON as Meta writes it: ASCII, compact, slashes as `\/`; lone surrogates survive."""
    text = json.dumps(body, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


def decode(raw: bytes) -> JsonValue:
    """The JSON value in these bytes.  Raises ValueError (RecursionError included)."""
    try:
        value: JsonValue = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def new_wamid(address: str, direction: Direction) -> str:
    """A message id of Meta's form: base64 that holds the client's address and a random key."""
    key = secrets.token_hex(10 if direction == "in" else 9).upper().encode()
    way = b"\x12" if direction == "in" else b"\x11"
    # Addresses of any sender fit one length byte; a longer one comes only from a test.
    holder = address.encode("utf-8", "replace")[:255]
    packed = b"\x1c\x18" + bytes([len(holder)]) + holder + b"\x15\x02\x00" + way
    packed += b"\x18" + bytes([len(key)]) + key + b"\x00"
    return "wamid." + base64.b64encode(packed).decode("ascii")


def message_body(
    sender: str,
    kind: str,
    content: JsonValue,
    *,
    phone_number_id: str,
    message_id: str | None = None,
    timestamp: int | None = None,
    profile_name: str | None = None,
    bsuid: str | None = None,
    quoted: str | None = None,
    more: JsonObject | None = None,
    field: str = "messages",
) -> JsonObject:
    """A webhook body with one message of any type; `content` goes under the type's name, `more`
    beside it, and the message under `messages`, or under `calls` in the field `calls`.

    A sender known by BSUID alone has neither `from` nor `wa_id`: Meta omits them.
    """
    contact: JsonObject = {"profile": {"name": profile_name or "WhatsApp user"}}
    message: JsonObject = {}
    if is_bsuid(sender):
        bsuid = sender
    else:
        contact["wa_id"] = sender
        message["from"] = sender
    if bsuid is not None:
        contact["user_id"] = bsuid
        message["from_user_id"] = bsuid
    message["id"] = message_id or new_wamid(sender, "in")
    message["timestamp"] = str(_now() if timestamp is None else timestamp)
    if quoted is not None:
        message["context"] = {"from": DISPLAY_PHONE_NUMBER, "id": quoted}
    if kind == "unsupported":
        message["errors"] = [content]
    else:
        message[kind] = content
    message["type"] = kind
    key = "calls" if field == "calls" else "messages"
    return envelope(
        {**_head(phone_number_id), "contacts": [contact], key: [{**message, **(more or {})}]},
        field,
    )


def content_of(kind: str, text: str) -> JsonValue:
    """A plausible content for an incoming type other than text, `text` where it has room."""
    media: JsonObject = {"id": str(secrets.randbelow(10**15)), "sha256": secrets.token_urlsafe(32)}
    contents: dict[str, JsonValue] = {
        "image": {**media, "mime_type": "image/jpeg", "caption": text},
        "video": {**media, "mime_type": "video/mp4", "caption": text},
        "document": {**media, "mime_type": "application/pdf", "filename": "surat.pdf"},
        "audio": {**media, "mime_type": "audio/ogg; codecs=opus", "voice": True},
        "sticker": {**media, "mime_type": "image/webp", "animated": False},
        "location": {"latitude": -6.1754, "longitude": 106.8272, "name": text},
        "reaction": {"message_id": "wamid.HBgA", "emoji": text},
        "unsupported": {"code": 131051, "title": "Unsupported message type", "message": text},
    }
    return contents.get(kind, {"body": text})


def status_body(
    message_id: str,
    status: Status,
    recipient: str,
    *,
    phone_number_id: str,
    callback_data: str | None = None,
    timestamp: int | None = None,
    error_code: int | None = None,
    profile_name: str | None = None,
) -> JsonObject:
    """A webhook body with one status of a message sent to `recipient` (phone or BSUID)."""
    by_bsuid = is_bsuid(recipient)
    contact: JsonObject = {"user_id" if by_bsuid else "wa_id": recipient}
    report: JsonObject = {
        "id": message_id,
        "status": status,
        "timestamp": str(_now() if timestamp is None else timestamp),
        "recipient_user_id" if by_bsuid else "recipient_id": recipient,
    }
    if callback_data is not None:
        report["biz_opaque_callback_data"] = callback_data
    if status == "failed":
        title = "Message undeliverable"
        report["errors"] = [
            {
                "code": error_code or 131026,
                "title": title,
                "message": title,
                "error_data": {"details": "Message Undeliverable."},
            }
        ]
    else:
        contact = {"profile": {"name": profile_name or "WhatsApp user"}, **contact}
        report["pricing"] = {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_customer_service",
            "category": "service",
        }
    return envelope(
        {**_head(phone_number_id), "contacts": [contact], "statuses": [report]},
    )


def envelope(value: JsonValue, field: str = "messages") -> JsonObject:
    """A whole webhook body around one `value`."""
    change: JsonObject = {"value": value, "field": field}
    entry: JsonObject = {"id": BUSINESS_ACCOUNT_ID, "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _head(phone_number_id: str) -> JsonObject:
    metadata: JsonObject = {
        "display_phone_number": DISPLAY_PHONE_NUMBER,
        "phone_number_id": phone_number_id,
    }
    return {"messaging_product": "whatsapp", "metadata": metadata}


def _now() -> int:
    return int(time.time())
