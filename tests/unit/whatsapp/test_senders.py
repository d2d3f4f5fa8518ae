from __future__ import annotations

from typing import Any

import pytest

from app.messages import Message
from tests.unit.whatsapp.read_bodies import (
    PARENT_ID,
    PHONE,
    USER_ID,
    make_change,
    make_message,
    read,
    read_one,
    read_set_aside,
)


def test_addresses_come_phone_first_then_user_id_then_its_parent() -> None:
    message = read_one(from_user_id=USER_ID, from_parent_user_id=PARENT_ID)
    assert message.addresses == (PHONE, USER_ID, PARENT_ID)


@pytest.mark.parametrize("given", [f"+{PHONE}", "+62 812-3456-7890", int(PHONE)])
def test_a_phone_number_is_kept_as_digits(given: Any) -> None:
    assert read_one(**{"from": given}).addresses == (PHONE,)


def test_a_sender_with_a_username_needs_no_number() -> None:
    message = read_one(**{"from": ...}, from_user_id=USER_ID)
    assert message.addresses == (USER_ID,)


@pytest.mark.parametrize("user_id", ["ID.1", "id.4A5B", "US.ENT.9", "ID." + "9" * 128])
def test_a_user_id_is_taken_as_it_is_written(user_id: str) -> None:
    assert read_one(**{"from": ...}, from_user_id=user_id).addresses == (user_id,)


def test_the_contact_with_the_same_id_fills_in_what_is_missing() -> None:
    contacts = [
        {"wa_id": "6289999999999", "user_id": "ID.other", "profile": {"name": "Lain"}},
        {"wa_id": PHONE, "user_id": USER_ID, "parent_user_id": PARENT_ID},
    ]
    by_phone = read_one(contacts)
    by_user_id = read_one(contacts, **{"from": ...}, from_user_id=USER_ID)
    assert by_phone.addresses == by_user_id.addresses == (PHONE, USER_ID, PARENT_ID)
    assert by_phone.profile_name is None


def test_a_user_id_in_the_place_of_a_number_is_one() -> None:
    message = read_one(
        [{"wa_id": USER_ID, "profile": {"name": "Ayu"}}], **{"from": ...}, from_user_id=USER_ID
    )
    assert (message.addresses, message.profile_name) == ((USER_ID,), "Ayu")


def test_contacts_are_not_matched_by_their_position() -> None:
    contacts = [
        {"wa_id": "6281111111111", "profile": {"name": "Satu"}},
        {"wa_id": "6282222222222", "profile": {"name": "Dua"}},
    ]
    messages = [
        make_message(id="2", **{"from": "6282222222222"}),
        make_message(id="1", **{"from": "6281111111111"}),
        make_message(id="3", **{"from": "6283333333333"}),
    ]
    items = read(make_change(contacts=contacts, messages=messages)).items
    names = [item.profile_name for item in items if isinstance(item, Message)]
    assert names == ["Dua", "Satu", None]


def test_the_messages_own_ids_win_over_its_contacts() -> None:
    contacts = [{"wa_id": "6289999999999", "user_id": USER_ID}]
    assert read_one(contacts, from_user_id=USER_ID).addresses == (PHONE, USER_ID)


@pytest.mark.parametrize(
    "sender", [..., None, "", "PHONE_NUMBER", "<WHATSAPP_USER_PHONE_NUMBER>", "1234", {}, True]
)
def test_a_message_without_a_readable_sender_is_set_aside(sender: Any) -> None:
    item = read_set_aside(**{"from": sender}, from_user_id="BSUID_123")
    assert (item.reason, item.address) == ("no sender id that could be read", None)


def test_a_senderless_message_is_never_the_only_contacts_but_is_set_aside_for_it() -> None:
    item = read_set_aside([{"wa_id": PHONE}], **{"from": ...})
    assert item.address == PHONE
    two = [{"wa_id": PHONE}, {"wa_id": "6289999999999"}]
    assert read_set_aside(two, **{"from": ...}).address is None


@pytest.mark.parametrize(
    "contacts", [{}, "x", [None, 5, {"profile": 3, "wa_id": [], "user_id": 1}]]
)
def test_contacts_of_another_shape_cost_nothing(contacts: Any) -> None:
    assert read_one(contacts).addresses == (PHONE,)


def test_a_profile_name_is_cleaned_and_cut() -> None:
    name = "\0" + "a" * 500
    message = read_one([{"wa_id": PHONE, "profile": {"name": name}}])
    assert message.profile_name == "\ufffd" + "a" * 199
