"""Finds what a message says about the name by which its writer is called: that it is wrong, and
which one is right.

"Not Andi but Budi" is about the writer only if the writer is called Andi: people also write it of
the one who receives the parcel. So the name that is denied is compared with the known one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.nova.lexicon import AFTER_DENIED, BEFORE_RIGHT, CHANGES, CONNECTING, DENYING, RENAMING
from app.nova.names.bare import is_listed
from app.nova.names.candidates import Candidate, find_candidate
from app.nova.names.finder import skip_fillers
from app.nova.names.phrases import DENIED_NAME, NOT_MY_NAME, RENAMED, UNWANTED_NAME, WRONG_NAME
from app.nova.names.spelling import spell_name
from app.nova.names.utterance import Utterance
from app.nova.token_classes import is_everyday, is_filler, is_opener
from app.nova.tokens import Token, tokenize

_CORRECTING = DENYING | CHANGES
_MOST_BETWEEN = 8
"""Tokens between the name that is denied and the right one."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The writer is not called by the name that is known, or by one that might be used."""

    name: str | None
    """The right name; None if the message does not tell it."""


def find_correction(utterance: Utterance, known: str | None, *, asked: bool) -> Correction | None:
    """What the utterance corrects; `known` is the name of its writer, None if there is none.

    `asked`: the writer was asked for the name just before. Where no name is known and they were
    not, the only correction is that one is not wanted ("don't call me X").
    """
    if _CORRECTING.isdisjoint(utterance.keys):
        return None
    return next(_corrections(utterance, known, asked=asked), None)


def _corrections(utterance: Utterance, known: str | None, *, asked: bool) -> Iterator[Correction]:
    for match in UNWANTED_NAME.finditer(utterance.line):
        if correction := _read_unwanted(utterance, match, known):
            yield correction
    if known is None and not asked:
        return
    for match in DENIED_NAME.finditer(utterance.line):
        if correction := _read_denied(utterance, match, known):
            yield correction
    for match in RENAMED.finditer(utterance.line):
        if correction := _read_renamed(utterance, match, known):
            yield correction
    for match in WRONG_NAME.finditer(utterance.line):
        right = _find_after(utterance, utterance.index_after(match.end()))
        if right is not None and _opens_clause(utterance, match):
            yield Correction(spell_name(right.words))
    for match in NOT_MY_NAME.finditer(utterance.line):
        ends = _ends_message(utterance, utterance.index_after(match.end()))
        if ends and _opens_clause(utterance, match):
            yield Correction(None)


def _read_unwanted(
    utterance: Utterance, match: re.Match[str], known: str | None
) -> Correction | None:
    """Of "don't call me X"."""
    denied = _find_denied(utterance, match)
    if denied is None or not _opens_clause(utterance, match):
        return None
    if not _may_be_of(denied, known):
        return None
    right = _find_after(utterance, denied.end)
    if right is not None:
        return Correction(spell_name(right.words))
    return Correction(None) if _ends_clause(utterance, denied.end) else None


def _read_denied(
    utterance: Utterance, match: re.Match[str], known: str | None
) -> Correction | None:
    """Of "not X but Y" and "Y, not X"; also of "I am not X"."""
    denied = _find_denied(utterance, match)
    if denied is None or not _may_be_of(denied, known):
        return None
    right = _find_before(utterance, utterance.indexes[match.start()])
    if right is not None and _ends_message(utterance, denied.end):
        return Correction(spell_name(right.words))
    of_writer = match["writer"] is not None
    if not (_opens_clause if of_writer else _opens_message)(utterance, match):
        return None
    right = _find_after(utterance, denied.end)
    if right is not None:
        return Correction(spell_name(right.words))
    clear = of_writer or not is_everyday(denied.first)
    return Correction(None) if clear and _ends_message(utterance, denied.end) else None


def _read_renamed(
    utterance: Utterance, match: re.Match[str], known: str | None
) -> Correction | None:
    """Of "change my name from X to Y"."""
    old = _find_denied(utterance, match)
    if old is None or not (_may_be_of(old, known) and _opens_clause(utterance, match)):
        return None
    if old.following is None or old.following.key not in RENAMING:
        return None
    right = _find_right(utterance, old.end + 1, connected=True)
    return None if right is None else Correction(spell_name(right.words))


def _find_denied(utterance: Utterance, match: re.Match[str]) -> Candidate | None:
    if utterance.is_quoted(utterance.indexes[match.start()]):
        return None
    return find_candidate(utterance, skip_fillers(utterance, utterance.index_after(match.end())))


def _may_be_of(denied: Candidate, known: str | None) -> bool:
    """Whether the words that are denied are all of the known name, or a listed one if none is."""
    if known is None:
        return is_listed(denied)
    return {word.key for word in denied.words} <= {token.key for token in tokenize(known)}


def _find_before(utterance: Utterance, end: int) -> Candidate | None:
    """The listed name that stands alone before `end`, with or without a comma."""
    before = utterance.token(end - 1)
    if before is not None and before.key == ",":
        end -= 1
    start = utterance.skip_greeting(utterance.clause_start(end), end)
    while start < end and utterance.tokens[start].key in BEFORE_RIGHT:
        start += 1
    candidate = find_candidate(utterance, start) if start < end else None
    if candidate is None or candidate.end != end or not is_listed(candidate):
        return None
    return candidate


def _find_after(utterance: Utterance, at: int) -> Candidate | None:
    """The right name after the denied one that ends at `at`, up to the end of its clause.

    A comma before it is enough for a listed name; any other needs a word such as "but".
    """
    connected, start = False, at
    while start - at < _MOST_BETWEEN and (token := utterance.token(start)) is not None:
        connected = connected or token.key in CONNECTING
        if not (token.key in BEFORE_RIGHT or _is_after_denied(token)):
            break
        start += 1
    return _find_right(utterance, start, connected=connected) if start > at else None


def _find_right(utterance: Utterance, at: int, *, connected: bool) -> Candidate | None:
    candidate = find_candidate(utterance, at)
    if candidate is None or not _ends_clause(utterance, candidate.end):
        return None
    alike = connected and all(map(utterance.looks_like_name, candidate.words))
    return candidate if alike or is_listed(candidate) else None


def _is_after_denied(token: Token) -> bool:
    return is_filler(token) or token.key in AFTER_DENIED


def _opens_clause(utterance: Utterance, match: re.Match[str]) -> bool:
    start = utterance.indexes[match.start()]
    return utterance.skip_greeting(utterance.clause_start(start), start) == start


def _opens_message(utterance: Utterance, match: re.Match[str]) -> bool:
    start = utterance.indexes[match.start()]
    return all(token.kind == "mark" or is_opener(token) for token in utterance.tokens[:start])


def _ends_clause(utterance: Utterance, at: int) -> bool:
    while (token := utterance.token(at)) is not None and token.kind != "mark":
        if not _is_after_denied(token):
            return False
        at += 1
    return True


def _ends_message(utterance: Utterance, at: int) -> bool:
    return all(
        token.key != "?" and (token.kind == "mark" or _is_after_denied(token))
        for token in utterance.tokens[at:]
    )
