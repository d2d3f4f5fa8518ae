from __future__ import annotations

import json
from typing import Any

import pytest

from app.bot.whatsapp.content import MEDIA_TYPES, STORED_TYPES, UNSUPPORTED
from app.bot.whatsapp.payload import read_body
from app.messages import Message
from tests.unit.whatsapp.read_bodies import (
    AT,
    OURS,
    PHONE,
    encode,
    make_change,
    make_message,
    read,
    read_one,
    read_set_aside,
)

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "text": {"text": {"body": "halo"}},
    "button": {"button": {"text": "Ya"}},
    "interactive": {"interactive": {"type": "button_reply", "button_reply": {"title": "Ya"}}},
    "location": {"location": {"latitude": -6.2, "longitude": 106.8}},
    "contacts": {"contacts": [{"name": {"formatted_name": "Budi"}}]},
    "order": {"order": {"catalog_id": "7"}},
    **{kind: {kind: {"id": "901"}} for kind in MEDIA_TYPES},
}
"""What a message of each type that is stored as itself holds."""


@pytest.mark.parametrize("kind", sorted(STORED_TYPES - {UNSUPPORTED}))
def test_each_stored_type_is_stored_as_itself_with_what_it_says(kind: str) -> None:
    message = read_one(type=kind, **{"text": ..., **ONE_OF_EACH[kind]})
    assert message.kind == kind
    assert message.text or message.detail


def test_a_text_is_its_body() -> None:
    message = read_one()
    assert message == Message("wamid.QUJD", (PHONE,), "text", "halo", AT, account="1")


def test_a_template_button_is_its_text() -> None:
    message = read_one(type="button", button={"text": "Ya", "payload": "YES"})
    assert (message.kind, message.text, message.detail) == ("button", "Ya", {"payload": "YES"})


@pytest.mark.parametrize("reply", ["button_reply", "list_reply"])
def test_an_interactive_answer_is_its_title(reply: str) -> None:
    part = {"type": reply, reply: {"id": "k1", "title": "Kirim", "description": "ke rumah"}}
    message = read_one(type="interactive", interactive=part)
    assert (message.kind, message.text) == ("interactive", "Kirim")
    assert message.detail == {
        "type": reply,
        "id": "k1",
        "title": "Kirim",
        "description": "ke rumah",
    }


@pytest.mark.parametrize(
    "answer", [{}, {"response_json": "{nonsense"}, {"response_json": '{"a":1}'}]
)
def test_a_form_is_kept_as_the_text_it_came_as(answer: dict[str, Any]) -> None:
    part = {"type": "nfm_reply", "nfm_reply": {"name": "flow"} | answer}
    message = read_one(type="interactive", interactive=part)
    assert message.text == ""
    assert message.detail == {"type": "nfm_reply", "name": "flow"} | answer


@pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
def test_media_keep_their_caption_and_no_address(kind: str) -> None:
    media = {
        "id": "901",
        "mime_type": "x/y",
        "sha256": "ab",
        "filename": "Kué.pdf",
        "caption": "nama saya Siti",
        "url": "https://media.example/?token=1",
    }
    message = read_one(type=kind, text=..., **{kind: media})
    assert (message.kind, message.text) == (kind, "nama saya Siti")
    assert message.detail == {
        "id": "901",
        "mime_type": "x/y",
        "sha256": "ab",
        "filename": "Kué.pdf",
    }


def test_media_without_a_part_of_their_own_are_stored_all_the_same() -> None:
    message = read_one(type="image", text=...)
    assert (message.kind, message.text, message.detail) == ("image", "", None)


def test_locations_cards_and_orders_are_data() -> None:
    place = {"latitude": -6.2, "longitude": 106.8, "name": "Monas", "extra": 1}
    cards = [{"name": {"formatted_name": "Budi"}, "phones": [{"wa_id": "6289999999999"}]}]
    order = {"catalog_id": "7", "product_items": [{"quantity": 2}]}
    location = read_one(type="location", location=place, text=...)
    contacts = read_one(type="contacts", contacts=cards)
    ordered = read_one(type="order", order=order)
    assert location.detail == {"latitude": -6.2, "longitude": 106.8, "name": "Monas"}
    assert contacts.detail == {"contacts": cards} and contacts.addresses == (PHONE,)
    assert ordered.detail == {"order": order}
    assert location.text == contacts.text == ordered.text == ""


