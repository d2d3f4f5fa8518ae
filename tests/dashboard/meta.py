"""A server that plays Meta's Graph API and its file hosts, as a test wants them to be."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from app.server import HttpServer
from tests.dashboard.running import DEADLINE, wait_until

TOKEN = "the-token"
NUMBER = "106540352242922"
JPEG = b"\xff\xd8\xff\xe0" + b"a photo" * 5000


@dataclass
class Meta:
    """`files` by id, `error` for every question; `seen` are the requests that came."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    """Replaces what is told of a file."""
    error: tuple[int, object] | None = None
    file_error: tuple[int, object] | None = None
    file_headers: dict[str, str] = field(default_factory=dict)
    redirect: str | None = None
    endless: bool = False
    """The file goes on until the connection ends."""
    hangs: bool = False
    """No question is answered."""
    seen: list[tuple[str, Headers]] = field(default_factory=list)
    passed: int = 0
    """Bytes of an endless file that have been written."""
    left: threading.Event = field(default_factory=threading.Event)
    """The connection of an endless file has ended."""

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v24.0/{id}", self.describe),
                Route("/file/{id}", self.send),
            ]
        )

    async def describe(self, request: Request) -> Response:
        self.seen.append((str(request.url), request.headers))
        media_id = request.path_params["id"]
        if self.hangs:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if self.error is not None:
            return JSONResponse(self.error[1], self.error[0])
        told = {
            "url": f"{self.url}/file/{media_id}",
            "mime_type": "image/jpeg",
            "sha256": "00",
            "file_size": len(self.files.get(media_id, b"")),
            "id": media_id,
            "messaging_product": "whatsapp",
        }
        return JSONResponse(told | self.about)

    async def send(self, request: Request) -> Response:
        self.seen.append((str(request.url), request.headers))
        if self.redirect is not None:
            return RedirectResponse(self.redirect, 302)
        if self.file_error is not None:
            return JSONResponse(self.file_error[1], self.file_error[0])
        if self.endless:
            return StreamingResponse(self._go_on(), headers=self.file_headers)
        return Response(self.files[request.path_params["id"]], headers=self.file_headers)

    async def _go_on(self) -> AsyncIterator[bytes]:
        try:
            chunk = JPEG
            while True:
                yield chunk
                self.passed += len(chunk)
                await anyio.lowlevel.checkpoint()
        finally:
            self.left.set()


@contextmanager
def run_meta() -> Generator[Meta]:
    meta = Meta()
    server = HttpServer(meta.app, "127.0.0.1", 0, stop_timeout=1)
    meta.url = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "Meta starts")
        yield meta
    finally:
        server.stop()
        thread.join(DEADLINE)
        assert not thread.is_alive(), "Meta did not stop"
