"""The Cloud API client: one POST a message, and what may be known of it afterwards.

The question it must answer rightly is whether the message may be on its way. `NotSent`: the API
received nothing, it may be sent again. `ApiRefusal`: Meta said no. `Uncertain`: something was
written and no answer could be read; only a status webhook, found by our token, can tell. A sender
that repeats an uncertain message may deliver it twice.

aiohttp sends a POST only once, and follows no redirect here. A kept connection that the server
closes without having received the request is no reason for `Uncertain`: it is looked at right
before the first byte, and if it breaks off, the kernel is asked what the peer acknowledged
(`tcp.py`). Only where it acknowledged nothing does the message go out on another connection.

At most CONNECTIONS sends are under way at a time, and at most one a client (app/bot/workers.py): so
many clients' sends have to hang before the next waits, for no longer than `Timeouts.pool`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

import aiohttp
import msgspec
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override

from app.bot.whatsapp.answers import (
    NotSent,
    Outcome,
    Uncertain,
    Unsendable,
    Withdrawn,
    read_answer,
    read_bounded,
)
from app.bot.whatsapp.cleaning import mask_ids
from app.bot.whatsapp.outbound import UnsendableError, build_read_mark, build_request
from app.bot.whatsapp.tcp import Watched, has_something_to_read
from app.messages import Outgoing
from app.way_out import find_proxy, load_certificates

CONNECTIONS: Final = 512
"""Sends under way at a time."""
_KEPT_FOR: Final = 4.0
"""Seconds that an idle connection is kept: less than servers keep theirs."""


MayWrite = Callable[[], Awaitable[bool]]
_MARK_TIMEOUT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each step may take, and all of them together.

    Writing has none of its own: a message fits into the socket's buffers.
    """

    pool: float = 5
    connect: float = 3
    read: float = 20
    whole: float = 45


