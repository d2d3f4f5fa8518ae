"""Tokens (words, numbers, addresses, marks) and the key line of a text.

Patterns are matched against the key line: the keys of all tokens with a space between them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from app.nova.lexicon import ABBREVIATIONS, ADDRESS_ENDINGS, DEGREES

MOST_CHARACTERS_READ = 1_000
"""Characters of a message that are read. In a longer one, writers introduce themselves first."""

_APOSTROPHES = "'’ʼ‘`´"
_HYPHENS = "-‐‑"
_QUOTES = '"“”„«»'
_BLANK = "\u3164\u115f\u1160\uffa0\u2800_*~|"
"""Read as spaces: letters without a shape, WhatsApp's marks of formatting, the vertical bar."""
_JOINERS = "\u200c\u200d"
_PLAIN_WORD = re.compile(r"[A-Za-z]+(?=[ ,!?\n]|\Z)")
"""Nearly every word: nothing in it or behind it has to be looked at one by one."""


class Token(NamedTuple):
    """One word, number, address or mark."""

    kind: Literal["word", "other", "mark"]
    """`other` holds digits or is an address: it is never part of a name."""
    text: str
    """As written, without marks of formatting."""
    key: str
    """As word lists have it: lower case, straight apostrophes, no final dot. A mark is its own."""

    @property
    def is_capitalised(self) -> bool:
        """Written with a capital, or in a script that has none."""
        first = self.text[0]
        return first.isupper() or first.istitle() or not (first.islower() or first.isupper())


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of the first MOST_CHARACTERS_READ characters, in linear time for any text."""
    return tuple(_split(_shorten(text)))


def key_line(tokens: Sequence[Token]) -> str:
    """The keys of the tokens with a space between them."""
    return " ".join(token.key for token in tokens)


def compile_for_line(*alternatives: str) -> re.Pattern[str]:
    """A pattern that finds any of the alternatives in a key line, as whole keys."""
    return re.compile(rf"(?<!\S)(?:{'|'.join(alternatives)})(?!\S)")


def any_of(words: Iterable[str]) -> str:
    """A part of a pattern: any of the words."""
    return f"(?:{'|'.join(sorted(map(re.escape, words)))})"


def _shorten(text: str) -> str:
    text = text[: MOST_CHARACTERS_READ * 2].lstrip()
    if len(text) <= MOST_CHARACTERS_READ:
        return text
    shortened = text[:MOST_CHARACTERS_READ]
    return shortened.rpartition(" ")[0] or shortened


def _split(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        character = text[at]
        if character == " ":
            at += 1
            continue
        if plain := _PLAIN_WORD.match(text, at):
            written = plain[0]
            yield Token("word", written, written.lower())
            at = plain.end()
            continue
        if _is_letter(character) or character.isdigit():
            end = _word_end(text, at)
            yield _make_token(text[at:end])
            at = end
            continue
        if character == "." and text[at : at + 2] == "..":
            while text[at : at + 1] == ".":
                at += 1
            yield Token("mark", "…", "…")
            continue
        if character in "\n\r\u2028\u2029":
            yield Token("mark", "\n", "\n")
        elif not (_is_blank(character) or unicodedata.category(character) in ("Cf", "Mn", "Me")):
            yield Token("mark", character, _mark_key(character))
        at += 1


def _mark_key(character: str) -> str:
    if character in _QUOTES or character in _APOSTROPHES:
        return '"'
    if character in "–—―−‐‑":
        return "-"
    if unicodedata.category(character) in ("So", "Sk", "Cn"):
        return "☺"
    return unicodedata.normalize("NFKC", character)[:1].strip() or "☺"


def _word_end(text: str, start: int) -> int:
    """Where the word that begins at `start` ends.

    An apostrophe, hyphen, joiner or dot between letters belongs to the word. A whole address is
    one word.
    """
    at = segment = start
    while at < len(text):
        character, following = text[at], text[at + 1 : at + 2]
        if _is_letter(character) or _is_mark(character) or character.isdigit():
            at += 1
        elif character in _APOSTROPHES + _HYPHENS + _JOINERS and _is_letter(following):
            if character in _HYPHENS:
                segment = at + 1
            at += 1
        elif character == "." and _dot_belongs(text, segment, at):
            at += 1
            segment = at
            if not _is_letter(text[at : at + 1]):
                return at
        elif character in "@/" or text[at : at + 3] == "://":
            if character == "/" and not ("." in text[start:at] or at - start > 12):
                return at
            return _blank_after(text, at)
        else:
            return at
    return at


def _dot_belongs(text: str, segment: int, at: int) -> bool:
    written = text[segment:at].lower()
    following = text[at + 1 : at + 2]
    if len(written) == 1 and _is_letter(written):
        return True
    if written in ABBREVIATIONS:
        return written == "ph" or not following or following.isspace()
    ending = text[at + 1 : _letters_end(text, at + 1)].lower()
    return ending in ADDRESS_ENDINGS or written == "www"


def _letters_end(text: str, at: int) -> int:
    while _is_letter(text[at : at + 1]):
        at += 1
    return at


def _blank_after(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def _make_token(written: str) -> Token:
    plain = written
    for apostrophe in _APOSTROPHES:
        plain = plain.replace(apostrophe, "'")
    plain = unicodedata.normalize("NFKC", plain).lower()
    if any(character.isdigit() or character in "@/" for character in plain):
        return Token("other", written, plain)
    key = plain.rstrip(".")
    segments = plain.split(".")
    if len(segments) > 1 and segments[-1] in ADDRESS_ENDINGS and key not in DEGREES:
        return Token("other", written, plain)
    return Token("word", written, key)


def _is_letter(character: str) -> bool:
    return character.isalpha() and character not in _BLANK and character not in _APOSTROPHES


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc") and not _is_variation(character)


def _is_variation(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_blank(character: str) -> bool:
    return character.isspace() or character in _BLANK or character in _JOINERS
