"""Which types of files are passed on, and which of them a browser may show.

What Meta calls a file is only a claim of its sender's. A file is shown where its type is in the
list and it begins as files of this type do; else it is a download, or refused.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Literal
from urllib.parse import quote

Shown = Literal["image", "audio", "video"]

BEGINNING: Final = 16
"""Bytes that tell whether a file is what its type says."""
UNKNOWN: Final = "application/octet-stream"
LONGEST_NAME: Final = 120
"""Characters of a file's name, without its ending."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type that is passed on."""

    name: str
    """The Content-Type."""
    endings: tuple[str, ...]
    """Of a file's name; the first is added to a name that has none of them."""
    shown: Shown | None = None
    """The element that shows it; None for a download."""
    beginning: re.Pattern[bytes] | None = None
    """What the first bytes of a file of this type match."""


def _shown(
    shown: Shown, subtype: str, endings: tuple[str, ...], beginning: bytes
) -> tuple[str, FileType]:
    name = f"{shown}/{subtype}"
    return name, FileType(name, endings, shown, re.compile(beginning, re.DOTALL))


def _download(name: str, *endings: str) -> tuple[str, FileType]:
    return name, FileType(name, endings)


_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_OPEN: Final = "application/vnd.oasis.opendocument"

ALLOWED: Final[Mapping[str, FileType]] = dict(
    (
        _shown("image", "jpeg", (".jpg", ".jpeg"), rb"\xff\xd8\xff"),
        _shown("image", "png", (".png",), rb"\x89PNG\r\n\x1a\n"),
        _shown("image", "webp", (".webp",), rb"RIFF.{4}WEBP"),
        _shown("video", "mp4", (".mp4",), rb".{4}ftyp"),
        _shown("video", "3gpp", (".3gp",), rb".{4}ftyp"),
        _shown("audio", "aac", (".aac",), rb"\xff[\xf0-\xf9]|.{4}ftyp"),
        _shown("audio", "amr", (".amr",), rb"#!AMR"),
        _shown("audio", "mpeg", (".mp3",), rb"ID3|\xff[\xe0-\xff]"),
        _shown("audio", "mp4", (".m4a",), rb".{4}ftyp"),
        _shown("audio", "ogg", (".ogg", ".opus"), rb"OggS"),
        _download("application/pdf", ".pdf"),
        _download("text/plain", ".txt"),
        _download("text/csv", ".csv"),
        _download("application/msword", ".doc"),
        _download("application/vnd.ms-excel", ".xls"),
        _download("application/vnd.ms-powerpoint", ".ppt"),
        _download(f"{_OFFICE}.wordprocessingml.document", ".docx"),
        _download(f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
        _download(f"{_OFFICE}.presentationml.presentation", ".pptx"),
        _download(f"{_OPEN}.text", ".odt"),
        _download(f"{_OPEN}.spreadsheet", ".ods"),
        _download("image/gif", ".gif"),
        _download("image/heic", ".heic"),
        _download("video/quicktime", ".mov"),
    )
)
"""By its Content-Type; SVG, HTML, programs and archives are not among them."""


def find_type(mime_type: str) -> FileType | None:
    """The type that a Content-Type, with or without parameters, names; None if it is refused."""
    return ALLOWED.get(mime_type.partition(";")[0].strip().lower())


def is_shown(found: FileType, beginning: bytes) -> bool:
    """Whether a browser may show a file with these first bytes."""
    return found.beginning is not None and found.beginning.match(beginning) is not None


def describe_disposition(name: str | None, found: FileType, beginning: bytes, kind: str) -> str:
    """The Content-Disposition of a file that its sender calls `name` (RFC 6266)."""
    # One that is not what it is called gets an ending by which no program opens it as that.
    endings = found.endings if found.shown is None or is_shown(found, beginning) else (".bin",)
    safe = _make_safe(name or "")
    stem, ending = PurePosixPath(safe).stem, PurePosixPath(safe).suffix.lower()
    if ending not in endings:
        stem, ending = safe, endings[0]
    whole = (stem[:LONGEST_NAME] or kind) + ending
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", whole)
    way = "inline" if is_shown(found, beginning) else "attachment"
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='')}"


def _make_safe(name: str) -> str:
    """Without folders, control and formatting characters, and dots at its ends."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*')
    return printable.strip(" .")
