"""The connections of the Cloud API client to its one server, kept open between requests."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast
from urllib.parse import SplitResult, unquote

import aiohappyeyeballs
from typing_extensions import override

from app.bot.whatsapp.connection import Connection

_KEPT_FOR: Final = 4.0
"""Seconds that an idle connection is kept: less than servers keep theirs."""
_NEXT_ADDRESS_AFTER: Final = 0.25
"""Seconds until the server's next address is tried beside one that does not answer (RFC 8305)."""
_ADDRESSES_KEPT_FOR: Final = 10.0
"""Seconds after which the addresses of the host are looked up anew."""
_LONGEST_REPLY: Final = 64 * 1024
"""Bytes of a proxy's reply to CONNECT."""
_PORTS: Final = {"http": 80, "https": 443}


class ProxyError(OSError):
    """The proxy refused to connect; the text has its status line."""


class Connections:
    """To be closed. Taken connections are given back, or closed by who took them."""

    def __init__(
        self,
        server: SplitResult,
        certificates: ssl.SSLContext | None,
        proxy: SplitResult | None,
    ) -> None:
        """With `certificates` the server is spoken to by TLS, by way of the `proxy` if there is
        one.
        """
        self._server = server
        self._certificates = certificates
        self._proxy = proxy
        self._idle: list[Connection] = []
        """In the order in which they were given back."""
        self._open: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._addresses = _Addresses(server if proxy is None else proxy)

    def find_idle(self) -> Connection | None:
        """The one used last that is still open, as far as the event loop has seen."""
        oldest = asyncio.get_running_loop().time() - _KEPT_FOR
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since >= oldest and connection.may_ask():
                connection.is_taken = True
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keeps it for the next request if it can carry one, or else closes it."""
        connection.is_taken = False
        if not connection.may_ask():
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = loop.call_later(_KEPT_FOR, self._close_idle)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - _KEPT_FOR
        kept = [connection for connection in self._idle if connection.idle_since > oldest]
        for connection in self._idle[: len(self._idle) - len(kept)]:
            connection.close()
        self._idle = kept
        self._timer = (
            loop.call_at(kept[0].idle_since + _KEPT_FOR, self._close_idle) if kept else None
        )

    async def open(self) -> Connection:
        """A new connection. Raises OSError: no address, refused, no TLS, or the proxy's refusal."""
        if self._proxy is not None and self._certificates is not None:
            connection = await self._open_by(self._proxy, self._certificates)
        else:
            addresses = await self._addresses.find()
            connection = await _connect(Connection, self._server, addresses, self._certificates)
        connection.check()
        self._open.add(connection)
        connection.ended.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    async def _open_by(self, proxy: SplitResult, certificates: ssl.SSLContext) -> Connection:
        tunnel = await _connect(
            _Tunnel,
            proxy,
            await self._addresses.find(),
            certificates if proxy.scheme == "https" else None,
        )
        try:
            await tunnel.ask(_write_connect(self._server, proxy))
            connection = Connection()
            through = await asyncio.get_running_loop().start_tls(
                tunnel.transport, connection, certificates, server_hostname=self._server.hostname
            )
            if through is None:
                raise ConnectionResetError("closed during the TLS handshake")
        except BaseException:
            tunnel.transport.abort()
            raise
        connection.connection_made(through)
        return connection

    async def close(self) -> None:
        """Closes all of them, those under way too."""
        if self._timer is not None:
            self._timer.cancel()
        self._addresses.close()
        ended = [connection.ended for connection in self._open]
        for connection in self._open:
            connection.close()
        if ended:
            await asyncio.wait(ended)


_Found = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]


class _Addresses:
    """The addresses of one host: one look-up at a time, for all who wait, kept for a while."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._found: _Found = ()
        self._found_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def find(self) -> _Found:
        """Those found last, while they are looked up anew. Raises OSError if none were found."""
        loop = asyncio.get_running_loop()
        is_old = loop.time() - self._found_at > _ADDRESSES_KEPT_FOR
        if (is_old or not self._found) and self._looking is None:
            self._looking = loop.create_task(self._look_up())
        if not self._found and self._looking is not None:
            await asyncio.shield(self._looking)
        return self._found

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        port = self._url.port or _PORTS[self._url.scheme]
        try:
            self._found = await loop.getaddrinfo(self._url.hostname, port, type=socket.SOCK_STREAM)
            self._found_at = loop.time()
        except OSError:
            if not self._found:
                raise
        finally:
            self._looking = None


class _Tunnel(asyncio.Protocol):
    """Asks a proxy to connect."""

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reply = bytearray()

    async def ask(self, request: bytes) -> None:
        """Raises OSError if the proxy does not."""
        self.transport.write(request)
        await self._opened

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._reply += data
        head, end, _ = bytes(self._reply).partition(b"\r\n\r\n")
        if self._opened.done() or not (end or len(head) > _LONGEST_REPLY):
            return
        line = head.partition(b"\r\n")[0].decode("latin-1")
        status = line.partition(" ")[2]
        if line.startswith("HTTP/1.") and status.startswith("2"):
            self._opened.set_result(None)
        else:
            self._opened.set_exception(ProxyError(f"the proxy answered {status[:100]!r}"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(exc or ProxyError("the proxy closed the connection"))


_Protocol = TypeVar("_Protocol", bound=asyncio.Protocol)


async def _connect(
    make: type[_Protocol],
    url: SplitResult,
    addresses: _Found,
    certificates: ssl.SSLContext | None,
) -> _Protocol:
    """A connection to one of the host's addresses, by TLS if there are certificates."""
    loop = asyncio.get_running_loop()
    reached = await aiohappyeyeballs.start_connection(
        addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER
    )
    reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _, protocol = await loop.create_connection(
        make, sock=reached, ssl=certificates, server_hostname=url.hostname if certificates else None
    )
    return protocol


def _write_connect(server: SplitResult, proxy: SplitResult) -> bytes:
    target = f"{_bracket(server.hostname or '')}:{server.port or _PORTS[server.scheme]}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
