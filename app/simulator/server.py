"""The simulator's uvicorn server: it can hang up on a client, and stops with streams open."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import cast

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp, Message
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HANG_UP = "novabot.hang_up"
STOP_SECONDS = 1


class HangUpProtocol(HttpToolsProtocol):
    """Offers the application a way to close the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions = self.scope.setdefault("extensions", {})
        extensions[HANG_UP] = {"close": self.transport.close}


async def hang_up(request: Request) -> None:
    """Closes the client's connection; returns when it is gone.

    Raises RuntimeError under a server other than SimulatorServer.
    """
    extensions = cast("dict[str, dict[str, Callable[[], None]]]", request.scope.get("extensions"))
    close = (extensions or {}).get(HANG_UP, {}).get("close")
    if close is None:
        raise RuntimeError("dropping a connection needs the server of create_server()")
    close()
    message: Message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()


class SimulatorServer(uvicorn.Server):
    """A server for `app` that calls `end_streams` first when it stops.

    `port` 0 takes any free one; `port` tells which, once `started`.
    """

    def __init__(self, app: ASGIApp, end_streams: Callable[[], None], host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=HangUpProtocol,
                ws="none",
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._end_streams: Callable[[], None] = end_streams

    @property
    def port(self) -> int:
        """The port it listens on.  Raises RuntimeError before it does."""
        for server in self.servers:
            for listening in server.sockets:
                return int(listening.getsockname()[1])
        raise RuntimeError("the simulator's server does not listen yet")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)
