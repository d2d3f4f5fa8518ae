"""A client's file at Meta: where it is, and its bytes, as far as they may be passed on.

A file has an id, which Meta keeps for about 30 days. The Graph API gives an address for it that
lives for five minutes and asks for the same bearer token. The token goes to no other address than
`hosts.may_have_token` allows, redirects included.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
from yarl import URL

from app.dashboard.media.errors import (
    MediaElsewhere,
    MediaError,
    MediaGone,
    MediaMissing,
    MediaOff,
    MediaSlow,
    MediaTokenRefused,
    MediaTooLarge,
    MediaTypeRefused,
    MediaUnavailable,
)
from app.dashboard.media.hosts import may_have_token
from app.dashboard.media.types import BEGINNING, FileType, find_type
from app.way_out import find_proxy, load_certificates

LARGEST_FILE: Final = 100 * 1024 * 1024
"""Bytes: WhatsApp's own limit for a document, the largest of all."""
CONNECTIONS: Final = 32
"""Files, and questions for their addresses, under way at a time."""

_LONGEST_ANSWER: Final = 64 * 1024
_MOST_REDIRECTS: Final = 3
_CHUNK: Final = 64 * 1024
_MEDIA_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_TOKEN_CODES: Final = frozenset({0, 3, 10, 102, 190, 131005, *range(200, 300)})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for a connection, between two reads, until there is an answer, for a whole file;
    and the bytes of a file.
    """

    connect: float = 5
    read: float = 20
    answer: float = 30
    file: float = 600
    largest: int = LARGEST_FILE


@dataclass(frozen=True, slots=True)
class Located:
    """Where a file is for the next five minutes, and what it is."""

    url: URL
    type: FileType


class Download:
    """A file that Meta has begun to send; to be closed."""

    def __init__(
        self, response: aiohttp.ClientResponse, found: FileType, beginning: bytes, largest: int
    ) -> None:
        self._response = response
        self._largest = largest
        self.type = found
        self.size = response.content_length
        """None where Meta does not say it."""
        self.beginning = beginning
        self._passed = 0

    async def read(self) -> bytes:
        """The next bytes, about 64 KiB at most; empty at the end.

        Raises MediaTooLarge, MediaUnavailable, MediaSlow.
        """
        if self._passed == 0 and self.beginning:
            chunk = self.beginning
        else:
            with _telling_failures():
                chunk = await self._response.content.read(_CHUNK)
        self._passed += len(chunk)
        if self._passed > self._largest:
            raise MediaTooLarge("more bytes came than are passed on")
        return chunk

    def close(self) -> None:
        """Ends the connection to Meta, unless the file has come to its end."""
        self._response.close()


class MetaMedia:
    """The way to Meta's files; open it once a process, with `async with MetaMedia.open(…)`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        limits: Limits,
    ) -> None:
        self._session = session
        self._api_url = URL(api_url)
        self._phone_number_id = phone_number_id
        self._access_token = access_token
        self.limits = limits

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        limits: Limits | None = None,
    ) -> AsyncGenerator[MetaMedia]:
        """Without a token every file is MediaOff. Raises WayOutError."""
        steps = limits or Limits()
        leads_out = bool(access_token) and api_url.startswith("https:")
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS, ssl=load_certificates() if leads_out else True
            ),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=steps.connect, sock_read=steps.read
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        ) as session:
            yield cls(session, api_url, phone_number_id, access_token, steps)

    async def locate(self, media_id: object) -> Located:
        """Asks the Graph API where the file is. Raises MediaError."""
        if not self._access_token:
            raise MediaOff("WHATSAPP_ACCESS_TOKEN is not set")
        if not isinstance(media_id, str) or not _MEDIA_ID.fullmatch(media_id):
            raise MediaMissing("the message has no id of a file")
        url = self._api_url / media_id
        if self._phone_number_id:
            url = url.with_query(phone_number_id=self._phone_number_id)
        async with _bounded(self.limits.answer):
            response = await self._get(url)
            try:
                answer = _decode(await _read_bounded(response.content))
            finally:
                response.close()
        _judge(response.status, answer)
        return self._read_location(answer)

    async def open_file(self, located: Located) -> Download:
        """Begins to fetch the file. Raises MediaError."""
        url = located.url
        async with _bounded(self.limits.answer):
            for _ in range(_MOST_REDIRECTS + 1):
                if not may_have_token(url, self._api_url):
                    raise MediaElsewhere("the address of a file is not Meta's")
                response = await self._get(url)
                try:
                    if (target := _find_redirect(response)) is None:
                        return await self._begin(response, located.type)
                except BaseException:
                    response.close()
                    raise
                response.close()
                url = target
        raise MediaUnavailable("too many redirects")

    async def _begin(self, response: aiohttp.ClientResponse, found: FileType) -> Download:
        answer = None
        if response.status != 200:
            answer = _decode(await _read_bounded(response.content))
        _judge(response.status, answer)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise MediaUnavailable("the file came in an encoding that was not asked for")
        if (response.content_length or 0) > self.limits.largest:
            raise MediaTooLarge("the file has more bytes than are passed on")
        beginning = b""
        while len(beginning) < BEGINNING:
            if not (chunk := await response.content.read(_CHUNK)):
                break
            beginning += chunk
        return Download(response, found, beginning, self.limits.largest)

    async def _get(self, url: URL) -> aiohttp.ClientResponse:
        found = find_proxy(str(url)) if url.scheme == "https" else None
        proxy = URL(found.geturl()) if found else None
        # In the request, not the session: aiohttp sends a session's own headers to a proxy too.
        return await self._session.get(
            url,
            headers={
                "Authorization": f"Bearer {self._access_token}",
                "Accept-Encoding": "identity",
                "User-Agent": "novabot",
            },
            allow_redirects=False,
            proxy=proxy.with_user(None) if proxy else None,
            proxy_auth=aiohttp.BasicAuth.from_url(proxy, encoding="utf-8") if proxy else None,
        )

    def _read_location(self, answer: object) -> Located:
        fields = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
        given, mime_type, size = fields.get("url"), fields.get("mime_type"), fields.get("file_size")
        try:
            url = URL(given if isinstance(given, str) else "")
        except ValueError:
            url = URL()
        if not url.absolute:
            raise MediaUnavailable("the answer has no address of a file")
        if not may_have_token(url, self._api_url):
            raise MediaElsewhere("the address of a file is not Meta's")
        found = find_type(mime_type) if isinstance(mime_type, str) else None
        if found is None:
            raise MediaTypeRefused("a file of this type is not passed on")
        if (_read_size(size) or 0) > self.limits.largest:
            raise MediaTooLarge("the file has more bytes than are passed on")
        return Located(url, found)


