from __future__ import annotations

from typing import Any

import pytest

from app.bot.whatsapp.outbound import BUILDERS, UnsendableError, build_read_mark, build_request
from app.message_kinds import KINDS
from app.messages import Outgoing
from tests.unit.outgoing import INBOUND, ONE_OF_EACH, WAMID

PHONE = "6281234567890"
AS_DOCUMENTED: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "halo é", "preview_url": False}},
    "template": {
        "type": "template",
        "template": {
            "name": "order_ready",
            "language": {"code": "en_US"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "John"}]}],
        },
    },
    "image": {
        "type": "image",
        "image": {"link": "https://shop.example/a.jpg", "caption": "Kursi"},
    },
    "video": {"type": "video", "video": {"id": "1166846181421424"}},
    "audio": {"type": "audio", "audio": {"id": "1166846181421424"}},
    "document": {
        "type": "document",
        "document": {"id": "7", "caption": "Nota", "filename": "nota.pdf"},
    },
    "sticker": {"type": "sticker", "sticker": {"link": "https://shop.example/a.webp"}},
    "buttons": {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "header": {"type": "text", "text": "Pesanan"},
            "body": {"text": "Jadi?"},
            "footer": {"text": "Toko"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "Ya", "title": "Ya"}},
                    {"type": "reply", "reply": {"id": "no", "title": "Tidak"}},
                ]
            },
        },
    },
    "list": {
        "type": "interactive",
        "interactive": {
            "type": "list",
            "body": {"text": "Pilih"},
            "action": {
                "button": "Lihat",
                "sections": [
                    {
                        "title": "Buah",
                        "rows": [
                            {"id": "Apel", "title": "Apel"},
                            {"id": "p", "title": "Pisang", "description": "Manis"},
                        ],
                    },
                    {"title": "Sayur", "rows": [{"id": "b", "title": "Bayam"}]},
                ],
            },
        },
    },
    "reaction": {"type": "reaction", "reaction": {"message_id": WAMID, "emoji": "👍🏽"}},
    "quote": {
        "context": {"message_id": WAMID},
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Yang ini?"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "Ya", "title": "Ya"}}]},
        },
    },
}


def test_every_kind_has_a_builder() -> None:
    assert tuple(BUILDERS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_as_the_cloud_api_documents_it(kind: str) -> None:
    assert build_request(PHONE, ONE_OF_EACH[kind], "row-7") == {  # type: ignore[index]
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PHONE,
        **AS_DOCUMENTED[kind],
        "biz_opaque_callback_data": "row-7",
    }


def test_a_quoting_text() -> None:
    request = build_request(PHONE, Outgoing("Ya").quoting(INBOUND), "row-7")
    assert request["context"] == {"message_id": WAMID}
    assert request["text"] == {"body": "Ya", "preview_url": False}


def test_a_template_without_parameters_and_a_list_without_sections() -> None:
    request = build_request(PHONE, Outgoing.template("hello_world", "en_US"), "t")
    assert request["template"] == {"name": "hello_world", "language": {"code": "en_US"}}
    request = build_request(PHONE, Outgoing.list("Pilih", "Lihat", ["Apel"]), "t")
    assert request["interactive"]["action"]["sections"] == [
        {"rows": [{"id": "Apel", "title": "Apel"}]}
    ]


@pytest.mark.parametrize("user_id", ["ID.4a5b6c7d8e9f", "id.4a5b", "US.ENT.9"])
def test_a_user_id_is_a_recipient_and_no_number(user_id: str) -> None:
    request = build_request(user_id, Outgoing("halo"), "row-7")
    assert request["recipient"] == user_id and "to" not in request


@pytest.mark.parametrize(
    ("body", "kind", "detail", "says"),
    [
        ("", "text", None, "the text is empty"),
        ("\u200b", "text", None, "the text is empty"),
        ("x" * 4_097, "text", None, "the text has 4097 characters; WhatsApp takes 4096"),
        ("Jadi?", "buttons", {"buttons": []}, "there are 0 buttons; WhatsApp takes 1 to 3"),
        ("Jadi?", "buttons", None, "buttons: not a list"),
        ("Hai", "image", {"id": 7}, "image: the media id is missing or blank"),
        ("Hai", "video_note", {}, "kind 'video_note' cannot be sent"),
    ],
)
def test_what_was_stored_and_whatsapp_would_refuse_is_not_built(
    body: str, kind: Any, detail: Any, says: str
) -> None:
    stored = Outgoing(body, kind, detail, checked=False)
    with pytest.raises(UnsendableError, match=says):
        build_request(PHONE, stored, "row-7")


def test_the_longest_text_is_built() -> None:
    assert build_request(PHONE, Outgoing("é" * 4_096), "t")["text"]["body"] == "é" * 4_096


def test_what_a_newer_release_adds_to_the_detail_is_left_out() -> None:
    button = {"id": "1", "title": "Ya", "icon": "x"}
    detail = {"buttons": [button], "theme": "dark"}
    request = build_request(PHONE, Outgoing("Jadi?", "buttons", detail), "t")
    assert request["interactive"] == {
        "type": "button",
        "body": {"text": "Jadi?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Ya"}}]},
    }


def test_a_read_mark_and_the_typing_indicator() -> None:
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": WAMID}
    assert build_read_mark(WAMID, typing=False) == mark
    assert build_read_mark(WAMID, typing=True) == {**mark, "typing_indicator": {"type": "text"}}
