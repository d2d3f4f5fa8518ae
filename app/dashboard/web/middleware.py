"""Before every route: requests of other origins, the size of bodies, security headers."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.dashboard.web.errors import answer_failure
from app.server import is_cross_site

LARGEST_BODY = 64 * 1024
"""Bytes; the largest form is the login's."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware around the routes and their error handler."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Ids may hold a slash, so routes match the path as it was sent, still encoded.
        scope["path"] = scope["raw_path"].decode("ascii")
        guarded = _Sending(scope, send)
        bounded = _Receiving(receive)
        try:
            if is_cross_site(scope):
                refused = HTTPException(403, "403_origin")
                response = await answer_failure(Request(scope), refused)
                await response(scope, receive, guarded)
            else:
                await self._app(scope, bounded, guarded)
        except Exception as error:
            if not guarded.status:
                response = await answer_failure(Request(scope), error)
                await response(scope, receive, guarded)
            raise


class _Sending:
    """Adds the headers; `status` is that of the answer, 0 before there is one."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            cached = self._scope["path"].startswith("/static/") and self.status in {200, 304}
            headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if cached else "no-store"
            )
        await self._send(message)


class _Receiving:
    """Refuses a body above LARGEST_BODY."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._received = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > LARGEST_BODY:
                raise HTTPException(413)
        return message
