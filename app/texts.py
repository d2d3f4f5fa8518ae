"""Texts as people read them: where one may be divided, and whether there is anything to read."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Unicode calls them letters or symbols, and nothing is drawn for them."""
_JOINER: Final = "\u200d"
_BREAKS: Final = (
    re.compile(r"\n[^\S\n]*\n\s*"),  # a paragraph
    re.compile(r"\n\s*"),
    re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])"),
    re.compile(r"\s+"),
)
"""Where a text is best divided, the best first."""


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen."""
    return all(unicodedata.category(char) in _INVISIBLE or char in _BLANK_LETTERS for char in text)


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """The text in pieces of at most `limit` UTF-16 units, none of them blank, in order.

    An emoji has two or more units: a count of code points is smaller.

    Divided at a paragraph, else at a line, a sentence or a space, the white space there left out;
    where there is none, between two characters as people see them. Blank pieces are left out.
    """
    if 2 * len(text) <= limit:
        return () if is_blank(text) else (text,)
    pieces: list[str] = []
    rest = text
    while (fitting := _measure(rest, limit)) < len(rest):
        end, start = _find_break(rest[: fitting + 1], limit)
        pieces.append(rest[:end].rstrip())
        rest = rest[start:].lstrip()
    pieces.append(rest)
    return tuple(piece for piece in pieces if not is_blank(piece))


def count_graphemes(text: str) -> int:
    """Characters as people see them: a flag or a family is one."""
    return sum(_may_part(text, place) for place in range(len(text)))


def _measure(text: str, limit: int) -> int:
    """How many code points from the start have at most `limit` UTF-16 units."""
    units = 0
    for place, char in enumerate(text[: limit + 1]):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return place
    return len(text)


def _find_break(window: str, limit: int) -> tuple[int, int]:
    """Where a piece ends and the next begins; the last character of `window` is past the limit.

    A paragraph, line or sentence that would leave less than an eighth of the limit is passed over.
    """
    most = len(window) - 1
    for rule in _BREAKS:
        least = 1 if rule is _BREAKS[-1] else max(limit // 8, 1)
        found = [match for match in rule.finditer(window) if least <= _end_of(match) <= most]
        if found:
            return _end_of(found[-1]), found[-1].end()
    for place in range(most, 0, -1):
        if _may_part(window, place):
            return place, place
    return most, most  # one character of more marks than fit


def _end_of(match: re.Match[str]) -> int:
    """Where the piece before this break ends: what closes a quotation belongs to it."""
    return match.end() - len(match[0]) + len(match[0].rstrip())


def _may_part(text: str, place: int) -> bool:
    """Whether no character as people see it goes on across this place.

    The rules of Unicode's Annex 29 that concern what people write in chats.
    """
    if place == 0:
        return True
    before, after = text[place - 1], text[place]
    if (before == "\r" and after == "\n") or before == _JOINER or _continues(after):
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        halves = 0
        while halves < place and _is_flag_half(text[place - 1 - halves]):
            halves += 1
        return halves % 2 == 0
    return not (_is_hangul_part(before) and _is_hangul_part(after))


def _continues(char: str) -> bool:
    """Marks, joiners, skin tones and the tags of subdivision flags."""
    return (
        char in (_JOINER, "\u200c")
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or unicodedata.category(char) in ("Mn", "Mc", "Me")
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_hangul_part(char: str) -> bool:
    """A letter of a syllable that is written in parts."""
    return "\u1100" <= char <= "\u11ff"
