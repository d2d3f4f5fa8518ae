"""RFC 9110, section 12.5.4, and RFC 4647 for the ranges."""

from __future__ import annotations

import pytest

from app.dashboard.web.accept_language import choose_language

OFFERED = ("id", "en")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("en", "en"),
        ("id", "id"),
        ("en, id", "en"),
        ("id, en", "id"),
        ("EN-gb", "en"),
        ("id-ID", "id"),
        ("en-Latn-US, id;q=0.9", "en"),
        ("in", "id"),
        ("in-ID, en;q=0.5", "id"),
        ("fr, en;q=0.2", "en"),
        ("fr, id;q=0.2, en;q=0.1", "id"),
        ("english, en-abcdefghi, id", "id"),
    ],
)
def test_the_reader_gets_the_language_named_first(header: str, chosen: str) -> None:
    other = "en" if chosen == "id" else "id"
    assert choose_language(header, OFFERED, other) == chosen


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("en; q=0.9, id; q=0.1", "en"),
        ("id; q=0.1, en; q=0.9", "en"),
        ("id ;q=0.1 ,\ten\t;\tq=0.9", "en"),
        ("id;q=0.123,en;q=0.124", "en"),
        ("id;Q=0.2,en;Q=0.3", "en"),
        ("en;q=0.5, id;q=0.4, en-GB;q=0.1", "en"),
        ("id;q=0.9, en", "en"),
        ("id;q=1.000, en;q=0.999", "id"),
        ("id;q=0., en;q=1.", "en"),
        (", ,id;q=0.5,, en;q=0.6,", "en"),
    ],
)
def test_the_highest_weight_is_chosen(header: str, chosen: str) -> None:
    assert choose_language(header, OFFERED, "id") == chosen
    assert choose_language(header, OFFERED, "en") == chosen


@pytest.mark.parametrize("default", OFFERED)
@pytest.mark.parametrize(
    "header",
    ["", "fr", "fr;q=0.5, de", "*", "*;q=0.1", "fr, *;q=0.5", "id;q=0, en;q=0", "*;q=0", ";q=1"],
)
def test_a_header_that_prefers_no_offered_language_leaves_the_default(
    header: str, default: str
) -> None:
    assert choose_language(header, OFFERED, default) == default


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("id;q=0", "en"),
        ("id;q=0, *", "en"),
        ("id;q=0.000, fr", "en"),
        ("*, id;q=0.5", "en"),
        ("*;q=0.4, id;q=0.5", "id"),
    ],
)
def test_a_refused_language_yields_to_another_and_a_star_stands_for_the_rest(
    header: str, chosen: str
) -> None:
    assert choose_language(header, OFFERED, "id") == chosen


@pytest.mark.parametrize(
    "weight",
    ["2", "1.1", "-1", "0.1234", "nan", "inf", "1e0", "", "0,9", ".9", "+1", "0.9 9", "½", "٠"],
)
def test_an_element_whose_weight_breaks_the_grammar_is_ignored(weight: str) -> None:
    assert choose_language(f"en;q={weight}", OFFERED, "id") == "id"
    assert choose_language(f"en;q={weight}, id;q=0.1", OFFERED, "en") == "id"


@pytest.mark.parametrize("header", ["en q=1", "en;level=1", "en;q =1", "en;q= 1", "e n", "*-en"])
def test_an_element_that_breaks_the_grammar_is_ignored(header: str) -> None:
    assert choose_language(header, OFFERED, "id") == "id"
