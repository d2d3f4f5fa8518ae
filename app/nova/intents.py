"""What a message asks of NovaBot, and in which language.

Patterns run over single clauses or over a line of at most a thousand characters; all are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from app.nova.answers import Language
from app.nova.likeness import is_filler, is_greeting
from app.nova.vocabulary import ME, word_set
from app.nova.words import Word, read_words


class Intent(Enum):
    FORGET = auto()
    NAME = auto()
    IDENTITY = auto()
    HELP = auto()
    THANKS = auto()
    GREETING = auto()
    OTHER = auto()


_ME = "(?:" + "|".join(sorted(ME, key=lambda word: (-len(word), word))) + ")"


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S)(?:{pattern})(?!\S)")


_DATA = (
    "(?:data|akun|informasi|info|riwayat|history|percakapan|obrolan|chat|profil|identitas|memori"
    "|ingatan|sesi|nama|nomor)(?: (?:pribadi|chat|percakapan|obrolan|diri|nomor|hp))?"
)
_MY_DATA = (
    "my (?:personal |private |chat |phone |whole |entire )?(?:data|information|info|details|name"
    "|account|profile|history|chats?|conversations?|messages|number|records?|session|memory)"
)
_FORGET = _compile(
    r"(?:lupakan|lupain|lupakanlah|hapus|hapuskan|hapuslah|hapusin|hilangkan|musnahkan|buang)"
    r"(?: (?:semua|segala|seluruh|semuanya))?(?: yang (?:kamu|anda) (?:tahu|ingat|simpan))?"
    rf"(?: tentang)? (?:{_ME}|{_DATA} (?:tentang )?{_ME}|diriku|tentangku"
    r"|(?:data|akun|nama|riwayat|chat)ku)"
    r"|(?:forget|delete|erase|remove|wipe|clear|purge)(?: (?:all|everything|anything))?(?: of)?"
    r"(?: (?:that )?you (?:know|have|remember|stored))?(?: (?:about|on))?(?: all)?"
    rf" (?:me|{_MY_DATA})|forget (?:who i am|that i exist|i exist)"
)
_FORGOTTEN = _compile(
    rf"{_DATA} {_ME} (?:(?:tolong|mohon|minta|agar|untuk|semua|semuanya) ){{0,3}}"
    r"(?:dihapus|dihapuskan|dilupakan)"
    r"|(?:saya|aku|gue|gw) (?:(?:mau|ingin|pengen|minta) )?(?:untuk )?dilupakan"
    rf"|(?:all )?{_MY_DATA} (?:to be )?(?:deleted|erased|removed|wiped|forgotten)|to be forgotten"
)
_TAKEN_BACK = _compile(
    r"jangan|jgn|no|nope|not|don't|dont|do not|never|nah|(?:tidak|tdk|ga|gak|nggak|ngga|gk|enggak)"
    r" (?:jadi|usah|perlu|deh)|ganti|gantiin|gantikan|ubah|change|replace|put|instead|batal"
    r"|batalkan|cancel|bercanda|canda|becanda|kidding|joke|jk|lol|wait|tunggu|nanti|later|first"
    r"|unless|kecuali|except|how|what|why|when|where|who|apa|gimana|bagaimana|kenapa|kapan|siapa"
    r"|keep|simpan|undo"
)
"""In a clause behind the wish to be forgotten: it is not meant, not so, or not yet."""
_SUPPOSED = _compile(
    r"if|when|kalau|kalo|klo|jika|apabila|bila|misal|misalnya|umpama|andai|seandainya|unless|after"
    r"|setelah|sesudah|bilang|blg|kata|said|says|say|lagu|lagunya|song|film|movie|judul|judulnya"
    r"|artinya|arti|means|mean|tulis|tulisan|ketik|kidding|bercanda|becanda|canda|joke|jk|:"
)
"""In any other clause: it is supposed, or somebody else's words."""
_WISHES = word_set(
    """
    mau ingin pengen minta mohon tolong harap hendak want wanna would like need wish demand request
    please pls kindly i'd
    """
)
_ABILITIES = word_set("bisa bisakah boleh bolehkah can could dapatkah")
_FIRST = (ME - {"w", "q"}) | word_set("i i'd")
_SECOND = word_set("kamu kmu km anda you u lu lo")
_AROUND = (
    _WISHES
    | _ABILITIES
    | _FIRST
    | _SECOND
    | word_set(
        """
        to agar supaya untuk and dan juga also now sekarang segera immediately just saja aja dong ya
        deh kak min admin bot nova novabot hi hai halo hello ok oke yes iya no tidak lah thanks
        makasih terima kasih forever selamanya completely permanently permanen totally from dari
        your the this system systems database databases server servers records sistem list daftar
        ini kontak all semua semuanya seluruhnya right away asap today here di sini dulu so maaf
        sorry then cepat too well kalian pls plis yang yg ada nih sih pak bu mas mbak memory memori
        contacts again lagi everything about me saya my account data
        """
    )
)

