"""The emulated endpoint `POST /v24.0/{phone number id}/messages`."""

from __future__ import annotations

import secrets
import time

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.addresses import is_bsuid
from app.simulator.chats import TYPING_SECONDS, Bubble
from app.simulator.cloud_api import JsonObject, JsonValue, decode, encode, new_wamid
from app.simulator.endpoint.callers import (
    Credentials,
    check_token,
    check_version,
    refuse_unknown,
)
from app.simulator.endpoint.drop_connection import drop_connection
from app.simulator.endpoint.faults import Fault
from app.simulator.endpoint.refusals import RefusalError
from app.simulator.endpoint.request_log import RecordedRequest
from app.simulator.endpoint.send_request import ReadMark, SendRequest, read_request
from app.simulator.state import SimulatorState

NO_FAULT = Fault()


class MessagesEndpoint:
    """Checks a request, applies an ordered fault, and shows the message on its phone."""

    def __init__(self, credentials: Credentials, state: SimulatorState) -> None:
        self._credentials: Credentials = credentials
        self._state: SimulatorState = state

    def routes(self) -> list[Route]:
        return [
            Route("/{phone_number_id}/messages", self.receive, methods=["POST"]),
            Route("/{version}/{phone_number_id}/messages", self.receive, methods=["POST"]),
        ]

    async def receive(self, request: Request) -> Response:
        raw = await request.body()
        recorded = self._state.requests.add()
        try:
            self._check_caller(request)
            asked = _read(raw, recorded)
            self._state.requests.changes.announce()
            if isinstance(asked, ReadMark):
                await self._suffer(self._state.faults.take(None) or NO_FAULT)
                self._state.chats.read_up_to(asked.message_id, asked.typing)
                if asked.typing:
                    self._state.delivery.start(self._end_typing)
                return self._answer(recorded, {"success": True})
            return await self._send(request, asked, recorded)
        except RefusalError as refusal:
            self._state.requests.settle(recorded, "refused", refusal.status, refusal.code)
            error: JsonObject = {**refusal.error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}
            return _json({"error": error}, refusal.status)

    def _check_caller(self, request: Request) -> None:
        check_version(request, "messages")
        check_token(request, self._credentials)
        number = str(request.path_params["phone_number_id"])
        if number != self._credentials.phone_number_id:
            raise refuse_unknown("post", number)

    async def _suffer(self, fault: Fault) -> None:
        """What happens to a read mark."""
        if fault.delay_seconds:
            with anyio.move_on_after(fault.delay_seconds):
                await self._state.closing.wait()
        if fault.hold:
            await self._state.faults.gate().wait()
        refusal = fault.refusal()
        if refusal is not None:
            raise refusal

    async def _send(
        self, request: Request, asked: SendRequest, recorded: RecordedRequest
    ) -> Response:
        fault = self._state.faults.take(asked.address) or NO_FAULT
        gate = self._state.faults.gate()
        if fault.delay_seconds:
            with anyio.move_on_after(fault.delay_seconds):
                await self._state.closing.wait()
        if fault.hold:
            await gate.wait()
        if fault.drop == "before":
            self._state.requests.settle(recorded, "dropped", None)
            return await _drop(request)
        refusal = fault.refusal()
        if refusal is not None:
            raise refusal
        message_id = self._accept(asked, gate if fault.hold_statuses else None)
        recorded.message_id = message_id
        if fault.drop == "after":
            self._state.requests.settle(recorded, "accepted", None)
            return await _drop(request)
        contact: JsonObject = {"input": asked.given}
        contact["user_id" if is_bsuid(asked.address) else "wa_id"] = asked.address
        return self._answer(
            recorded,
            {
                "messaging_product": "whatsapp",
                "contacts": [contact],
                "messages": [{"id": message_id}],
            },
        )

    def _accept(self, asked: SendRequest, gate: anyio.Event | None) -> str:
        message_id = new_wamid(asked.address, "out")
        shown = asked.shown
        if shown.reacts_to is not None:
            self._state.chats.react(asked.address, shown.reacts_to, shown.text)
        else:
            self._state.chats.add(
                asked.address,
                Bubble(
                    message_id,
                    "bot",
                    shown.text,
                    time.time(),
                    "delivered",
                    asked.quoted,
                    shown.choices,
                    shown.reply,
                ),
            )
        self._state.statuses.follow(message_id, asked.address, asked.callback_data, gate)
        return message_id

    async def _end_typing(self) -> None:
        await anyio.sleep(TYPING_SECONDS)
        self._state.chats.changes.announce()

    def _answer(self, recorded: RecordedRequest, body: JsonValue) -> Response:
        self._state.requests.settle(recorded, "accepted", 200)
        return _json(body, 200)


def _read(raw: bytes, recorded: RecordedRequest) -> SendRequest | ReadMark:
    try:
        recorded.payload = decode(raw)
    except ValueError as error:
        raise RefusalError(100, "(#100) The request body is not valid JSON.") from error
    asked = read_request(recorded.payload)
    match asked:
        case ReadMark():
            recorded.kind = "read"
        case SendRequest():
            recorded.kind = "message"
            recorded.to = asked.address
            recorded.text = asked.shown.text
            recorded.callback_data = asked.callback_data
    return asked


async def _drop(request: Request) -> Response:
    await drop_connection(request)
    return Response(status_code=500)


def _json(body: JsonValue, status: int) -> Response:
    return Response(encode(body), status, media_type="application/json")
