"""Writes a name down as its owner would."""

from __future__ import annotations

from collections.abc import Sequence

from app.nova.vocabulary import DEGREES, PARTICLES
from app.nova.words import Word

MOST_CHARACTERS = 60


def spell_name(words: Sequence[Word]) -> str | None:
    """The words as one name: no degrees behind it, single spaces, and capitals where it was written
    without or with nothing else. None if nothing of at most MOST_CHARACTERS is left.
    """
    kept = list(words)
    while len(kept) > 1 and _is_degree(kept[-1], kept[0]):
        kept.pop()
    texts = [word.text for word in kept]
    if len(texts) == 1 and texts[0].count(".") == 1:
        texts[0] = texts[0].rstrip(".")
    if all(text.islower() for text in texts) or all(text.isupper() for text in texts):
        texts = [_capitalise(text, first=index == 0) for index, text in enumerate(texts)]
    while texts and len(" ".join(texts)) > MOST_CHARACTERS:
        texts.pop()
    return " ".join(texts) or None


def _is_degree(word: Word, first: Word) -> bool:
    if word.key not in DEGREES:
        return False
    return (
        "." in word.text or (word.text.isupper() and not first.text.isupper()) or word.key == "phd"
    )


def _capitalise(text: str, *, first: bool) -> str:
    """`anne-marie o'connor` → `Anne-Marie O'Connor`, `nur'aini` → `Nur'aini`, `binti` stays."""
    if not first and text.lower() in PARTICLES:
        return text.lower()
    written: list[str] = []
    piece_start = 0
    for index, character in enumerate(text):
        starts = index == piece_start
        written.append(character.title() if starts else character.lower())
        if character in "-.‐‑" or (character in "'’" and text[:index].lower() in ("o", "d", "l")):
            piece_start = index + 1
    return "".join(written)
