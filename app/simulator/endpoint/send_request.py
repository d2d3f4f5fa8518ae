"""What `POST /messages` accepts and how it refuses: Meta's rules and Meta's words for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.addresses import is_bsuid, is_phone
from app.simulator.cloud_api import JsonObject, JsonValue

TEXT_LIMIT = 4096
CALLBACK_DATA_LIMIT = 512
MESSAGE_TYPES = (
    "text", "image", "video", "audio", "document", "sticker", "location", "contacts",
    "interactive", "template", "reaction",
)  # fmt: skip


class RefusalError(Exception):
    """The request is refused with this HTTP status and this error object."""

    def __init__(
        self,
        code: int,
        message: str,
        details: str | None = None,
        *,
        status: int = 400,
        kind: str = "OAuthException",
        subcode: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code: int = code
        self.status: int = status
        error: JsonObject = {"message": message, "type": kind, "code": code}
        if subcode is not None:
            error["error_subcode"] = subcode
        if details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        self.error: JsonObject = error


@dataclass(frozen=True, slots=True)
class SendRequest:
    """A message the bot may send: to a phone's digits or a BSUID."""

    address: str
    given: str
    kind: str
    text: str
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
        raise _parameter("The request body must be a JSON object.")
    product = payload.get("messaging_product")
    if product is None:
        raise _parameter("The parameter messaging_product is required.")
    if product != "whatsapp":
        raise _parameter("Param messaging_product must be one of {WHATSAPP} - got " + repr(product))
    if "status" in payload:
        return _read_mark(payload)
    return _read_message(payload)


def _read_mark(payload: JsonObject) -> ReadMark:
    if payload["status"] != "read":
        raise _parameter("Param status must be one of {READ}.")
    message_id = payload.get("message_id")
    if not isinstance(message_id, str) or not message_id.startswith("wamid."):
        raise _value("Invalid message_id: it must be the id of a received message.")
    indicator = payload.get("typing_indicator")
    if indicator is not None and indicator != {"type": "text"}:
        raise _parameter("Param typing_indicator['type'] must be one of {TEXT}.")
    return ReadMark(message_id, indicator is not None)


def _read_message(payload: JsonObject) -> SendRequest:
    if payload.get("recipient_type") not in (None, "individual"):
        raise _parameter("Param recipient_type must be one of {INDIVIDUAL}.")
    given, address = _address(payload)
    kind = payload.get("type", "text")
    if not isinstance(kind, str) or kind not in MESSAGE_TYPES:
        raise _parameter("Param type must be one of {" + ", ".join(MESSAGE_TYPES).upper() + "}.")
    content = payload.get(kind)
    if kind == "contacts" and isinstance(content, list) and content:
        text = "[contacts]"
    elif not isinstance(content, dict):
        raise RefusalError(
            131008,
            "(#131008) Required parameter is missing",
            f"Parameter '{kind}' is mandatory for type '{kind}'",
        )
    else:
        text = _text(content) if kind == "text" else f"[{kind}]"
    return SendRequest(address, given, kind, text, _callback_data(payload), _quoted(payload))


def _address(payload: JsonObject) -> tuple[str, str]:
    """As given, and as WhatsApp knows it; with both, the phone number wins."""
    to, recipient = payload.get("to"), payload.get("recipient")
    if to is None and recipient is None:
        raise _parameter("The parameter to is required.")
    if to is not None:
        if not isinstance(to, str):
            raise _parameter("Param to must be a string.")
        if is_bsuid(to):
            # Meta answers 200 and drops the message silently; here the mistake is to be seen.
            raise _value("A business-scoped user ID belongs in 'recipient', not in 'to'.")
        digits = re.sub(r"[\s()+.\-]", "", to)
        if not is_phone(digits):
            raise _value("'to' is not a phone number.")
        return to, digits
    if not isinstance(recipient, str) or not is_bsuid(recipient):
        raise _value("'recipient' is not a business-scoped user ID.")
    return recipient, recipient


def _text(content: JsonObject) -> str:
    body = content.get("body")
    if body is None:
        raise _parameter("The parameter text['body'] is required.")
    if not isinstance(body, str):
        raise _parameter("Param text['body'] must be a string.")
    if not body:
        raise _value("Message text must not be empty.")
    if len(body) > TEXT_LIMIT:
        raise _parameter(f"Param text['body'] must be at most {TEXT_LIMIT} characters long.")
    if content.get("preview_url") not in (None, True, False):
        raise _parameter("Param text['preview_url'] must be a boolean.")
    return body


def _callback_data(payload: JsonObject) -> str | None:
    data = payload.get("biz_opaque_callback_data")
    if data is None:
        return None
    if not isinstance(data, str) or len(data) > CALLBACK_DATA_LIMIT:
        raise _parameter(
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
        raise _parameter("The parameter context['message_id'] is required.")
    return message_id


def _parameter(words: str) -> RefusalError:
    return RefusalError(100, f"(#100) {words}")


def _value(details: str) -> RefusalError:
    return RefusalError(131009, "(#131009) Parameter value is not valid", details)
