"""What is posted to the Cloud API for a message: one builder a kind.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.addresses import is_bsuid
from app.message_kinds import MEDIA, TEXT_LIMIT, Kind, check_kind
from app.messages import Outgoing
from app.texts import is_blank

Wire = dict[str, Any]


class UnsendableError(ValueError):
    """WhatsApp would refuse this message; the text says why, without what is in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"unsendable: {reason}")


def build_request(address: str, message: Outgoing, token: str) -> Wire:
    """The JSON to POST. `token` comes back in every status. Raises UnsendableError."""
    try:
        check_kind(message.kind, message.body, message.detail)
    except ValueError as error:
        raise UnsendableError(str(error)) from error
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        ("recipient" if is_bsuid(address) else "to"): address,
        **BUILDERS[message.kind](message.body, message.detail or {}),
        "biz_opaque_callback_data": token,
    }


def build_read_mark(message_id: str, *, typing: bool) -> Wire:
    """The JSON that marks a message of the client, and all before it, as read.

    `typing` also shows that an answer is being written, until it comes or for 25 seconds.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators
    """
    mark: Wire = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    return {**mark, "typing_indicator": {"type": "text"}} if typing else mark


def _build_text(body: str, _: Mapping[str, Any]) -> Wire:
    if is_blank(body):
        raise UnsendableError("the text is empty")
    if len(body) > TEXT_LIMIT:
        raise UnsendableError(f"the text has {len(body)} characters; WhatsApp takes {TEXT_LIMIT}")
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _build_template(_: str, detail: Mapping[str, Any]) -> Wire:
    template: Wire = {"name": detail["name"], "language": {"code": detail["language"]}}
    if detail.get("components"):
        template["components"] = detail["components"]
    return {"type": "template", "template": template}


def _build_media(kind: Kind) -> Callable[[str, Mapping[str, Any]], Wire]:
    def build(body: str, detail: Mapping[str, Any]) -> Wire:
        media = _pick(detail, "id", "link", "filename")
        return {"type": kind, kind: {**media, "caption": body} if body else media}

    return build


def _build_buttons(body: str, detail: Mapping[str, Any]) -> Wire:
    buttons = [
        {"type": "reply", "reply": _pick(button, "id", "title")} for button in detail["buttons"]
    ]
    return _build_interactive("button", body, detail, {"buttons": buttons})


def _build_list(body: str, detail: Mapping[str, Any]) -> Wire:
    sections = [
        {
            **_pick(section, "title"),
            "rows": [_pick(row, "id", "title", "description") for row in section["rows"]],
        }
        for section in detail["sections"]
    ]
    action = {"button": detail["button"], "sections": sections}
    return _build_interactive("list", body, detail, action)


def _build_interactive(kind: str, body: str, detail: Mapping[str, Any], action: Wire) -> Wire:
    interactive: Wire = {"type": kind}
    if detail.get("header") is not None:
        interactive["header"] = {"type": "text", "text": detail["header"]}
    interactive["body"] = {"text": body}
    if detail.get("footer") is not None:
        interactive["footer"] = {"text": detail["footer"]}
    return {"type": "interactive", "interactive": {**interactive, "action": action}}


def _build_reaction(body: str, detail: Mapping[str, Any]) -> Wire:
    return {"type": "reaction", "reaction": {"message_id": detail["message_id"], "emoji": body}}


def _build_quote(body: str, detail: Mapping[str, Any]) -> Wire:
    return {
        "context": {"message_id": detail["message_id"]},
        **BUILDERS[detail["kind"]](body, detail.get("detail") or {}),
    }


def _pick(fields: Mapping[str, Any], *names: str) -> Wire:
    return {name: fields[name] for name in names if fields.get(name) is not None}


BUILDERS: Final[Mapping[Kind, Callable[[str, Mapping[str, Any]], Wire]]] = {
    "text": _build_text,
    "template": _build_template,
    **{kind: _build_media(kind) for kind in MEDIA},
    "buttons": _build_buttons,
    "list": _build_list,
    "reaction": _build_reaction,
    "quote": _build_quote,
}
"""What a message of each kind adds to the request, from its body and its detail."""
