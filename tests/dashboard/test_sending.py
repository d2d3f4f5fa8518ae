"""What the timeline says of messages that may not have arrived, and what an operator does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import psycopg
import pytest

from app.crm.conversation import StoredMessage
from app.dashboard.pages.explanations import ADVICE, CAUSES
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import LOCALES, Locale, load_language
from tests.dashboard.running import Dashboard, add_petang
from tests.sql.acts import one
from tests.unit.outgoing import ONE_OF_EACH

PETANG = "/clients/6281717407674@c.us"
AT = datetime(2026, 11, 22, tzinfo=UTC)
STORED = {
    "no connection within 3 s": "no_connection",
    "no connection: refused": "no_connection",
    "ConnectTimeout": "no_connection",
    "no answer within 20 s": "no_answer_in_time",
    "ReadTimeout: …": "no_answer_in_time",
    "no answer: reset by peer": "broke_off",
    "RemoteProtocolError: …": "broke_off",
    "HTTP 200 without a readable message id": "unreadable",
    "HTTP 502 without a readable message id": "error_page",
    "unsendable: the text is empty": "unsendable",
    "the bot ended while it was sending": "bot_ended",
    "the address belongs to another person by now": "address_left",
    "the client has stopped all messages": "stopped_all",
    "the client has stopped promotions": "stopped_promotions",
    "the client was reset and has not written since": "reset_lately",
}


def message(**fields: Any) -> StoredMessage:
    values: dict[str, Any] = {
        "id": 1, "direction": "out", "kind": "text", "body": "Hai", "at": AT, "status": "failed",
        "error_code": None, "error_text": None, "token": UUID(int=1), "detail": None,
        "offers": [], "author": "bot",
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
    texts = load_language(locale).texts
    for text, cause in STORED.items():
        for status in ("queued", "uncertain", "failed"):
            told = explain(locale, status=status, error_text=text)
            assert told.startswith(texts[f"cause.{cause}"])
            assert (texts[f"unsent.{status}"] in told) == (status != "failed")
    causes = {key.removeprefix("cause.") for key in texts if key.startswith("cause.")}
    assert causes == CAUSES.keys() == set(STORED.values())


def test_what_is_settled_by_itself_asks_nothing_of_the_operator() -> None:
    assert explain(status="queued", error_code=130429) == (
        "Too many messages at once (code 130429). The bot tries again by itself; there is nothing"
        " to do."
    )
    assert explain(status="queued", error_text="no connection within 3 s") == (
        "WhatsApp could not be reached. The bot tries again by itself."
    )
    assert explain(status="delivered", error_text="no connection within 3 s") == ""


def test_an_unknown_reason_is_explained_by_the_status_alone() -> None:
    assert explain(error_text="KeyError: …") == "WhatsApp did not take or deliver it."
    assert explain(status="expired") == (
        "It had waited for too long to be said, so it was not sent."
    )
    assert explain(status="cancelled") == "A person took over before it was sent."


@pytest.mark.parametrize(
    ("code", "offers"),
    [
        (None, ("resend", "arrived")),
        (131026, ("resend", "arrived")),
        (999, ("resend", "arrived")),
        (131050, ("arrived",)),
        (132001, ("arrived",)),
        (100, ("arrived",)),
    ],
)
def test_sending_again_is_offered_where_it_may_help(
    code: int | None, offers: tuple[str, ...]
) -> None:
    offered = message(error_code=code, offers=["resend", "arrived"])
    (shown,) = describe_messages([offered], load_language("en"))
    assert shown.offers == offers


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
        "dueAt" = now() - interval '11 minutes', "errorText" = 'no answer within 20 s'
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