_OWN_NAME = _compile(rf"my name|(?:nama|nm) (?:lengkap |panggilan )?{_ME}|namaku|namaq|my name's")
_ASKING = word_set(
    """
    ? siapa siapakah sapa apa apakah what what's whats who tahu tau ingat inget kenal hafal remember
    know recall sebut sebutkan sebutin tell say masih still remind guess tebak
    forgot forget forgotten lupa
    """
)
_OTHERWISE = word_set(
    """
    kenapa mengapa knp why how bagaimana gimana cara ganti ubah change salah wrong daftar terdaftar
    list invoice where mana when kapan hapus delete
    """
)
_WHO_AM_I = _compile(
    r"who am i|who i am|whoami"
    r"|siapa(?:kah)? (?:saya|aku|gue|gw|gua)(?: (?:ini|ya|sih|kak|\?|$))*"
    r"|(?:saya|aku|gue|gw|gua) (?:ini )?siapa(?:kah)?"
    r"|(?:you|u|ya) (?:still )?(?:know|remember|recognize|recognise) me|remember me \?"
    r"|who (?:do|did) (?:you|u) think i am|what name (?:do|did|have) (?:you|u)"
    r"|(?:kenal|ingat|inget|mengenal|mengingat) (?:(?:ga|gak|nggak|kah|ya|ngga) )?"
    r"(?:sama |dengan )?(?:saya|aku|gue|gw)"
    r"|what do you call me"
)
_WHO_ARE_YOU = _compile(
    r"who are (?:you|u)|who's this|who is this|what are you|what(?:'s| is) your name"
    r"|are you (?:a )?(?:bot|robot|human)|(?:siapa|apa) (?:kamu|anda|ini|lu|lo|kau)"
    r"|(?:kamu|anda|ini|lu|lo|kau) (?:itu |ini )?siapa|(?:nama (?:kamu|anda|lu)|namamu) siapa"
    r"|siapa (?:nama (?:kamu|anda|lu)|namamu)|dengan siapa(?: (?:ini|ya|saya))?"
    r"|(?:kamu|anda|ini) (?:bot|robot|manusia)"
)
_HELP = _compile(
    r"help(?: me)?|menu|bantuan|tolong|bantu(?: (?:saya|aku|dong|kak))?|what can you do"
    r"|(?:kamu|anda) bisa apa|bisa apa(?: saja| aja)?"
    r"|(?:how|cara|bagaimana|gimana).{0,60}"
    r" (?:delete|erase|forget|hapus|menghapus|lupakan|melupakan)"
)
_THANKS = _compile(
    r"thanks|thank you|thank u|thx|tq|ty|makasih|makasi|mksh|terima kasih|terimakasih|trims"
    r"|trimakasih|tengkyu|suwun|nuhun|matur nuwun|cheers"
)

_PATTERNS = (
    (_WHO_AM_I, Intent.NAME),
    (_WHO_ARE_YOU, Intent.IDENTITY),
    (_THANKS, Intent.THANKS),
    (_HELP, Intent.HELP),
)

