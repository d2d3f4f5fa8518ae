"""The phrases with which people say their name, and how strong each is as evidence.

The patterns are matched against the key line of an utterance. Every pattern is bounded, and begins
and ends where a token does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from app.nova.lexicon import CHANGES, FIRST_PERSON, ONLY
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
    ends_clause: bool = False
    """Counts only if nothing but fillers follow the name in its clause."""
    needs: frozenset[str] = frozenset()
    """The pattern matches nothing without one of these keys. Empty: it may match anything."""
    needs_only: bool = False
    """Counts only with "saja" after the name: "panggil X" asks to call another person X."""


_ME = any_of(FIRST_PERSON)
_NAMA = "(?:nama|nm|nma|nmae|nam|nana|nami|jeneng|asma)"
_SORT = "(?:lengkap|panggilan|panggil|asli|depan|kecil|akrab|sapaan|pendek|sebenarnya|baru)"
_MY_NAMA = (
    f"(?:{_NAMA} (?:{_SORT} )?{_ME}|{_NAMA} (?:lengkap|panggilan|asli|depan|kecil)ku"
    "|namaku|namakuu|namaq|namaqu|nmku|namasaya|jenengku|asmaku|namina)"
)
_CHANGE = "(?:ganti|gantikan|ubah|rubah|koreksi|update|perbaiki)"
_ONLY = any_of(ONLY)
_ADVERB = "(?:biasa|biasanya|akrab|sering|kerap|cukup|bisa|lebih|suka|yang|yg|juga|selalu)"

PHRASES = (
    Phrase(
        Strength.STRONG,
        compile_for_line(
            _MY_NAMA,
            r"my (?:(?:full|first|given|real|actual|nick|preferred|new) )?"
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
            r"i (?:prefer|want|like|would like) to be called|i go by(?: the name(?: of)?)?",
        ),
        opens_clause=True,
    ),
    Phrase(
        Strength.STRONG,
        compile_for_line(
            rf"{_CHANGE} {_MY_NAMA} "
            r"(?:jadi|menjadi|ke|dengan|sebagai)",
            rf"{_MY_NAMA} (?:sudah |udah |sekarang |mau )?(?:ganti|berganti|diganti|diubah)"
            r" (?:jadi|menjadi|ke|dengan)",
            r"(?:change|update|correct|set) my name (?:to|as|into)",
        ),
        is_request=True,
        needs=CHANGES,
    ),
    Phrase(
        Strength.FAIR,
        compile_for_line(
            rf"(?:(?:tolong|mohon|minta|mau|ingin|pengen|bisa|boleh|{_ME}) ){{0,3}}"
            rf"{_CHANGE} nama(?: panggilan)?(?:nya)? (?:jadi|menjadi|ke|dengan|sebagai|:)",
            r"(?:(?:please|pls|can|could|you|i|want|to|would|like|i'd) ){0,5}"
            r"(?:(?:change|update|correct|set) name (?:to|as|into)|rename me(?: to| as)?)",
        ),
        opens_clause=True,
        is_request=True,
        ends_clause=True,
        needs=frozenset(("nama", "namanya", "name", "rename")),
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
    Phrase(
        Strength.FAIR,
        compile_for_line("panggil"),
        is_request=True,
        needs_only=True,
        needs=frozenset(("panggil",)),
    ),
    Phrase(
        Strength.FAIR,
        compile_for_line(r"atas nama|a\.n|an \.|a / n|under the name(?: of)?"),
        needs=frozenset(("atas", "a.n", "an", "a", "under")),
    ),
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

BEGINNINGS = (
    *PHRASES,
    Phrase(
        Strength.STRONG,
        compile_for_line(
            rf"{_CHANGE} (?:{_MY_NAMA}|nama)",
            "(?:change|update|correct|set) (?:my )?name",
        ),
        is_request=True,
    ),
)
"""The phrases with which a message may end whose name is in the next one."""

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

UNWANTED_NAME = compile_for_line(
    rf"(?:(?:tolong|mohon|please|pls|kamu|anda|bisa|boleh|can|could|would|you|i|{_ME}) ){{0,3}}"
    r"(?:jangan|jgn|jngn|stop|berhenti|don't|dont|do not|never|not"
    r"|(?:tidak|tdk|ga|gak|gk|nggak|ngga|enggak) (?:mau|usah|suka|ingin)"
    r"|(?:don't|dont|do not) (?:want|like) (?:to be|being))"
    r" (?:(?:panggil|panggilin|manggil|memanggil|sapa|sebut|call|calling)(?:lah)?"
    rf" (?:me|{_ME})|dipanggil|disapa|called)"
    r"(?: (?:dengan|sebagai|by|as))?(?: (?:nama|the name))?"
)
"""The name follows by which the writer does not want to be called."""

DENIED_NAME = compile_for_line(
    r"(?:(?:(?P<writer>i'm|im|i am|my name is|my name|the name is|name's"
    rf"|{_ME}|{_MY_NAMA})|itu|ini|namanya|it's|its|it is|that's|this is) )?"
    r"(?:bukan|bkn|bukannya|bukanlah|not|isn't|isnt)(?: (?:called|named))?"
)
"""A name that is denied follows. `writer`: it is said to be the writer's."""

RENAMED = compile_for_line(
    rf"(?:(?:tolong|mohon|minta|mau|ingin|bisa|{_ME}) ){{0,3}}{_CHANGE} (?:{_MY_NAMA}|nama)"
    r"(?: dari)?|(?:please |can you )?(?:change|update) (?:my )?name from"
)
"""The known name follows, and then "to" and the right one."""

WRONG_NAME = compile_for_line(
    rf"(?:{_MY_NAMA}|namanya) (?:itu )?(?:salah|keliru|typo|bukan itu)(?: (?:ketik|tulis|eja))?"
    r"|my name is (?:wrong|misspelled|misspelt|not that)|(?:salah|wrong) (?:nama|name)"
)
"""The right name may follow, without the wrong one."""

NOT_MY_NAME = compile_for_line(
    r"(?:(?:itu|ini|that|this|it) (?:bukan|is not|isn't|isnt|is n't)|(?:that's|thats|it's) not"
    rf"|bukan(?: itu)?) (?:{_MY_NAMA}|my (?:real |actual )?name)"
    rf"|{_MY_NAMA} bukan itu|my name is not that"
    rf"|(?:jangan|jgn) (?:panggil|sebut|sapa) {_ME} (?:begitu|gitu|itu|dengan nama itu)"
    r"|(?:don't|dont|do not|stop) (?:call|calling) me that"
)
"""The known name is denied without being said."""
