"""What the timeline says of messages that may not have arrived, and what an operator does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import psycopg
import pytest

from app.crm.conversation import StoredMessage
from app.dashboard.pages.explanations import ADVICE
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import LOCALES, Locale, load_language
from tests.dashboard.running import Dashboard, add_petang
from tests.sql.acts import one
from tests.unit.outgoing import ONE_OF_EACH

PETANG = "/clients/6281717407674@c.us"
AT = datetime(2026, 11, 22, tzinfo=UTC)
CAUSES = {
    "no connection": ("WhatsApp could not be reached", "tidak dapat dihubungi"),
    "no answer in time": ("WhatsApp did not answer in time", "tidak menjawab"),
    "the answer broke off": ("The connection broke off", "Sambungan terputus"),
    "not a readable answer": ("could not be read", "tidak dapat dibaca"),
    "HTTP 502": ("an error page", "halaman kesalahan"),
    "unsendable: the text is empty": ("would refuse", "akan menolak"),
    "the bot ended while it was sending": ("was stopped", "dihentikan"),
    "a person took over before it was sent": ("A person took over", "Seseorang"),
    "the address belongs to another person by now": ("another person by now", "milik orang lain"),
}


def message(**fields: Any) -> StoredMessage:
    values: dict[str, Any] = {
        "id": 1, "direction": "out", "kind": "text", "body": "Hai", "at": AT, "status": "failed",
        "error_code": None, "error_text": None, "token": UUID(int=1), "detail": None,
        "may_be_settled": True,
    }  # fmt: skip
    return StoredMessage(**values | fields)


def explain(locale: Locale = "en", **fields: Any) -> str:
    return describe_messages([message(**fields)], load_language(locale))[0].reason


@pytest.mark.parametrize("locale", LOCALES)
def test_each_refusal_says_what_to_do(locale: Locale) -> None:
    language = load_language(locale)
    told = {code: name for name, codes in ADVICE.items() for code in codes}
    told |= {200: "permission", 132001: "template", 404: "http", 999_999: "unknown"}
    for code, name in told.items():
        reason = explain(locale, error_code=code, error_text="Meta's own words")
        assert reason.endswith(language.t(f"advice.{name}")), code
        assert str(code) in reason
        assert "Meta's own words" not in reason
    advice = {key.removeprefix("advice.") for key in language.texts if key.startswith("advice.")}
    assert advice == {*told.values(), "again"}


@pytest.mark.parametrize("locale", LOCALES)
def test_each_way_of_not_answering_is_told_in_words(locale: Locale) -> None:
    for text, words in CAUSES.items():
        for status in ("queued", "uncertain", "failed"):
            assert words[LOCALES.index(locale) == 0] in explain(
                locale, status=status, error_text=text
            )
    texts = load_language(locale).texts
    assert len(CAUSES) == len([key for key in texts if key.startswith("cause.")])


def test_what_is_settled_by_itself_asks_nothing_of_the_operator() -> None:
    assert explain(status="queued", error_code=130429) == (
        "Too many messages at once (code 130429). The bot tries again by itself; there is nothing"
        " to do."
    )
    assert explain(status="queued", error_text="no connection") == (
        "WhatsApp could not be reached. The bot tries again by itself."
    )
    assert explain(status="delivered", error_text="no connection") == ""


def test_an_unknown_reason_is_explained_by_the_status_alone() -> None:
    assert explain(error_text="ReadTimeout: …") == "WhatsApp did not take or deliver it."
    assert explain(status="expired").startswith("It had waited for too long")
    assert explain(status="cancelled") == "A person took over before it was sent."


@pytest.mark.parametrize(
    ("fields", "offers"),
    [
        ({"status": "uncertain"}, ("resend", "arrived")),
        ({"status": "uncertain", "may_be_settled": False}, ()),
        ({"status": "expired"}, ("resend",)),
        ({"status": "failed", "error_code": 131026}, ("resend",)),
        ({"status": "failed", "error_code": 999}, ("resend",)),
        ({"status": "failed", "error_code": 131050}, ()),
        ({"status": "failed", "error_code": 132001}, ()),
        ({"status": "failed", "error_code": 131047}, ()),
        ({"status": "queued"}, ()),
        ({"status": "delivered"}, ()),
    ],
)
def test_sending_again_is_offered_where_it_may_help(
    fields: dict[str, Any], offers: tuple[str, ...]
) -> None:
    (shown,) = describe_messages([message(**fields)], load_language("en"))
    assert shown.offers == offers


def test_a_message_past_the_window_is_offered_once_the_client_has_written() -> None:
    later = message(direction="in", status="answered", at=AT + timedelta(days=2))
    shown = describe_messages([message(error_code=131047), later], load_language("en"))
    assert shown[0].offers == ("resend",)


@pytest.mark.parametrize("kind", ["buttons", "list", "document", "image", "quote"])
def test_what_a_message_shows_beside_its_text_is_on_the_timeline(kind: str) -> None:
    sent = ONE_OF_EACH[kind]  # type: ignore[index]
    (shown,) = describe_messages(
        [message(kind=kind, body=sent.body, detail=sent.detail)], load_language("en")
    )
    assert (
        shown.extras
        == {
            "buttons": ("Ya", "Tidak"),
            "list": ("Apel", "Pisang", "Bayam"),
            "document": ("nota.pdf",),
            "image": ("https://shop.example/a.jpg",),
            "quote": ("Ya",),
        }[kind]
    )
    for odd in ({}, {"buttons": 7, "sections": [1, {"rows": {}}], "filename": [], "kind": kind}):
        describe_messages([message(kind=kind, detail=odd)], load_language("en"))


def make_uncertain(connection: psycopg.Connection) -> UUID:
    add_petang(connection)
    return one(
        connection,
        """UPDATE "Conversation" SET status = 'uncertain', at = now() - interval '20 minutes',
        "dueAt" = now() - interval '11 minutes', "errorText" = 'no answer in time'
        WHERE status = 'queued' RETURNING token""",
    )


def status(connection: psycopg.Connection, token: UUID) -> str:
    return one(connection, 'SELECT status FROM "Conversation" WHERE token = %s', token)


@pytest.mark.parametrize(("offer", "becomes"), [("resend", "queued"), ("arrived", "sent")])
def test_an_operator_settles_an_uncertain_message(
    ana: httpx.Client, connection: psycopg.Connection, offer: str, becomes: str
) -> None:
    token = make_uncertain(connection)
    page = ana.get(PETANG).text
    assert "WhatsApp did not answer in time" in page
    form = re.search(
        rf'action="(/messages/{token}/{offer})">\s*'
        r'<input type="hidden" name="incarnation" value="([^"]+)">',
        page,
    )
    assert form
    for _ in range(2):
        answer = ana.post(form[1], data={"incarnation": form[2]})
        assert (answer.status_code, answer.headers["location"]) == (303, PETANG)
        assert status(connection, token) == becomes
    assert "/messages/" not in ana.get(PETANG).text
    if offer == "resend":
        assert one(connection, 'SELECT author FROM "Conversation" WHERE token = %s', token) == (
            "operator:ana"
        )


def test_nothing_is_settled_of_another_incarnation_or_an_unknown_message(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    token = make_uncertain(connection)
    for offer in ("resend", "arrived"):
        answer = ana.post(f"/messages/{token}/{offer}", data={"incarnation": str(uuid4())})
        assert (answer.status_code, "Nothing was changed" in answer.text) == (200, True)
        assert ana.post(f"/messages/{uuid4()}/{offer}").status_code == 404
        assert ana.post(f"/messages/7/{offer}").status_code == 404
    assert status(connection, token) == "uncertain"


def test_a_viewer_settles_nothing(
    vera: httpx.Client, dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    token = make_uncertain(connection)
    assert "/messages/" not in vera.get(PETANG).text
    for offer in ("resend", "arrived"):
        assert vera.post(f"/messages/{token}/{offer}").status_code == 403
        with dashboard.client() as stranger:
            assert stranger.post(f"/messages/{token}/{offer}").headers["location"] == "/login"
    assert status(connection, token) == "uncertain"
