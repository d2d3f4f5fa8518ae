"""People's side: a message written on a phone, or ordered by a test, goes to a bot."""

from __future__ import annotations

import time

import msgspec

from app.addresses import is_bsuid
from app.simulator.chats import Bubble, Chats
from app.simulator.cloud_api import (
    JsonObject,
    JsonValue,
    ReplyType,
    content_of,
    encode,
    envelope,
    message_body,
    new_wamid,
)
from app.simulator.delivery import Attempt, Delivery
from app.simulator.files import Files, describe_content
from app.simulator.sorts import make_delivered


class Said(msgspec.Struct, frozen=True, rename={"sender": "from", "kind": "type"}):
    """A message from a phone. With `raw`, that whole value object is sent in its place.

    `timestamp` in Unix seconds; `bsuid` is sent beside the phone number. An `interactive` one is
    the tap on a `choice` (its id), titled `text`, of the message `quoted`. `kind` may also be one
    of sorts.SORTS: `quoted` is then the message that a reaction, an edit or a revoke is about.
    `media` is the id of a file that the simulator keeps, and `text` its caption.
    """

    sender: str = ""
    text: str = ""
    kind: str = "text"
    bsuid: str | None = None
    profile_name: str | None = None
    timestamp: int | None = None
    id: str | None = None
    choice: str | None = None
    reply: ReplyType = "button_reply"
    quoted: str | None = None
    media: str | None = None
    raw: dict[str, object] | None = None


class Phones:
    """Sends what people say to the bots, and keeps the state of each message in its chat."""

    def __init__(
        self, chats: Chats, delivery: Delivery, files: Files, phone_number_id: str
    ) -> None:
        self._chats: Chats = chats
        self._delivery: Delivery = delivery
        self._files: Files = files
        self._phone_number_id: str = phone_number_id

    async def say(
        self, said: Said, *, bot: int | None = None, retry: bool = True
    ) -> tuple[str, Attempt]:
        """Shows the message on its phone and posts it; returns its id and the first attempt."""
        message_id = said.id or new_wamid(said.sender, "in")
        body = self._body(said, message_id)
        if said.sender and said.raw is None:
            self._chats.open(said.sender, said.profile_name)
            self._show(said, message_id)

        def settled(taken: bool) -> None:
            self._chats.set_state(said.sender, message_id, "delivered" if taken else "failed")

        attempt = await self._delivery.deliver(encode(body), bot=bot, retry=retry, settled=settled)
        return message_id, attempt

    def _show(self, said: Said, message_id: str) -> None:
        match said.kind:
            case "edit" if said.quoted is not None:
                self._chats.rewrite(said.sender, said.quoted, f"{said.text} (edited)")
            case "revoke" if said.quoted is not None:
                self._chats.rewrite(said.sender, said.quoted, "(taken back)")
            case "reaction" if said.quoted is not None:
                self._chats.react(said.sender, said.quoted, said.text or "👍")
            case _:
                is_plain = said.kind in ("text", "interactive", "quote")
                shown = said.text if is_plain else f"[{said.kind}] {said.text}".strip()
                bubble = Bubble(message_id, "phone", shown, time.time(), "sending", said.quoted)
                self._chats.add(said.sender, bubble)

    def _body(self, said: Said, message_id: str) -> JsonObject:
        if said.raw is not None:
            return envelope(_value(said.raw))
        if said.kind == "handover":
            return self._hand_over(said)
        delivered = make_delivered(said.kind, said.text, said.quoted)
        if delivered is not None:
            return message_body(
                said.sender,
                delivered.kind,
                delivered.content,
                phone_number_id=self._phone_number_id,
                message_id=message_id,
                timestamp=said.timestamp,
                profile_name=said.profile_name or self._chats.profile_name(said.sender),
                bsuid=said.bsuid,
                quoted=said.quoted if said.kind == "quote" else None,
                more=delivered.more,
                field=delivered.field,
            )
        match said.kind:
            case "text":
                content: JsonValue = {"body": said.text}
            case "interactive":
                reply: JsonObject = {"id": said.choice or said.text, "title": said.text}
                content = {"type": said.reply, said.reply: reply}
            case _ if said.media and (file := self._files.find(said.media)) is not None:
                content = describe_content(file, said.text)
            case _:
                content = content_of(said.kind, said.text)
        return message_body(
            said.sender,
            said.kind,
            content,
            phone_number_id=self._phone_number_id,
            message_id=message_id,
            timestamp=said.timestamp,
            profile_name=said.profile_name or self._chats.profile_name(said.sender),
            bsuid=said.bsuid,
            quoted=said.quoted,
        )

    def _hand_over(self, said: Said) -> JsonObject:
        at = int(time.time()) if said.timestamp is None else said.timestamp
        whose = "user_id" if is_bsuid(said.sender) else "phone_number"
        value: JsonObject = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": self._phone_number_id},
            "sender": {whose: said.sender},
            "timestamp": str(at),
            "type": "control_passed",
            "control_passed": {"new_owner": "another app"},
        }
        return envelope(value, "messaging_handovers")


def _value(raw: dict[str, object]) -> JsonValue:
    value: JsonValue = msgspec.to_builtins(raw)
    return value
