"""The word lists: their format, their errors, and what every list has to be."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

import app.nova
from app.nova.lexicon import (
    AMBIGUOUS_NAMES,
    FAMILY_NAMES,
    GIVEN_NAMES,
    NAME_PARTICLES,
    PERSONAL_AMBIGUOUS_NAMES,
    UNAMBIGUOUS_NAME_PARTICLES,
)
from app.nova.tokens import tokenize
from app.nova.word_lists import WordListError, load_word_lists, parse_word_lists

FOLDER = files("app.nova") / "data"
FILES = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".txt"))
SORTED = ["ambiguous_names", "common_words", "family_names", "given_names", "proper_nouns"]


def read_lists(file: str) -> dict[str, list[str]]:
    """The words of each list as they are written, with repetitions."""
    lists: dict[str, list[str]] = {}
    words: list[str] = []
    for line in (FOLDER / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = lists[line.strip("[]")] = []
        elif not line.startswith("#"):
            words += line.split()
    return lists


def test_lists_comments_and_several_words_a_line_are_read() -> None:
    content = "# head\n\n[first list]\nsaya aku\n# comment\n  björk\n[second]\n: ?\r\n".encode()
    lists = parse_word_lists("x.txt", content)
    assert lists["first list"] == {"saya", "aku", "björk"}
    assert lists["second"] == {":", "?"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"# head\nsaya\n[a]\nb\n", "x.txt, line 2: write a line [name] before the words"),
        (b"[a]\nb\n[c]\nd\n[a]\ne\n", "x.txt, line 5: [a] is an earlier list's name"),
        (b"[a]\n# b\n[c]\nd\n", "x.txt, line 1: write the words of the list"),
        (b"[a]\nb\n[c]\n", "x.txt, line 3: write the words of the list"),
        (b"[a\nb\n", "x.txt, line 1: write the name of the list as [name]"),
        (b"[]\nb\n", "x.txt, line 1: write the name of the list as [name]"),
        (b"[a] b\n", "x.txt, line 1: write the name of the list as [name]"),
        (b"[a]\nb\nbj\xf6rk\n", "x.txt, line 3: is not UTF-8"),
    ],
)
def test_an_error_names_the_file_and_the_line(content: bytes, error: str) -> None:
    with pytest.raises(WordListError) as raised:
        parse_word_lists("x.txt", content)
    assert str(raised.value) == error


def test_a_missing_list_and_a_missing_file_are_named() -> None:
    with pytest.raises(WordListError, match=r"^x\.txt: there is no list \[b\]$"):
        parse_word_lists("x.txt", b"[a]\nb\n")["b"]
    with pytest.raises(WordListError, match=r"data/no\.txt: cannot be read; install novabot again"):
        load_word_lists("no.txt")


@pytest.mark.parametrize("file", FILES)
def test_words_are_written_once_and_as_tokens_are_looked_up(file: str) -> None:
    for name, words in read_lists(file).items():
        assert len(words) == len(set(words)), name
        for word in words:
            text = "..." if word == "…" else word
            assert [token.key for token in tokenize(text)] == [word]


@pytest.mark.parametrize("file", SORTED)
def test_names_and_common_words_are_words(file: str) -> None:
    """A token of another kind is never part of a candidate: in these lists it would be dead."""
    for words in read_lists(f"{file}.txt").values():
        for word in words:
            assert [token.kind for token in tokenize(word)] == ["word"], word


@pytest.mark.parametrize("file", SORTED)
def test_long_lists_have_one_word_a_line_in_alphabetical_order(file: str) -> None:
    for words in read_lists(f"{file}.txt").values():
        assert words == sorted(words)
    lines = (FOLDER / f"{file}.txt").read_text(encoding="utf-8").splitlines()
    assert all(" " not in line for line in lines if not line.startswith(("#", "[")))


@pytest.mark.parametrize("file", FILES)
def test_every_list_is_used(file: str) -> None:
    folder = Path(app.nova.__file__).parent
    code = "".join(module.read_text(encoding="utf-8") for module in folder.glob("*.py"))
    assert f'load_word_lists("{file}")' in code
    for name in read_lists(file):
        assert f'["{name}"]' in code


def test_lists_are_subsets_of_others_or_exclude_them_as_their_comments_say() -> None:
    assert PERSONAL_AMBIGUOUS_NAMES <= AMBIGUOUS_NAMES
    assert UNAMBIGUOUS_NAME_PARTICLES <= NAME_PARTICLES
    assert FAMILY_NAMES.isdisjoint(GIVEN_NAMES)
