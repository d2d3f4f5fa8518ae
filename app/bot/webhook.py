"""WhatsApp's webhook: every item of a body in a transaction of its own, 200 once all are in.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from app.addresses import canonical
from app.bot.preferring import note
from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import StatusUpdate
from app.bot.whatsapp.payload import Body, Item, NotABody, SetAside, read_body
from app.bot.whatsapp.preferences import Preference
from app.bot.whatsapp.signature import verify_signature
from app.crm.identity import apply_identity_event
from app.crm.sending.outbox import apply_status
from app.crm.set_aside import set_aside
from app.database.errors import Busy, TryLater, Unavailable, first_line
from app.database.pool import Pool
from app.messages import Message
from app.sessions.groups import MOST_CHAINED
from app.telemetry.bot import (
    count_identity_event,
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
    """GET and POST /webhook. `take` answers the first of these messages of one client, and those
    that go with it, and returns how many, at least one; it raises TryLater when WhatsApp has to
    deliver the next again.

    While `find_obstacle` has a reason, nothing is tried. `note_refusal` is called when the database
    did not store an item, for another reason than another transaction's lock.
    """

    def __init__(
        self,
        pool: Pool,
        take: Callable[[Sequence[Message]], Awaitable[int]],
        annotate: Callable[[Annotation], Awaitable[None]],
        *,
        phone_number_id: str,
        app_secret: str,
        verify_token: str,
        find_obstacle: Callable[[], str | None] = lambda: None,
        note_refusal: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._pool = pool
        self._take = take
        self._annotate = annotate
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
        item = items[0]
        try:
            match item:
                case Message():
                    return await self._take(_list_messages(items))
                case Annotation():
                    await self._annotate(item)
                case IdentityEvent():
                    await self._apply_identity_event(item)
                case Preference():
                    await note(self._pool, item)
                case StatusUpdate():
                    await self._note_status(item)
                case SetAside():
                    await self._set_aside(item)
                case _:
                    assert_never(item)
        except Busy:
            raise
        except Unavailable as error:
            self._note_refusal(error)
            raise
        except Exception as error:
            self._note_refusal(error)
            report_item_failed(error)
            await self._set_aside(_describe_failure(item, error))
        return 1

    async def _apply_identity_event(self, event: IdentityEvent) -> None:
        outcome = await apply_identity_event(
            self._pool,
            message_id=event.id,
            account=event.account,
            number_changed=event.number_changed,
            before=event.before,
            after=event.after,
            at=event.at,
        )
        count_identity_event(outcome)

    async def _note_status(self, update: StatusUpdate) -> None:
        await apply_status(
            self._pool,
            update.message_id,
            _read_token(update.token),
            update.status,
            code=update.error_code,
            reason=update.error_text,
        )

    async def _set_aside(self, item: SetAside) -> None:
        count_turn("set_aside")
        await set_aside(
            self._pool, item.item, item.reason, key=item.key, address=item.address, at=item.at
        )


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


def group_by_owner(items: Sequence[Item]) -> list[list[Item]]:
    """The items in lines that may be handled side by side: what shares an address shares a line."""
    above: dict[str, str] = {}

    def find_line(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for item in items:
        first, *others = _find_keys(item)
        for other in others:
            above[find_line(other)] = find_line(first)
    lines: dict[str, list[Item]] = {}
    for item in items:
        lines.setdefault(find_line(_find_keys(item)[0]), []).append(item)
    for line in lines.values():
        for event in [item for item in line if isinstance(item, IdentityEvent)]:
            _put_before_texts(event, line)
    return list(lines.values())


def _list_messages(items: Sequence[Item]) -> list[Message]:
    messages: list[Message] = []
    for item in items:
        if not isinstance(item, Message):
            break
        messages.append(item)
    return messages


def _put_before_texts(event: IdentityEvent, line: list[Item]) -> None:
    """A message that a person wrote after a change is answered after it."""
    place = line.index(event)
    new = {canonical(address) for address in event.after}
    for earlier, item in enumerate(line[:place]):
        if (
            isinstance(item, Message)
            and item.at >= event.at
            and new.intersection(map(canonical, item.addresses))
        ):
            line.insert(earlier, line.pop(place))
            return


def _find_keys(item: Item) -> Sequence[str]:
    match item:
        case Message() | Annotation() | IdentityEvent() | Preference():
            return [canonical(address) for address in item.addresses]
        case StatusUpdate():
            return [f"status {item.message_id}"]
        case SetAside():
            return ["set aside"]
        case _:
            assert_never(item)


def _read_token(token: str | None) -> UUID | None:
    try:
        return UUID(token) if token else None
    except ValueError:
        return None


def _describe_failure(item: Item, error: Exception) -> SetAside:
    match item:
        case Message():
            key, address = item.id, item.addresses[0]
            text = json.dumps({"from": address, "type": item.kind, "text": item.text[:8_000]})
        case IdentityEvent():
            key, address = item.id, item.after[-1]
            text = json.dumps({"type": "system", "before": item.before, "after": item.after})
        case Annotation() | Preference():
            key, address = item.id, item.addresses[0]
            text = json.dumps({"from": address, "type": item.act})
        case StatusUpdate():
            key, address = f"{item.message_id} {item.status}", None
            text = json.dumps({"status": item.status})
        case SetAside():
            key, address, text = item.key, None, json.dumps({"reason": item.reason})
    at = item.at if isinstance(item, Message | Annotation | IdentityEvent | Preference) else None
    return SetAside(text, f"could not be handled: {type(error).__name__}", key, address, at)
