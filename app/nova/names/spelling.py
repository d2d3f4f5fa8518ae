"""Writes the words of a name as the name is stored and said."""

from __future__ import annotations

from collections.abc import Sequence

from app.nova.lexicon import DEGREES, NAME_PARTICLES
from app.nova.tokens import Token

MOST_NAME_CHARACTERS = 60


def spell_name(words: Sequence[Token]) -> str | None:
    """The words as one name, of at most MOST_NAME_CHARACTERS, or None if nothing is left.

    Degrees after it are left out. A name all in lower case or all in capitals gets capitals where
    names have them; any other stays as the client wrote it.
    """
    kept = list(words)
    while len(kept) > 1 and _is_degree(kept[-1], kept[0]):
        kept.pop()
    texts = [word.text for word in kept]
    if len(texts) == 1 and texts[0].count(".") == 1:
        texts[0] = texts[0].rstrip(".")
    if all(text.islower() for text in texts) or all(text.isupper() for text in texts):
        texts = [_capitalise(text, first=index == 0) for index, text in enumerate(texts)]
    while texts and len(" ".join(texts)) > MOST_NAME_CHARACTERS:
        texts.pop()
    return " ".join(texts) or None


def _is_degree(token: Token, first: Token) -> bool:
    if token.key not in DEGREES:
        return False
    in_capitals = token.text.isupper() and not first.text.isupper()
    return "." in token.text or in_capitals or token.key == "phd"


def _capitalise(text: str, *, first: bool) -> str:
    """`anne-marie o'connor` → `Anne-Marie O'Connor`, `nur'aini` → `Nur'aini`, `binti` stays."""
    if not first and text.lower() in NAME_PARTICLES:
        return text.lower()
    written: list[str] = []
    piece_start = 0
    for index, character in enumerate(text):
        starts = index == piece_start
        written.append(character.title() if starts else character.lower())
        if character in "-.‐‑" or (character in "'’" and text[:index].lower() in ("o", "d", "l")):
            piece_start = index + 1
    return "".join(written)