@asynccontextmanager
async def _bounded(seconds: float) -> AsyncGenerator[None]:
    with _telling_failures():
        async with asyncio.timeout(seconds):
            yield


@contextmanager
def _telling_failures() -> Generator[None]:
    """Makes a failure of the connection a MediaError."""
    try:
        yield
    except TimeoutError as error:
        raise MediaSlow("no answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        raise MediaUnavailable("the connection failed") from error


def _judge(status: int, answer: object) -> None:
    """Raises the MediaError that an answer of Meta's means; returns for a success."""
    error = cast("dict[str, Any]", answer).get("error") if isinstance(answer, dict) else None
    code = cast("dict[str, Any]", error).get("code") if isinstance(error, dict) else None
    if error is None and status == 200:
        return
    raise _choose(status, code)(f"HTTP {status}, code {code}")


def _choose(status: int, code: object) -> type[MediaError]:
    if code in _TOKEN_CODES or (code is None and status in (401, 403)):
        return MediaTokenRefused
    if code in (100, 33) or (code is None and status in (404, 410)):
        return MediaGone
    return MediaUnavailable


def _find_redirect(response: aiohttp.ClientResponse) -> URL | None:
    """The address that an answer leads on to; None if it does not. Raises MediaUnavailable."""
    if response.status not in (301, 302, 303, 307, 308):
        return None
    try:
        return response.url.join(URL(response.headers["Location"]))
    except (KeyError, ValueError) as error:
        raise MediaUnavailable("a redirect without an address") from error


async def _read_bounded(content: aiohttp.StreamReader) -> bytes:
    """The content of an answer; empty for one longer than any of Meta's."""
    read = bytearray()
    while chunk := await content.read(_CHUNK):
        read += chunk
        if len(read) > _LONGEST_ANSWER:
            return b""
    return bytes(read)


def _read_size(size: object) -> int | None:
    """Meta writes it as a number, and wrote it as a text."""
    if isinstance(size, str) and size.isascii() and size.isdigit() and len(size) < 19:
        return int(size)
    return size if type(size) is int else None


def _decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
