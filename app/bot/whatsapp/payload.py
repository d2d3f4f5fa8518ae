"""What a signed webhook body asks of the bot: messages to store, statuses to note.

Pure: no clock, no database. One bad item never costs the others: it is set aside and kept for the
operator. What is well-formed but not for us is ignored, and named so that it can be counted.
https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, NoReturn, cast

from app.bot.whatsapp.account_events import read_account_error, read_account_event
from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.calls import find_handed_over, read_call
from app.bot.whatsapp.cleaning import clean_json, clean_text, remove_message_ids
from app.bot.whatsapp.echoes import FIELD as ECHO_FIELD
from app.bot.whatsapp.echoes import Echo, read_echo
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import (
    Ignored,
    StatusUpdate,
    UnreadableError,
    find_time,
    name_plainly,
    read_message,
    read_preference,
    read_status,
)
from app.bot.whatsapp.preferences import FIELD as PREFERENCE_FIELD
from app.bot.whatsapp.preferences import Preference
from app.bot.whatsapp.senders import (
    Sender,
    find_echo_recipient,
    find_owner,
    find_recipient,
    find_sender,
    read_contacts,
)
from app.crm.account_events import AccountEvent
from app.messages import Message

SET_ASIDE_LIMIT = 16_384
"""Characters kept of an item that could not be read."""
_ACCOUNT_LIMIT = 64
"""Characters of a business account's id that are told apart."""
_FIELDS = frozenset(
    {"messages", ECHO_FIELD, PREFERENCE_FIELD, "standby", "calls", "messaging_handovers"}
)
"""The webhook's fields that tell of clients, and are read."""

