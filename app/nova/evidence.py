"""Whether the words behind "I am", which proves nothing, are somebody's name.

A known first or family name is evidence, with a capital; so is a title before it, a form that names
have, a salutation before the sentence, a sentence that goes on as introductions do. A capital alone
is none: towns, banks and teams have it too.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.nova.common_words import COMMON_WORDS
from app.nova.given_names import ORDINARY_NAMES
from app.nova.likeness import (
    has_names_form,
    is_closed,
    is_family_name,
    is_filler,
    is_given_name,
    is_inflected,
    is_ordinary,
    is_uncommon,
)
from app.nova.phrases import Phrase
from app.nova.reading import Reading
from app.nova.vocabulary import ENGLISH_TITLES, PARTICLES, QUESTIONS, word_set
from app.nova.words import Word

ONLY = word_set("saja aja aj sj ajah")
_INTRODUCED = word_set(
    "dari from yang yg di disini dan and mau ingin pengen with who again temannya"
)
"""What goes on behind "this is X" where X is a person."""
_WISHES = word_set(
    "mau ingin pengen pingin hendak izin ijin mohon minta here speaking calling bade badhe hoyong"
)
_OWNERS = word_set("punya punyanya of milik")
_PERSONAL = word_set("putri putra tri budiman satria sultan agung fajar pandu panji guntur angga")
"""Ordinary names that, behind "this is", are rather somebody than something."""


def is_shown(message: Reading, phrase: Phrase, at: int, span: Sequence[Word], end: int) -> bool:
    """Whether `span`, up to `end`, with any titles from `at` on, looks like a name there."""
    titled = message.words[at] is not span[0]
    names = span[1:] if span[0].key == "i" and len(span) > 1 else span
    first, following = names[0], message.word(end)
    if following is not None and following.key in _OWNERS | QUESTIONS | ONLY:
        return False
    if phrase.is_demonstrative and not _is_person(message, span, end, titled=titled):
        return False
    goes_on = following is None or following.kind != "word" or _is_everyday(following)
    if not message.is_capital(first):
        known = first.key in _PERSONAL or not is_ordinary(first)
        return is_given_name(first) and known and goes_on and all(map(is_uncommon, names))
    alike = all(message.looks_like_name(word) or word.key in PARTICLES for word in names)
    if is_given_name(first):
        return not is_ordinary(first) or (alike and (len(names) > 1 or introduces(message, end)))
    if titled and message.words[at].key in ENGLISH_TITLES:
        return True
    known = titled or len(names) > 1 or is_family_name(first) or has_names_form(first)
    return goes_on and alike and (known or _is_introduction(message, at, end))


def introduces(message: Reading, end: int) -> bool:
    """Whether a name that could be a thing's is followed as a person's."""
    following = message.word(end)
    if following is None or following.kind == "mark":
        return True
    return following.key in _INTRODUCED | _WISHES or is_filler(following)


def _is_introduction(message: Reading, at: int, end: int) -> bool:
    """Whether the sentence is one in which people say who they are."""
    if message.is_saluted(at) or message.is_place(end):
        return True
    following, next_word = message.word(end), message.word(end + 1)
    if following is None or next_word is None:
        return False
    if following.key == ",":
        return next_word.key in _INTRODUCED | _WISHES | {"i", "i'd"}
    if following.key in ("dari", "from"):
        return message.is_capital(next_word)
    return following.key in _WISHES


def _is_everyday(word: Word) -> bool:
    return is_closed(word) or word.key in COMMON_WORDS or is_inflected(word.key)


def _is_person(message: Reading, span: Sequence[Word], end: int, *, titled: bool) -> bool:
    """Whether "this is X" introduces somebody, and not something."""
    following = message.word(end)
    if following is not None and following.key in (("ya", "kan") if titled else ("kan",)):
        return False
    if message.is_place(end):
        return True
    if span[0].key in ORDINARY_NAMES - _PERSONAL and not (titled or len(span) > 1):
        return False
    if following is not None and following.kind == "word" and following.key not in _INTRODUCED:
        return is_filler(following)
    stops = following is None or following.key in (".", "!")
    return not stops or titled or len(span) > 1 or is_given_name(span[0])
