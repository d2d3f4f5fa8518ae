"""Who wrote: the addresses of a webhook item, matched with the contacts beside it by id.

A client with a username may have no number, one from before 2026 has no user id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from app.addresses import canonical, is_bsuid, is_phone
from app.bot.whatsapp.cleaning import clean_text

NAME_LIMIT = 200

_PHONE_PUNCTUATION = re.compile(r"[+\s().-]")


@dataclass(frozen=True, slots=True)
class Sender:
    """A person's addresses as far as they are given, and the name they typed into WhatsApp."""

    phone: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    profile_name: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Preferred first, each once; empty for a sender without any readable id."""
        given = (self.phone, self.user_id, self.parent_user_id)
        return tuple(dict.fromkeys(address for address in given if address))


def read_contacts(contacts: object) -> Mapping[str, Sender]:
    """A change's `contacts` by each of their ids in canonical form; what is no contact is left out.

    `wa_id` and a message's `from` were seen in different national spellings.
    """
    found: dict[str, Sender] = {}
    for contact in cast("list[Any]", contacts) if isinstance(contacts, list) else []:
        if not isinstance(contact, dict):
            continue
        fields = cast("dict[str, Any]", contact)
        sender = Sender(
            phone=read_phone(fields.get("wa_id")),
            user_id=read_user_id(fields.get("user_id")) or read_user_id(fields.get("wa_id")),
            parent_user_id=read_user_id(fields.get("parent_user_id")),
            profile_name=_read_profile_name(fields.get("profile")),
        )
        for address in sender.addresses:
            found.setdefault(canonical(address), sender)
    return found


def find_sender(item: Mapping[str, Any], contacts: Mapping[str, Sender]) -> Sender:
    """Who sent this message. Its own ids win; the contact with the same id fills in the others."""
    # Sources disagree on the name of the parent's id.
    parent_keys = ("from_parent_user_id", "parent_from_user_id", "parent_user_id")
    return _find(item, contacts, "from", "from_user_id", parent_keys)


def find_recipient(item: Mapping[str, Any], contacts: Mapping[str, Sender]) -> Sender:
    """Whom this status tells of."""
    parent_keys = ("recipient_parent_user_id", "parent_recipient_user_id", "parent_user_id")
    return _find(item, contacts, "recipient_id", "recipient_user_id", parent_keys)


def find_echo_recipient(item: Mapping[str, Any], contacts: Mapping[str, Sender]) -> Sender:
    """To whom a person wrote on the phone."""
    parent_keys = ("to_parent_user_id", "parent_to_user_id")
    return _find(item, contacts, "to", "to_user_id", parent_keys)


def find_owner(item: Mapping[str, Any], contacts: Mapping[str, Sender]) -> Sender:
    """Whose preference this is."""
    return _find(item, contacts, "wa_id", "user_id", ("parent_user_id",))


def read_phone(value: object) -> str | None:
    """`+62 817-1740-7674` → `6281717407674`; None for what is no phone number."""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        return None
    digits = _PHONE_PUNCTUATION.sub("", value)
    return digits if is_phone(digits) else None


def read_user_id(value: object) -> str | None:
    return value if isinstance(value, str) and is_bsuid(value) else None


def _find(
    item: Mapping[str, Any],
    contacts: Mapping[str, Sender],
    phone_key: str,
    user_id_key: str,
    parent_keys: Iterable[str],
) -> Sender:
    phone = read_phone(item.get(phone_key))
    user_id = read_user_id(item.get(user_id_key)) or read_user_id(item.get(phone_key))
    parents = (read_user_id(item.get(key)) for key in parent_keys)
    parent_user_id = next((parent for parent in parents if parent), None)
    own = [canonical(key) for key in (phone, user_id, parent_user_id) if key]
    contact = next((contacts[key] for key in own if key in contacts), Sender())
    return Sender(
        phone=phone or contact.phone,
        user_id=user_id or contact.user_id,
        parent_user_id=parent_user_id or contact.parent_user_id,
        profile_name=contact.profile_name,
    )


def _read_profile_name(profile: object) -> str | None:
    if not isinstance(profile, dict):
        return None
    name = cast("dict[str, Any]", profile).get("name")
    return clean_text(name[:NAME_LIMIT]) if isinstance(name, str) and name else None
