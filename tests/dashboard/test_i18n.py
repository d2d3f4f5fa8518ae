from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from uuid import UUID

import psycopg
import pytest

import app.dashboard
from app.bot.whatsapp.calls import CALL
from app.bot.whatsapp.content import STORED_TYPES
from app.bot.whatsapp.payload import SetAside, read_body
from app.bot.whatsapp.refusals import ACTIONS
from app.crm.bots import Bot
from app.crm.conversation import StoredMessage
from app.crm.identity import IdentityNote
from app.crm.set_aside import SetAsideItem
from app.dashboard.pages.client import describe_context
from app.dashboard.pages.identity_notes import DescribedNote, describe_notes
from app.dashboard.pages.set_aside import describe_items
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import LOCALES, Language, Locale, load_language
from app.dashboard.web.rendering import open_templates
from app.message_kinds import KINDS
from tests.sql.acts import one

HERE = Path(app.dashboard.__file__).parent
NAMES = {"Nova", "ID", "EN", "Bahasa Indonesia", "English"}
"""What a template says in every language."""
SAME = {
    *("role.admin", "role.operator", "clients.bot", "client.reset", "client.from_bot"),
    *("kind.video", "kind.audio", "reset.title", "reset.button", "resets.number"),
    *("source.api", "receipt.title", "receipt.bot", "bots.process"),
}
"""Texts that are the same in both languages."""


