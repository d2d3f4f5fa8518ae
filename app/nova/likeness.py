"""Whether a word, by itself, is like a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.nova.common_words import COMMON_WORDS
from app.nova.given_names import FAMILY_NAMES, GIVEN_NAMES, ORDINARY_NAMES
from app.nova.proper_nouns import PROPER_NOUNS
from app.nova.vocabulary import (
    FILLERS,
    FUNCTION_WORDS,
    GREETINGS,
    NAMES_TOO,
    TITLES,
    VERB_ROOTS,
    word_set,
)
from app.nova.words import Word

_ENGLISH_ENDINGS = ("'s", "'m", "'re", "'ll", "'ve", "'d", "n't")
_ENGLISH_SUFFIXES = ("ing", "tion", "ness", "less", "able", "ible", "ful", "ous", "kan", "ly")
_NAMELESS = COMMON_WORDS | PROPER_NOUNS
_FORM = re.compile(
    r"(?:[od]'|mc|abdul|abdur)[a-z]{3,}"
    r"|(?:wagi|poni|pai|legi|tuki|sadi|ngadi|jumi|kami|tugi|sami|paki|suki|muki)"
    r"(?:min|man|yem|jo|jan|yo|rah|ran|nah|tun|no)|[a-z]{2,}(?:rizal|wati|yanti|yant[oi]|anto|ningsih|ningrum|udin|uddin|ullah|iansyah|syah|wijaya"
    r"|tono|yono|jono|sono|mulyo|putra|putri|sari|yani|tinus|kusuma|singh|oglu|escu|sson)"
)
_REPEATED = re.compile(r"(.)\1+")


def do_capitals_tell(words: Sequence[Word]) -> bool:
    """Whether capitals mark names here: the message is neither SHOUTED nor Written Like This."""
    if all(not word.text.islower() and word.text.upper() == word.text for word in words):
        return any(word.text == word.text.lower() for word in words if word.kind == "word")
    small, large = int(bool(words) and words[0].text.islower()), 0
    for before, word in pairwise(words):
        if before.kind != "mark" and before.key not in TITLES and word.key in _TELLING:
            if word.text.islower():
                small += 1
            else:
                large += 1
    return small > 0 or large == 0


def is_given_name(word: Word) -> bool:
    """A common first name; in lower case not one that is an everyday word too."""
    if word.key not in GIVEN_NAMES:
        return False
    return word.is_capitalised or not is_ordinary(word)


def is_ordinary(word: Word) -> bool:
    """An everyday word or a thing's name, whether or not somebody is called so."""
    return word.key in ORDINARY_NAMES or word.key in _NAMELESS


def is_family_name(word: Word) -> bool:
    return word.key in FAMILY_NAMES and word.key not in _NAMELESS


def has_names_form(word: Word) -> bool:
    """Built as names are: `Handayanto`, `O'Malley`, `Jean-Pierre`, `Björk`."""
    if not GIVEN_NAMES.isdisjoint(word.key.split("-")) or not word.key.isascii():
        return True
    return _FORM.fullmatch(word.key) is not None


def is_uncommon(word: Word) -> bool:
    """No everyday word, by the lists and by its form, or a first name in any case."""
    if word.key in GIVEN_NAMES:
        return True
    beginning = word.key.partition("-")[0]
    return _NAMELESS.isdisjoint((word.key, beginning)) and not is_inflected(word.key)


def is_closed(word: Word) -> bool:
    """A word of grammar or a filler: no name, and the end of one."""
    return word.key in FUNCTION_WORDS or is_filler(word) or word.key.endswith(_ENGLISH_ENDINGS)


def is_filler(word: Word) -> bool:
    return word.key in FILLERS or _REPEATED.sub(r"\1", word.key) in FILLERS


def is_greeting(word: Word) -> bool:
    return word.key in GREETINGS or _REPEATED.sub(r"\1", word.key) in GREETINGS


def is_inflected(key: str) -> bool:
    """By its endings and prefixes a verb, or a noun with "-nya"."""
    if len(key) > 4 and key.endswith(("nya", "nyaa")):
        return True
    if len(key) > 5 and key.endswith(_ENGLISH_SUFFIXES):
        return True
    if len(key) > 5 and key.endswith("ed") and not key.endswith("eed"):
        return True
    if len(key) > 7 and key.startswith("ke") and key.endswith("an"):
        return True
    if key.startswith("di") and key[2:] in VERB_ROOTS:
        return True
    return len(key) > 7 and key.startswith(
        ("ter", "ber", "mem", "men", "meng", "meny", "peng", "pem")
    )


_TELLING = (
    (FUNCTION_WORDS | COMMON_WORDS)
    - NAMES_TOO
    - TITLES
    - GIVEN_NAMES
    - word_set("i i'm i've i'd i'll im indonesia jakarta bandung surabaya")
)
"""Words whose capital, within a sentence, says that all words have one."""
