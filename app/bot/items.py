"""What becomes of each item of a webhook body, in a transaction of its own."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never
from uuid import UUID

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.echoes import Echo
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import StatusUpdate
from app.bot.whatsapp.payload import Item, SetAside
from app.bot.whatsapp.preferences import Preference
from app.crm.account_events import AccountEvent, note_account_event
from app.crm.identity import apply_identity_event
from app.crm.opting_out import note_preference
from app.crm.sending.outbox import apply_status
from app.crm.set_aside import set_aside
from app.database.pool import Pool
from app.messages import Message
from app.telemetry.bot import (
    count_annotation,
    count_identity_event,
    count_turn,
    report_account_event,
)


class Items:
    """Sees to items. `take` answers the first of these messages of one client, and those that go
    with it, and returns how many, at least one.
    """

    def __init__(
        self,
        pool: Pool,
        take: Callable[[Sequence[Message]], Awaitable[int]],
        annotate: Callable[[Annotation], Awaitable[None]],
        take_echo: Callable[[Echo], Awaitable[None]],
    ) -> None:
        self._pool = pool
        self._take = take
        self._annotate = annotate
        self._take_echo = take_echo

    async def see_to(self, items: Sequence[Item]) -> int:
        """The first of a client's items, and what goes with it; how many that were.

        Raises TryLater where WhatsApp has to deliver the next again, and whatever its handler does.
        """
        item = items[0]
        match item:
            case Message():
                return await self._take(_list_messages(items))
            case Annotation():
                await self._annotate(item)
            case Echo():
                await self._take_echo(item)
            case _:
                await self._note(item)
        return 1

    async def _note(
        self, item: IdentityEvent | Preference | StatusUpdate | AccountEvent | SetAside
    ) -> None:
        match item:
            case IdentityEvent():
                await self._apply_identity_event(item)
            case Preference():
                await self._note_preference(item)
            case StatusUpdate():
                await self._note_status(item)
            case AccountEvent():
                if await note_account_event(self._pool, item):
                    report_account_event(item.field, item.event, item.severity)
            case SetAside():
                await self.set_aside(item)
            case _:
                assert_never(item)

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

    async def _note_preference(self, preference: Preference) -> None:
        outcome = await note_preference(
            self._pool,
            addresses=preference.addresses,
            event_id=preference.id,
            level=preference.level,
            at=preference.at,
        )
        count_annotation(preference.act, outcome)

    async def _note_status(self, update: StatusUpdate) -> None:
        await apply_status(
            self._pool,
            update.message_id,
            _read_token(update.token),
            update.status,
            code=update.error_code,
            reason=update.error_text,
        )

    async def set_aside(self, item: SetAside) -> None:
        count_turn("set_aside")
        await set_aside(
            self._pool, item.item, item.reason, key=item.key, address=item.address, at=item.at
        )


def _list_messages(items: Sequence[Item]) -> list[Message]:
    messages: list[Message] = []
    for item in items:
        if not isinstance(item, Message):
            break
        messages.append(item)
    return messages


def _read_token(token: str | None) -> UUID | None:
    try:
        return UUID(token) if token else None
    except ValueError:
        return None


def describe_failure(item: Item, error: Exception) -> SetAside:
    """What is set aside in place of an item that could not be seen to."""
    match item:
        case Message():
            key, address = item.id, item.addresses[0]
            text = json.dumps({"from": address, "type": item.kind, "text": item.text[:8_000]})
        case IdentityEvent():
            key, address = item.id, item.after[-1]
            text = json.dumps({"type": "system", "before": item.before, "after": item.after})
        case Annotation() | Echo() | Preference():
            key, address = item.id, item.addresses[0]
            text = json.dumps({"client": address, "type": item.act})
        case StatusUpdate():
            key, address = f"{item.message_id} {item.status}", None
            text = json.dumps({"status": item.status})
        case AccountEvent():
            key, address, text = item.key, None, json.dumps({"field": item.field})
        case SetAside():
            key, address, text = item.key, None, json.dumps({"reason": item.reason})
    has_time = isinstance(item, Message | Annotation | Echo | IdentityEvent | Preference)
    at = item.at if has_time else None
    return SetAside(text, f"could not be handled: {type(error).__name__}", key, address, at)
