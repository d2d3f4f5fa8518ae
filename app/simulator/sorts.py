"""What a phone does beside writing: a name each, and what WhatsApp delivers of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.simulator.cloud_api import JsonObject, JsonValue, content_of

ABOUT_OWN: Final = ("edit", "revoke")
"""About a message of the phone; needs one."""
ABOUT_ANY: Final = ("reaction", "quote")
"""About a message of either side; needs one."""

SORTS: Final[Mapping[str, str]] = {
    "quote": "A reply that quotes the last message",
    "reaction": "A reaction to the last message",
    "edit": "An edit of the own last message",
    "revoke": "Take the own last message back",
    "image": "A photo",
    "location": "A place",
    "contacts": "A contact card",
    "contact_request": "The own number, as was asked",
    "order": "An order",
    "form": "A form that is filled in",
    "broken_form": "A form that cannot be read",
    "product": "A question about a product",
    "advertisement": "A message that came by an advertisement",
    "forwarded": "A forwarded message",
    "call": "A call that is not taken",
    "call_permission": "The permission to call",
    "unsupported": "What WhatsApp does not pass on",
    "group": "A message in a group",
    "standby": "A message while another app has the chat",
    "handover": "The chat goes to another app",
}
"""In the order of the page, with what the page calls them."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One of them as it goes into a webhook's body."""

    kind: str
    content: JsonValue
    more: JsonObject = field(default_factory=dict)
    field: str = "messages"


def make_delivered(sort: str, text: str, about: str | None) -> Delivered | None:
    """None for a type that has no sort of its own here."""
    words = text or "Halo"
    written: JsonObject = {"body": words}
    edited: JsonObject = {"type": "text", "text": written}
    advert: JsonObject = {"source_type": "ad", "source_id": "1", "headline": "Promo"}
    ended: JsonObject = {"event": "terminate", "status": "FAILED", "direction": "USER_INITIATED"}
    made = {
        "quote": Delivered("text", written),
        "edit": Delivered("edit", {"original_message_id": about, "message": edited}),
        "revoke": Delivered("revoke", {"original_message_id": about}),
        "contacts": Delivered("contacts", [_make_card(words)]),
        "contact_request": Delivered(
            "contacts", [{**_make_card(words), "origin": "contact_request"}]
        ),
        "order": Delivered("order", _make_order(text)),
        "form": _interactive("nfm_reply", {"response_json": json.dumps({"answer": words})}),
        "broken_form": _interactive("nfm_reply", {"response_json": "{" + words}),
        "product": _interactive("product", {"catalog_id": "7", "product_retailer_id": "SKU-7"}),
        "call_permission": _interactive("call_permission_reply", {"response": "accept"}),
        "advertisement": Delivered("text", written, {"referral": advert}),
        "forwarded": Delivered("text", written, {"context": {"forwarded": True}}),
        "call": Delivered("call", {}, ended, "calls"),
        "unsupported": Delivered(
            "unsupported", content_of("unsupported", text), {"unsupported": {"type": "edit"}}
        ),
        "group": Delivered("text", written, {"group_id": "Y2FwaXRhbC1ncm91cA"}),
        "standby": Delivered("text", written, field="standby"),
    }
    if about is not None:
        made["reaction"] = Delivered("reaction", {"message_id": about, "emoji": text or "👍"})
    return made.get(sort)


def _interactive(kind: str, part: JsonObject) -> Delivered:
    return Delivered("interactive", {"type": kind, kind: part})


def _make_card(name: str) -> JsonObject:
    return {"name": {"formatted_name": name}, "phones": [{"phone": "+62 812-0000-0001"}]}


def _make_order(text: str) -> JsonObject:
    item: JsonObject = {
        "product_retailer_id": "SKU-7",
        "quantity": 2,
        "item_price": 45_000,
        "currency": "IDR",
    }
    return {"catalog_id": "7", "text": text, "product_items": [item]}
