"""Finds the name that the writer of a message says is theirs.

A phrase opens a statement; how much it proves decides what may follow it. "My name is" is trusted
with any word that could be a name, "call me" with any but everyday ones, "I am" only with a word
that looks like a name and a sentence that goes on as if it were. In doubt there is no name: to
ask again is better than to call somebody by a wrong one. What is known of words is in
vocabulary.py; every pattern is bounded, so a message takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from app.bot.spelling import spell_name
from app.bot.vocabulary import (
    BALINESE,
    COMMON_WORDS,
    FILLERS,
    FUNCTION_WORDS,
    GIVEN_NAMES,
    GREETINGS,
    ME,
    NAMES_TOO,
    ORDINARY_NAMES,
    PARTICLES,
    QUESTIONS,
    TITLES,
    VERB_ROOTS,
)
from app.bot.words import Word, read_words

MOST_WORDS = 6


class _Proof(IntEnum):
    WEAK = 1
    """ "I am X": X has to look like a name."""
    FAIR = 2
    """ "Call me X": any X but an everyday word."""
    STRONG = 3
    """ "My name is X": any X with a capital, and any but an everyday word without."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    proof: _Proof
    pattern: re.Pattern[str]
    opens_clause: bool = False
    """Counts only where a clause begins, or after a greeting."""
    request: bool = False
    """May be asked ("can you call me X?") and mean it."""


_ME = "(?:" + "|".join(sorted(ME, key=len, reverse=True)) + ")"
_NAMA = "(?:nama|nm|nma|nmae|nam|nana)"
_SORT = "(?:lengkap|panggilan|panggil|asli|depan|kecil|akrab|sapaan|pendek|sebenarnya)"
_MY_NAMA = f"(?:{_NAMA} (?:{_SORT} )?{_ME}|{_NAMA} {_SORT}ku|namaku+|namaq|namaqu|nmku|namasaya)"
_ONLY = "(?:saja|aja|aj|sj|ajah)"
_ADVERB = "(?:biasa|biasanya|akrab|sering|kerap|cukup|bisa|boleh|lebih|suka|yang|yg|juga|selalu)"
_NAME_IS = "(?:is|iz|iss|s|was changed to|has changed to|should be)"


def _phrase(proof: _Proof, pattern: str, *, opens: bool = False, request: bool = False) -> _Phrase:
    return _Phrase(proof, re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), opens, request)


_PHRASES = (
    _phrase(_Proof.STRONG, _MY_NAMA),
    _phrase(
        _Proof.STRONG,
        r"my (?:(?:full|first|given|real|actual|nick|preferred) )?"
        rf"(?:name|nane|naem|nmae|nama|nickname) {_NAME_IS}|my (?:nick)?name's|my names|mynameis"
        r"|me name is|name of mine is",
    ),
    _phrase(_Proof.STRONG, rf"(?:the )?name(?:'s| is)|names|panggilan {_ME}|panggilanku", opens=True),
    _phrase(
        _Proof.STRONG,
        rf"{_ME} (?:{_ADVERB} ){{0,2}}(?:bernama|dipanggil|disapa|dinamai|dinamakan)(?: {_ONLY})?"
        r"|i(?: am|'m)? (?:usually |also )?(?:called|named|known as)|i'm (?:called|named|known as)"
        r"|i go by(?: the name(?: of)?)?",
        opens=True,
    ),
    _phrase(
        _Proof.FAIR,
        rf"(?:biasa|biasanya|akrab|kerap|cukup) (?:dipanggil|disapa|panggil)(?: {_ONLY})?"
        rf"|(?:panggil|panggilin|manggil|sapa|sebut)(?:lah)?(?: {_ONLY})? {_ME}(?: {_ONLY})?"
        rf"(?: (?:dengan|sebagai|dgn|sbg)(?: nama| sebutan)?)?"
        rf"|(?:panggil|sapa|sebut)(?:lah)? {_ONLY}|calls? me(?: by| as| just)?",
        request=True,
    ),
    _phrase(
        _Proof.STRONG,
        rf"(?:ganti|gantikan|ubah|rubah|koreksi|update|perbaiki) {_MY_NAMA} "
        r"(?:jadi|menjadi|ke|dengan|sebagai)"
        rf"|{_MY_NAMA} (?:sudah |udah |sekarang )?(?:ganti|berganti) (?:jadi|menjadi)"
        r"|(?:change|update|correct|set) my name (?:to|as|into)",
        request=True,
    ),
    _phrase(_Proof.FAIR, r"atas nama|a\.n|a / n|under the name(?: of)?"),
    _phrase(
        _Proof.FAIR,
        rf"(?:nama|name|full name|first name)(?: (?:{_SORT}|pemesan|pembeli|pelanggan))?"
        rf"(?: {_ME})? (?:[:=-]|adalah)",
        opens=True,
    ),
    _phrase(
        _Proof.FAIR,
        rf"(?:perkenalkan|kenalkan|kenalin|knalin|pekenalkan|perkenalan|kenalan) (?:[,.] )?"
        rf"(?:(?:nih|ya|dulu|dong|kak) )?(?:[,.] )?{_ME}(?: (?:adalah|ini))?",
        opens=True,
    ),
    _phrase(
        _Proof.WEAK,
        rf"ini (?:dengan|{_ME})|{_ME} (?:ini|adalah)|{_ME}|ini|dengan|perkenalkan(?: ,)?"
        r"|i am|i'm|im|i m|iam|this is|it's|its|it is|my name|nama(?: lengkap| panggilan)?",
        opens=True,
    ),
)

