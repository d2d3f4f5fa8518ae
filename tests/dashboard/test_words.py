from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

import app.dashboard
from app.dashboard.web.i18n import load_words

HERE = Path(app.dashboard.__file__).parent


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts() -> None:
    indonesian, english = load_words("id").texts, load_words("en").texts
    assert indonesian.keys() == english.keys()
    for key, text in english.items():
        assert placeholders(text) == placeholders(indonesian[key]), key


def test_every_text_that_a_page_names_exists() -> None:
    texts = load_words("en").texts
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
    built = ("role.", "unit.", "kind.", "status.", "error.", "source.", "state.", "failure.")
    unused = [
        key
        for key in load_words("en").texts
        if not key.startswith(built) and f'"{key}"' not in source
    ]
    assert unused == []


def test_a_value_is_escaped_and_isolated() -> None:
    written = load_words("en").h("reset.button", client="<b>{x}</b>")
    assert str(written) == "Reset <bdi>&lt;b&gt;{x}&lt;/b&gt;</bdi>"


def test_counts_have_their_plural_and_their_separators() -> None:
    assert load_words("en").t("clients.total", n=1) == "1 client"
    assert load_words("en").t("clients.total", n=12_345) == "12,345 clients"
    assert load_words("id").t("clients.total", n=12_345) == "12.345 klien"


def test_times_are_jakartas() -> None:
    at = datetime(2026, 11, 22, 17, 5, 9, tzinfo=UTC)
    assert load_words("id").clock(at) == "00.05"
    assert load_words("id").day(at) == "Senin, 23 November 2026"
    assert load_words("id").moment(at).endswith("00.05.09 WIB")


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.00084, "0.8 ms"), (0.0123, "12 ms"), (3.44, "3.4 s"), (12.9, "12 s"), (7300, "2 h")],
)
def test_durations_are_written_in_a_unit_that_fits(seconds: float, written: str) -> None:
    assert load_words("en").duration(seconds) == written
