"""HTTP serving, the same for each service: uvicorn in our own task group, probes, request log.

uvicorn's command line re-raises the stop signal, so we would not exit 0; with workers, /ready and
/metrics are answered by an arbitrary one.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Literal
from urllib.parse import urlsplit

import uvicorn
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry.serving import RequestReports, report_application_failed

STOP_TIMEOUT = 5
"""Seconds that running requests get at a stop."""
_FILES = 65_536
"""Open files that a process asks for, where its hard limit allows as many."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PortTakenError(Exception):
    """The service cannot listen on the address; the text says which and why."""


class HttpServer(uvicorn.Server):
    """Serves `app` until SIGINT or SIGTERM; at a stop `end_streams` is called first.

    It listens as soon as it is made: `port` is the one that was found where 0 was given. Raises
    PortTakenError.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        end_streams: Callable[[], None] | None = None,
        protocol: type[asyncio.Protocol] | Literal["auto"] = "auto",
        stop_timeout: int = STOP_TIMEOUT,
    ) -> None:
        _raise_file_limit()
        super().__init__(
            uvicorn.Config(
                _describe_failure(app),
                http=protocol,
                ws="none",
                access_log=False,
                log_config=None,
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=stop_timeout,
            )
        )
        self._end_streams = end_streams
        self._listening = _listen(host, port)

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Returns after a stop. Raises RuntimeError if the application could not start."""
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


def list_probes(
    find_unreadiness: Callable[[], Awaitable[str | None]],
    registry: CollectorRegistry,
    find_remark: Callable[[], str | None] = lambda: None,
) -> list[Route]:
    """GET /live: the process runs. GET /ready: 503 with the reason while there is one, else 200,
    with what `find_remark` says. GET
    /metrics: the service's registry, as Prometheus reads it.
    """

    async def show_live(_: Request) -> Response:
        return PlainTextResponse("live\n")

    async def show_ready(_: Request) -> Response:
        reason = await find_unreadiness()
        if reason is not None:
            return PlainTextResponse(f"{reason}\n", 503)
        remark = find_remark()
        return PlainTextResponse("ready\n" if remark is None else f"ready; {remark}\n")

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [
        Route("/live", show_live),
        Route("/ready", show_ready),
        Route("/metrics", show_metrics),
    ]


def is_cross_site(scope: Scope) -> bool:
    """Whether a page of another origin made a browser send this unsafe request.

    A request with neither Sec-Fetch-Site nor Origin comes from a program, and passes.
    """
    if scope["method"] in SAFE_METHODS:
        return False
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class RequestLog:
    """Middleware: reports every request by its route's template, for a path may hold a number.

    Mounted files are not reported.
    """

    def __init__(self, app: ASGIApp, requests: RequestReports) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        # What the server answers if the application fails before it answers.
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            route = scope.get("route")
            if not isinstance(route, Mount):
                template = route.path if isinstance(route, Route) else "unmatched"
                seconds = time.perf_counter() - started
                self._requests.report(scope["method"], template, status, seconds)


class DirectPost:
    """Answers POSTs to one path by `handle`, and leaves everything else to `rest`.

    Reported as RequestLog does. Starlette's middleware and routing take as long as all that a bot
    itself does for a message until its turn is committed.
    """

    def __init__(
        self,
        path: str,
        handle: Callable[[Request], Awaitable[Response]],
        rest: ASGIApp,
        requests: RequestReports,
    ) -> None:
        self._path = path
        self._handle = handle
        self._rest = rest
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self._path:
            await self._rest(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500  # what the server answers if the handler fails
        try:
            response = await self._handle(Request(scope, receive))
            status = response.status_code
            await response(scope, receive, send)
        finally:
            self._requests.report("POST", self._path, status, time.perf_counter() - started)


def _describe_failure(app: ASGIApp) -> ASGIApp:
    """Reports why the application could not start or stop, instead of Starlette's traceback."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return

        async def send_event(event: Message) -> None:
            await send({"type": event["type"]})

        try:
            await app(scope, receive, send_event)
        except Exception as error:
            report_application_failed(error)
            raise

    return run


def _raise_file_limit() -> None:
    """Lets the process open as many files as it may: a bot's sends take two a connection, and the
    limit that shells and systemd give, 1024, is for programs that use select().
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With protocol 0 asyncio leaves Nagle's algorithm on: 44 ms a request, as measured.
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
