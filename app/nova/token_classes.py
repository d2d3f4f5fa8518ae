"""Classifies a single token, without its context: by the word lists and by its form."""

from __future__ import annotations

import re

from app.nova.lexicon import (
    AMBIGUOUS_NAMES,
    COMMON_WORDS,
    FAMILY_NAMES,
    FILLERS,
    FUNCTION_WORDS,
    GIVEN_NAMES,
    OPENERS,
    PASSIVE_VERB_ROOTS,
    PROPER_NOUNS,
)
from app.nova.tokens import Token

_EVERYDAY = COMMON_WORDS | PROPER_NOUNS
_ENGLISH_CLITICS = ("'s", "'m", "'re", "'ll", "'ve", "'d", "n't")
_SUFFIXES = ("ing", "tion", "ness", "less", "able", "ible", "ful", "ous", "kan", "ly")
_PREFIXES = ("ter", "ber", "mem", "men", "meng", "meny", "peng", "pem")
_NAME_FORM = re.compile(
    r"(?:[od]'|mc|abdul|abdur)[a-z]{3,}"
    r"|(?:wagi|poni|pai|legi|tuki|sadi|ngadi|jumi|kami|tugi|sami|paki|suki|muki)"
    r"(?:min|man|yem|jo|jan|yo|rah|ran|nah|tun|no)"
    r"|[a-z]{2,}(?:rizal|wati|yanti|yant[oi]|anto|ningsih|ningrum|udin|uddin|ullah|iansyah|syah"
    r"|wijaya|tono|yono|jono|sono|mulyo|putra|putri|sari|yani|tinus|kusuma|singh|oglu|escu|sson)"
)
_REPEATED = re.compile(r"(.)\1+")


def is_given_name(token: Token) -> bool:
    """A listed given name. In lower case, only one that is not an everyday word too."""
    return token.key in GIVEN_NAMES and (token.is_capitalised or not is_everyday(token))


def is_family_name(token: Token) -> bool:
    """A listed family name that is not an everyday word too."""
    return token.key in FAMILY_NAMES and token.key not in _EVERYDAY


def has_name_form(token: Token) -> bool:
    """Built as names are: `Handayanto`, `O'Malley`, `Jean-Pierre`, `Björk`."""
    if not GIVEN_NAMES.isdisjoint(token.key.split("-")) or not token.key.isascii():
        return True
    return _NAME_FORM.fullmatch(token.key) is not None


def is_everyday(token: Token) -> bool:
    """An everyday word or the name of a thing, even if it is the name of persons too."""
    return token.key in AMBIGUOUS_NAMES or token.key in _EVERYDAY


def is_uncommon(token: Token) -> bool:
    """A listed given name, or neither an everyday word nor the name of a thing nor inflected."""
    if token.key in GIVEN_NAMES:
        return True
    beginning = token.key.partition("-")[0]
    return _EVERYDAY.isdisjoint((token.key, beginning)) and not is_inflected(token)


def is_inflected(token: Token) -> bool:
    """By its prefix and suffix a verb, an adverb or another derived word, so not a name."""
    key = token.key
    return (
        (len(key) > 4 and key.endswith(("nya", "nyaa")))
        or (len(key) > 5 and key.endswith(_SUFFIXES))
        or (len(key) > 5 and key.endswith("ed") and not key.endswith("eed"))
        or (len(key) > 7 and key.startswith("ke") and key.endswith("an"))
        or (key.startswith("di") and key[2:] in PASSIVE_VERB_ROOTS)
        or (len(key) > 7 and key.startswith(_PREFIXES))
    )


def is_function_word(token: Token) -> bool:
    """A word of grammar, a filler or an English contraction: no name, and the end of one."""
    return token.key in FUNCTION_WORDS or is_filler(token) or token.key.endswith(_ENGLISH_CLITICS)


def is_filler(token: Token) -> bool:
    """A filler, however often its letters are repeated."""
    return token.key in FILLERS or _REPEATED.sub(r"\1", token.key) in FILLERS


def is_opener(token: Token) -> bool:
    """An opener, however often its letters are repeated."""
    return token.key in OPENERS or _REPEATED.sub(r"\1", token.key) in OPENERS
