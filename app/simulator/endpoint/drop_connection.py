"""Closing a caller's connection without an answer, which HTTP servers do not offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from starlette.requests import Request
from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

DROP_CONNECTION = "novabot.drop_connection"


class DroppingProtocol(HttpToolsProtocol):
    """Offers the application a way to close the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions = self.scope.setdefault("extensions", {})
        extensions[DROP_CONNECTION] = {"close": self.transport.close}


async def drop_connection(request: Request) -> None:
    """Closes the caller's connection; returns when it is closed.

    Raises RuntimeError under a server other than `create_server`'s.
    """
    extensions = cast("dict[str, dict[str, Callable[[], None]]]", request.scope.get("extensions"))
    close = (extensions or {}).get(DROP_CONNECTION, {}).get("close")
    if close is None:
        raise RuntimeError("dropping a connection needs the server of create_server()")
    close()
    message: Message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()
