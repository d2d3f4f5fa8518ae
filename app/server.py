"""HTTP serving, the same for each service: uvicorn inside our own task group.

uvicorn's command is not used: it raises the signal that stopped it once more, so that the process
does not exit 0, and with workers it answers `/ready` and `/metrics` for a random one.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Literal

import uvicorn
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import report_request

GRACE = 5
"""Seconds that running requests get at a stop."""


class PortTakenError(Exception):
    """The address can't be listened on; the text says which and why."""


class HttpServer(uvicorn.Server):
    """Serves `app` until SIGINT or SIGTERM; at a stop `end_streams` is called first.

    It listens from the start: `port` tells where, if 0 was asked for. Raises PortTakenError.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        end_streams: Callable[[], None] | None = None,
        protocol: type[asyncio.Protocol] | Literal["auto"] = "auto",
        grace: int = GRACE,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol,
                ws="none",
                access_log=False,
                log_config=None,
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=grace,
            )
        )
        self._end_streams = end_streams
        self._listening = _listen(host, port)

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Until told to stop. Raises RuntimeError if the application could not start."""
        await super().serve(sockets or [self._listening])
        if not self.started:
            raise RuntimeError("the application could not start; the reason is in the log above")

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Lets running requests end, and then returns from `serve`."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._end_streams is not None:
            self._end_streams()
        await super().shutdown(sockets)


class RequestLog:
    """One line a request, with the route's template: the path itself may hold a phone number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            seconds = time.perf_counter() - started
            report_request(scope["method"], _find_template(scope), status, seconds)


def _find_template(scope: Scope) -> str:
    for route in scope["app"].routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return getattr(route, "path", "?")
    return "?"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on: 44 ms a request, as measured.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortTakenError(
            f"Can't listen on {host}:{port}: {reason.lower()}; choose another with --port"
        ) from error
    return listening
