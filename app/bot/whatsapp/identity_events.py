"""Messages of type `system`: WhatsApp tells that a person has another number or BSUID.

Names in Meta's pages and in real bodies disagree, so every spelling is read.
https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/system
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from app.addresses import canonical
from app.bot.whatsapp.cleaning import clean_text
from app.bot.whatsapp.senders import Sender, read_phone, read_user_id

NUMBER_CHANGES: Final = frozenset({"user_changed_number", "customer_changed_number"})
USER_ID_CHANGES: Final = frozenset({"user_changed_user_id"})


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """A person's addresses changed, from a sender's time on."""

    id: str
    """WhatsApp's id of the message that tells it."""
    number_changed: bool
    """The person has left the earlier number; else only the BSUID is another one."""
    before: tuple[str, ...]
    """The earlier addresses as far as they are named: BSUID, its parent, number; never empty."""
    after: tuple[str, ...]
    """The new ones, in the same order; never empty."""
    at: datetime
    account: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        return (*self.before, *self.after)


def is_identity_event(item: Mapping[str, Any]) -> bool:
    """Whether this message of type `system` tells of other addresses."""
    told = _system(item).get("type")
    return isinstance(told, str) and told in NUMBER_CHANGES | USER_ID_CHANGES


def read_identity_event(
    item: Mapping[str, Any],
    contacts: Mapping[str, Sender],
    *,
    message_id: str,
    at: datetime,
    account: str | None,
) -> IdentityEvent | None:
    """None when it does not name both sides."""
    system = _system(item)
    number_changed = system.get("type") in NUMBER_CHANGES
    new_number = _first(read_phone, system, ("new_wa_id", "wa_id"))
    numbers = (
        read_phone(item.get("from")),
        *(read_phone(system.get(key)) for key in ("customer", "previous_wa_id", "old_wa_id")),
        *([read_phone(system.get("wa_id"))] if "new_wa_id" in system else []),
    )
    if number_changed:
        earlier = (number for number in numbers if number and not _is_same(number, new_number))
        old_number = next(earlier, None)
    else:
        old_number = new_number = next(
            (number for number in (*numbers, new_number) if number), None
        )
    user_id = _first(read_user_id, system, ("user_id", "new_user_id"))
    parent = _first(read_user_id, system, ("parent_user_id", "new_parent_user_id"))
    if new_number is not None and user_id is None and number_changed:
        contact = contacts.get(canonical(new_number), Sender())
        user_id, parent = contact.user_id, parent or contact.parent_user_id
    previous = _first(read_user_id, system, ("previous_user_id", "old_user_id"))
    previous_parent = _first(
        read_user_id,
        system,
        ("previous_parent_user_id", "parent_previous_user_id", "old_parent_user_id"),
    )
    if previous is None:
        sender = read_user_id(item.get("from_user_id"))
        previous = sender if sender != user_id else None
    before = _distinct(previous, previous_parent, old_number)
    after = _distinct(user_id, parent, new_number)
    if not before or not after or set(map(canonical, before)) == set(map(canonical, after)):
        return None
    return IdentityEvent(clean_text(message_id), number_changed, before, after, at, account)


def _system(item: Mapping[str, Any]) -> Mapping[str, Any]:
    system = item.get("system")
    return cast("dict[str, Any]", system) if isinstance(system, dict) else {}


def _first(
    read: Callable[[object], str | None], fields: Mapping[str, Any], keys: Iterable[str]
) -> str | None:
    return next((found for found in (read(fields.get(key)) for key in keys) if found), None)


def _is_same(number: str, other: str | None) -> bool:
    return other is not None and canonical(number) == canonical(other)


def _distinct(*addresses: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in addresses if address))
