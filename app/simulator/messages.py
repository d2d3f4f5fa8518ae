"""The emulated endpoint `POST /v24.0/{phone number id}/messages`."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.addresses import is_bsuid
from app.simulator.chats import TYPING_SECONDS, Bubble
from app.simulator.cloud_api import JsonObject, JsonValue, decode, encode, new_wamid
from app.simulator.drop_connection import hang_up
from app.simulator.faults import Fault
from app.simulator.request_log import Received
from app.simulator.send_request import Outgoing, ReadMark, RefusalError, read_request
from app.simulator.state import Parts

NO_FAULT = Fault()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a bot must show: its bearer token, and the number it sends from."""

    access_token: str
    phone_number_id: str


class MessagesEndpoint:
    """Judges a request, applies an ordered fault, and brings the message to its phone."""

    def __init__(self, credentials: Credentials, parts: Parts) -> None:
        self._credentials: Credentials = credentials
        self._parts: Parts = parts

    def routes(self) -> list[Route]:
        return [
            Route("/{phone_number_id}/messages", self.receive, methods=["POST"]),
            Route("/{version}/{phone_number_id}/messages", self.receive, methods=["POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        raw = await request.body()
        received = self._parts.record.arrive()
        try:
            self._check_caller(request)
            asked = _read(raw, received)
            self._parts.record.changed.emit()
            if isinstance(asked, ReadMark):
                self._parts.chats.read_up_to(asked.message_id, asked.typing)
                if asked.typing:
                    self._parts.delivery.tasks.start_soon(self._end_typing)
                return self._answer(received, {"success": True})
            return await self._send(request, asked, received)
        except RefusalError as refusal:
            self._parts.record.settle(received, "refused", refusal.status, refusal.code)
            error: JsonObject = {**refusal.error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}
            return _json({"error": error}, refusal.status)

    def _check_caller(self, request: Request) -> None:
        version = str(request.path_params.get("version", "v24.0"))
        if re.fullmatch(r"v\d{1,3}\.\d{1,2}", version) is None:
            raise RefusalError(2500, "Unknown path components: /messages")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        expected = self._credentials.access_token.encode()
        if scheme.lower() != "bearer" or not token:
            raise RefusalError(
                190,
                "An access token is required to request this resource.",
                status=401,
            )
        if not secrets.compare_digest(token.strip().encode(), expected):
            raise RefusalError(
                190, "Invalid OAuth access token - Cannot parse access token", status=401
            )
        number = str(request.path_params["phone_number_id"])
        if number != self._credentials.phone_number_id:
            raise RefusalError(
                100,
                f"Unsupported post request. Object with ID '{number}' does not exist, cannot be"
                " loaded due to missing permissions, or does not support this operation.",
                kind="GraphMethodException",
                subcode=33,
            )

    async def _send(self, request: Request, asked: Outgoing, received: Received) -> Response:
        fault = self._parts.faults.take(asked.address) or NO_FAULT
        gate = self._parts.faults.gate()
        if fault.delay_seconds:
            with anyio.move_on_after(fault.delay_seconds):
                await self._parts.closing.wait()
        if fault.hold:
            await gate.wait()
        if fault.drop == "before":
            self._parts.record.settle(received, "dropped", None)
            return await _no_answer(request)
        refusal = fault.refusal()
        if refusal is not None:
            raise refusal
        message_id = self._accept(asked, gate if fault.hold_statuses else None)
        received.message_id = message_id
        if fault.drop == "after":
            self._parts.record.settle(received, "accepted", None)
            return await _no_answer(request)
        contact: JsonObject = {"input": asked.given}
        contact["user_id" if is_bsuid(asked.address) else "wa_id"] = asked.address
        return self._answer(
            received,
            {
                "messaging_product": "whatsapp",
                "contacts": [contact],
                "messages": [{"id": message_id}],
            },
        )

    def _accept(self, asked: Outgoing, gate: anyio.Event | None) -> str:
        message_id = new_wamid(asked.address, "out")
        bubble = Bubble(message_id, "bot", asked.text, time.time(), "delivered", asked.quoted)
        self._parts.chats.add(asked.address, bubble)
        self._parts.statuses.follow(message_id, asked.address, asked.callback_data, gate)
        return message_id

    async def _end_typing(self) -> None:
        await anyio.sleep(TYPING_SECONDS)
        self._parts.chats.changed.emit()

    def _answer(self, received: Received, body: JsonValue) -> Response:
        self._parts.record.settle(received, "accepted", 200)
        return _json(body, 200)


def _read(raw: bytes, received: Received) -> Outgoing | ReadMark:
    try:
        received.payload = decode(raw)
    except ValueError as error:
        raise RefusalError(100, "(#100) The request body is not valid JSON.") from error
    asked = read_request(received.payload)
    match asked:
        case ReadMark():
            received.kind = "read"
        case Outgoing():
            received.kind = "message"
            received.to = asked.address
            received.text = asked.text
            received.callback_data = asked.callback_data
    return asked


async def _no_answer(request: Request) -> Response:
    await hang_up(request)
    return Response(status_code=500)


def _json(body: JsonValue, status: int) -> Response:
    return Response(encode(body), status, media_type="application/json")
