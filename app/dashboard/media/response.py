"""A client's file as an answer: passed on as it comes, and kept nowhere."""

from __future__ import annotations

import asyncio

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import override

from app.dashboard.media.errors import MediaError, MediaSlow
from app.dashboard.media.meta import Download
from app.dashboard.media.types import UNKNOWN, describe_disposition, is_shown
from app.telemetry import dashboard as telemetry

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""Of a file that is opened by itself: no script, no form, no request of its own."""


class MediaResponse(Response):
    """Sends a download and closes it. At most one chunk is held: the next is read when the
    browser has taken this one.

    The size is bounded by the download, the time by `seconds`. Where either ends it, or Meta breaks
    off, the connection is closed before the end that was announced, so that no browser takes a part
    for the whole; where the browser goes away, so does the connection to Meta.

    Ranges are not served: Meta documents none. The answer is the whole file, and says so.
    """

    def __init__(self, download: Download, name: str | None, kind: str, seconds: float) -> None:
        self._download = download
        self._seconds = seconds
        found, beginning = download.type, download.beginning
        is_what_it_says = found.shown is None or is_shown(found, beginning)
        headers = {
            "Content-Type": found.name if is_what_it_says else UNKNOWN,
            "Content-Disposition": describe_disposition(name, found, beginning, kind),
            "Content-Security-Policy": POLICY,
            "Accept-Ranges": "none",
        }
        super().__init__(headers=headers)
        if download.size is None:
            del self.headers["Content-Length"]
        else:
            self.headers["Content-Length"] = str(download.size)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send_all(send, whole=scope["method"] != "HEAD"))
        watching = asyncio.create_task(_wait_for_disconnect(receive))
        try:
            await asyncio.wait(
                {sending, watching}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if sending.done():
                _report(sending.exception())
            elif watching.done():
                telemetry.count_media("left")
            else:
                _report(MediaSlow("the file took too long"))
        finally:
            sending.cancel()
            watching.cancel()
            await asyncio.gather(sending, watching, return_exceptions=True)
            self._download.close()

    async def _send_all(self, send: Send, *, whole: bool) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while whole and (chunk := await self._download.read()):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _report(error: BaseException | None) -> None:
    """Raises what is no MediaError."""
    if error is None:
        telemetry.count_media("sent")
    elif isinstance(error, MediaError):
        telemetry.report_media_broken_off(str(error))
    else:
        raise error


async def _wait_for_disconnect(receive: Receive) -> None:
    message: Message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()