class CloudApi:
    """One number's sending side; open it once a process, with `async with CloudApi.open(…)`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
    ) -> None:
        self._session = session
        self._url = url
        self._headers = headers
        self._timeouts = timeouts
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._used: WeakSet[asyncio.BaseProtocol] = WeakSet()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        timeouts: Timeouts | None = None,
    ) -> AsyncGenerator[CloudApi]:
        """Raises ValueError for a token that no HTTP header can carry, and WayOutError.

        The environment's proxy is the way to Meta, not to a simulator on this machine.
        """
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise ValueError("the access token holds characters that no token has")
        steps = timeouts or Timeouts()
        leads_out = api_url.startswith("https:")
        proxy = find_proxy(api_url) if leads_out else None
        # aiohttp sends the session's own headers to a proxy too: the token is in each request's.
        headers = {
            "Authorization": f"Bearer {access_token}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS,
                keepalive_timeout=_KEPT_FOR,
                ssl=load_certificates() if leads_out else True,
            ),
            timeout=aiohttp.ClientTimeout(sock_connect=steps.connect, sock_read=steps.read),
            request_class=_Request,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            proxy=proxy.with_user(None) if proxy else None,
            proxy_auth=aiohttp.BasicAuth.from_url(proxy, encoding="utf-8") if proxy else None,
        ) as session:
            url = f"{api_url.rstrip('/')}/{phone_number_id}/messages"
            yield cls(session, url, headers, steps)

    async def send(
        self, address: str, message: Outgoing, token: str, may_write: MayWrite | None = None
    ) -> Outcome:
        """Sends to phone digits or a BSUID; `token` comes back in every status of the message.

        `may_write` is asked when there is a connection, right before the first byte, and again for
        each further connection; what it raises is raised, and nothing was written. Cancelled in the
        middle, it leaves what `Uncertain` means.
        """
        try:
            body = msgspec.json.encode(build_request(address, message, token))
        except UnsendableError as error:
            return Unsendable(str(error))
        if self._places.locked():
            try:
                async with asyncio.timeout(self._timeouts.pool):
                    await self._places.acquire()
            except TimeoutError:
                return NotSent(f"no connection was free within {self._timeouts.pool:g} s")
        else:
            await self._places.acquire()  # at once
        try:
            while (outcome := await self._post(body, may_write)) is None:
                pass
        finally:
            self._places.release()
        return outcome

    async def _post(self, body: bytes, may_write: MayWrite | None) -> Outcome | None:
        """None if a kept connection was closed, and the API received nothing by it."""
        attempt = _Attempt(self._used, may_write)
        outer = _ATTEMPT.set(attempt)
        try:
            async with (
                asyncio.timeout(self._timeouts.whole),
                self._session.post(
                    self._url, data=body, headers=self._headers, allow_redirects=False
                ) as response,
            ):
                attempt.response = response
                content = await read_bounded(response.content)
        except _NotAllowedError:
            if attempt.raised is not None:
                raise attempt.raised from None
            return Withdrawn()
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            if attempt.response is None:
                return self._judge(attempt, error)
            return read_answer(attempt.response, None)
        finally:
            _ATTEMPT.reset(outer)
            attempt.close()
        return read_answer(response, content)

    def _judge(self, attempt: _Attempt, error: Exception) -> NotSent | Uncertain | None:
        """What a request that got no status line means; None as `_post` says."""
        if attempt.watched is None:
            if attempt.is_reused:
                return None
            if isinstance(error, TimeoutError):
                return NotSent(f"no connection within {self._timeouts.connect:g} s")
            return NotSent(f"no connection: {_describe(error)}")
        if attempt.watched.has_lost_it_all():
            return None if attempt.is_reused else NotSent("closed before the request arrived")
        if isinstance(error, TimeoutError):
            return Uncertain(f"no answer within {self._timeouts.read:g} s")
        return Uncertain(f"no answer: {_describe(error)}")

    async def mark_read(self, message_id: str, *, typing: bool) -> bool:
        """Marks a message of a client as read, or shows the bot typing too; whether Meta took it.

        Tried once, for 5 s: nothing depends on it.
        """
        body = msgspec.json.encode(build_read_mark(message_id, typing=typing))
        attempt = _Attempt(self._used, None)
        outer = _ATTEMPT.set(attempt)
        try:
            async with (
                asyncio.timeout(_MARK_TIMEOUT),
                self._session.post(
                    self._url, data=body, headers=self._headers, allow_redirects=False
                ) as response,
            ):
                await read_bounded(response.content)
                return response.status == 200
        except (aiohttp.ClientError, HttpProcessingError, OSError):
            return False
        finally:
            _ATTEMPT.reset(outer)
            attempt.close()


class _NotAllowedError(Exception):
    """Ends a request before it is written: `may_write` said no, or raised."""


class _ClosedError(OSError):
    """The connection is closed, and nothing was written."""


@dataclass(slots=True)
class _Attempt:
    """One request on one connection, as far as it has come. To be closed."""

    used: WeakSet[asyncio.BaseProtocol]
    """Connections that have carried a request."""
    may_write: MayWrite | None
    raised: Exception | None = None
    """By `may_write`."""
    is_reused: bool = False
    watched: Watched | None = None
    """The connection, from right before the first byte."""
    response: aiohttp.ClientResponse | None = None

    def close(self) -> None:
        if self.watched is not None:
            self.watched.close()

    async def begin(self, connection: Connection) -> None:
        """Returns if the request may be written to this connection, right before it is."""
        if not await self._ask():
            connection.release()
            raise _NotAllowedError
        protocol, transport = connection.protocol, connection.transport
        self.is_reused = protocol in self.used
        if protocol is None or transport is None or transport.is_closing():
            raise _ClosedError("closed before the request was written")
        used_socket = transport.get_extra_info("socket")
        if self.is_reused and has_something_to_read(used_socket):
            raise _ClosedError("closed before the request was written")
        self.used.add(protocol)
        self.watched = Watched(used_socket)

    async def _ask(self) -> bool:
        if self.may_write is None:
            return True
        try:
            return await self.may_write()
        except Exception as error:
            self.raised = error
            return False


_ATTEMPT: ContextVar[_Attempt] = ContextVar("attempt")


class _Request(aiohttp.ClientRequest):
    """A request that begins its attempt before it is written.

    Nothing is written earlier: aiohttp calls `send` with a connection, and a proxy's CONNECT is
    a request of aiohttp's own class.
    """

    @override
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        await _ATTEMPT.get().begin(conn)
        return await super().send(conn)


def _describe(error: Exception) -> str:
    return mask_ids(f"{type(error).__name__}: {error}".rstrip(": "))