_INDONESIAN = word_set(
    """
    saya aku gue gua gw kamu anda nama namaku siapa apa apakah yang dan di ke dari ini itu tidak
    bukan mau bisa sudah belum ada kak untuk dengan tolong hapus lupakan panggil saja aja halo hai
    selamat pagi siang sore malam petang terima kasih makasih iya bagaimana kenapa berapa kapan mana
    mohon pesan barang sy yg gak ga nggak tau tahu ingat masih perkenalkan kenalkan bang pak bu mas
    mbak dong ya nih sih juga lagi boleh jangan bantu bantuan semua data2 lupain permisi maaf
    kenalin ane bro gan udah harga beli baik nya saja atas
    """
)
_ENGLISH = word_set(
    """
    i i'm i've i'd my me you your is are am was the a an and or of to in on for with from this that
    it it's not don't do does did can could would will please what what's who why when where how
    name name's names call have has want need know remember forget delete hello hey yes order about
    good morning afternoon evening night still help here speaking we they he she but so if be thank
    sorry never back
    """
)
_LOANS = word_set("thanks thx hi please hello ok")

_NODS = word_set("ya iya yes yeah yep ok oke okay baik no tidak so and dan tapi but right")


def read_intent(text: str) -> Intent:
    """What `text` asks first of all; to be forgotten counts most."""
    words = read_words(text)
    line = " ".join(word.key for word in words)
    keys = {word.key for word in words}
    if _wishes_forgotten(words):
        return Intent.FORGET
    own_name = _OWN_NAME.search(line) and not _ASKING.isdisjoint(keys)
    if own_name and _OTHERWISE.isdisjoint(keys):
        return Intent.NAME
    for pattern, intent in _PATTERNS:
        if pattern.search(line):
            return intent
    told = [word for word in words if word.kind != "mark"]
    polite = all(is_greeting(word) or is_filler(word) for word in told)
    greets = polite and any(word.key not in _NODS for word in told)
    return Intent.GREETING if greets else Intent.OTHER


def read_language(text: str, before: Language | None) -> Language:
    """The language `text` is written in; in doubt the one spoken `before`, else Indonesian."""
    keys = [word.key for word in read_words(text)]
    english = sum(key in _ENGLISH for key in keys)
    indonesian = sum(key in _INDONESIAN for key in keys)
    if english != indonesian:
        return "en" if english > indonesian else "id"
    if before is not None:
        return before
    return "en" if english == 0 and not _LOANS.isdisjoint(keys) else "id"


def _wishes_forgotten(words: Sequence[Word]) -> bool:
    """Whether one clause wishes the writer forgotten and no other takes it back or doubts it."""
    clauses = _clauses(words)
    wishes = [index for index, clause in enumerate(clauses) if _is_forget(clause)]
    if not wishes:
        return False
    others = [clause for index, clause in enumerate(clauses) if index not in wishes]
    behind = [clause for clause in clauses[wishes[0] + 1 :] if not _is_forget(clause)]
    supposed = any(_SUPPOSED.search(" ".join(clause)) for clause in others)
    return not (supposed or any(_TAKEN_BACK.search(" ".join(clause)) for clause in behind))


def _clauses(words: Sequence[Word]) -> list[list[str]]:
    """The keys of each clause, without marks but for a question mark or colon at its end."""
    clauses: list[list[str]] = [[]]
    for word in words:
        if word.key == '"':
            continue
        if word.key in ("?", ":"):
            clauses[-1].append(word.key)
        if word.kind == "mark":
            clauses.append([])
        else:
            clauses[-1].append(word.key)
    return clauses


def _is_forget(clause: list[str]) -> bool:
    """Whether a clause wishes the writer forgotten and says nothing else: no doubt, no denial."""
    line = " ".join(key for key in clause if key not in ("?", ":"))
    match = _FORGET.search(line) or _FORGOTTEN.search(line)
    doubtful = "?" in clause and (_WISHES | _ABILITIES).isdisjoint(clause)
    if match is None or doubtful:
        return False
    before = set(line[: match.start()].split())
    behind = _FORGET.sub("", line[match.end() :]).split()
    if not before <= _AROUND or not set(behind) <= _AROUND:
        return False
    if match.re is _FORGOTTEN:
        return not _WISHES.isdisjoint(clause)
    if not before.isdisjoint(_FIRST):
        return not before.isdisjoint(_WISHES)
    if not before.isdisjoint(_SECOND):
        return not before.isdisjoint(_WISHES | _ABILITIES)
    return True
