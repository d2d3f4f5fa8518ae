"""Finds the name that the writer of a message says is theirs.

A phrase (phrases.py) introduces a statement, a candidate (candidates.py) follows it, and how strong
the phrase is decides what the candidate must look like (classifier.py). In doubt there is no
name: it is better to ask again than to call the client by a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.nova.lexicon import (
    CONJUNCTIONS,
    DENIALS,
    DOUBTS,
    NEGATIONS,
    REQUESTS,
    SECOND_PERSONS,
    SKIPPED,
    SPEAKERS,
    SPEECH,
)
from app.nova.names.candidates import Candidate, find_candidate
from app.nova.names.classifier import is_name
from app.nova.names.languages import find_foreign_names
from app.nova.names.phrases import CORRECTION, HERE, IS_MY_NAME, PHRASES, Phrase, Strength
from app.nova.names.scripts import find_script_name
from app.nova.names.spelling import spell_name
from app.nova.names.utterance import Utterance
from app.nova.token_classes import is_given_name
from app.nova.tokens import key_line

_MOST_SKIPPED = 4
_CORRECTION_WITHIN = 12
"""Tokens after a negation in which a correction may begin."""


def find_name(text: str) -> str | None:
    """The name that the writer says is theirs, the last one where there are several, or None.

    It has at most 60 characters in six words: letters, marks, apostrophes, hyphens, dots.
    Only the first thousand characters of `text` are read.
    """
    return find_told_name(Utterance.read(text))


def find_told_name(utterance: Utterance) -> str | None:
    """`find_name` of a text that has been read."""
    statements = [
        *_stated_after_phrases(utterance),
        *_stated_before_phrases(utterance),
        *find_foreign_names(utterance),
    ]
    if not statements:
        return find_script_name(utterance.line)
    return max(statements, key=lambda statement: statement[0])[1]


def _stated_after_phrases(utterance: Utterance) -> Iterator[tuple[int, str]]:
    """The names after a phrase such as "my name is", each with its place."""
    for phrase in PHRASES:
        if phrase.needs and phrase.needs.isdisjoint(utterance.keys):
            continue
        for match in phrase.pattern.finditer(utterance.line):
            if not is_meant(utterance, phrase, utterance.indexes[match.start()]):
                continue
            at = skip_fillers(utterance, utterance.index_after(match.end()))
            corrected = _find_correction(utterance, at)
            at = at if corrected is None else corrected
            candidate = find_candidate(utterance, at)
            if candidate is None or not is_name(candidate, phrase):
                continue
            if corrected is not None and not _is_clear(candidate):
                continue
            candidate = candidate.repeated_in_full() or candidate
            if name := spell_name(candidate.words):
                yield at, name


def _stated_before_phrases(utterance: Utterance) -> Iterator[tuple[int, str]]:
    """The names that begin their clause before "here" or "is my name", each with its place."""
    for pattern in (HERE, IS_MY_NAME):
        for match in pattern.finditer(utterance.line):
            phrase_start = utterance.indexes[match.start()]
            phrase_end = utterance.index_after(match.end())
            clause_start = utterance.clause_start(phrase_start)
            at = utterance.skip_greeting(clause_start, phrase_start)
            candidate = find_candidate(utterance, at)
            if candidate is None or candidate.end != phrase_start:
                continue
            if utterance.is_asked(phrase_end) or not utterance.ends_statement(phrase_end):
                continue
            greeted = at > clause_start or utterance.follows_greeting(clause_start)
            may_be_unlisted = len(candidate.words) > 1 or (pattern is HERE and greeted)
            alike = all(map(utterance.looks_like_name, candidate.words))
            if not (is_given_name(candidate.first) or (may_be_unlisted and alike)):
                continue
            if name := spell_name(candidate.words):
                yield at, name


def is_meant(utterance: Utterance, phrase: Phrase, start: int) -> bool:
    """Whether what stands before the phrase lets it be the writer's own statement."""
    clause_start = utterance.clause_start(start)
    if utterance.is_quoted(start):
        return False
    if phrase.opens_clause and utterance.skip_greeting(clause_start, start) != start:
        return False
    keys = [token.key for token in utterance.tokens[clause_start:start]]
    before = _skip_conjunction(keys)
    if before and before[-1] in ("bukan", "not"):
        return False
    if before and before[-1] in SECOND_PERSONS and phrase.is_request:
        return not REQUESTS.isdisjoint(before)
    return phrase.strength is Strength.WEAK or not _is_doubted(before)


def _skip_conjunction(keys: Sequence[str]) -> Sequence[str]:
    """The keys after the last conjunction."""
    joined = [index for index, key in enumerate(keys) if key in CONJUNCTIONS]
    return keys[joined[-1] + 1 :] if joined else keys


def _is_doubted(before: Sequence[str]) -> bool:
    if len(before) == 1 and before[0] in DENIALS:
        return False
    reported = not SPEECH.isdisjoint(before) and SPEAKERS.isdisjoint(before)
    return reported or not DOUBTS.isdisjoint(before)


def skip_fillers(utterance: Utterance, at: int) -> int:
    """Where the name may begin that a phrase before `at` introduces."""
    for _ in range(_MOST_SKIPPED):
        token = utterance.token(at)
        if token is None or not (token.key in SKIPPED or token.key == "\n"):
            break
        at += 1
    return at


def _find_correction(utterance: Utterance, at: int) -> int | None:
    """Where the right name begins, if a name that is denied begins at `at`."""
    token = utterance.token(at)
    if token is None or token.key not in NEGATIONS:
        return None
    line = key_line(utterance.tokens[at : at + _CORRECTION_WITHIN])
    match = CORRECTION.search(line)
    if match is None:
        return None
    keys = line[: match.end()].count(" ") + 1
    return skip_fillers(utterance, at + keys)


def _is_clear(candidate: Candidate) -> bool:
    """Whether the candidate is more than a word that follows "not X but"."""
    return candidate.utterance.is_capital(candidate.first) or is_given_name(candidate.first)
