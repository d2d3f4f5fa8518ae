"""What a message of each Cloud API type says: its text, and what else is kept of it.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from app.bot.whatsapp.cleaning import clean_json, clean_text
from app.bot.whatsapp.context import read_context

UNSUPPORTED = "unsupported"
IGNORED_TYPES = frozenset({"request_welcome", "ephemeral"})
"""They speak of the account, and are no message to store or to answer."""
MEDIA_TYPES = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
STORED_TYPES = frozenset(
    {*MEDIA_TYPES, "text", "button", "interactive", "location", "contacts", "order", UNSUPPORTED}
)
"""What `read_content` makes of a message; every other type becomes UNSUPPORTED."""
DETAIL_LIMIT = 65_536
"""Characters of `detail` as JSON; a larger one is not kept."""

# No `url` and no preview pictures of an advertisement: their addresses carry access tokens.
_MEDIA_FIELDS = ("id", "mime_type", "sha256", "filename", "voice", "animated")
_AD_FIELDS = (
    "source_type",
    "source_id",
    "source_url",
    "headline",
    "body",
    "media_type",
    "ctwa_clid",
)
_LOCATION_FIELDS = ("latitude", "longitude", "name", "address", "url")
_REPLY_FIELDS = ("id", "title", "description")
_FLOW_FIELDS = ("name", "body", "response_json")


@dataclass(frozen=True, slots=True)
class Content:
    kind: str
    text: str
    detail: Mapping[str, Any] | None


class _Text(msgspec.Struct):
    body: str


class _Button(msgspec.Struct):
    text: str
    payload: Any = None


class _Captioned(msgspec.Struct):
    caption: str | None = None


class _Reply(msgspec.Struct):
    title: str


class _Interactive(msgspec.Struct):
    type: str | None = None
    button_reply: _Reply | None = None
    list_reply: _Reply | None = None


def read_content(kind: str, item: Mapping[str, Any]) -> Content:
    """The content of one message of type `kind`, cleaned.

    Raises msgspec.ValidationError, which names the place and no value, for the part that the type
    announces in another shape than the documented one. Other parts are not looked at.
    """
    if item.get("errors") or kind not in STORED_TYPES:
        return _read_unsupported(kind, item)
    match kind:
        case "text":
            text, detail = msgspec.convert(item.get("text"), _Text).body, {}
        case "button":
            button = msgspec.convert(item.get("button"), _Button)
            text, detail = button.text, {"payload": button.payload}
        case "interactive":
            text, detail = _read_interactive(item.get("interactive"))
        case kind if kind in MEDIA_TYPES:
            media: object = item.get(kind) or {}
            text = msgspec.convert(media, _Captioned).caption or ""
            detail = _pick(media, _MEDIA_FIELDS)
        case "location":
            text, detail = "", _pick(item.get("location"), _LOCATION_FIELDS)
        case "contacts" | "order":
            # Cards of third persons: data, never the client's own name or number.
            text, detail = "", {kind: item.get(kind)}
        case _:
            return _read_unsupported(kind, item)
    if isinstance(item.get("referral"), dict):
        detail = {**detail, "referral": _pick(item["referral"], _AD_FIELDS)}
    return Content(kind, clean_text(text), _keep({**detail, **read_context(item)}))


def _read_interactive(part: object) -> tuple[str, dict[str, Any]]:
    """The title that was tapped; of a form (nfm_reply) its JSON, kept as the text it came as; of
    what is no choice (call_permission_reply, product) its part.
    """
    interactive = msgspec.convert(part, _Interactive)
    detail: dict[str, Any] = {"type": interactive.type}
    fields = cast("dict[str, Any]", part)
    for name, reply in (
        ("button_reply", interactive.button_reply),
        ("list_reply", interactive.list_reply),
    ):
        if reply is not None:
            return reply.title, {**detail, **_pick(fields[name], _REPLY_FIELDS)}
    if interactive.type is None or interactive.type == "nfm_reply":
        return "", {**detail, **_pick(fields.get("nfm_reply"), _FLOW_FIELDS)}
    return "", {**detail, interactive.type: fields.get(interactive.type)}


def _read_unsupported(kind: str, item: Mapping[str, Any]) -> Content:
    """A placeholder: no guess at the content, no media, only what WhatsApp says of the reason."""
    detail: dict[str, Any] = {"type": kind[:64]}
    detail["unsupported"] = _pick(item.get(UNSUPPORTED), ("type",)).get("type")
    errors = item.get("errors")
    if isinstance(errors, list) and errors:
        detail["error"] = _pick(cast("list[Any]", errors)[0], ("code", "title"))
    return Content(UNSUPPORTED, "", _keep(detail))


def _pick(part: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(part, dict):
        return {}
    fields = cast("dict[str, Any]", part)
    return {name: fields[name] for name in names if fields.get(name) is not None}


def _keep(detail: Mapping[str, Any]) -> Mapping[str, Any] | None:
    kept = clean_json({name: value for name, value in detail.items() if value is not None})
    if kept and len(json.dumps(kept, ensure_ascii=False)) > DETAIL_LIMIT:
        return {"dropped": "too large"}
    return kept or None
