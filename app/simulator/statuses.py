"""Status callbacks of the messages a bot sent: sent, delivered, and read when looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from app.simulator.chats import Chats
from app.simulator.cloud_api import Status, encode, status_body
from app.simulator.delivery import Delivery

FOLLOWED_LIMIT = 5_000


@dataclass(slots=True)
class _Followed:
    address: str
    callback_data: str | None
    gate: anyio.Event | None
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class Statuses:
    """Reports a message's statuses in order, each in a body of its own."""

    def __init__(self, delivery: Delivery, chats: Chats, phone_number_id: str) -> None:
        self._delivery: Delivery = delivery
        self._chats: Chats = chats
        self._phone_number_id: str = phone_number_id
        self._followed: OrderedDict[str, _Followed] = OrderedDict()

    def follow(
        self,
        message_id: str,
        address: str,
        callback_data: str | None,
        gate: anyio.Event | None,
    ) -> None:
        """Reports sent and delivered in the background, once the gate, if any, is open."""
        self._followed[message_id] = _Followed(address, callback_data, gate)
        if len(self._followed) > FOLLOWED_LIMIT:
            self._followed.popitem(last=False)
        self._start(message_id, ("sent", "delivered"))

    def read(self, address: str) -> None:
        """Reports the unread messages of a phone that is looked at as read."""
        for message_id in self._chats.take_unread(address):
            if message_id in self._followed:
                self._start(message_id, ("read",))

    async def report(
        self, message_id: str, address: str, status: Status, error_code: int | None
    ) -> int | None:
        """Reports any status by hand; returns the bot's HTTP status, None without an answer."""
        followed = self._followed.get(message_id)
        body = status_body(
            message_id,
            status,
            address,
            phone_number_id=self._phone_number_id,
            callback_data=None if followed is None else followed.callback_data,
            error_code=error_code,
            profile_name=self._chats.profile_name(address),
        )
        return (await self._delivery.deliver(encode(body))).status

    def _start(self, message_id: str, statuses: Sequence[Status]) -> None:
        if self._delivery.webhooks:
            self._delivery.start(self._report_in_order, message_id, statuses)

    async def _report_in_order(self, message_id: str, statuses: Sequence[Status]) -> None:
        followed = self._followed.get(message_id)
        if followed is None:
            return
        async with followed.lock:
            if followed.gate is not None:
                await followed.gate.wait()
            for status in statuses:
                await self.report(message_id, followed.address, status, None)
