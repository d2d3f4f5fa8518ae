"""Finds the words at a place of an utterance that could be one name."""

from __future__ import annotations

from dataclasses import dataclass

from app.nova.lexicon import (
    BALINESE_NAMES,
    GIVEN_NAMES,
    NAME_PARTICLES,
    SPEAKERS,
    TITLES,
    UNAMBIGUOUS_NAME_PARTICLES,
)
from app.nova.names.utterance import Utterance
from app.nova.token_classes import is_uncommon
from app.nova.tokens import Token

MOST_WORDS = 6
"""In one name."""
BALINESE_ARTICLES = ("i", "ni")
"""They begin names of Bali, before one of BALINESE_NAMES."""
_MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Consecutive words of an utterance that could be one name."""

    utterance: Utterance
    titles_start: int
    """Where the titles before the name begin: `start` if there are none."""
    start: int
    end: int

    @property
    def words(self) -> tuple[Token, ...]:
        """The words of the name, at least one, without titles."""
        return self.utterance.tokens[self.start : self.end]

    @property
    def first(self) -> Token:
        return self.utterance.tokens[self.start]

    @property
    def title(self) -> Token | None:
        """The first title before the name."""
        return self.utterance.tokens[self.titles_start] if self.titles_start < self.start else None

    @property
    def following(self) -> Token | None:
        """The token after the name."""
        return self.utterance.token(self.end)

    def repeated_in_full(self) -> Candidate | None:
        """The "James Bond" of "Bond, James Bond", if this is its first "Bond"."""
        following = self.following
        if len(self.words) > 1 or following is None or following.key not in (",", ".", "…"):
            return None
        full = find_candidate(self.utterance, self.end + 1)
        return None if full is None or full.words[-1].key != self.first.key else full


def find_candidate(utterance: Utterance, at: int) -> Candidate | None:
    """The longest candidate of at most MOST_WORDS words that begins, with its titles, at `at`."""
    start = _skip_titles(utterance, at)
    if not _begins_name(utterance, start):
        return None
    end = start + 1
    while end - start < MOST_WORDS and _continues_name(utterance, start, end):
        end += 1
    return Candidate(utterance, at, start, end)


def _skip_titles(utterance: Utterance, at: int) -> int:
    for _ in range(_MOST_TITLES):
        title, following = utterance.token(at), utterance.token(at + 1)
        if title is None or following is None or title.key not in TITLES:
            break
        if title.text == "dr" and _means_from(utterance, at):
            break
        at += 2 if following.key == "." else 1
    return at


def _means_from(utterance: Utterance, at: int) -> bool:
    """Whether the "dr" at `at` is short for "dari" ("saya dr Bandung"), and not a doctor."""
    before, before_that = utterance.token(at - 1), utterance.token(at - 2)
    if before is None or before.key not in SPEAKERS:
        return False
    return before_that is None or before_that.key not in ("nama", "nm")


def _begins_name(utterance: Utterance, at: int) -> bool:
    token, following = utterance.token(at), utterance.token(at + 1)
    if token is None or token.kind != "word":
        return False
    following_key = "" if following is None else following.key
    if token.key in BALINESE_ARTICLES and following_key in BALINESE_NAMES:
        return True
    if token.key == "i":
        return False
    if token.text == "h.":  # Haji
        return following_key in GIVEN_NAMES
    if utterance.is_outside_names(token):
        is_last = following is None or following.kind == "mark"
        return is_last and token.key in GIVEN_NAMES
    return True


def _continues_name(utterance: Utterance, start: int, at: int) -> bool:
    """Whether the token at `at` continues the name that begins at `start`."""
    token = utterance.token(at)
    if token is None or token.kind != "word":
        return False
    if token.key in NAME_PARTICLES:
        return _joins_name(utterance, at)
    if utterance.is_outside_names(token):
        return False
    if utterance.is_capital(utterance.tokens[start]):
        return token.is_capitalised
    return is_uncommon(token)


def _joins_name(utterance: Utterance, at: int) -> bool:
    """Whether another word of the name follows the particle at `at`."""
    particle, following = utterance.tokens[at], utterance.token(at + 1)
    if following is not None and following.key in NAME_PARTICLES:
        following = utterance.token(at + 2)
    if following is None or following.kind != "word" or utterance.is_outside_names(following):
        return False
    return utterance.is_capital(following) or particle.key in UNAMBIGUOUS_NAME_PARTICLES
