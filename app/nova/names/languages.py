"""Finds a name that is told in one of the other languages whose words have spaces between them.

These phrases are matched only if a message has one of their words. After them NovaBot knows no
common words, so it takes less for a name: what has a capital, and in scripts without capitals, or
where the writer uses none, only listed names.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.nova.lexicon import FAMILY_NAMES, GIVEN_NAMES, NO_FOREIGN_NAMES, TELLING_WORDS
from app.nova.names.candidates import Candidate, find_candidate
from app.nova.names.spelling import spell_name
from app.nova.names.utterance import Utterance
from app.nova.token_classes import is_everyday, is_uncommon
from app.nova.tokens import Token, compile_for_line

_MY_NAME_IS = compile_for_line(
    r"меня зовут|меня звать|мо[её] имя(?: [:-])?|зовите меня|называй(?:те)? меня|казвам се",
    r"мене (?:звати|звуть)|моє ім'я(?: [:-])?",
    r"με λένε|ονομάζομαι|λέγομαι|το όνομά μου είναι",
    r"(?:(?:أنا|انا) )?(?:اسمي|إسمي|أسمي)(?: (?:هو|:))?|نادني|ناديني",
    r"(?:اسم|نام) من",
    r"קוראים לי|שמי|השם שלי(?: הוא)?",
    r"me llamo|mi nombre es|je m'appelle|mon nom est|ich (?:heiße|heisse)|mein name ist",
    r"ik heet|mijn naam is|mi chiamo|il mio nome (?:è|e)|me chamo|(?:o )?meu nome (?:é|e)",
    r"tên (?:(?:của )?(?:tôi|em|mình) )?là|(?:tôi|em|mình) tên(?: là)?",
    r"ang pangalan ko(?: ay)?|(?:benim )?adım|ismim|nazywam się|mam na imię|jag heter"
    r"|jeg (?:heter|hedder)|mă numesc",
    r"adan (?:tiang|titiang|icange?)|wastan (?:tiang|titiang)|nam[ao] (?:ambo|den)|goarhu"
    r"|nan lon|ngaran ulun",
)
_I_AM = compile_for_line("я|это|я это|أنا|انا|معك|معاك|אני")
"""Only an unambiguous listed name may follow."""
_CONTINUING = ("ال", "بن", "ابن", "بنت", "أبو", "ابو", "عبد")
"""Beginnings of the further words of an Arabic name."""
_FAMILY_ENDINGS = (
    *("ов", "ова", "ев", "ева", "ёв", "ёва", "ин", "ина", "ский", "ская", "ко", "ук", "юк", "чук"),
    *("ич", "вна", "ян", "дзе", "швили"),
)


def find_foreign_names(utterance: Utterance) -> Iterator[tuple[int, str]]:
    """The names after a phrase of another language, each with its place."""
    if TELLING_WORDS.isdisjoint(utterance.keys):
        return
    for pattern in (_MY_NAME_IS, _I_AM):
        for match in pattern.finditer(utterance.line):
            start = utterance.indexes[match.start()]
            at = utterance.index_after(match.end())
            opens = utterance.skip_greeting(utterance.clause_start(start), start) == start
            if not opens or utterance.is_quoted(start):
                continue
            candidate = find_candidate(utterance, at)
            if candidate is None or utterance.is_asked(candidate.end):
                continue
            words = take_name(candidate, listed=pattern is _I_AM)
            if words and (name := spell_name(words)):
                yield at, name


def take_name(candidate: Candidate, *, listed: bool) -> tuple[Token, ...]:
    """The words with which the candidate begins that are a name; none if it is no name.

    `listed`: it has to begin with a listed name that is not an everyday word too.
    """
    first, words = candidate.first, candidate.words
    if first.key in NO_FOREIGN_NAMES:
        return ()
    known = first.key in GIVEN_NAMES and not is_everyday(first)
    cased = has_case(first) and candidate.utterance.is_capital(first)
    if not known and (listed or not (cased and is_uncommon(first))):
        return ()
    taken = 1
    while taken < len(words) and (
        words[taken].text[0].isupper() if cased else is_further_name(words[taken])
    ):
        taken += 1
    return words[:taken]


def has_case(token: Token) -> bool:
    """Whether the script of the token has capitals."""
    return token.text.lower() != token.text.upper()


def is_further_name(token: Token) -> bool:
    """Whether the token, without a capital, is known as part of a name."""
    return (
        token.key in GIVEN_NAMES
        or token.key in FAMILY_NAMES
        or token.key.startswith(_CONTINUING)
        or token.key.endswith(_FAMILY_ENDINGS)
    )
