"""The kinds of message that this release sends, and what makes one of them impossible.

The limits are those of Meta's pages (developers.facebook.com/documentation/business-messaging/
whatsapp/messages/…, one page a kind). They count characters and do not say which: what has too many
code points is refused here, and what Meta then counts differently it refuses itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast, get_args

from app.texts import count_graphemes, is_blank

Kind = Literal[
    "text",
    "template",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "buttons",
    "list",
    "reaction",
    "quote",
]
"""What this release can send. During an upgrade, bots of the release before leave other kinds to
newer bots, and ignore what they do not know in `detail`: whatever changes what the client is to
see (a quote, a button) is therefore a kind of its own."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Media = Literal["image", "video", "audio", "document", "sticker"]
MEDIA: Final[tuple[Media, ...]] = get_args(Media)

TEXT_LIMIT: Final = 4_096
"""Characters of a text message that WhatsApp takes."""
BUTTONS_BODY_LIMIT: Final = 1_024
LIST_BODY_LIMIT: Final = 4_096
CAPTION_LIMIT: Final = 1_024
EDGE_LIMIT: Final = 60
"""Characters of the header, and of the footer."""
BUTTONS: Final = 3
BUTTON_TITLE_LIMIT: Final = 20
BUTTON_ID_LIMIT: Final = 256
SECTIONS: Final = 10
ROWS: Final = 10
"""Rows of all sections of a list together."""
ROW_TITLE_LIMIT: Final = 24
"""Also that of a section's title."""
ROW_ID_LIMIT: Final = 200
ROW_DESCRIPTION_LIMIT: Final = 72
DETAIL_LIMIT: Final = 65_536
"""Characters of a message's detail as JSON."""

_Detail = Mapping[str, Any]
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_MESSAGE_ID: Final = re.compile(r"wamid\.[A-Za-z0-9+/=_-]+")
_LINK: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_TEMPLATE_NAME: Final = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4}){0,2}")


def check_kind(kind: str, body: str, detail: _Detail | None) -> None:
    """Raises ValueError if no message can be like this; the sentence quotes nothing of it.

    The body of a text may be blank or too long: `Outgoing.parts` divides it.
    """
    check = _CHECKS.get(cast("Kind", kind))
    if check is None:
        raise ValueError(f"kind {kind!r} cannot be sent; use one of: {', '.join(KINDS)}")
    check_storable("the body", body)
    check(body, detail or {})


def check_storable(what: str, text: str) -> None:
    if _UNSTORABLE.search(text):
        raise ValueError(f"{what} holds a NUL or a lone surrogate, which no database stores")


def copy_detail(detail: _Detail) -> _Detail:
    """The detail as it comes back from the database. Raises ValueError for what is no JSON."""
    try:
        written = json.dumps(detail, ensure_ascii=False, allow_nan=False)
        copied = json.loads(written)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("the detail is no JSON") from None
    if _is_unstorable(copied):
        raise ValueError("the detail holds a NUL or a lone surrogate, which no database stores")
    if len(written) > DETAIL_LIMIT:
        raise ValueError(f"the detail has more than {DETAIL_LIMIT} characters as JSON")
    if not isinstance(copied, dict):
        raise ValueError("the detail is no JSON object")
    return cast("_Detail", copied)


def is_message_id(text: object) -> bool:
    """Whether it is an id that WhatsApp gives to messages, in or out."""
    return isinstance(text, str) and _MESSAGE_ID.fullmatch(text) is not None


def _check_text(_body: str, _detail: _Detail) -> None:
    pass  # divided, or not sent


def _check_template(_body: str, detail: _Detail) -> None:
    if not _fits(_TEMPLATE_NAME, detail.get("name")):
        raise ValueError("a template's name has lower-case letters, digits and `_`, 512 at most")
    if not _fits(_LANGUAGE, detail.get("language")):
        raise ValueError("a template's language is a code like `id` or `en_US`")
    components = _list_of(detail.get("components", []), "a template's components")
    for component in components:
        if not isinstance(component, dict) or not isinstance(component.get("type"), str):
            raise ValueError("each of a template's components is an object with a type")


def _check_media(kind: Media) -> Callable[[str, _Detail], None]:
    has_caption = kind in ("image", "video", "document")

    def check(body: str, detail: _Detail) -> None:
        media_id, link = detail.get("id"), detail.get("link")
        if (media_id is None) == (link is None):
            raise ValueError(f"{kind}: give either the id of uploaded media or a link to it")
        if link is not None and not _fits(_LINK, link):
            raise ValueError(f"{kind}: the link begins with https:// or http://")
        if media_id is not None:
            _check_string(f"{kind}: the media id", media_id, 512)
        if body and not has_caption:
            raise ValueError(f"{kind}: WhatsApp shows no caption with it")
        _check_length("the caption", body, CAPTION_LIMIT)
        if detail.get("filename") is not None:
            if kind != "document":
                raise ValueError(f"{kind}: only a document has a filename")
            _check_string("the filename", detail["filename"], 240)

    return check


