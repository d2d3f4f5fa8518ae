"""Reads the word lists that are files of this package (data/*.txt).

A file holds one list or several. A line `[name]` begins a list. Each line after it holds words of
that list, separated by spaces. A line that begins with `#` is a comment. The encoding is UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

_HEADING = re.compile(r"^\[(.*)$", re.MULTILINE)
_COMMENT = re.compile(r"^#.*$", re.MULTILINE)
_WORDS = re.compile(r"^[^#\n]*[^#\s]", re.MULTILINE)
"""A line that holds words."""


class WordListError(ValueError):
    """A word list cannot be read. The text names the file, and the line where there is one."""


@dataclass(frozen=True, slots=True)
class WordLists:
    """The word lists of one file, by name."""

    file: str
    lists: Mapping[str, frozenset[str]]

    def __getitem__(self, name: str) -> frozenset[str]:
        if name not in self.lists:
            raise WordListError(f"{self.file}: there is no list [{name}]")
        return self.lists[name]


def load_word_lists(file: str) -> WordLists:
    """The word lists of `file` in this package's folder `data`, in a checkout or a wheel."""
    resource = files("app.nova") / "data" / file
    try:
        content = resource.read_bytes()
    except OSError as error:
        raise WordListError(f"{resource}: cannot be read; install novabot again") from error
    return parse_word_lists(file, content)


def parse_word_lists(file: str, content: bytes) -> WordLists:
    """The word lists in `content`; errors call it `file`.

    Raises WordListError if the content is not UTF-8, a word stands before the first list, or a
    list has no name, no words or the name of an earlier one.
    """
    text = _decode(file, content)
    headings = list(_HEADING.finditer(text))
    starts = [heading.start() for heading in headings] + [len(text)]
    if misplaced := _WORDS.search(text, 0, starts[0]):
        raise _error(file, text, misplaced.start(), "write a line [name] before the words")
    lists: dict[str, frozenset[str]] = {}
    for heading, end in zip(headings, starts[1:], strict=True):
        name, bracket, rest = heading[1].partition("]")
        if not name or not bracket or rest.strip():
            raise _error(file, text, heading.start(), "write the name of the list as [name]")
        if name in lists:
            raise _error(file, text, heading.start(), f"[{name}] is an earlier list's name")
        lists[name] = frozenset(_COMMENT.sub("", text[heading.end() : end]).split())
        if not lists[name]:
            raise _error(file, text, heading.start(), "write the words of the list")
    return WordLists(file, lists)


def _decode(file: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise WordListError(f"{file}, line {number}: is not UTF-8") from error


def _error(file: str, text: str, at: int, reason: str) -> WordListError:
    number = text.count("\n", 0, at) + 1
    return WordListError(f"{file}, line {number}: {reason}")
