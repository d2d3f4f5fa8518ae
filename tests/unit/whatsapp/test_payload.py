from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.inbound import StatusUpdate
from app.bot.whatsapp.payload import SET_ASIDE_LIMIT, Body, NotABody, SetAside, read_body
from app.crm.account_events import AccountEvent
from app.messages import Message
from tests.unit.whatsapp.read_bodies import (
    OURS,
    PHONE,
    STAMP,
    USER_ID,
    encode,
    make_change,
    make_message,
    make_status,
    read,
    read_one,
    read_set_aside,
)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"a":1}{"b":2}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_bytes_that_are_no_json_object_are_refused(raw: bytes) -> None:
    with pytest.raises(NotABody):
        read_body(raw, OURS)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"object": "page", "entry": [{"changes": [make_change(messages=[make_message()])]}]},
        {"messages": [make_message()], "contacts": [{"wa_id": PHONE}]},
        {"object": "whatsapp_business_account"},
        {"object": "whatsapp_business_account", "entry": {}},
        {"object": "whatsapp_business_account", "entry": {"changes": [make_change()]}},
        {"object": "whatsapp_business_account", "entry": [7, None, {"changes": {"value": {}}}]},
        {"object": "whatsapp_business_account", "entry": [{"changes": ["x", {}]}]},
    ],
)
def test_an_object_of_another_shape_brings_nothing(body: dict[str, Any]) -> None:
    assert read_body(json.dumps(body).encode(), OURS).items == ()


def test_what_several_entries_and_changes_bring_comes_in_its_order() -> None:
    def number(*ids: str) -> list[dict[str, Any]]:
        return [make_message(id=identifier) for identifier in ids]

    entries = [
        {
            "changes": [
                make_change(messages=number("a", "b"), statuses=[make_status(id="c")]),
                make_change(
                    errors=[{"code": 130429}], statuses=[make_status(id="d")], messages=number("e")
                ),
            ]
        },
        {"changes": [make_change(messages=number("f"))]},
    ]
    raw = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    body = read_body(raw, OURS)
    ids = [
        item.id if isinstance(item, Message) else item.message_id
        for item in body.items
        if isinstance(item, Message | StatusUpdate)
    ]
    assert ids == ["a", "b", "c", "d", "e", "f"]
    (event,) = [item for item in body.items if isinstance(item, AccountEvent)]
    assert (event.event, body.ignored) == ("error 130429", ())


@pytest.mark.parametrize("foreign", ["105550002", 105550002, ["x"], {}, True, ""])
def test_another_numbers_change_is_ignored_whole(foreign: Any) -> None:
    change = make_change(messages=[make_message()], statuses=[make_status()])
    change["value"]["metadata"]["phone_number_id"] = foreign
    assert read(change, make_change()) == Body(ignored=("foreign number",))


@pytest.mark.parametrize("metadata", [None, {}, {"phone_number_id": None}, "x", 5])
def test_a_change_that_names_no_number_is_ours(metadata: Any) -> None:
    assert len(read(make_change(metadata=metadata, messages=[make_message()])).items) == 1


def test_a_change_without_a_field_is_one_of_messages() -> None:
    change = make_change(messages=[make_message()])
    del change["field"]
    assert len(read(change).items) == 1


@pytest.mark.parametrize("field", ["history", "smb_app_state_sync"])
def test_another_field_is_ignored_by_its_name(field: str) -> None:
    body = read(make_change(field, messages=[make_message()], message_echoes=[make_message()]))
    assert body == Body(ignored=(f"field {field}",))


def test_a_call_that_has_ended_is_a_message_without_text() -> None:
    call = {
        "id": "wacid.1",
        "from": PHONE,
        "event": "terminate",
        "timestamp": STAMP,
        "direction": "USER_INITIATED",
        "status": "COMPLETED",
        "duration": 63,
        "session": {"sdp": "10.0.0.7"},
    }
    body = read(
        make_change(
            "calls",
            calls=[
                call | {"event": "connect"},
                call | {"direction": "BUSINESS_INITIATED"},
                call,
                call | {"from": "?"},
                call | {"timestamp": None},
                call | {"id": ""},
                {"event": "terminate"},
            ],
            statuses=[make_status()],
        )
    )
    (message, *bad) = body.items
    assert isinstance(message, Message) and message.addresses == (PHONE,)
    assert (message.id, message.kind, message.text) == ("wacid.1", "call", "")
    assert message.detail == {"status": "COMPLETED", "duration": 63}
    assert [item.reason.partition(":")[0] for item in bad if isinstance(item, SetAside)] == [
        "no sender id that could be read",
        "no timestamp",
        "call",
        "call",
    ]
    assert body.ignored == ("call connect", "call by the business")


