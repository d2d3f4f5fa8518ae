"""What the timeline shows of a client's message beside its text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.whatsapp.content import STORED_TYPES
from app.crm.conversation import StoredMessage
from app.dashboard.pages.details import describe_detail
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import LOCALES, load_language
from tests.dashboard.running import add_petang

EN = load_language("en")
PETANG = "/clients/6281717407674@c.us"
CARD = {"name": {"formatted_name": "Budi"}, "phones": [{"phone": "+62 811"}, {"wa_id": "62812"}]}
ITEM = {"product_retailer_id": "SKU-7", "quantity": 2, "item_price": 5.5, "currency": "IDR"}
KINDS = (*STORED_TYPES, "call", "of a newer release")
NAMES = (
    *("latitude", "longitude", "name", "contacts", "origin", "phones", "order", "product_items"),
    *("type", "response_json", "call_permission_reply", "product", "duration", "unsupported"),
    *("error", "referral", "standby", "quotes", "id", "forwarded", "frequentlyForwarded"),
)


@pytest.mark.parametrize(
    ("kind", "detail", "shown"),
    [
        (
            "location",
            {"latitude": -6.1, "longitude": 106.8, "name": "Monas", "address": "Jakarta"},
            ("Monas", "Jakarta", "-6.1, 106.8"),
        ),
        (
            "contacts",
            {"contacts": [CARD | {"origin": "contact_request"}, CARD]},
            (
                "Budi, +62 811, 62812",
                "Answer to the request for the phone number",
                "Budi, +62 811, 62812",
            ),
        ),
        (
            "order",
            {"order": {"text": "yang merah", "product_items": [ITEM]}},
            ("yang merah", "2 × SKU-7, 5.5 IDR"),
        ),
        (
            "interactive",
            {"type": "nfm_reply", "response_json": '{"flow_token":"t","kota":"Ubud","n":[1]}'},
            ("kota: Ubud", "n: [1]"),
        ),
        ("interactive", {"type": "nfm_reply", "response_json": "{broken"}, ("{broken",)),
        ("interactive", {"type": "nfm_reply"}, ("A form without answers",)),
        (
            "interactive",
            {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}},
            ("Allows calls",),
        ),
        (
            "interactive",
            {"type": "call_permission_reply", "call_permission_reply": {"response": "reject"}},
            ("Does not allow calls",),
        ),
        (
            "interactive",
            {"type": "product", "product": {"product_retailer_id": "SKU-7"}},
            ("About the product SKU-7",),
        ),
        ("text", {"product": {"catalog_id": "C"}}, ("About the product C",)),
        ("call", {"duration": 63}, ("Lasted 1:03",)),
        ("call", {}, ("Missed",)),
        ("unsupported", {"unsupported": "poll", "error": {"title": "No"}}, ("poll", "No")),
        ("document", {"filename": "nota.pdf"}, ("nota.pdf",)),
        (
            "text",
            {"referral": {"headline": "Promo", "source_url": "https://fb.me/x"}},
            ("Came from the advertisement: Promo · https://fb.me/x",),
        ),
        ("text", {"forwarded": True}, ("Forwarded",)),
        ("text", {"forwarded": True, "frequentlyForwarded": True}, ("Forwarded many times",)),
        ("text", {"standby": True}, ("While another app has the chat; the bot does not answer",)),
    ],
)
def test_what_a_client_sends_beside_words_is_shown(
    kind: str, detail: dict[str, Any], shown: tuple[str, ...]
) -> None:
    assert describe_detail(kind, detail, EN) == shown


def test_what_a_person_sends_on_the_phone_is_shown_as_what_a_client_sends() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    detail = {"latitude": -6.2, "longitude": 106.8, "quotes": {"id": "wamid.1"}}
    stored = StoredMessage(
        1, "out", "location", "", at, "sent", None, None, UUID(int=1), detail, [], "phone"
    )
    (shown,) = describe_messages([stored], EN)
    assert shown.extras == ("-6.2, 106.8",) and shown.quoted is not None


@given(
    st.sampled_from(KINDS),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
    ).filter(lambda value: isinstance(value, dict)),
)
def test_a_detail_of_any_shape_is_shown_as_far_as_it_goes(kind: str, detail: Any) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    stored = StoredMessage(
        1, "in", kind, "", at, "answered", None, None, UUID(int=1), detail, [], "client"
    )
    for locale in LOCALES:
        (shown,) = describe_messages([stored], load_language(locale))
        assert all(isinstance(line, str) and len(line) <= 300 for line in shown.extras)


def test_a_quote_shows_what_is_quoted_as_it_stands_there_now(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)

    def add(text: str, message_id: str, quoted: str | None = None, client: str = "") -> None:
        detail = None if quoted is None else json.dumps({"quotes": {"id": quoted}})
        connection.execute(
            'INSERT INTO "Conversation" ("userId", direction, kind, body, at, status,'
            ' "waMessageId", detail)'
            " VALUES (%s, 'in', 'text', %s, now(), 'answered', %s, %s)",
            (client or "6281717407674@c.us", text, message_id, detail),
        )

    connection.execute('INSERT INTO "User" (id) VALUES (%s)', ("6281298765432@c.us",))
    add("apa merah ada?", "wamid.1")
    add("milik orang lain", "wamid.2", client="6281298765432@c.us")
    add("yang ini", "wamid.3", "wamid.1")
    page = ana.get(PETANG).text
    (quoted,) = (
        connection.execute(
            'SELECT id FROM "Conversation" WHERE "waMessageId" = %s', ("wamid.1",)
        ).fetchone()
        or ()
    )
    assert f'<a href="#message-{quoted}">apa merah ada?</a>' in page
    add("dan itu", "wamid.4", "wamid.2")
    page = ana.get(PETANG).text
    assert "milik orang lain" not in page and page.count('class="quoted"') == 2
    connection.execute("UPDATE \"Conversation\" SET body = '' WHERE \"waMessageId\" = 'wamid.1'")
    assert "apa merah" not in ana.get(PETANG).text
