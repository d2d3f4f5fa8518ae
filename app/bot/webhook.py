"""WhatsApp's webhook: every item of a body in a transaction of its own, 200 once all are in.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from app.bot.items import Items, describe_failure
from app.bot.lines import group_by_owner
from app.bot.whatsapp.payload import Body, Item, NotABody, read_body
from app.bot.whatsapp.signature import verify_signature
from app.database.errors import Busy, TryLater, Unavailable, first_line
from app.sessions.groups import MOST_CHAINED
from app.telemetry.bot import (
    count_ignored,
    count_turn,
    note_signed_webhook,
    report_item_failed,
    report_turn_refused,
)

MAX_BODY = 3 * 1024 * 1024
"""Bytes; Meta's own bound."""
_SIDE_BY_SIDE = 16
"""Clients of one body that are served at the same time."""


class Webhook:
    """GET and POST /webhook.

    While `find_obstacle` has a reason, nothing is tried. `note_refusal` is called when the database
    did not store an item, for another reason than another transaction's lock.
    """

    def __init__(
        self,
        items: Items,
        *,
        phone_number_id: str,
        app_secret: str,
        verify_token: str,
        find_obstacle: Callable[[], str | None] = lambda: None,
        note_refusal: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._items = items
        self._phone_number_id = phone_number_id
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._find_obstacle = find_obstacle
        self._note_refusal = note_refusal

    async def shake_hands(self, request: Request) -> Response:
        """Meta's handshake: the challenge verbatim for a caller that knows the verify token."""
        query = request.query_params
        token = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
        knows = hmac.compare_digest(token, self._verify_token.encode())
        if not knows or query.get("hub.mode") != "subscribe" or "hub.challenge" not in query:
            return PlainTextResponse("wrong verify token, or no handshake\n", 403)
        return PlainTextResponse(query["hub.challenge"])

    async def receive(self, request: Request) -> Response:
        """Stores and answers what a signed body brought."""
        try:
            raw = await _read_bounded(request)
        except ClientDisconnect:
            return PlainTextResponse("the connection ended before the body did\n", 400)
        if raw is None:
            return PlainTextResponse("the body is larger than 3 MiB\n", 413)
        if not verify_signature(raw, request.headers.get("x-hub-signature-256"), self._app_secret):
            return PlainTextResponse("not signed with the app secret\n", 401)
        note_signed_webhook()
        try:
            body = read_body(raw, self._phone_number_id)
        except NotABody:
            return PlainTextResponse("the body is not a JSON object\n", 400)
        count_ignored(body.ignored)
        if await self._handle(body):
            return PlainTextResponse("ok\n")
        return PlainTextResponse(
            "the database kept us waiting; deliver again\n", 503, {"Retry-After": "1"}
        )

    async def _handle(self, body: Body) -> bool:
        """Tries every item while the database answers; False if WhatsApp has to deliver again."""
        lines = group_by_owner(body.items)
        if len(lines) == 1:
            return await self._handle_line(lines[0]) is None
        places = asyncio.Semaphore(_SIDE_BY_SIDE)
        away = False

        async def handle(line: list[Item]) -> bool:
            nonlocal away
            async with places:
                if away:
                    return False  # every other client would wait as long for nothing
                error = await self._handle_line(line)
                away = away or isinstance(error, Unavailable)
                return error is None

        return all(await asyncio.gather(*(handle(line) for line in lines)))

    async def _handle_line(self, line: list[Item]) -> TryLater | None:
        """The items of one client, in their order; ends at the first that the database delays."""
        place = 0
        while place < len(line):
            try:
                place += await self._handle_next(line[place : place + MOST_CHAINED])
            except TryLater as error:
                count_turn("unavailable")
                report_turn_refused(first_line(error))
                return error
        return None

    async def _handle_next(self, items: Sequence[Item]) -> int:
        """The first of these, and what goes with it; how many that were."""
        if (obstacle := self._find_obstacle()) is not None:
            raise Unavailable(obstacle)
        try:
            return await self._items.see_to(items)
        except Busy:
            raise
        except Unavailable as error:
            self._note_refusal(error)
            raise
        except Exception as error:
            self._note_refusal(error)
            report_item_failed(error)
            await self._items.set_aside(describe_failure(items[0], error))
        return 1


async def _read_bounded(request: Request) -> bytes | None:
    """The raw body, or None if it is too large, of which no more than that is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
