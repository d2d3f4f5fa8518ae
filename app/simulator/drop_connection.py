"""Hanging up on a client without an answer, which HTTP servers don't offer by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from starlette.requests import Request
from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HANG_UP = "novabot.hang_up"


class HangUpProtocol(HttpToolsProtocol):
    """Offers the application a way to close the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions = self.scope.setdefault("extensions", {})
        extensions[HANG_UP] = {"close": self.transport.close}


async def hang_up(request: Request) -> None:
    """Closes the client's connection; returns when it is gone.

    Raises RuntimeError under a server other than `create_server`'s.
    """
    extensions = cast("dict[str, dict[str, Callable[[], None]]]", request.scope.get("extensions"))
    close = (extensions or {}).get(HANG_UP, {}).get("close")
    if close is None:
        raise RuntimeError("dropping a connection needs the server of create_server()")
    close()
    message: Message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()
