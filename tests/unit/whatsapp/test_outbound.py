from __future__ import annotations

import pytest

from app.bot.whatsapp.outbound import BUILDERS, UnsendableError, build_request
from app.messages import KINDS, Outgoing

PHONE = "6281234567890"


def test_every_kind_has_a_builder() -> None:
    assert tuple(BUILDERS) == KINDS


def test_a_text_as_the_cloud_api_documents_it() -> None:
    assert build_request(PHONE, Outgoing("halo é"), "row-7") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PHONE,
        "type": "text",
        "text": {"body": "halo é", "preview_url": False},
        "biz_opaque_callback_data": "row-7",
    }


@pytest.mark.parametrize("user_id", ["ID.4a5b6c7d8e9f", "id.4a5b", "US.ENT.9"])
def test_a_user_id_is_a_recipient_and_no_number(user_id: str) -> None:
    request = build_request(user_id, Outgoing("halo"), "row-7")
    assert request["recipient"] == user_id and "to" not in request


@pytest.mark.parametrize(
    ("body", "says"),
    [("", "the text is empty"), ("x" * 4_097, "the text has 4097 characters; WhatsApp takes 4096")],
)
def test_a_text_that_whatsapp_would_refuse_is_not_built(body: str, says: str) -> None:
    with pytest.raises(UnsendableError, match=says):
        build_request(PHONE, Outgoing(body), "row-7")


def test_the_longest_text_is_built() -> None:
    assert build_request(PHONE, Outgoing("é" * 4_096), "t")["text"]["body"] == "é" * 4_096
