"""What a message asks of NovaBot, and in which language.

Patterns run over single clauses or over a line of at most a thousand characters; all are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from app.nova.answers import Language
from app.nova.lexicon import FIRST_PERSON
from app.nova.names.utterance import Utterance
from app.nova.token_classes import is_filler, is_opener
from app.nova.tokens import Token, any_of, compile_for_line, tokenize
from app.nova.word_lists import load_word_lists


class Intent(Enum):
    NAME = auto()
    IDENTITY = auto()
    HELP = auto()
    THANKS = auto()
    GREETING = auto()
    OTHER = auto()


_LISTS = load_word_lists("intents.txt")
_ASKING = _LISTS["asking"]
_OTHER_REQUESTS = _LISTS["other requests"]
_INDONESIAN = _LISTS["indonesian"]
_ENGLISH = _LISTS["english"]
_ENGLISH_LOANS = _LISTS["english loans"]
_NODS = _LISTS["nods"]

_ME = any_of(FIRST_PERSON)
_OWN_NAME = compile_for_line(
    rf"my name|(?:nama|nm) (?:lengkap |panggilan )?{_ME}|namaku|namaq|my name's"
)
_WHO_AM_I = compile_for_line(
    r"who am i|who i am|whoami"
    r"|siapa(?:kah)? (?:saya|aku|gue|gw|gua)(?: (?:ini|ya|sih|kak|\?|$))*"
    r"|(?:saya|aku|gue|gw|gua) (?:ini )?siapa(?:kah)?"
    r"|(?:you|u|ya) (?:still )?(?:know|remember|recognize|recognise) me|remember me \?"
    r"|who (?:do|did) (?:you|u) think i am|what name (?:do|did|have) (?:you|u)"
    r"|(?:kenal|ingat|inget|mengenal|mengingat) (?:(?:ga|gak|nggak|kah|ya|ngga) )?"
    r"(?:sama |dengan )?(?:saya|aku|gue|gw)"
    r"|what do you call me"
)
_WHO_ARE_YOU = compile_for_line(
    r"who are (?:you|u)|who's this|who is this|what are you|what(?:'s| is) your name"
    r"|are you (?:a )?(?:bot|robot|human)|(?:siapa|apa) (?:kamu|anda|ini|lu|lo|kau)"
    r"|(?:kamu|anda|ini|lu|lo|kau) (?:itu |ini )?siapa|(?:nama (?:kamu|anda|lu)|namamu) siapa"
    r"|siapa (?:nama (?:kamu|anda|lu)|namamu)|dengan siapa(?: (?:ini|ya|saya))?"
    r"|(?:kamu|anda|ini) (?:bot|robot|manusia)"
)
_HELP = compile_for_line(
    r"help(?: me)?|menu|bantuan|tolong|bantu(?: (?:saya|aku|dong|kak))?|what can you do"
    r"|(?:kamu|anda) bisa apa|bisa apa(?: saja| aja)?"
    r"|(?:how|cara|bagaimana|gimana).{0,60}"
    r" (?:delete|erase|forget|hapus|menghapus|lupakan|melupakan)"
)
_THANKS = compile_for_line(
    r"thanks|thank you|thank u|thx|tq|ty|makasih|makasi|mksh|terima kasih|terimakasih|trims"
    r"|trimakasih|tengkyu|suwun|nuhun|matur nuwun|cheers"
)

_PATTERNS = (
    (_WHO_AM_I, Intent.NAME),
    (_WHO_ARE_YOU, Intent.IDENTITY),
    (_THANKS, Intent.THANKS),
    (_HELP, Intent.HELP),
)


def read_intent(utterance: Utterance) -> Intent:
    """What the utterance asks. The wish to be forgotten is no intent: wishes.py reads it."""
    tokens, line, keys = utterance.tokens, utterance.line, utterance.keys
    asks_own_name = _OWN_NAME.search(line) and not _ASKING.isdisjoint(keys)
    if asks_own_name and _OTHER_REQUESTS.isdisjoint(keys):
        return Intent.NAME
    for pattern, intent in _PATTERNS:
        if pattern.search(line):
            return intent
    words = [token for token in tokens if token.kind != "mark"]
    polite = all(is_opener(word) or is_filler(word) for word in words)
    greets = polite and any(word.key not in _NODS for word in words)
    return Intent.GREETING if greets else Intent.OTHER


def read_language(text: str, before: Language | None) -> Language:
    """The language of `text`; in doubt the one used `before`, else Indonesian."""
    return choose_language(tokenize(text), before)


def choose_language(tokens: Sequence[Token], before: Language | None) -> Language:
    """`read_language` of a text that has been divided into its tokens."""
    keys = [token.key for token in tokens]
    english = sum(key in _ENGLISH for key in keys)
    indonesian = sum(key in _INDONESIAN for key in keys)
    if english != indonesian:
        return "en" if english > indonesian else "id"
    if before is not None:
        return before
    return "en" if english == 0 and not _ENGLISH_LOANS.isdisjoint(keys) else "id"
