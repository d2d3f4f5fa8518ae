"""What a signed webhook body asks of the bot: messages to store, statuses to note.

Pure: no clock, no database. One bad item never costs the others: it is set aside and kept for the
operator. What is well-formed but not for us is ignored, and named so that it can be counted.
https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NoReturn, cast

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.cleaning import clean_json, clean_text, remove_message_ids
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import (
    Ignored,
    StatusUpdate,
    UnreadableError,
    find_time,
    name_plainly,
    read_error,
    read_message,
    read_preference,
    read_status,
)
from app.bot.whatsapp.preferences import FIELD, Preference
from app.bot.whatsapp.senders import (
    Sender,
    find_owner,
    find_recipient,
    find_sender,
    read_contacts,
)
from app.messages import Message

SET_ASIDE_LIMIT = 16_384
"""Characters kept of an item that could not be read."""
_ACCOUNT_LIMIT = 64
"""Characters of a business account's id that are told apart."""


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


Item = Message | Annotation | IdentityEvent | Preference | StatusUpdate | SetAside


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
    for account, value in _find_values(body, phone_number_id, ignored):
        _read_value(account, value, items, ignored)
    return Body(tuple(items), tuple(ignored))


def _decode(raw: bytes) -> dict[str, Any]:
    """Cleaned of what no text holds. By the standard library, since msgspec's decoder refuses lone
    surrogates (`\\ud800`).
    """
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotABody("not JSON in UTF-8, or nested too deeply") from error
    if not isinstance(body, dict):
        raise NotABody("JSON, but not an object")
    if _UNSTORABLE.search(raw):
        body = clean_json(body)
    return cast("dict[str, Any]", body)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _find_values(
    body: Mapping[str, Any], phone_number_id: str, ignored: list[str]
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The values of the changes that concern our number's messages, and their accounts."""
    for entry in _objects(body.get("entry")):
        account = _read_account(entry.get("id"))
        for change in _objects(entry.get("changes")):
            field, value = change.get("field", "messages"), change.get("value")
            if field not in ("messages", FIELD):
                ignored.append(f"field {name_plainly(field)}")
            elif not isinstance(value, dict):
                ignored.append("no value")
            elif _is_foreign(cast("dict[str, Any]", value), phone_number_id):
                ignored.append("foreign number")
            else:
                yield account, cast("dict[str, Any]", value)


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


def _read_value(
    account: str | None,
    value: Mapping[str, Any],
    items: list[Item],
    ignored: list[str],
) -> None:
    """By the order of its keys: a value may hold messages, statuses and errors at once."""
    contacts = read_contacts(value.get("contacts"))
    people = set(contacts.values())
    # An item without a sender is set aside for the only contact: a reset of that client deletes
    # it, and one item deleted too many does no harm.
    only = people.pop() if len(people) == 1 else Sender()
    for name, entries in value.items():
        match name:
            case "messages":
                find, read = find_sender, partial(read_message, account=account, contacts=contacts)
            case "statuses":
                find, read = find_recipient, read_status
            case "user_preferences":
                find, read = find_owner, read_preference
            case "errors":
                codes = [read_error(error)[0] for error in _objects(entries)]
                ignored.extend(f"error {code or 'other'}" for code in codes)
                continue
            case _:
                continue
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
                items.append(found)


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
