"""Inbound text and JSON, cleaned so that PostgreSQL can store it and logs may show it.

PostgreSQL's text and jsonb hold no NUL, UTF-8 holds no lone surrogates, jsonb holds no infinity.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

from app.addresses import replace_bsuids

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_TOO_DEEP = "…"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"wamid\.[A-Za-z0-9+/=_-]+")
_LONG_NUMBER = re.compile(r"\+?\d(?:[ ().-]{0,2}\d){5,}")


def clean_text(text: str) -> str:
    """Every NUL and lone surrogate becomes U+FFFD; all else stays as it came."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def clean_json(value: Any, depth: int = 16) -> Any:
    """The same for a decoded JSON value, keys included; infinities become None.

    What lies deeper than `depth` becomes "…", so that the result can be walked and encoded.
    """
    match value:
        case str():
            return clean_text(value)
        case float() if not math.isfinite(value):
            return None
        case dict() | list() if depth == 0:
            return _TOO_DEEP
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return {clean_text(key): clean_json(inner, depth - 1) for key, inner in pairs}
        case list():
            return [clean_json(inner, depth - 1) for inner in cast("list[Any]", value)]
        case _:
            return value


def remove_message_ids(text: str) -> str:
    """Message ids contain the phone number in base64."""
    return _MESSAGE_ID.sub("wamid…", text)


def mask_ids(text: str, limit: int = 300) -> str:
    """An error text as one short line without phone numbers, user ids and message ids."""
    line = " ".join(clean_text(text[: 8 * limit]).split())
    line = replace_bsuids(_MESSAGE_ID.sub("…", line), "…")
    return _LONG_NUMBER.sub("…", line)[:limit]