def test_a_detail_is_always_storable_and_bounded() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a\0": [deep, "HUGE", "\ud800"]}
    raw = encode(make_change(messages=[make_message(type="order", order=deep)]))
    (message,) = read_body(raw.replace(b'"HUGE"', b"1e999"), OURS).items
    assert isinstance(message, Message) and message.detail is not None
    text = json.dumps(message.detail, allow_nan=False, ensure_ascii=False)
    assert text.startswith('{"order": {"a\ufffd": [') and "null" in text and "\\u0000" not in text
    assert text.encode()
    assert read_one(type="order", order=["x" * 80_000]).detail == {"dropped": "too large"}


@pytest.mark.parametrize("kind", ["unsupported", "unknown", "poll", "x" * 900])
def test_an_unknown_type_is_a_placeholder(kind: str) -> None:
    errors = [{"code": 131051, "title": "Message type unknown", "message": "private"}]
    message = read_one(type=kind, errors=errors, unsupported={"type": "poll"})
    assert (message.kind, message.text) == ("unsupported", "")
    assert message.detail == {
        "type": kind[:64],
        "unsupported": "poll",
        "error": {"code": 131051, "title": "Message type unknown"},
    }
    assert read_one(type=kind).kind == "unsupported"


def test_a_message_with_errors_has_no_content() -> None:
    message = read_one(type="image", image={"id": "9", "caption": "?"}, errors=[{"code": 400}])
    assert (message.kind, message.text) == ("unsupported", "")
    assert message.detail == {"type": "image", "error": {"code": 400}}


@pytest.mark.parametrize("kind", ["system", "request_welcome", "ephemeral"])
def test_what_speaks_of_the_account_is_ignored(kind: str) -> None:
    body = read(make_change(messages=[make_message(type=kind, **{"from": ...}), make_message()]))
    assert body.ignored == (f"type {kind}",)
    assert len(body.items) == 1


def test_a_message_in_a_group_is_kept_outside_the_chats() -> None:
    item = read_set_aside(group_id="abc")
    assert (item.reason, item.address) == ("group message", PHONE)
    assert "halo" in item.item


def test_a_message_keeps_what_it_quotes_and_no_word_of_it() -> None:
    context = {"id": "wamid.Q", "from": "15550009", "referred_product": {"catalog_id": "7"}}
    message = read_one(context=context | {"frequently_forwarded": True, "body": "secret"})
    assert message.detail == {
        "quotes": {"id": "wamid.Q", "from": "15550009"},
        "product": {"catalog_id": "7"},
        "frequentlyForwarded": True,
    }
    for odd in ({"id": 5}, {"id": ""}, {"id": "x" * 513}, {"referred_product": "x"}, [], None):
        assert read_one(context=odd).detail is None


@pytest.mark.parametrize("kind", ["call_permission_reply", "product", "later"])
def test_an_interactive_message_of_another_type_keeps_its_part(kind: str) -> None:
    part = {"response": "accept", "catalog_id": "7"}
    message = read_one(type="interactive", interactive={"type": kind, kind: part})
    assert (message.text, message.detail) == ("", {"type": kind, kind: part})


@pytest.mark.parametrize("mark", ["forwarded", "frequently_forwarded"])
def test_forwarded_words_are_marked(mark: str) -> None:
    assert read_one(context={mark: True}).forwarded
    assert not read_one(context={mark: False, "id": "wamid.x"}).forwarded
    assert not read_one(context="x").forwarded


def test_an_advertisement_is_data_beside_the_text() -> None:
    referral = {"source_id": "1", "headline": "Promo", "ctwa_clid": "c", "image_url": "https://t"}
    message = read_one(referral=referral)
    kept = {"source_id": "1", "headline": "Promo", "ctwa_clid": "c"}
    assert (message.text, message.detail) == ("halo", {"referral": kept})
    assert read_one(referral="x").detail is None


@pytest.mark.parametrize(
    "part",
    [
        {"text": None},
        {"text": {}},
        {"text": "halo"},
        {"type": "button", "button": {}},
        {"type": "interactive", "interactive": {"button_reply": {"id": "1"}}},
        {"type": "image", "image": "x"},
        {"type": "image", "image": {"caption": 5}},
        {"type": 5},
        {"id": 5},
    ],
)
def test_a_part_of_another_shape_is_set_aside(part: dict[str, Any]) -> None:
    item = read_set_aside(**part)
    assert item.address == PHONE and "\n" not in item.reason and PHONE not in item.reason
