"""Finds names that are told only together with what was said before them.

After the question "what should I call you?" a message may be nothing but the name. After one that
ends with "my name is" the next one may be the name. Alone, such a message says nothing about the
writer: greetings, thanks, places and the names of others look the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from app.nova.lexicon import BALINESE_NAMES, PHRASE_ENDINGS, SKIPPED
from app.nova.names.candidates import BALINESE_ARTICLES, Candidate, find_candidate
from app.nova.names.finder import is_meant, skip_fillers
from app.nova.names.languages import has_case, is_further_name
from app.nova.names.phrases import ANSWER_BEGINNING, BEGINNINGS, Phrase, Strength
from app.nova.names.scripts import find_bare_script_name
from app.nova.names.spelling import spell_name
from app.nova.names.utterance import Utterance
from app.nova.token_classes import (
    has_name_form,
    is_everyday,
    is_family_name,
    is_filler,
    is_given_name,
    is_uncommon,
)
from app.nova.tokens import Token

Begun = Literal["name", "call", "person"]
"""What a message ended with: "my name is", "call me" or "I am"."""
_BEGUN: Mapping[Strength, Begun] = {
    Strength.STRONG: "name",
    Strength.FAIR: "call",
    Strength.WEAK: "person",
}

_AFTER_LATIN = "\u0370"
"""The first of the letters that are not Latin."""


def find_bare_name(text: str) -> str | None:
    """The name in an answer to "what should I call you?" that is nothing but a listed name."""
    utterance = Utterance.read(text)
    beginning = ANSWER_BEGINNING.match(utterance.line)
    at = utterance.index_after(beginning.end()) if beginning else 0
    candidate = _find_alone(utterance, at)
    if candidate is not None and is_listed(candidate):
        return spell_name(candidate.words)
    return find_bare_script_name(utterance.line)


def find_begun(utterance: Utterance) -> Begun | None:
    """What the utterance ends with, if the name is still to come."""
    end = len(utterance.tokens)
    while end > 0 and _may_follow_phrase(utterance.tokens[end - 1]):
        end -= 1
    if end == 0 or utterance.tokens[end - 1].key not in PHRASE_ENDINGS:
        return None
    for phrase in BEGINNINGS:
        tells = not (phrase.is_demonstrative or phrase.needs_only)
        if tells and _ends_with(utterance, phrase, end):
            return _BEGUN[phrase.strength]
    return None


def find_completion(text: str, begun: Begun) -> str | None:
    """The name with which `text` completes a message that ended with a phrase."""
    utterance = Utterance.read(text)
    candidate = _find_alone(utterance, skip_fillers(utterance, 0))
    if candidate is not None and _completes(candidate, begun):
        return spell_name(candidate.words)
    return find_bare_script_name(utterance.line)


def _completes(candidate: Candidate, begun: Begun) -> bool:
    if begun == "person":
        plain = candidate.title is None and not is_everyday(_telling_word(candidate.words))
        return plain and is_listed(candidate)
    return is_listed(candidate) or _is_unlisted_name(candidate)


def _find_alone(utterance: Utterance, at: int) -> Candidate | None:
    """The candidate at `at`, if nothing but marks and fillers follow it, and no question mark."""
    candidate = find_candidate(utterance, at)
    if candidate is None:
        return None
    candidate = candidate.repeated_in_full() or candidate
    for token in utterance.tokens[candidate.end :]:
        if token.key == "?":
            return None
        if not (token.kind == "mark" or is_filler(token) or token.key == "kenal"):  # salam kenal
            return None
    return candidate


def is_listed(candidate: Candidate) -> bool:
    """Whether the lists of names tell, without any phrase, that the candidate is one."""
    words = candidate.words
    if not _is_whole(candidate):
        return False
    word = _telling_word(words)
    if is_given_name(word) or is_family_name(word):
        return len(words) == 1 or not (is_everyday(word) and _ends_everyday(words))
    if words[0].key in BALINESE_ARTICLES:  # one of BALINESE_NAMES follows it
        return len(words) > 1
    if len(words) == 1 or not all(map(candidate.utterance.is_capital, words)):
        return False
    if [token.key for token in words[:2]] == ["anak", "agung"]:
        return True
    alike = all(map(candidate.utterance.looks_like_name, words))
    return alike and (words[1].key in BALINESE_NAMES or is_family_name(words[-1]))


def _ends_everyday(words: Sequence[Token]) -> bool:
    """Whether an everyday word that is no name ends them: "Bintang Lima"."""
    return is_everyday(words[-1]) and not is_uncommon(words[-1])


def _is_whole(candidate: Candidate) -> bool:
    """Whether the words after the first are of its name, in a script whose words we do not know."""
    first, *others = candidate.words
    by_capitals = candidate.utterance.is_capital(first) and has_case(first)
    return first.key[0] < _AFTER_LATIN or by_capitals or all(map(is_further_name, others))


def _telling_word(words: Sequence[Token]) -> Token:
    """The first word that is no initial, without the initials that are written to it."""
    for word in words:
        if len(word.key) > 1 or not word.key.isascii():
            *_, key = word.key.split(".")
            return Token("word", word.text, key)
    return words[0]


def _is_unlisted_name(candidate: Candidate) -> bool:
    """Whether, after "my name is", words that find_bare_name does not take are a name.

    A single word is none unless names are built like it: people also write "astaga" then.
    """
    first, words = candidate.first, candidate.words
    if is_everyday(first):
        return is_uncommon(first) and len(candidate.utterance.tokens) == candidate.end == 1
    if len(words) == 1:
        return first.key.isascii() and is_uncommon(first) and has_name_form(first)
    known = any(is_given_name(word) or is_family_name(word) for word in words)
    return known and all(map(candidate.utterance.looks_like_name, words))


def _ends_with(utterance: Utterance, phrase: Phrase, end: int) -> bool:
    for match in phrase.pattern.finditer(utterance.line):
        if utterance.index_after(match.end()) < end:
            continue
        start = utterance.indexes[match.start()]
        clause_start = utterance.clause_start(start)
        opens = utterance.skip_greeting(clause_start, start) == start
        anywhere = phrase.is_request or phrase.strength is Strength.FAIR
        return (opens or anywhere) and is_meant(utterance, phrase, start)
    return False


def _may_follow_phrase(token: Token) -> bool:
    """Whether the token may stand between a phrase and the end of a message that stops there."""
    return (token.kind == "mark" and token.key != "?") or is_filler(token) or token.key in SKIPPED
