"""The file that a message brought: what WhatsApp told of it. The file itself is not stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from app.database.queries import Source, fetch_one

MEDIA_KINDS = frozenset({"image", "video", "audio", "voice", "document", "sticker"})


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A message with a file; `media_id` is None where WhatsApp gave no id of it."""

    kind: str
    caption: str
    media_id: str | None
    filename: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    body: str
    detail: Any


async def find_media(source: Source, client_id: str, token: UUID) -> StoredMedia | None:
    """What the message with this token brought; None if it is not this client's, or no media."""
    row = await fetch_one(
        source,
        _Row,
        'SELECT kind, body, detail FROM public."Conversation" WHERE "userId" = %s AND token = %s',
        [client_id, token],
    )
    if row is None or row.kind not in MEDIA_KINDS:
        return None
    return StoredMedia(
        row.kind, row.body, read_media_id(row.detail), _read_text(row.detail, "filename")
    )


def read_media_id(detail: object) -> str | None:
    """WhatsApp's id of the file of a message with this detail."""
    return _read_text(detail, "id")


def _read_text(detail: object, name: str) -> str | None:
    if not isinstance(detail, Mapping):
        return None
    value = cast("Mapping[str, Any]", detail).get(name)
    return value if isinstance(value, str) and value else None