_UNSTORABLE = re.compile(
    rb"\\u(?:0000|[dD][89abAB]..(?!\\u[dD][c-fC-F]))|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)
"""NUL or half of a surrogate pair, escaped. Finds too much where a backslash is escaped, which
costs a walk through the body."""


class NotABody(ValueError):
    """The bytes are not a JSON object."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One message or status that could not be read."""

    item: str
    """Its JSON without message ids, cut to `SET_ASIDE_LIMIT`: for the operator, not to parse."""
    reason: str
    """One line, without personal data."""
    key: str
    """What the same item has again when it is delivered again, and no other item."""
    address: str | None
    """Its sender's, where it can be read: a reset of that client deletes the item."""
    at: datetime | None = None
    """When it was written, where that can be read."""


Item = (
    Message
    | Annotation
    | Echo
    | IdentityEvent
    | Preference
    | StatusUpdate
    | AccountEvent
    | SetAside
)


_Find = Callable[[Mapping[str, Any], Mapping[str, Sender]], Sender]


@dataclass(frozen=True, slots=True)
class Body:
    """What one POST brought, in the order in which it stands there."""

    items: tuple[Item, ...] = ()
    ignored: tuple[str, ...] = ()
    """A reason each, from a small vocabulary (`field history`, `type reaction`), for counting."""


def read_body(raw: bytes, phone_number_id: str) -> Body:
    """All that a body brings for our number; raises NotABody for what is no JSON object."""
    body = _decode(raw)
    if body.get("object") != "whatsapp_business_account":
        return Body(ignored=("object",))
    items: list[Item] = []
    ignored: list[str] = []
    for change in _find_changes(body, phone_number_id, items, ignored):
        if change.field == "messaging_handovers":
            items.append(_read_handover(change.value))
        else:
            _read_change(change, items, ignored)
    return Body(tuple(items), tuple(ignored))


def _decode(raw: bytes) -> dict[str, Any]:
    """Cleaned of what no text holds. By the standard library, since msgspec's decoder refuses lone
    surrogates (`\\ud800`).
    """
    try:
        body = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise NotABody("not JSON in UTF-8, or nested too deeply") from error
    if not isinstance(body, dict):
        raise NotABody("JSON, but not an object")
    if b"\\u" in raw and _UNSTORABLE.search(raw):
        body = clean_json(body)
    return cast("dict[str, Any]", body)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of an entry, that concerns our number."""

    field: str
    account: str | None
    time: object
    """The entry's, as it stands there."""
    value: dict[str, Any]


def _find_changes(
    body: Mapping[str, Any], phone_number_id: str, items: list[Item], ignored: list[str]
) -> Iterator[_Change]:
    """The changes that tell of our number's clients. What others tell of the account goes to the
    items, whichever account it is: such a change names no number.
    """
    for entry in _objects(body.get("entry")):
        account, time = _read_account(entry.get("id")), entry.get("time")
        for change in _objects(entry.get("changes")):
            field, value = change.get("field", "messages"), change.get("value")
            if not isinstance(field, str) or field not in _FIELDS:
                event = read_account_event(account, field, value, time)
                if event is not None:
                    items.append(event)
                if event is None or not event.detail:
                    ignored.append(f"field {name_plainly(field)}")
            elif not isinstance(value, dict):
                ignored.append("no value")
            elif _is_foreign(cast("dict[str, Any]", value), phone_number_id):
                ignored.append("foreign number")
            else:
                yield _Change(field, account, time, cast("dict[str, Any]", value))


def _read_account(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return clean_text(str(value)[:_ACCOUNT_LIMIT]) or None


def _is_foreign(value: Mapping[str, Any], phone_number_id: str) -> bool:
    metadata = value.get("metadata")
    if not isinstance(metadata, dict):
        return False
    number = cast("dict[str, Any]", metadata).get("phone_number_id")
    if number is None:
        return False
    return not isinstance(number, str | int) or str(number) != phone_number_id


def _read_handover(value: Mapping[str, Any]) -> SetAside:
    """The chat went to another app, or came from it: told to the operator, and makes no client."""
    told = {name: part for name, part in value.items() if name not in ("metadata", "contacts")}
    owner = find_handed_over(value)
    people = list(read_contacts(value.get("contacts")).values())
    if not owner.addresses and people:
        owner = people[0]
    return _set_aside(told, f"handover: {name_plainly(value.get('type'))}", owner)


def _read_change(change: _Change, items: list[Item], ignored: list[str]) -> None:
    """By the order of its value's keys: it may hold messages, statuses and errors at once."""
    account = change.account
    contacts = read_contacts(change.value.get("contacts"))
    people = set(contacts.values())
    # An item without a sender is set aside for the only contact: a reset of that client deletes
    # it, and one item deleted too many does no harm.
    only = people.pop() if len(people) == 1 else Sender()
    for name, entries in change.value.items():
        if name == "errors":
            errors = _objects(entries)
            items.extend(read_account_error(account, error, change.time) for error in errors)
            continue
        readers = _find_readers(change, name, contacts)
        if readers is None:
            continue
        find, read = readers
        for entry in _each(entries):
            person = only
            try:
                item = _as_object(entry)
                person = find(item, contacts)
                found = read(item, person)
            except UnreadableError as error:
                found = _set_aside(entry, str(error), person if person.addresses else only)
            except Exception as error:  # an unforeseen shape costs no other item
                reason = f"could not be read: {type(error).__name__}"
                found = _set_aside(entry, reason, person if person.addresses else only)
            if isinstance(found, Ignored):
                ignored.append(found.reason)
            else:
                items.append(_mark_standby(found) if change.field == "standby" else found)


def _find_readers(
    change: _Change, name: str, contacts: Mapping[str, Sender]
) -> tuple[_Find, Callable[[dict[str, Any], Sender], Item | Ignored]] | None:
    """Who finds the person of an item of this part of a change, and who reads it."""
    account = change.account
    match change.field, name:
        case ("messages", "messages") | ("standby", "messages" | "standby"):
            return find_sender, partial(read_message, account=account, contacts=contacts)
        case "messages", "statuses":
            return find_recipient, read_status
        case "smb_message_echoes", "message_echoes":
            return find_echo_recipient, partial(read_echo, account=account)
        case "user_preferences", "user_preferences":
            return find_owner, read_preference
        case "calls", "calls":
            return find_sender, partial(read_call, account=account)
        case _:
            return None


def _mark_standby(item: Item) -> Item:
    """Of what comes while another app has the chat: `detail` says so, and no bot answers it."""
    match item:
        case Message():
            return replace(item, detail={**(item.detail or {}), "standby": True})
        case Annotation(edited=Message() as edited):
            return replace(item, edited=_mark_standby(edited))
        case _:
            return item


def _set_aside(item: object, reason: str, owner: Sender) -> SetAside:
    whole = json.dumps(clean_json(item), ensure_ascii=False, sort_keys=True)
    return SetAside(
        remove_message_ids(whole)[:SET_ASIDE_LIMIT],
        reason,
        hashlib.sha256(whole.encode()).hexdigest(),
        next(iter(owner.addresses), None),
        find_time(item),
    )


def _as_object(entry: object) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise UnreadableError("not an object")
    return cast("dict[str, Any]", entry)


def _each(entries: object) -> list[Any]:
    if entries is None:
        return []
    return cast("list[Any]", entries) if isinstance(entries, list) else [entries]


def _objects(value: object) -> Iterator[dict[str, Any]]:
    for entry in cast("list[Any]", value) if isinstance(value, list) else []:
        if isinstance(entry, dict):
            yield cast("dict[str, Any]", entry)
