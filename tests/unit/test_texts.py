from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.texts import count_graphemes, is_blank, split_text

FAMILY, FLAG, KEYCAP, SKIN = "👨‍👩‍👧", "🇮🇩", "1️⃣", "👍🏽"
TEXTS = st.text(st.sampled_from(f"ab .\n\u0301\r,{FAMILY}{FLAG}{SKIN}\u1100\u1161"), max_size=120)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(TEXTS, st.integers(16, 40))
def test_the_pieces_are_the_text_in_its_order_but_for_white_space(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text) or is_blank(text)
    for piece in pieces:
        assert units(piece) <= limit
        assert not is_blank(piece)


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert split_text(" a\n\n", 4_096) == (" a\n\n",)
    assert split_text("é" * 4_096, 4_096) == ("é" * 4_096,)
    assert split_text("", 4_096) == ()


def test_it_is_divided_at_the_best_place_that_there_is() -> None:
    first, rest = "Satu dua tiga empat", "lima enam tujuh delapan"
    for between in ("\n\n", "\n", ". "):
        assert split_text(first + between + rest, 26) == (first + between.strip(), rest)
    assert split_text(f"{first} {rest}", 26) == (f"{first} lima", "enam tujuh delapan")
    assert split_text("x" * 30, 26) == ("x" * 26, "x" * 4)
    assert split_text(f"Ia berkata “ya.” {rest} {rest}", 40)[0] == "Ia berkata “ya.”"


def test_a_break_that_would_leave_a_scrap_is_passed_over() -> None:
    assert split_text("Hm.\n\n" + "kata " * 20, 50)[0].endswith("kata")


@pytest.mark.parametrize("character", [FAMILY, FLAG, KEYCAP, SKIN, "e\u0301", "\u1100\u1161"])
def test_no_character_as_people_see_it_is_cut(character: str) -> None:
    for before in range(12):
        pieces = split_text("x" * before + character * 20, 20)
        assert len(pieces) > 1
        for piece in pieces:
            assert piece.replace(character, "").strip("x") == ""


def test_one_character_of_more_marks_than_fit_is_cut_all_the_same() -> None:
    assert [len(piece) for piece in split_text("e" + "\u0301" * 9_000, 4_096)] == [4096, 4096, 809]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\u2800\u3164", "\xa0\ufeff"])
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)
    assert split_text(text * 3_000, 4_096) == ()


@given(st.text(min_size=1))
def test_what_has_a_letter_is_not_blank(text: str) -> None:
    if any(unicodedata.category(char) in ("Lu", "Ll", "Nd") for char in text):
        assert not is_blank(text)


def test_characters_are_counted_as_people_see_them() -> None:
    assert count_graphemes(FAMILY + FLAG + FLAG + KEYCAP + SKIN + "a") == 6
