"""Finds the name that the writer of a message says is theirs.

A phrase opens a statement (phrases.py), and how much it proves decides what may follow it: "my name
is" is trusted with any word that could be a name, "call me" with any but everyday ones, "I am" only
with one that looks like a name, in a sentence that goes on as if it were. In doubt there is none:
to ask again is better than to call somebody by a wrong name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.nova.common_words import COMMON_WORDS
from app.nova.evidence import ONLY, introduces, is_shown
from app.nova.likeness import is_filler, is_given_name, is_ordinary, is_uncommon
from app.nova.phrases import (
    CONJUNCTIONS,
    CORRECTION,
    DENIALS,
    DOUBTS,
    FIRST_PERSONS,
    NEGATIONS,
    PHRASES,
    PLACES,
    POSSESSIONS,
    REQUESTS,
    SECOND_PERSONS,
    SKIPPED,
    SPEECH,
    Phrase,
    Proof,
)
from app.nova.reading import Reading
from app.nova.spelling import spell_name
from app.nova.vocabulary import word_set

_MOST_SKIPPED = 4
_ALTERNATIVES = word_set("atau or ato")


def find_name(text: str) -> str | None:
    """The name that the writer says is theirs, the last where there are several, or None.

    It has at most 60 characters in six words: letters, marks, apostrophes, hyphens, dots.
    Only the first thousand characters of `text` are read.
    """
    message = Reading.read(text)
    statements = [*_told(message), *_signed(message)]
    return max(statements, key=lambda statement: statement[0])[1] if statements else None


def find_bare_name(text: str) -> str | None:
    """The name in an answer to "what should I call you?" that is nothing but a common name."""
    message = Reading.read(text)
    span, end = message.take(0)
    rest = message.words[end:]
    if not span or not is_given_name(span[0]) or any(word.key == "?" for word in rest):
        return None
    if any(word.kind != "mark" and not is_filler(word) for word in rest):
        return None
    return spell_name(span)


def _told(message: Reading) -> Iterator[tuple[int, str]]:
    """Names behind a phrase, each with its place."""
    for phrase in PHRASES:
        for match in phrase.pattern.finditer(message.line):
            start = message.places[match.start()]
            if _is_meant(message, phrase, start):
                at, corrected = _behind_denial(message, message.index(match.end()))
                name = _name_at(message, phrase, at, corrected)
                if name:
                    yield at, name


def _signed(message: Reading) -> Iterator[tuple[int, str]]:
    """Names before "here" and "is my name" that begin their clause, each with its place."""
    for pattern in (PLACES, POSSESSIONS):
        for match in pattern.finditer(message.line):
            marker = message.places[match.start()]
            start = message.clause_start(marker)
            at = message.behind_greeting(start, marker)
            span, end = message.take(at)
            behind = message.index(match.end())
            if not span or end != marker or message.is_asked(behind) or not message.ends(behind):
                continue
            greeted = at > start or message.follows_greeting(start)
            proven = len(span) > 1 or (pattern is PLACES and greeted)
            shown = all(message.looks_like_name(word) for word in span)
            name = spell_name(span) if is_given_name(span[0]) or (proven and shown) else None
            if name:
                yield at, name


def _name_at(message: Reading, phrase: Phrase, at: int, corrected: bool) -> str | None:
    span, end = message.take(at)
    if not span or (not phrase.is_request and message.is_asked(end)):
        return None
    following = message.word(end)
    key = following.key if following is not None else ""
    if key in _ALTERNATIVES or (phrase.needs_only and key not in ONLY):
        return None
    titled = message.words[at] is not span[0]
    first = span[0]
    match phrase.proof:
        case Proof.STRONG:
            trusted = message.is_capital(first) or (
                is_uncommon(first) and (not is_ordinary(first) or introduces(message, end))
            )
        case Proof.FAIR:
            everyday = not (titled or is_uncommon(first))
            if message.is_capital(first):
                trusted = not everyday or is_given_name(first)
            else:
                trusted = is_uncommon(first) and (titled or first.key not in COMMON_WORDS)
        case Proof.WEAK:
            trusted = is_shown(message, phrase, at, span, end)
    if corrected and not (message.is_capital(first) or is_given_name(first)):
        return None
    return spell_name(span) if trusted else None


def _is_meant(message: Reading, phrase: Phrase, start: int) -> bool:
    """Whether what stands before a phrase lets it be the writer's own statement."""
    clause_start = message.clause_start(start)
    if message.is_quoted(start):
        return False
    if phrase.opens_clause and message.behind_greeting(clause_start, start) != start:
        return False
    before = _behind_conjunction([word.key for word in message.words[clause_start:start]])
    if before and before[-1] in ("bukan", "not"):
        return False
    if before and before[-1] in SECOND_PERSONS and phrase.is_request:
        return not REQUESTS.isdisjoint(before)
    return phrase.proof == Proof.WEAK or not _is_doubted(before)


def _behind_conjunction(keys: Sequence[str]) -> Sequence[str]:
    joined = [index for index, key in enumerate(keys) if key in CONJUNCTIONS]
    return keys[joined[-1] + 1 :] if joined else keys


def _is_doubted(before: Sequence[str]) -> bool:
    if len(before) == 1 and before[0] in DENIALS:
        return False
    spoken = not SPEECH.isdisjoint(before) and FIRST_PERSONS.isdisjoint(before)
    return spoken or not DOUBTS.isdisjoint(before)


def _behind_denial(message: Reading, at: int) -> tuple[int, bool]:
    """Where the name begins, past fillers, or past a denied one and "but"."""
    at = _behind_fillers(message, at)
    word = message.word(at)
    if word is None or word.key not in NEGATIONS:
        return at, False
    ahead = message.words[at : at + 12]
    match = CORRECTION.search(" ".join(one.key for one in ahead))
    if match is None:
        return at, False
    behind = match.string[: match.end()].count(" ") + 1
    return _behind_fillers(message, at + behind), True


def _behind_fillers(message: Reading, at: int) -> int:
    for _ in range(_MOST_SKIPPED):
        word = message.word(at)
        if word is None or not (word.key in SKIPPED or word.key == "\n"):
            break
        at += 1
    return at
