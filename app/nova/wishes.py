"""Whether a message wishes its writer forgotten: a pure function of the text.

The bot asks it before any responder (app/bot/wish.py), so it stands apart from NovaBot's intents.
Patterns run over single clauses of at most a thousand characters; all are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from app.nova.lexicon import FIRST_PERSON, FIRST_PERSON_WORDS
from app.nova.tokens import Token, any_of, compile_for_line, tokenize
from app.nova.word_lists import load_word_lists


class Wish(Enum):
    FORGET_ME = auto()
    FORGET_NAME = auto()
    """Of the name alone."""
    CONFIRM = auto()
    """The words that confirm the wish; alone in their message."""


_CONFIRMATIONS = frozenset((("ya", "hapus"), ("yes", "delete")))
_LISTS = load_word_lists("intents.txt")
_WISHES = _LISTS["wishes"]
_ABILITIES = _LISTS["abilities"]
_FIRST_PERSON = FIRST_PERSON_WORDS | _LISTS["first person"]
_SECOND_PERSON = _LISTS["second person"]
_AROUND_WISH = _WISHES | _ABILITIES | _FIRST_PERSON | _SECOND_PERSON | _LISTS["around a wish"]
"""The only words that may accompany the wish to be forgotten in its clause."""

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
_NAME_ALONE = compile_for_line(
    rf"(?:nama (?:{_ME})|namaku|my name)(?: (?:dihapus|dihapuskan|dilupakan|deleted|erased|removed"
    r"|wiped|forgotten))?"
)
_ELSE = frozenset(("data", "everything", "account", "semua", "semuanya", "seluruhnya", "all"))
"""Beside the name: more than the name is meant."""


def read_wish(text: str) -> Wish | None:
    """What `text` wishes to be forgotten; None for any other text."""
    tokens = tokenize(text)
    words = tuple(token.key for token in tokens if token.kind != "mark")
    if words in _CONFIRMATIONS:
        return Wish.CONFIRM
    clauses = _find_wishes(tokens)
    if not clauses:
        return None
    return Wish.FORGET_NAME if all(map(_names_alone, clauses)) else Wish.FORGET_ME


def _find_wishes(tokens: Sequence[Token]) -> list[list[str]]:
    """The clauses that wish; none where another clause retracts or doubts them."""
    clauses = _split_clauses(tokens)
    wishes = [index for index, clause in enumerate(clauses) if _is_forget_clause(clause)]
    if not wishes:
        return []
    others = [clause for index, clause in enumerate(clauses) if index not in wishes]
    later = [
        clause for index, clause in enumerate(clauses) if index > wishes[0] and index not in wishes
    ]
    supposed = any(_SUPPOSITION.search(" ".join(clause)) for clause in others)
    if supposed or any(_RETRACTION.search(" ".join(clause)) for clause in later):
        return []
    return [clauses[index] for index in wishes]


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


def _names_alone(clause: Sequence[str]) -> bool:
    """Whether the clause that wishes is about the name and nothing else of the writer's."""
    line = " ".join(clause)
    match = _FORGET.search(line) or _BE_FORGOTTEN.search(line)
    if match is None or _NAME_ALONE.search(match[0]) is None:
        return False
    return _ELSE.isdisjoint(clause)
