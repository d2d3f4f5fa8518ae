"""Webhook bodies to try the reader with, and what it makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from app.bot.whatsapp.inbound import StatusUpdate
from app.bot.whatsapp.payload import Body, SetAside, read_body
from app.messages import Message

OURS = "105550001"
PHONE = "6281234567890"
USER_ID = "ID.4a5b6c7d8e9f"
PARENT_ID = "ID.ENT.77aa88bb"
AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))


def make_message(**fields: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "from": PHONE,
        "id": "wamid.QUJD",
        "timestamp": STAMP,
        "type": "text",
        "text": {"body": "halo"},
    }
    return {name: value for name, value in (message | fields).items() if value is not ...}


def make_status(**fields: Any) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": "wamid.T1VS",
        "status": "delivered",
        "timestamp": STAMP,
        "recipient_id": PHONE,
    }
    return {name: value for name, value in (status | fields).items() if value is not ...}


def make_change(field: Any = "messages", **value: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550009", "phone_number_id": OURS}
    return {"field": field, "value": {"metadata": metadata} | value}


def encode(*changes: dict[str, Any]) -> bytes:
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    return json.dumps(body).encode()


def read(*changes: dict[str, Any]) -> Body:
    return read_body(encode(*changes), OURS)


def read_one(people: Any = None, **fields: Any) -> Message:
    (item,) = read(make_change(contacts=people, messages=[make_message(**fields)])).items
    assert isinstance(item, Message), item
    return item


def read_status(**fields: Any) -> StatusUpdate:
    (item,) = read(make_change(statuses=[make_status(**fields)])).items
    assert isinstance(item, StatusUpdate), item
    return item


def read_set_aside(people: Any = None, **fields: Any) -> SetAside:
    body = read(make_change(contacts=people, messages=[make_message(**fields)]))
    (item,) = body.items
    assert isinstance(item, SetAside), item
    return item