@pytest.mark.parametrize("name", ["messages", "standby"])
def test_what_comes_in_standby_is_marked_and_its_statuses_are_another_apps(name: str) -> None:
    edit = {"original_message_id": "1", "message": {"type": "text", "text": {"body": "b"}}}
    items = [make_message(id="1"), make_message(id="2", type="edit", edit=edit)]
    body = read(make_change("standby", **{name: items, "statuses": [make_status()]}))
    (message, edited) = body.items
    assert isinstance(message, Message) and message.detail == {"standby": True}
    assert isinstance(edited, Annotation) and edited.edited is not None
    assert edited.edited.detail == {"standby": True}


@pytest.mark.parametrize(
    "told", [{"sender": {"phone_number": "+62 812-3456-7890"}}, {"contacts": [{"wa_id": PHONE}]}]
)
def test_a_hand_over_is_kept_for_the_client_whom_it_names(told: dict[str, Any]) -> None:
    value = {"type": "control_passed", "timestamp": STAMP, "control_passed": {"new_owner": "app"}}
    (item,) = read(make_change("messaging_handovers", **value, **told)).items
    assert isinstance(item, SetAside)
    assert (item.reason, item.address) == ("handover: control_passed", PHONE)
    assert item.at is not None and "new_owner" in item.item
    (nameless,) = read(make_change("messaging_handovers", sender=7, type=[])).items
    assert isinstance(nameless, SetAside)
    assert (nameless.reason, nameless.address) == ("handover: other", None)


@pytest.mark.parametrize("field", [None, 7, "+62 812 3456 7890", "x" * 5_000, ["messages"]])
def test_a_field_that_is_no_name_is_not_repeated(field: Any) -> None:
    body = read(make_change(field, messages=[make_message()]))
    (event,) = body.items
    assert isinstance(event, AccountEvent)
    assert (event.field, event.detail, body.ignored) == ("other", "", ("field other",))


def test_a_bad_item_is_set_aside_alone() -> None:
    bad = make_message(id="wamid.SECRET+/=", text={"body": 5})
    body = read(make_change(messages=[make_message(id="1"), bad, 7, make_message(id="2")]))
    first, wrong, number, last = body.items
    assert isinstance(first, Message) and isinstance(last, Message)
    assert isinstance(wrong, SetAside) and isinstance(number, SetAside)
    assert wrong.reason == "text: Expected `str`, got `int` - at `$.body`"
    assert wrong.address == PHONE
    assert "SECRET" not in wrong.item and "wamid…" in wrong.item
    assert (number.item, number.reason, number.address) == ("7", "not an object", None)


def test_what_is_set_aside_is_cut_and_storable() -> None:
    item = read_set_aside(text={"body": 5}, note="\0\ud800" + "x" * 100_000, far=[[[]]] * 9)
    assert len(item.item) == SET_ASIDE_LIMIT
    assert "\\u0000" not in item.item and "\ufffd\ufffdx" in item.item
    item.item.encode()


def test_each_item_that_is_set_aside_has_a_key_of_its_own() -> None:
    bad = [make_message(id=f"wamid.{n}", text={"body": 5}) for n in range(2)]
    long = [make_message(text={"body": 5}, note="x" * 20_000 + end) for end in "ab"]
    items = read(make_change(messages=[*bad, *long, *bad])).items
    keys = [item.key for item in items if isinstance(item, SetAside)]
    assert len({*keys[:4]}) == 4 and keys[4:] == keys[:2]


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDC00), chr(0xD83D) * 2, "\0"])
def test_half_a_character_anywhere_costs_no_other_item(half: str) -> None:
    spoilt = [
        make_message(**{f"{half}a": 1}),
        make_message(text={half: 1, "body": "halo"}),
        make_message(type=half),
        make_message(text=half),
        make_message(**{"from": half}),
        make_message(id=half),
        make_message(type="interactive", interactive={"type": "list_reply", "list_reply": half}),
        make_message(type="system", system={half: half, "type": [half]}),
    ]
    body = read(make_change(messages=[*spoilt, make_message(text={"body": "baik"})]))
    last = body.items[-1]
    assert isinstance(last, Message) and last.text == "baik"
    assert len(body.items) + len(body.ignored) == len(spoilt) + 1
    for item in body.items:
        assert not isinstance(item, SetAside) or not item.reason.startswith("could not be read:")


