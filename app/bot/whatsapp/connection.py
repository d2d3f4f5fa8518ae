"""One HTTP/1.1 connection of the Cloud API client: one request at a time, parsed by httptools.

It tells what HTTP clients hide, and what decides whether a message may be on its way: whether a
kept connection has been closed, whether a status line was read before an answer broke off, and
whether the peer received a byte of a request that got none (`tcp.py`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, cast

import httptools
from typing_extensions import override

from app.bot.whatsapp.tcp import Watched

_LONGEST_ANSWER: Final = 256 * 1024
"""Bytes of an answer that are read; Meta's have some hundred."""


@dataclass(slots=True)
class Answer:
    """An answer whose status line was read, as far as it came."""

    status: int
    retry_after: str | None = None
    """The header, as it stands there."""
    content: bytes | None = None
    """None if it broke off; empty if it was longer than any of Meta's."""


class BrokenOffError(ConnectionError):
    """The connection ended, or said what is not HTTP, before a status line was read."""


class Connection(asyncio.Protocol):
    """Open from `connection_made` to `close`, which has to follow."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        """Done once the transport is closed."""
        self.has_been_used = False
        """It has carried a request."""
        self.idle_since = 0.0
        self.is_taken = True
        """Its taker looks at it once it has ended, and gives it back."""
        self._is_between = True
        """No request is under way, nor has one left anything behind."""
        self._transport: asyncio.WriteTransport | None = None
        self._watched: Watched | None = None
        self._fault: OSError | None = None
        self._parser: Any = None
        self._asked: asyncio.Future[Answer] | None = None
        self._answer: Answer | None = None
        self._body = bytearray()
        self._retry_after: str | None = None
        self._has_length = False
        self._heard_at = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._parser = httptools.HttpResponseParser(self)
        try:
            self._watched = Watched(transport.get_extra_info("socket"))
        except OSError as error:  # no descriptor is left
            self._fault = error

    def check(self) -> None:
        """Closes it and raises OSError if it cannot be used. To be called once it is made: uvloop
        has not taken over the socket while it calls `connection_made`.
        """
        if self._fault is not None:
            self.close()
            raise self._fault

    def may_ask(self) -> bool:
        """Whether it is open, as far as the event loop has seen."""
        return self._is_between and self._transport is not None and not self._transport.is_closing()

    def has_anything(self) -> bool:
        """Bytes or an end of the connection that the event loop has not seen yet."""
        return self._watched is not None and self._watched.has_anything()

    def has_lost_it_all(self) -> bool:
        """Whether the peer has received no byte of the last request, as far as can be known."""
        return self._watched is not None and self._watched.has_lost_it_all()

    async def ask(self, request: bytes, *, silence: float, whole: float) -> Answer:
        """Writes a request, and reads its answer.

        Waits no longer than `silence` seconds for the next byte, and `whole` for all of it. Before
        a status line was read it raises TimeoutError, or OSError if the connection ended; after
        one, `content` of the answer is None then.
        """
        self._is_between = False
        if self._watched is None or self._transport is None:
            raise BrokenOffError("the connection was not made")
        self._watched.begin()
        self.has_been_used = True
        self._answer = None
        self._body.clear()
        asked = self._asked = self._loop.create_future()
        begun = self._heard_at = self._loop.time()
        timer = self._loop.call_later(
            min(silence, whole), self._look, asked, silence, begun + whole
        )
        self._transport.write(request)
        try:
            return await asked
        finally:
            timer.cancel()
            self._asked = None

    def _look(self, asked: asyncio.Future[Answer], silence: float, end: float) -> None:
        """Ends what has waited for too long."""
        due = min(self._heard_at + silence, end)
        if asked.done():
            return
        if self._loop.time() < due:
            self._loop.call_at(due, self._look, asked, silence, end)
        else:
            self._break_off(TimeoutError())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        if self._watched is not None:
            self._watched.close()  # it would keep the connection open for the peer

    @override
    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._is_between = False
            self._break_off(BrokenOffError("an answer that is not HTTP"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._answer is not None and not self._has_length:
            self.on_message_complete()  # such an answer ends with the connection
        if not self.is_taken:
            self.close()
        self._break_off(exc or BrokenOffError("the connection was closed"))
        if not self.ended.done():
            self.ended.set_result(None)

    def _break_off(self, error: Exception) -> None:
        asked, self._asked = self._asked, None
        if asked is None or asked.done():
            return
        if self._answer is None:
            asked.set_exception(error)
        else:
            asked.set_result(self._answer)

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._is_between = False  # also of one that nothing was asked for
        self._retry_after = None
        self._has_length = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value):
            self._has_length = True
        elif name == b"retry-after":
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # what comes before is not the answer
            self._answer = Answer(status, self._retry_after)

    def on_body(self, body: bytes) -> None:
        if len(self._body) <= _LONGEST_ANSWER:
            self._body += body

    def on_message_complete(self) -> None:
        asked, answer = self._asked, self._answer
        if asked is None or answer is None:
            return
        self._asked = None
        answer.content = bytes(self._body) if len(self._body) <= _LONGEST_ANSWER else b""
        self._is_between = self._has_length and self._parser.should_keep_alive()
        if not asked.done():
            asked.set_result(answer)