class WordFinder(HTMLParser):
    """Collects the words that a template has outside its tags and in attributes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()

    def handle_data(self, data: str) -> None:
        if re.search(r"[^\W\d_]", data):
            self.words.add(data.strip(" \n·"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"title", "aria-label", "placeholder", "alt"}:
                self.handle_data(value or "")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    indonesian, english = load_language("id").texts, load_language("en").texts
    assert indonesian.keys() == english.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(indonesian[key]), key


def test_a_text_is_translated() -> None:
    indonesian, english = load_language("id").texts, load_language("en").texts
    assert {key for key in english if english[key] == indonesian[key]} == SAME


@pytest.mark.parametrize("path", sorted(HERE.glob("templates/*.html")), ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    finder = WordFinder()
    source = path.read_text(encoding="utf-8")
    finder.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", source, flags=re.DOTALL))
    finder.close()
    assert finder.words <= NAMES


def test_every_text_that_a_page_names_exists() -> None:
    texts = load_language("en").texts
    named: set[str] = set()
    for path in [*HERE.glob("templates/*.html"), *HERE.rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'\b[th]\(\s*"([a-z_]+\.[a-z0-9_]+)"', source))
    assert len(named) > 100
    assert named <= texts.keys()


def test_every_text_is_named_somewhere() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in [*HERE.glob("templates/*.html"), *HERE.rglob("*.py")]
    )
    built = {
        *("role", "unit", "kind", "status", "unsent", "cause", "advice", "sending", "error"),
        *("actor", "context", "source", "state", "failure", "note", "note_address"),
        *("account_severity", "account_topic", "account_advice"),
    }
    unused = [
        key
        for key in load_language("en").texts
        if key.partition(".")[0] not in built and f'"{key}"' not in source
    ]
    assert unused == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_has_a_word_and_each_word_a_kind(locale: Locale) -> None:
    words = {
        key.removeprefix("kind.") for key in load_language(locale).texts if key.startswith("kind.")
    }
    assert words == {*STORED_TYPES, *KINDS, CALL, "other"}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_kind_or_state_of_a_newer_schema_is_shown_as_it_is(locale: Locale) -> None:
    language = load_language(locale)
    assert "poll" in language.kind("poll")
    at = datetime(2026, 11, 22, tzinfo=UTC)
    bot = Bot(UUID(int=1), "nova-a", 1, 0, "draining", at, at, None, 0.0)  # type: ignore[arg-type]
    page = open_templates().get_template("_bots.html")
    assert "draining" in page.render(bots=[bot], language=language, t=language.t, h=language.h)


def test_what_the_bot_remembers_is_told_in_words() -> None:
    context = {"language": "id", "asked": True, "topic": "id", "count": 2}
    assert describe_context(context, load_language("en")) == [
        ("Language", "Indonesian"),
        ("Was asked for the name", "yes"),
        ("topic", "id"),
        ("count", "2"),
    ]
    assert describe_context({"language": "en"}, load_language("id")) == [("Bahasa", "Inggris")]
    assert describe_context({"language": "fr"}, load_language("id")) == [("Bahasa", "fr")]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_code_that_the_bot_knows_is_explained(locale: Locale) -> None:
    language = load_language(locale)
    refused = language.t("error.refused")
    unexplained = [code for code in ACTIONS if refused in explain(failed(code), language)]
    assert unexplained == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_of_another_program_is_shown_as_a_reason(locale: Locale) -> None:
    language = load_language(locale)
    for code in (None, 0, 299, 404, 503, 131047, 132999, 999_999):
        for status in ("failed", "uncertain", "queued"):
            reason = explain(failed(code, status), language)
            assert reason
            assert "Traceback" not in reason
            assert code is None or str(code) in reason
    assert explain(failed(None, "sending"), language) == ""


@pytest.mark.parametrize("locale", LOCALES)
def test_every_item_that_the_bot_sets_aside_is_explained(locale: Locale) -> None:
    language = load_language(locale)
    item = {"from": "6281717407674", "id": "wamid.1", "timestamp": "1760000000", "type": "text"}
    text = {"text": {"body": "Hai"}}
    explained = {
        "no sender": {key: value for key, value in (item | text).items() if key != "from"},
        "no time": {key: value for key, value in (item | text).items() if key != "timestamp"},
        "another age": item | text | {"timestamp": "1"},
        "no text": item | {"text": {"body": 7}},
    }
    reasons = {name: explain_item("messages", found, language) for name, found in explained.items()}
    reasons["no status"] = explain_item("statuses", {"status": 4}, language)
    assert language.t("reason.other") not in reasons.values()
    assert explain_item("messages", "rubbish", language) == language.t("reason.other")
    assert reasons["no text"] == language.t("reason.content", kind=language.t("kind.text"))
    assert len(set(reasons.values())) == 4


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_of_note_says_in_words_what_happened(
    locale: Locale, connection: psycopg.Connection
) -> None:
    language = load_language(locale)
    kinds = read_kinds_of_notes(connection)
    assert {f"note.{kind}" for kind in kinds} == {
        key for key in language.texts if key.startswith("note.") and key != "note.unknown_kind"
    }
    written = {kind: describe_note(kind, {}, language).text for kind in kinds}
    assert len(set(written.values())) == len(kinds)
    for kind, text in written.items():
        assert len(text.split()) > 10, kind
        assert "_" not in text, kind
        assert "{" not in text, kind


@pytest.mark.parametrize("locale", LOCALES)
def test_a_note_of_a_later_release_is_shown_without_its_detail(locale: Locale) -> None:
    language = load_language(locale)
    note = describe_note("sim_swapped", {"sim": "8962", "from": None, "to": 5}, language)
    assert note.text == language.t("note.unknown_kind", kind="sim_swapped")
    assert note.addresses == []


def test_a_note_names_its_addresses_as_people_write_them() -> None:
    detail = {"to": "6281717407675", "from": "6281717407674", "address": "ID.9f3c"}
    assert describe_note("number_changed", detail, load_language("en")).addresses == [
        ("Before", "+62 817-1740-7674"),
        ("After", "+62 817-1740-7675"),
        ("Address", "ID.9f3c"),
    ]


def read_kinds_of_notes(connection: psycopg.Connection) -> list[str]:
    """The kinds that the database takes."""
    constraint = one(
        connection,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'public.\"IdentityNote\"'::regclass AND conname = 'kind_is_known'",
    )
    kinds = re.findall(r"'(\w+)'", constraint)
    assert len(kinds) == 9
    return kinds


def describe_note(kind: str, detail: Mapping[str, object], language: Language) -> DescribedNote:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    (described,) = describe_notes([IdentityNote(kind, at, detail)], language)
    return described


def failed(code: int | None, status: str = "failed") -> StoredMessage:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    text = "Traceback: of another program"
    return StoredMessage(
        1, "out", "text", "Hai", at, status, code, text, UUID(int=1), None, [], "bot"
    )


def explain(message: StoredMessage, language: Language) -> str:
    (shown,) = describe_messages([message], language)
    return shown.reason


def explain_item(kind: str, entry: object, language: Language) -> str:
    """The reason that the page shows for what the bot sets aside of a webhook's body."""
    value = {"metadata": {"phone_number_id": "1"}, kind: [entry]}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }
    (unread,) = read_body(json.dumps(body).encode(), "1").items
    assert isinstance(unread, SetAside)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    (shown,) = describe_items([SetAsideItem(1, None, unread.item, unread.reason, at)], language)
    return shown.reason


def test_a_value_is_escaped_and_isolated() -> None:
    written = load_language("en").h("reset.button", client="<b>{x}</b>")
    assert str(written) == "Reset <bdi>&lt;b&gt;{x}&lt;/b&gt;</bdi>"


def test_counts_have_their_plural_and_their_separators() -> None:
    assert load_language("en").t("clients.total", n=1) == "1 client"
    assert load_language("en").t("clients.total", n=12_345) == "12,345 clients"
    assert load_language("id").t("clients.total", n=12_345) == "12.345 pelanggan"


def test_times_are_jakartas() -> None:
    at = datetime(2026, 11, 22, 17, 5, 9, tzinfo=UTC)
    assert load_language("id").clock(at) == "00.05"
    assert load_language("id").day(at) == "Senin, 23 November 2026"
    assert load_language("id").moment(at).endswith("00.05.09 WIB")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.00084, "0.8 ms"), (0.0123, "12 ms"), (3.44, "3.4 s"), (12.9, "12 s"), (7300, "2 h")],
)
def test_durations_are_written_in_a_unit_that_fits(seconds: float, written: str) -> None:
    assert load_language("en").duration(seconds) == written