_SKIPPED = frozenset(
    """
    adalah ialah yaitu yakni itu tuh tu sekarang skrg skrng sebenarnya sebenernya sbnrnya aslinya
    lengkapnya masih tetap cuma hanya si sih mah is now actually really just simply still uh um eh
    emm hmm er yang yg benar betul bener kini : = - … ☺ " (
    """.split()
)
_MISTAKEN = frozenset("salah yang yg benar betul bener".split())
_NEGATIONS = frozenset("bukan bkn bukannya not isn't isnt ain't no tidak bukanlah".split())
_CORRECTION = re.compile(
    r"(?<!\S)(?:tapi|tp|tetapi|melainkan|but|it's|its|it is|seharusnya|harusnya)(?!\S)"
    rf"(?: (?:it's|it is|rather|{_ME}))?"
)
_DOUBTS = frozenset(
    """
    if kalau kalo klo jika bila apakah apa why kenapa mengapa kok knp who pretend imagine anggap
    suppose wish seandainya andai andaikan misal misalnya contohnya umpama umpamanya katanya does
    did do dont don't doesn't didn't never jangan jgn tidak gak ga nggak gk enggak bukan stop keep
    keeps still masih whether how bagaimana gimana dulu dulunya formerly is isn't was wasn't are
    benarkah betulkah bukankah masa masak pantas rekening rek transfer tf norek bank ditransfer
    example instance siapa once remember
    """.split()
)
"""In the clause before a phrase: then it is asked, denied, supposed or somebody else's."""
_SPEECH = frozenset(
    """
    bilang blg kata mengatakan ngomong tulis menulis ketik kira mengira pikir sangka mengaku ngaku
    said says say saying think thinks thought told claims claim wrote believes believe heard denger
    lagu song film movie judul quote
    """.split()
)
_FIRST_PERSONS = (ME - {"w", "q"}) | {"i", "i'm", "i've", "kami", "we"}
_TAGS = FILLERS | frozenset("benar betul bener right correct bukan isn't it still , masih".split())
_SELF = re.compile(r"(?<!\S)(?:here|speaking|di sini|disini|dsini)(?!\S)")
_IS_ME = re.compile(rf"(?<!\S)(?:is my name|(?:adalah |itu )?{_MY_NAMA})(?!\S)")
_SUFFIXES = ("'s", "'m", "'re", "'ll", "'ve", "'d", "n't")


def find_name(text: str) -> str | None:
    """The name that the writer says is theirs, the last one where there are several, or None.

    At most 60 characters and MOST_WORDS words of letters, marks, apostrophes, dots, hyphens and
    single spaces; only the first thousand characters of `text` count.
    """
    message = _Message.read(text)
    found = [*message.told(), *message.signed()]
    return max(found, key=lambda statement: statement[0])[1] if found else None


def find_bare_name(text: str) -> str | None:
    """The name in an answer to "what may I call you?" that consists of nothing else."""
    message = _Message.read(text)
    words = [word for word in message.words if word.key not in (".", ",", "!", "☺", "\n")]
    while words and _is_filler(words[-1]):
        words.pop()
    message = _Message(tuple(words), message.capitals_tell)
    span, end = message.take(0)
    if not span or end < len(words) or not _is_given(span[0]):
        return None
    return spell_name(span)


@dataclass(frozen=True, slots=True)
class _Message:
    words: tuple[Word, ...]
    capitals_tell: bool
    """Capitals mark names here: it is neither SHOUTED nor Written Like This."""

    @classmethod
    def read(cls, text: str) -> _Message:
        words = read_words(text)
        return cls(words, _capitals_tell(words))

    def told(self) -> Iterator[tuple[int, str]]:
        """Names behind a phrase, each with its place."""
        line, places = _line(self.words)
        for phrase in _PHRASES:
            for match in phrase.pattern.finditer(line):
                start = places[match.start()]
                at = places.get(match.end() + 1, len(self.words))
                if not self._is_meant(phrase, start):
                    continue
                at = self._behind_denial(phrase, self._behind_fillers(phrase, at), line, places)
                if name := self._name_at(phrase, start, at):
                    yield at, name

    def signed(self) -> Iterator[tuple[int, str]]:
        """Names before "here" and "is my name", which begin their clause."""
        line, places = _line(self.words)
        for pattern, is_place in ((_SELF, True), (_IS_ME, False)):
            for match in pattern.finditer(line):
                at, behind = places[match.start()], places.get(match.end() + 1, len(self.words))
                start = self._clause_start(at)
                greeted = self._behind_greeting(start, at)
                span, end = self.take(greeted)
                if not span or end != at or self._is_asked(behind) or not self._ends(behind):
                    continue
                shown = all(self._looks_like_name(word) for word in span)
                if _is_given(span[0]) or (
                    shown and (len(span) > 1 or (is_place and greeted > start))
                ):
                    yield greeted, spell_name(span) or ""

    def take(self, at: int) -> tuple[list[Word], int]:
        """The words from `at` on that could be one name, without titles, and where they end."""
        at = self._behind_titles(at)
        span: list[Word] = []
        while at < len(self.words) and len(span) < MOST_WORDS:
            word = self.words[at]
            if word.kind != "word" or not self._continues(span, at):
                break
            span.append(word)
            at += 1
        return span, at
