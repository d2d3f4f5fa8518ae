"""What a message asks of NovaBot, and in which language.

Patterns run over single clauses or over a line of at most a thousand characters; all are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from app.nova.answers import Language
from app.nova.lexicon import FIRST_PERSON, FIRST_PERSON_WORDS
from app.nova.token_classes import is_filler, is_opener
from app.nova.tokens import Token, any_of, compile_for_line, key_line, tokenize
from app.nova.word_lists import load_word_lists


class Intent(Enum):
    FORGET = auto()
    NAME = auto()
    IDENTITY = auto()
    HELP = auto()
    THANKS = auto()
    GREETING = auto()
    OTHER = auto()


_LISTS = load_word_lists("intents.txt")
_WISHES = _LISTS["wishes"]
_ABILITIES = _LISTS["abilities"]
_FIRST_PERSON = FIRST_PERSON_WORDS | _LISTS["first person"]
_SECOND_PERSON = _LISTS["second person"]
_AROUND_WISH = _WISHES | _ABILITIES | _FIRST_PERSON | _SECOND_PERSON | _LISTS["around a wish"]
"""The only words that may accompany the wish to be forgotten in its clause."""
_ASKING = _LISTS["asking"]
_OTHER_REQUESTS = _LISTS["other requests"]
_INDONESIAN = _LISTS["indonesian"]
_ENGLISH = _LISTS["english"]
_ENGLISH_LOANS = _LISTS["english loans"]
_NODS = _LISTS["nods"]

_ME = any_of(FIRST_PERSON)
_DATA = (
    "(?:data|akun|informasi|info|riwayat|history|percakapan|obrolan|chat|profil|identitas|memori"
    "|ingatan|sesi|nama|nomor)(?: (?:pribadi|chat|percakapan|obrolan|diri|nomor|hp))?"
)
_MY_DATA = (
    "my (?:personal |private |chat |phone |whole |entire )?(?:data|information|info|details|name"
    "|account|profile|history|chats?|conversations?|messages|number|records?|session|memory)"
)
_FORGET = compile_for_line(
    r"(?:lupakan|lupain|lupakanlah|hapus|hapuskan|hapuslah|hapusin|hilangkan|musnahkan|buang)"
    r"(?: (?:semua|segala|seluruh|semuanya))?(?: yang (?:kamu|anda) (?:tahu|ingat|simpan))?"
    rf"(?: tentang)? (?:{_ME}|{_DATA} (?:tentang )?{_ME}|diriku|tentangku"
    r"|(?:data|akun|nama|riwayat|chat)ku)"
    r"|(?:forget|delete|erase|remove|wipe|clear|purge)(?: (?:all|everything|anything))?(?: of)?"
    r"(?: (?:that )?you (?:know|have|remember|stored))?(?: (?:about|on))?(?: all)?"
    rf" (?:me|{_MY_DATA})|forget (?:who i am|that i exist|i exist)"
)
_BE_FORGOTTEN = compile_for_line(
    rf"{_DATA} {_ME} (?:(?:tolong|mohon|minta|agar|untuk|semua|semuanya) ){{0,3}}"
    r"(?:dihapus|dihapuskan|dilupakan)"
    r"|(?:saya|aku|gue|gw) (?:(?:mau|ingin|pengen|minta) )?(?:untuk )?dilupakan"
    rf"|(?:all )?{_MY_DATA} (?:to be )?(?:deleted|erased|removed|wiped|forgotten)|to be forgotten"
)
_RETRACTION = compile_for_line(
    r"jangan|jgn|no|nope|not|don't|dont|do not|never|nah|(?:tidak|tdk|ga|gak|nggak|ngga|gk|enggak)"
    r" (?:jadi|usah|perlu|deh)|ganti|gantiin|gantikan|ubah|change|replace|put|instead|batal"
    r"|batalkan|cancel|bercanda|canda|becanda|kidding|joke|jk|lol|wait|tunggu|nanti|later|first"
    r"|unless|kecuali|except|how|what|why|when|where|who|apa|gimana|bagaimana|kenapa|kapan|siapa"
    r"|keep|simpan|undo"
)
"""In a clause after the wish to be forgotten: the wish is taken back, changed or put off."""
_SUPPOSITION = compile_for_line(
    r"if|when|kalau|kalo|klo|jika|apabila|bila|misal|misalnya|umpama|andai|seandainya|unless|after"
    r"|setelah|sesudah|bilang|blg|kata|said|says|say|lagu|lagunya|song|film|movie|judul|judulnya"
    r"|artinya|arti|means|mean|tulis|tulisan|ketik|kidding|bercanda|becanda|canda|joke|jk|:"
)
"""In any other clause: the wish is supposed, or reported, or the words of another person."""
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


def read_intent(text: str) -> Intent:
    """What `text` asks. Where it asks several things, the wish to be forgotten comes first."""
    tokens = tokenize(text)
    line = key_line(tokens)
    keys = {token.key for token in tokens}
    if _is_forget_wish(tokens):
        return Intent.FORGET
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
    keys = [token.key for token in tokenize(text)]
    english = sum(key in _ENGLISH for key in keys)
    indonesian = sum(key in _INDONESIAN for key in keys)
    if english != indonesian:
        return "en" if english > indonesian else "id"
    if before is not None:
        return before
    return "en" if english == 0 and not _ENGLISH_LOANS.isdisjoint(keys) else "id"


def _is_forget_wish(tokens: Sequence[Token]) -> bool:
    """Whether a clause wishes the writer forgotten and no other clause retracts or doubts it."""
    clauses = _split_clauses(tokens)
    wishes = [index for index, clause in enumerate(clauses) if _is_forget_clause(clause)]
    if not wishes:
        return False
    others = [clause for index, clause in enumerate(clauses) if index not in wishes]
    later = [
        clause for index, clause in enumerate(clauses) if index > wishes[0] and index not in wishes
    ]
    supposed = any(_SUPPOSITION.search(" ".join(clause)) for clause in others)
    return not (supposed or any(_RETRACTION.search(" ".join(clause)) for clause in later))


def _split_clauses(tokens: Sequence[Token]) -> list[list[str]]:
    """The keys of each clause. Of the marks, only a question mark or colon at its end is kept."""
    clauses: list[list[str]] = [[]]
    for token in tokens:
        if token.key == '"':
            continue
        if token.key in ("?", ":"):
            clauses[-1].append(token.key)
        if token.kind == "mark":
            clauses.append([])
        else:
            clauses[-1].append(token.key)
    return clauses


def _is_forget_clause(clause: Sequence[str]) -> bool:
    """Whether the clause wishes the writer forgotten and says nothing else: no doubt, no denial."""
    line = " ".join(key for key in clause if key not in ("?", ":"))
    match = _FORGET.search(line) or _BE_FORGOTTEN.search(line)
    doubtful = "?" in clause and (_WISHES | _ABILITIES).isdisjoint(clause)
    if match is None or doubtful:
        return False
    before = set(line[: match.start()].split())
    after = set(_FORGET.sub("", line[match.end() :]).split())
    if not before | after <= _AROUND_WISH:
        return False
    if match.re is _BE_FORGOTTEN:
        return not _WISHES.isdisjoint(clause)
    if not before.isdisjoint(_FIRST_PERSON):
        return not before.isdisjoint(_WISHES)
    if not before.isdisjoint(_SECOND_PERSON):
        return not before.isdisjoint(_WISHES | _ABILITIES)
    return True