def test_whole_characters_are_left_as_they_came() -> None:
    for text in ("\U0001f600", "\\ud800", "\\\\ud83d \U0001f600\U0001f601"):
        assert read_one(text={"body": text}).text == text


def test_the_same_item_twice_comes_twice() -> None:
    first, second = read(make_change(messages=[make_message(), make_message()])).items
    assert first == second


TEXT = st.text(st.characters(exclude_categories=()))
"""With halves of characters, which JSON can hold and UTF-8 can't."""
KEYS = st.sampled_from(
    [
        "object",
        "entry",
        "changes",
        "field",
        "value",
        "messages",
        "statuses",
        "errors",
        "contacts",
        "metadata",
        "phone_number_id",
        "from",
        "from_user_id",
        "wa_id",
        "user_id",
        "profile",
        "name",
        "id",
        "timestamp",
        "type",
        "text",
        "body",
        "image",
        "caption",
        "button",
        "interactive",
        "button_reply",
        "title",
        "context",
        "forwarded",
        "referral",
        "code",
        "error_data",
        "details",
        "status",
        "group_id",
        "recipient_type",
        "order",
        "location",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.sampled_from(
        ["messages", "text", "image", "order", "sent", "failed", PHONE, USER_ID, STAMP]
    ),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS | TEXT, inner, max_size=6)
    ),
    max_leaves=25,
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "metadata": JSON,
        "contacts": JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=4), max_size=3),
        "messages": JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=9), max_size=3),
        "statuses": JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=9), max_size=3),
        "errors": JSON,
    },
)


def try_to_read(body: object) -> None:
    try_to_read_raw(json.dumps(body).encode())


def try_to_read_raw(raw: bytes, number: str = OURS) -> None:
    try:
        found = read_body(raw, number)
    except NotABody:
        return
    for item in found.items:
        if isinstance(item, Message):
            assert item.addresses
            f"{item.id}{item.text}{item.profile_name}".encode()
            text = json.dumps(item.detail, allow_nan=False, ensure_ascii=False)
            assert "\0" not in item.text and "\\u0000" not in text and text.encode()
        elif isinstance(item, SetAside):
            assert len(item.item.encode()) <= 4 * SET_ASIDE_LIMIT
            assert item.reason and not item.reason.startswith("could not be read:")


@given(st.dictionaries(KEYS | TEXT, JSON))
def test_no_object_whatever_makes_it_raise(body: dict[str, Any]) -> None:
    try_to_read(body)


@given(VALUES)
def test_no_value_whatever_makes_it_raise(value: dict[str, Any]) -> None:
    entry = [{"changes": [{"field": "messages", "value": value}]}]
    try_to_read({"object": "whatsapp_business_account", "entry": entry})


@given(st.binary())
def test_no_bytes_whatever_make_it_raise_anything_else(raw: bytes) -> None:
    with contextlib.suppress(NotABody):
        read_body(raw, OURS)


@pytest.mark.parametrize("place", ["metadata", "contacts", "messages", "statuses", "errors"])
def test_nesting_of_any_depth_is_read_or_refused(place: str) -> None:
    for depth in range(20, 1_200, 7):
        deep = b"[" * depth + b"]" * depth
        raw = encode(
            make_change(messages=[make_message(type="order", order="HERE")], **{place + "x": 1})
        )
        with_deep_order = raw.replace(b'"HERE"', deep)
        with_deep_place = raw.replace(
            b'"' + place.encode() + b'x": 1', b'"%b": %b' % (place.encode(), deep)
        )
        for body in (with_deep_order, with_deep_place):
            with contextlib.suppress(NotABody):
                read_body(body, OURS)


def test_a_thousand_items_are_read_quickly() -> None:
    phones = [str(6281000000000 + n) for n in range(1_000)]
    contacts = [{"wa_id": phone, "profile": {"name": "Ayu"}} for phone in phones]
    messages = [make_message(id=f"wamid.{phone}", **{"from": phone}) for phone in phones]
    raw = encode(make_change(contacts=contacts, messages=messages))
    seconds: list[float] = []
    for _ in range(5):
        # The time that this thread was at work: other processes do not count.
        begin = time.thread_time()
        assert len(read_body(raw, OURS).items) == 1_000
        seconds.append(time.thread_time() - begin)
    assert min(seconds) < 0.1
