"""The control API: what tests order from the simulator, and what they read from it."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.cloud_api import JsonObject, JsonValue, Status, decode, encode
from app.simulator.endpoint.faults import Fault
from app.simulator.endpoint.request_log import Wanted
from app.simulator.phones import Said
from app.simulator.state import SimulatorState

WAIT_LIMIT = 60.0

Order = TypeVar("Order", bound=msgspec.Struct)


class OrderError(ValueError):
    """A control request that can't be carried out; the message says why."""


class SayOrder(Said, frozen=True, forbid_unknown_fields=True):
    """A message to send from a phone; see Said. `bot` names one by index."""

    bot: Annotated[int, msgspec.Meta(ge=0)] | None = None
    retry: bool = True


class StatusOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A status to report by hand, of a message this simulator accepted or of any other."""

    id: str
    status: Status
    to: str
    code: int | None = None


class Control:
    """Routes under /control."""

    def __init__(self, state: SimulatorState) -> None:
        self._state: SimulatorState = state

    def routes(self) -> list[Route]:
        return [
            Route("/control/messages", self.list_messages, methods=["GET"]),
            Route("/control/messages", self.clear_messages, methods=["DELETE"]),
            Route("/control/faults", self.list_faults, methods=["GET"]),
            Route("/control/faults", self.add_fault, methods=["POST"]),
            Route("/control/faults", self.clear_faults, methods=["DELETE"]),
            Route("/control/release", self.release, methods=["POST"]),
            Route("/control/say", self.say, methods=["POST"]),
            Route("/control/media", self.add_file, methods=["POST"]),
            Route("/control/media/{id}", self.remove_file, methods=["DELETE"]),
            Route("/control/media/addresses/expire", self.expire_addresses, methods=["POST"]),
            Route("/control/status", self.report_status, methods=["POST"]),
        ]

    async def list_messages(self, request: Request) -> Response:
        """`?to=&after=&outcome=&wait=`: those that fit, waiting up to `wait` s for the first."""
        query = request.query_params
        try:
            after, wait = int(query.get("after", "0")), float(query.get("wait", "0"))
        except ValueError:
            return _refuse("after must be a whole number, and wait a number of seconds")
        if not 0 <= wait <= WAIT_LIMIT:
            return _refuse(f"wait must be from 0 to {WAIT_LIMIT:g} seconds")
        wanted = Wanted(after, query.get("to"), query.get("outcome"))
        found = await self._state.requests.wait(wanted, wait, self._state.closing)
        return _json({"messages": [r.as_json() for r in found], "last": self._state.requests.last})

    async def clear_messages(self, _request: Request) -> Response:
        self._state.requests.clear()
        return _json({"last": self._state.requests.last})

    async def list_faults(self, _request: Request) -> Response:
        return self._faults_in_force()

    async def add_fault(self, request: Request) -> Response:
        try:
            self._state.faults.add(await _order(request, Fault))
        except OrderError as error:
            return _refuse(str(error))
        return self._faults_in_force()

    async def clear_faults(self, _request: Request) -> Response:
        self._state.faults.clear()
        return self._faults_in_force()

    async def release(self, _request: Request) -> Response:
        self._state.faults.release()
        return self._faults_in_force()

    async def say(self, request: Request) -> Response:
        try:
            order = await _order(request, SayOrder)
            self._check_bot(order.bot)
            if not order.sender and order.raw is None:
                raise OrderError("say who it is from, or give a raw value object")
        except OrderError as error:
            return _refuse(str(error))
        message_id, attempt = await self._state.phones.say(order, bot=order.bot, retry=order.retry)
        answer: JsonObject = {"status": attempt.status, "id": message_id, "bot": attempt.bot}
        if attempt.error is not None:
            answer["error"] = attempt.error
        return _json(answer)

    async def add_file(self, request: Request) -> Response:
        """Keeps the body as a file, for `media` of a message: `?type=image/jpeg&name=chair.jpg`."""
        mime_type, name = request.query_params.get("type"), request.query_params.get("name", "file")
        if not mime_type:
            return _refuse("say the type of the file")
        try:
            file = self._state.files.add(await request.body(), mime_type, name)
        except ValueError as error:
            return _refuse(str(error))
        return _json({"id": file.id, "type": file.kind, "sha256": file.sha256})

    async def remove_file(self, request: Request) -> Response:
        """The file is gone, as it is at Meta after 30 days."""
        return _json({"removed": self._state.files.remove(str(request.path_params["id"]))})

    async def expire_addresses(self, _request: Request) -> Response:
        """No address that was given out for a file leads to it any more, as after five minutes."""
        self._state.files.expire_addresses()
        return _json({})

    async def report_status(self, request: Request) -> Response:
        try:
            order = await _order(request, StatusOrder)
            self._check_bot(None)
        except OrderError as error:
            return _refuse(str(error))
        status = await self._state.statuses.report(order.id, order.to, order.status, order.code)
        return _json({"status": status})

    def _check_bot(self, bot: int | None) -> None:
        count = len(self._state.delivery.webhooks)
        if count == 0:
            raise OrderError("this simulator was started without bots")
        if bot is not None and bot >= count:
            raise OrderError(f"bot must be below {count}")

    def _faults_in_force(self) -> Response:
        faults: list[JsonValue] = [msgspec.to_builtins(f) for f in self._state.faults.in_force()]
        return _json({"faults": faults})


async def _order(request: Request, kind: type[Order]) -> Order:
    try:
        return msgspec.convert(decode(await request.body()), kind)
    except ValueError as error:
        raise OrderError(str(error)) from error


def _refuse(words: str) -> Response:
    return _json({"error": words}, 400)


def _json(body: JsonValue, status: int = 200) -> Response:
    return Response(encode(body), status, media_type="application/json")
