"""What `POST /messages` accepts and how it refuses: Meta's rules and Meta's words for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.addresses import is_bsuid, is_phone
from app.simulator.cloud_api import JsonObject, JsonValue
from app.simulator.endpoint.contents import Shown, read_shown
from app.simulator.endpoint.refusals import parameter, value

CALLBACK_DATA_LIMIT = 512
MESSAGE_TYPES = (
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts",
    "interactive", "template", "reaction",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A message the bot may send: to a phone's digits or a BSUID."""

    address: str
    given: str
    kind: str
    shown: Shown
    callback_data: str | None
    quoted: str | None


@dataclass(frozen=True, slots=True)
class ReadMark:
    """The bot has read a message; `typing` when it shows that it composes an answer."""

    message_id: str
    typing: bool


def read_request(payload: JsonValue) -> SendRequest | ReadMark:
    """What a request's JSON asks for.  Raises RefusalError."""
    if not isinstance(payload, dict):
        raise parameter("The request body must be a JSON object.")
    product = payload.get("messaging_product")
    if product is None:
        raise parameter("The parameter messaging_product is required.")
    if product != "whatsapp":
        raise parameter("Param messaging_product must be one of {WHATSAPP} - got " + repr(product))
    if "status" in payload:
        return _read_mark(payload)
    return _read_message(payload)


def _read_mark(payload: JsonObject) -> ReadMark:
    if payload["status"] != "read":
        raise parameter("Param status must be one of {READ}.")
    message_id = payload.get("message_id")
    if not isinstance(message_id, str) or not message_id.startswith("wamid."):
        raise value("Invalid message_id: it must be the id of a received message.")
    indicator = payload.get("typing_indicator")
    if indicator is not None and indicator != {"type": "text"}:
        raise parameter("Param typing_indicator['type'] must be one of {TEXT}.")
    return ReadMark(message_id, indicator is not None)


def _read_message(payload: JsonObject) -> SendRequest:
    if payload.get("recipient_type") not in (None, "individual"):
        raise parameter("Param recipient_type must be one of {INDIVIDUAL}.")
    given, address = _address(payload)
    kind = payload.get("type", "text")
    if not isinstance(kind, str) or kind not in MESSAGE_TYPES:
        raise parameter("Param type must be one of {" + ", ".join(MESSAGE_TYPES).upper() + "}.")
    quoted = _quoted(payload)
    if kind == "reaction" and quoted is not None:
        raise parameter("Unexpected key context on a message of the type reaction.")
    shown = read_shown(kind, payload.get(kind))
    return SendRequest(address, given, kind, shown, _callback_data(payload), quoted)


def _address(payload: JsonObject) -> tuple[str, str]:
    """As given, and as WhatsApp knows it; with both, the phone number wins."""
    to, recipient = payload.get("to"), payload.get("recipient")
    if to is None and recipient is None:
        raise parameter("The parameter to is required.")
    if to is not None:
        if not isinstance(to, str):
            raise parameter("Param to must be a string.")
        if is_bsuid(to):
            # Meta answers 200 and drops the message silently; here the mistake is to be seen.
            raise value("A business-scoped user ID belongs in 'recipient', not in 'to'.")
        digits = re.sub(r"[\s()+.\-]", "", to)
        if not is_phone(digits):
            raise value("'to' is not a phone number.")
        return to, digits
    if not isinstance(recipient, str) or not is_bsuid(recipient):
        raise value("'recipient' is not a business-scoped user ID.")
    return recipient, recipient


def _callback_data(payload: JsonObject) -> str | None:
    data = payload.get("biz_opaque_callback_data")
    if data is None:
        return None
    if not isinstance(data, str) or len(data) > CALLBACK_DATA_LIMIT:
        raise parameter(
            "Param biz_opaque_callback_data must be a string of at most"
            f" {CALLBACK_DATA_LIMIT} characters."
        )
    return data


def _quoted(payload: JsonObject) -> str | None:
    context = payload.get("context")
    if context is None:
        return None
    message_id = context.get("message_id") if isinstance(context, dict) else None
    if not isinstance(message_id, str):
        raise parameter("The parameter context['message_id'] is required.")
    return message_id
