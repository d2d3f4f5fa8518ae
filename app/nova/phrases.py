"""The phrases behind which people say their name, and how much each of them proves.

They are matched against a line of keys (words.py) with one space between them, marks included.
Every pattern is bounded and begins and ends at a word's edge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from app.nova.vocabulary import ME, word_set


class Proof(IntEnum):
    WEAK = 1
    """ "I am X": X has to look like a name."""
    FAIR = 2
    """ "Call me X": any X but an everyday word."""
    STRONG = 3
    """ "My name is X": any X with a capital, and any but an everyday word without."""


@dataclass(frozen=True, slots=True)
class Phrase:
    proof: Proof
    pattern: re.Pattern[str]
    opens_clause: bool = False
    """Counts only where a clause begins, or after a greeting."""
    is_request: bool = False
    """May be asked ("can you call me X?") and mean it."""
    is_demonstrative: bool = False
    """ "This is X": X may be a thing."""
    needs_only: bool = False
    """ "Panggil X saja": without "saja" somebody else is to be called."""


_ME = "(?:" + "|".join(sorted(ME, key=lambda word: (-len(word), word))) + ")"
_NAMA = "(?:nama|nm|nma|nmae|nam|nana|nami|jeneng|asma)"
_SORT = "(?:lengkap|panggilan|panggil|asli|depan|kecil|akrab|sapaan|pendek|sebenarnya)"
_MY_NAMA = (
    f"(?:{_NAMA} (?:{_SORT} )?{_ME}|{_NAMA} (?:lengkap|panggilan|asli|depan|kecil)ku"
    "|namaku|namakuu|namaq|namaqu|nmku|namasaya|jenengku|asmaku|namina)"
)
_ONLY = "(?:saja|aja|aj|sj|ajah)"
_ADVERB = "(?:biasa|biasanya|akrab|sering|kerap|cukup|bisa|lebih|suka|yang|yg|juga|selalu)"


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


def _told(
    proof: Proof,
    *patterns: str,
    opens: bool = False,
    request: bool = False,
    demonstrative: bool = False,
    only: bool = False,
) -> Phrase:
    return Phrase(proof, _compile("|".join(patterns)), opens, request, demonstrative, only)


PHRASES = (
    _told(
        Proof.STRONG,
        _MY_NAMA,
        r"my (?:(?:full|first|given|real|actual|nick|preferred) )?"
        r"(?:name|nane|naem|nmae|nme|nam|nama|nickname) (?:is|iz|iss|s|has changed to|should be)",
        r"my (?:(?:full|first|real) )?(?:name|nickname)'s|my names|mynameis|me name is",
    ),
    _told(
        Proof.STRONG,
        r"(?:the )?name(?:'s| is)|names",
        rf"panggilan {_ME}|panggilanku",
        rf"{_ME} (?:{_ADVERB} ){{0,2}}(?:bernama|dipanggil|disapa|dinamai)(?: {_ONLY})?",
        r"(?:i am|i'm|im) (?:usually |also )?(?:called|named|known as)",
        r"i go by(?: the name(?: of)?)?",
        opens=True,
    ),
    _told(
        Proof.STRONG,
        rf"(?:ganti|gantikan|ubah|rubah|koreksi|update|perbaiki) {_MY_NAMA} "
        r"(?:jadi|menjadi|ke|dengan|sebagai)",
        rf"{_MY_NAMA} (?:sudah |udah |sekarang )?(?:ganti|berganti) (?:jadi|menjadi)",
        r"(?:change|update|correct|set) my name (?:to|as|into)",
        request=True,
    ),
    _told(
        Proof.FAIR,
        r"(?:biasa|biasanya|akrab|kerap|cukup) (?:dipanggil|disapa|panggil)"
        rf"(?: {_ONLY})?(?: {_ME})?",
        rf"(?:panggil|panggilin|manggil|sapa|sebut)(?:lah)?(?: {_ONLY})? {_ME}(?: {_ONLY})?"
        r"(?: (?:dengan|sebagai|dgn|sbg)(?: nama| sebutan)?)?",
        rf"(?:panggil|sapa|sebut)(?:lah)? {_ONLY}",
        r"calls? me(?: by| as| just)?",
        request=True,
    ),
    _told(Proof.FAIR, "panggil", request=True, only=True),
    _told(Proof.FAIR, r"atas nama|a\.n|an \.|a / n|under the name(?: of)?"),
    _told(
        Proof.FAIR,
        rf"(?:nama|name|full name|first name)(?: (?:{_SORT}|pemesan|pembeli|pelanggan))?"
        rf"(?: {_ME})? (?:[:=-]|adalah)",
        r"(?:perkenalkan|kenalkan|kenalin|knalin|pekenalkan|perkenalan|kenalan|introducing)"
        rf"(?: [,.])?(?: (?:nih|ya|dulu|dong|kak))?(?: [,.])? {_ME}(?: (?:adalah|ini))?",
        opens=True,
    ),
    _told(
        Proof.WEAK,
        rf"{_ME} (?:ini|adalah)|{_ME} dengan|{_ME}|(?:ini|dengan) {_ME}(?: ,)?|perkenalkan(?: ,)?",
        r"i am|i'm|im|i m|iam|i is|me am|my name",
        r"(?:nama|name)(?: lengkap| panggilan)?",
        opens=True,
    ),
    _told(
        Proof.WEAK,
        r"ini(?: dengan)?|dengan|this is|it's|its|it is",
        opens=True,
        demonstrative=True,
    ),
)

SKIPPED = word_set(
    """
    adalah ialah yaitu yakni itu tuh tu sekarang skrg skrng sebenarnya sebenernya sbnrnya
    aslinya lengkapnya masih tetap cuma hanya si sih mah is now actually really just simply
    still ya uh um eh kan emm hmm er yang yg benar betul bener kini : = - … ☺ ( "
    """
)
"""May stand between a phrase and the name."""

NEGATIONS = word_set("bukan bkn bukannya bukanlah not isn't isnt ain't tidak")

CORRECTION = _compile(
    "(?:tapi|tp|tetapi|melainkan|but|it's|its|it is|seharusnya|harusnya)"
    rf"(?: (?:it's|it is|rather|actually|{_ME}|{_MY_NAMA}))?"
)
"""After a denied name: here comes the right one."""

DOUBTS = word_set(
    """
    if kalau kalo klo jika bila apakah apa why kenapa mengapa kok knp who pretend imagine anggap
    suppose wish seandainya andai andaikan misal misalnya contohnya umpama umpamanya katanya does
    did do dont don't doesn't didn't never jangan jgn tidak gak ga nggak gk enggak bukan stop keep
    keeps still masih whether how bagaimana gimana dulu dulunya formerly is isn't was wasn't are
    benarkah betulkah bukankah masa masak rekening rek transfer tf norek bank ditransfer example
    instance siapa remember cannot can't won't used dia
    ia beliau mereka he she who's
    """
)
"""Before a phrase, in its clause: it is asked, denied, supposed or of somebody else."""

CONJUNCTIONS = word_set("and but so dan tapi tp tetapi jadi")
"""What stands before these says nothing of what stands behind."""

DENIALS = word_set("tidak gak ga nggak gk enggak no salah wrong bukan")
"""Alone before a phrase, these correct: "no my name is X"."""

SPEECH = word_set(
    """
    bilang blg kata mengatakan ngomong tulis menulis ketik kira mengira pikir sangka mengaku ngaku
    said says say saying think thinks thought told claims claim wrote believes believe heard denger
    lagu song film movie judul quote
    """
)
FIRST_PERSONS = (ME - {"w", "q"}) | word_set("i i'm i've kami we")
"""Who says "I said my name is X" speaks of themselves."""

SECOND_PERSONS = word_set("you kamu kmu km lu lo elu anda")
REQUESTS = word_set(
    "can could would will may please pls bisa bisakah boleh bolehkah tolong mohon mau want"
)
"""With these, "you call me X" is wished and not stated."""

TAGS = word_set("benar betul bener right correct bukan isn't it still masih ,")
"""With a question mark behind them, and a name before, they ask."""

PLACES = _compile("here|speaking|di sini|disini|dsini")
"""Behind a name that opens its clause: "X here"."""

POSSESSIONS = _compile(rf"is my name|(?:adalah |itu )?{_MY_NAMA}")
"""Behind a name that is its whole clause: "X is my name"."""
