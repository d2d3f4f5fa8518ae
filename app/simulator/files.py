"""What phones send as files, as Meta keeps it: in memory, bounded, gone with the process."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from app.simulator.cloud_api import JsonObject

FILE_LIMIT = 16 * 1024 * 1024
"""Bytes of a file."""
FILES_LIMIT = 20
ADDRESS_LIFETIME = 300.0
"""Seconds, as at Meta."""

Kind = Literal["image", "video", "audio", "document"]


@dataclass(frozen=True, slots=True)
class File:
    id: str
    mime_type: str
    name: str
    content: bytes

    @property
    def kind(self) -> Kind:
        """The type of a message that brings it."""
        if self.mime_type in ("image/jpeg", "image/png"):
            return "image"
        if self.mime_type in ("video/mp4", "video/3gpp"):
            return "video"
        return "audio" if self.mime_type.startswith("audio/") else "document"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Files:
    """The files by id, and the addresses that were given out for them."""

    def __init__(self, lifetime: float = ADDRESS_LIFETIME) -> None:
        self._lifetime: float = lifetime
        self._files: dict[str, File] = {}
        self._addresses: dict[str, tuple[str, float]] = {}

    def add(self, content: bytes, mime_type: str, name: str) -> File:
        """Keeps a file; the oldest makes room at FILES_LIMIT. Raises ValueError if too large."""
        if len(content) > FILE_LIMIT:
            raise ValueError(f"A file has at most {FILE_LIMIT // 1024**2} MB here.")
        while len(self._files) >= FILES_LIMIT:
            self.remove(next(iter(self._files)))
        media_id = str(10**14 + secrets.randbelow(9 * 10**14))
        self._files[media_id] = File(media_id, mime_type, name, content)
        return self._files[media_id]

    def find(self, media_id: str) -> File | None:
        return self._files.get(media_id)

    def remove(self, media_id: str) -> bool:
        """Whether there was one: it is gone, as after 30 days."""
        self._addresses = {a: of for a, of in self._addresses.items() if of[0] != media_id}
        return self._files.pop(media_id, None) is not None

    def open_address(self, file: File) -> str:
        """A new address for a file, which expires."""
        now = time.monotonic()
        self._addresses = {a: of for a, of in self._addresses.items() if of[1] > now}
        address = secrets.token_urlsafe(24)
        self._addresses[address] = (file.id, now + self._lifetime)
        return address

    def expire_addresses(self) -> None:
        self._addresses.clear()

    def find_by_address(self, address: str) -> File | None:
        media_id, until = self._addresses.get(address, ("", 0.0))
        return self._files.get(media_id) if until > time.monotonic() else None


def describe_content(file: File, caption: str) -> JsonObject:
    """What a webhook says of a file."""
    described: JsonObject = {"id": file.id, "mime_type": file.mime_type, "sha256": file.sha256}
    if file.kind == "document":
        described["filename"] = file.name
    if caption and file.kind != "audio":
        described["caption"] = caption
    return described
