"""A message's text as words and marks, as names.py and nova.py read it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.nova.vocabulary import ABBREVIATIONS, DEGREES, word_set

LOOKED_AT = 1_000
"""Characters of a message that are read; whoever has more to say says who they are before."""

APOSTROPHES = "'’ʼ‘`´"
_HYPHENS = "-‐‑"
_QUOTES = '"“”„«»'
_BLANK = "\u3164\u115f\u1160\uffa0\u2800_*~|"
"""Letters that show nothing, and WhatsApp's markdown."""
_JOINERS = "\u200c\u200d"
_DOMAIN_ENDINGS = word_set(
    """
    com net org id co io app dev biz xyz example pdf doc docx xls xlsx jpg jpeg png mp4 mp3 zip txt
    csv
    """
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number, address or mark."""

    kind: Literal["word", "other", "mark"]
    """`other`: holds digits or is an address, so no name."""
    text: str
    """As written, without markdown."""
    key: str
    """For looking up: lower case, straight apostrophes, no final dot; a mark is itself."""

    @property
    def is_capitalised(self) -> bool:
        """Written with a capital, or in a script that has none."""
        first = self.text[0]
        return first.isupper() or first.istitle() or not (first.islower() or first.isupper())


def read_words(text: str) -> tuple[Word, ...]:
    """The words of the first LOOKED_AT characters, in order. Takes any text, in linear time."""
    return tuple(_read(_shorten(text)))


def _shorten(text: str) -> str:
    text = text[: LOOKED_AT * 2].lstrip()
    if len(text) <= LOOKED_AT:
        return text
    return text[:LOOKED_AT].rpartition(" ")[0]


def _read(text: str) -> Iterator[Word]:
    at = 0
    while at < len(text):
        character = text[at]
        if _is_letter(character) or character.isdigit():
            end = _word_end(text, at)
            yield _word(text[at:end])
            at = end
            continue
        if character == "." and text[at : at + 2] == "..":
            while text[at : at + 1] == ".":
                at += 1
            yield Word("mark", "…", "…")
            continue
        if character in "\n\r\u2028\u2029":
            yield Word("mark", "\n", "\n")
        elif not (_is_blank(character) or unicodedata.category(character) in ("Cf", "Mn", "Me")):
            yield Word("mark", character, _mark_key(character))
        at += 1


def _mark_key(character: str) -> str:
    if character in _QUOTES or character in APOSTROPHES:
        return '"'
    if character in "–—―−‐‑":
        return "-"
    if unicodedata.category(character) in ("So", "Sk", "Cn"):
        return "☺"
    return unicodedata.normalize("NFKC", character)[:1].strip() or "☺"


def _word_end(text: str, start: int) -> int:
    """Where the word ends that begins at `start`: an apostrophe, hyphen, joiner or dot belongs to
    it between letters; a whole address is one word.
    """
    at = segment = start
    while at < len(text):
        character, following = text[at], text[at + 1 : at + 2]
        if _is_letter(character) or _is_mark(character) or character.isdigit():
            at += 1
        elif character in APOSTROPHES + _HYPHENS + _JOINERS and _is_letter(following):
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
    return ending in _DOMAIN_ENDINGS or written == "www"


def _letters_end(text: str, at: int) -> int:
    while _is_letter(text[at : at + 1]):
        at += 1
    return at


def _blank_after(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def _word(written: str) -> Word:
    plain = written
    for apostrophe in APOSTROPHES:
        plain = plain.replace(apostrophe, "'")
    plain = unicodedata.normalize("NFKC", plain).lower()
    if any(character.isdigit() or character in "@/" for character in plain):
        return Word("other", written, plain)
    key = plain.rstrip(".")
    segments = plain.split(".")
    if len(segments) > 1 and segments[-1] in _DOMAIN_ENDINGS and key not in DEGREES:
        return Word("other", written, plain)
    return Word("word", written, key)


def _is_letter(character: str) -> bool:
    return character.isalpha() and character not in _BLANK and character not in APOSTROPHES


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc") and not _is_variation(character)


def _is_variation(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_blank(character: str) -> bool:
    return character.isspace() or character in _BLANK or character in _JOINERS
