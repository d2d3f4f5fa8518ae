"""Decides whether a candidate after a phrase is the name of a person.

A strong phrase is evidence enough for almost any word. A weak one ("I am") is none: then a listed
given or family name with a capital is evidence, and so is a title before the candidate, a form
that names have, a salutation before the sentence, and a sentence that goes on as introductions do.
A capital alone is none, since towns, banks and teams have it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from app.nova.lexicon import (
    AFTER_PERSONS,
    ALTERNATIVES,
    AMBIGUOUS_NAMES,
    COMMON_WORDS,
    ENGLISH_TITLES,
    INTENTIONS,
    NAME_PARTICLES,
    ONLY,
    OWNERS,
    PERSONAL_AMBIGUOUS_NAMES,
    QUESTIONS,
)
from app.nova.names.candidates import Candidate
from app.nova.names.phrases import Phrase, Strength
from app.nova.token_classes import (
    has_name_form,
    is_everyday,
    is_family_name,
    is_filler,
    is_function_word,
    is_given_name,
    is_inflected,
    is_uncommon,
)
from app.nova.tokens import Token

_NOT_AFTER_NAMES = OWNERS | QUESTIONS | ONLY
_AFTER_INTRODUCED = AFTER_PERSONS | INTENTIONS
_AFTER_COMMA = _AFTER_INTRODUCED | {"i", "i'd"}
_MOSTLY_THINGS = AMBIGUOUS_NAMES - PERSONAL_AMBIGUOUS_NAMES


def is_name(candidate: Candidate, phrase: Phrase) -> bool:
    """Whether the candidate, which follows the phrase, is the name of a person."""
    if not _is_asserted(candidate, phrase):
        return False
    match phrase.strength:
        case Strength.STRONG:
            return _is_name_after_strong(candidate)
        case Strength.FAIR:
            return _is_name_after_fair(candidate)
        case Strength.WEAK:
            return _is_name_after_weak(candidate, phrase)
        case _:
            assert_never(phrase.strength)


def _is_asserted(candidate: Candidate, phrase: Phrase) -> bool:
    """Whether what follows the candidate lets the phrase be a statement about it."""
    if not phrase.is_request and candidate.utterance.is_asked(candidate.end):
        return False
    if phrase.ends_clause and not _ends_clause(candidate):
        return False
    key = candidate.following.key if candidate.following is not None else ""
    return key not in ALTERNATIVES and (not phrase.needs_only or key in ONLY)


def _ends_clause(candidate: Candidate) -> bool:
    """Whether nothing but fillers stand between the candidate and the end of its clause."""
    for token in candidate.utterance.tokens[candidate.end :]:
        if token.kind == "mark":
            return True
        if not is_filler(token):
            return False
    return True


def _is_name_after_strong(candidate: Candidate) -> bool:
    first = candidate.first
    if candidate.utterance.is_capital(first):
        return True
    return is_uncommon(first) and (not is_everyday(first) or _is_followed_as_person(candidate))


def _is_name_after_fair(candidate: Candidate) -> bool:
    first, titled = candidate.first, candidate.title is not None
    if candidate.utterance.is_capital(first):
        return titled or is_uncommon(first) or is_given_name(first)
    return is_uncommon(first) and (titled or first.key not in COMMON_WORDS)


def _is_name_after_weak(candidate: Candidate, phrase: Phrase) -> bool:
    following = candidate.following
    if following is not None and following.key in _NOT_AFTER_NAMES:
        return False
    if phrase.is_demonstrative and not _is_person(candidate):
        return False
    names = _without_balinese_i(candidate.words)
    if candidate.utterance.is_capital(names[0]):
        return _is_capitalised_name(candidate, names)
    return _is_lower_case_name(candidate, names)


def _without_balinese_i(words: Sequence[Token]) -> Sequence[Token]:
    return words[1:] if words[0].key == "i" and len(words) > 1 else words


def _is_lower_case_name(candidate: Candidate, names: Sequence[Token]) -> bool:
    first = names[0]
    known = first.key in PERSONAL_AMBIGUOUS_NAMES or not is_everyday(first)
    return (
        is_given_name(first)
        and known
        and _may_end(candidate.following)
        and all(map(is_uncommon, names))
    )


def _is_capitalised_name(candidate: Candidate, names: Sequence[Token]) -> bool:
    first, utterance = names[0], candidate.utterance
    alike = all(utterance.looks_like_name(name) or name.key in NAME_PARTICLES for name in names)
    if is_given_name(first):
        if not is_everyday(first):
            return True
        return alike and (len(names) > 1 or _is_followed_as_person(candidate))
    if candidate.title is not None and candidate.title.key in ENGLISH_TITLES:
        return True
    known = (
        candidate.title is not None
        or len(names) > 1
        or is_family_name(first)
        or has_name_form(first)
        or _is_introduction(candidate)
    )
    return known and alike and _may_end(candidate.following)


def _is_person(candidate: Candidate) -> bool:
    """Whether "this is X" introduces a person, and not a thing."""
    following, utterance = candidate.following, candidate.utterance
    titled, several = candidate.title is not None, len(candidate.words) > 1
    if following is not None and following.key in (("ya", "kan") if titled else ("kan",)):
        return False
    if utterance.is_here(candidate.end):
        return True
    if candidate.first.key in _MOSTLY_THINGS and not (titled or several):
        return False
    if following is not None and following.kind == "word" and following.key not in AFTER_PERSONS:
        return is_filler(following)
    stops = following is None or following.key in (".", "!")
    return not stops or titled or several or is_given_name(candidate.first)


def _is_followed_as_person(candidate: Candidate) -> bool:
    """Whether a candidate that could be a thing is followed as a person is."""
    following = candidate.following
    if following is None or following.kind == "mark":
        return True
    return following.key in _AFTER_INTRODUCED or is_filler(following)


def _is_introduction(candidate: Candidate) -> bool:
    """Whether the sentence is one in which people say who they are."""
    utterance, end = candidate.utterance, candidate.end
    if utterance.is_saluted(candidate.titles_start) or utterance.is_here(end):
        return True
    following, next_token = candidate.following, utterance.token(end + 1)
    if following is None or next_token is None:
        return False
    if following.key == ",":
        return next_token.key in _AFTER_COMMA
    if following.key in ("dari", "from"):
        return utterance.is_capital(next_token)
    return following.key in INTENTIONS


def _may_end(following: Token | None) -> bool:
    """Whether a name may end before this token: it is no further word that could be a name."""
    return following is None or following.kind != "word" or _is_plain(following)


def _is_plain(token: Token) -> bool:
    return is_function_word(token) or token.key in COMMON_WORDS or is_inflected(token)