def _check_buttons(body: str, detail: _Detail) -> None:
    _check_string("the body above buttons", body, BUTTONS_BODY_LIMIT)
    _check_edges(detail)
    buttons = _list_of(detail.get("buttons"), "buttons")
    if not 1 <= len(buttons) <= BUTTONS:
        raise ValueError(f"there are {len(buttons)} buttons; WhatsApp takes 1 to {BUTTONS}")
    for button in buttons:
        fields = _object(button, "a button")
        _check_id("a button's id", fields.get("id"), BUTTON_ID_LIMIT)
        _check_string("a button's title", fields.get("title"), BUTTON_TITLE_LIMIT)
    _check_distinct("ids of the buttons", [button["id"] for button in buttons])
    _check_distinct("titles of the buttons", [button["title"] for button in buttons])


def _check_list(body: str, detail: _Detail) -> None:
    _check_string("the body above a list", body, LIST_BODY_LIMIT)
    _check_edges(detail)
    _check_string("the button that opens a list", detail.get("button"), BUTTON_TITLE_LIMIT)
    sections = [
        _object(section, "a section") for section in _list_of(detail.get("sections"), "sections")
    ]
    if not 1 <= len(sections) <= SECTIONS:
        raise ValueError(f"there are {len(sections)} sections; WhatsApp takes 1 to {SECTIONS}")
    ids: list[str] = []
    for section in sections:
        if section.get("title") is not None or len(sections) > 1:
            _check_string("a section's title", section.get("title"), ROW_TITLE_LIMIT)
        rows = _list_of(section.get("rows"), "a section's rows")
        if not rows:
            raise ValueError("a section of a list has no rows")
        for row in rows:
            fields = _object(row, "a row")
            _check_id("a row's id", fields.get("id"), ROW_ID_LIMIT)
            _check_string("a row's title", fields.get("title"), ROW_TITLE_LIMIT)
            if fields.get("description") is not None:
                _check_string("a row's description", fields["description"], ROW_DESCRIPTION_LIMIT)
            ids.append(fields["id"])
    if len(ids) > ROWS:
        raise ValueError(f"the list has {len(ids)} rows; WhatsApp takes {ROWS}")
    _check_distinct("ids of the rows", ids)


def _check_reaction(body: str, detail: _Detail) -> None:
    if not is_message_id(detail.get("message_id")):
        raise ValueError("a reaction is to a message of WhatsApp, named by its id")
    is_letter = body.isascii() or body[:1].isalpha()
    if body and (is_letter or is_blank(body) or count_graphemes(body) != 1):
        raise ValueError("a reaction is one emoji, or empty to take the last one back")


def _check_quote(body: str, detail: _Detail) -> None:
    if not is_message_id(detail.get("message_id")):
        raise ValueError("a quote is of a message of WhatsApp, named by its id")
    kind = detail.get("kind")
    if kind in ("quote", "reaction", "template"):
        raise ValueError(f"a {kind} cannot quote")
    if not isinstance(kind, str):
        raise ValueError("a quote names the kind of the message that quotes")
    inner = detail.get("detail")
    check_kind(kind, body, None if inner is None else _object(inner, "a quote's detail"))


def _check_edges(detail: _Detail) -> None:
    for edge in ("header", "footer"):
        if detail.get(edge) is not None:
            _check_string(f"the {edge}", detail[edge], EDGE_LIMIT)


def _check_id(what: str, value: object, limit: int) -> None:
    _check_string(what, value, limit)
    if value != str(value).strip():
        raise ValueError(f"{what} begins or ends with white space")


def _check_string(what: str, value: object, limit: int) -> None:
    if not isinstance(value, str) or is_blank(value):
        raise ValueError(f"{what} is missing or blank")
    _check_length(what, value, limit)


def _check_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise ValueError(f"{what} has {len(text)} characters; WhatsApp takes {limit}")


def _check_distinct(what: str, values: Sequence[str]) -> None:
    if len(set(values)) < len(values):
        raise ValueError(f"two {what} are the same")


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _list_of(value: object, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{what}: not a list")
    return list(cast("Sequence[Any]", value))


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")
    return cast("dict[str, Any]", value)


def _is_unstorable(value: object) -> bool:
    match value:
        case str():
            return _UNSTORABLE.search(value) is not None
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return any(_is_unstorable(key) or _is_unstorable(inner) for key, inner in pairs)
        case list():
            return any(_is_unstorable(inner) for inner in cast("list[Any]", value))
        case _:
            return False


_CHECKS: Final[Mapping[Kind, Callable[[str, _Detail], None]]] = {
    "text": _check_text,
    "template": _check_template,
    **{kind: _check_media(kind) for kind in MEDIA},
    "buttons": _check_buttons,
    "list": _check_list,
    "reaction": _check_reaction,
    "quote": _check_quote,
}
