"""The phrases with which people say their name, and how strong each is as evidence.

The patterns are matched against the key line of an utterance. Every pattern is bounded, and begins
and ends where a token does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from app.nova.lexicon import FIRST_PERSON, ONLY
from app.nova.tokens import any_of, compile_for_line


class Strength(Enum):
    """What a phrase allows as the name X after it."""

    WEAK = auto()
    """ "I am X": only what looks like a name."""
    FAIR = auto()
    """ "Call me X": anything but an everyday word."""
    STRONG = auto()
    """ "My name is X": anything with a capital; without one, anything but an everyday word."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that the name follows."""

    strength: Strength
    pattern: re.Pattern[str]
    opens_clause: bool = False
    """Counts only at the beginning of a clause or after a greeting."""
    is_request: bool = False
    """Counts as a statement in a question too: "can you call me X?"."""
    is_demonstrative: bool = False
    """ "This is X": X may be a thing."""
    needs_only: bool = False
    """Counts only with "saja" after the name: "panggil X" asks to call another person X."""


_ME = any_of(FIRST_PERSON)
_NAMA = "(?:nama|nm|nma|nmae|nam|nana|nami|jeneng|asma)"
_SORT = "(?:lengkap|panggilan|panggil|asli|depan|kecil|akrab|sapaan|pendek|sebenarnya)"
_MY_NAMA = (
    f"(?:{_NAMA} (?:{_SORT} )?{_ME}|{_NAMA} (?:lengkap|panggilan|asli|depan|kecil)ku"
    "|namaku|namakuu|namaq|namaqu|nmku|namasaya|jenengku|asmaku|namina)"
)
_ONLY = any_of(ONLY)
_ADVERB = "(?:biasa|biasanya|akrab|sering|kerap|cukup|bisa|lebih|suka|yang|yg|juga|selalu)"

PHRASES = (
    Phrase(
        Strength.STRONG,
        compile_for_line(
            _MY_NAMA,
            r"my (?:(?:full|first|given|real|actual|nick|preferred) )?"
            r"(?:name|nane|naem|nmae|nme|nam|nama|nickname)"
            r" (?:is|iz|iss|s|has changed to|should be)",
            r"my (?:(?:full|first|real) )?(?:name|nickname)'s|my names|mynameis|me name is",
        ),
    ),
    Phrase(
        Strength.STRONG,
        compile_for_line(
            r"(?:the )?name(?:'s| is)|names",
            rf"panggilan {_ME}|panggilanku",
            rf"{_ME} (?:{_ADVERB} ){{0,2}}(?:bernama|dipanggil|disapa|dinamai)(?: {_ONLY})?",
            r"(?:i am|i'm|im) (?:usually |also )?(?:called|named|known as)",
            r"i go by(?: the name(?: of)?)?",
        ),
        opens_clause=True,
    ),
    Phrase(
        Strength.STRONG,
        compile_for_line(
            rf"(?:ganti|gantikan|ubah|rubah|koreksi|update|perbaiki) {_MY_NAMA} "
            r"(?:jadi|menjadi|ke|dengan|sebagai)",
            rf"{_MY_NAMA} (?:sudah |udah |sekarang )?(?:ganti|berganti) (?:jadi|menjadi)",
            r"(?:change|update|correct|set) my name (?:to|as|into)",
        ),
        is_request=True,
    ),
    Phrase(
        Strength.FAIR,
        compile_for_line(
            r"(?:biasa|biasanya|akrab|kerap|cukup) (?:dipanggil|disapa|panggil)"
            rf"(?: {_ONLY})?(?: {_ME})?",
            rf"(?:panggil|panggilin|manggil|sapa|sebut)(?:lah)?(?: {_ONLY})? {_ME}(?: {_ONLY})?"
            r"(?: (?:dengan|sebagai|dgn|sbg)(?: nama| sebutan)?)?",
            rf"(?:panggil|sapa|sebut)(?:lah)? {_ONLY}",
            r"calls? me(?: by| as| just)?",
        ),
        is_request=True,
    ),
    Phrase(Strength.FAIR, compile_for_line("panggil"), is_request=True, needs_only=True),
    Phrase(Strength.FAIR, compile_for_line(r"atas nama|a\.n|an \.|a / n|under the name(?: of)?")),
    Phrase(
        Strength.FAIR,
        compile_for_line(
            rf"(?:nama|name|full name|first name)(?: (?:{_SORT}|pemesan|pembeli|pelanggan))?"
            rf"(?: {_ME})? (?:[:=-]|adalah)",
            r"(?:perkenalkan|kenalkan|kenalin|knalin|pekenalkan|perkenalan|kenalan|introducing)"
            rf"(?: [,.])?(?: (?:nih|ya|dulu|dong|kak))?(?: [,.])? {_ME}(?: (?:adalah|ini))?",
        ),
        opens_clause=True,
    ),
    Phrase(
        Strength.WEAK,
        compile_for_line(
            rf"{_ME} (?:ini|adalah)|{_ME} dengan|{_ME}|(?:ini|dengan) {_ME}(?: ,)?",
            r"perkenalkan(?: ,)?",
            r"i am|i'm|im|i m|iam|i is|me am|my name",
            r"(?:nama|name)(?: lengkap| panggilan)?",
        ),
        opens_clause=True,
    ),
    Phrase(
        Strength.WEAK,
        compile_for_line("ini(?: dengan)?|dengan|this is|it's|its|it is"),
        opens_clause=True,
        is_demonstrative=True,
    ),
)

HERE = compile_for_line("here|speaking|di sini|disini|dsini")
"""Follows a name that begins its clause: "X here"."""

IS_MY_NAME = compile_for_line(rf"is my name|(?:adalah |itu )?{_MY_NAMA}")
"""Follows a name that begins its clause: "X is my name"."""

CORRECTION = compile_for_line(
    "(?:tapi|tp|tetapi|melainkan|but|it's|its|it is|seharusnya|harusnya)"
    rf"(?: (?:it's|it is|rather|actually|{_ME}|{_MY_NAMA}))?"
)
"""Follows a name that is denied; the right one follows it."""

ANSWER_BEGINNING = compile_for_line(
    r"(?:namanya|nama nya|(?:nama|name)(?: lengkap| panggilan)?(?: :)?|panggil|sapa|sebut|cukup"
    r"|just|it's|its|it is)"
)
"""May stand before the name in the answer to the question for it."""
