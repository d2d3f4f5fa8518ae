"""Finds names in scripts that have no spaces between words, or no capitals, and grammar of their
own: Chinese, Japanese, Korean, Thai, Hindi.

A Chinese name is a listed family name followed by one or two of the characters of given names, and
no listed word. Patterns run over a key line of at most a thousand characters; all are bounded.
"""

from __future__ import annotations

import re

from app.nova.lexicon import (
    GIVEN_NAMES,
    HAN_GIVEN,
    HAN_SURNAMES,
    HAN_WORDS,
    JAPANESE_SURNAMES,
    KOREAN_GIVEN_NAMES,
    KOREAN_SURNAMES,
    NO_NAMES,
)

_SCRIPTS = re.compile(r"[\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_HAN = "[\u3400-\u9fff々]"
_KATAKANA = "[\u30a0-\u30ff]"
_JAPANESE = "[\u3040-\u30ff\u3400-\u9fff々]"
_HANGUL = "[\uac00-\ud7a3]"
_THAI = "[\u0e01-\u0e7f]"
_HINDI = "[\u0900-\u097f]"

_CHINESE_NAME = re.compile(
    r"(?<!\S)(?:你好|您好|大家好|哈[喽囉]|嗨){0,2}(?:那个|其实|請|请|可以|就)?"
    r"(?:我(?:的名字)?(?:是)?叫做?|我的(?:中文)?(?:名字|姓名|全名)(?:是|:)|我名叫|本名(?:是|叫)"
    rf"|姓名 ?[:是]|叫我)[ ]?(?P<name>{_HAN}{{1,6}}|[a-z]{{2,20}}(?: [a-z]{{2,20}})?)(?!\S)(?! \?)"
)
_CHINESE_AM = re.compile(
    rf"(?<!\S)(?:你好|您好|大家好){{0,2}}我是(?P<name>{_HAN}{{2,4}}|[a-z]{{2,20}})(?!\S)(?! \?)"
)
_CHINESE_AFTER = re.compile("(?:[啊呀哦喔啦哈]|谢谢|謝謝|你好|您好|就行|就好|就可以)+$")
_POLITE = "(?:よろしくお願いし?ます|よろしくお願いいたします|よろしく|宜しくお願いします)?"
_JAPANESE_NAME = re.compile(
    r"(?<!\S)(?:はじめまして|初めまして|こんにちは|こんばんは)?(?:"
    rf"(?:(?:私|わたし|僕|ぼく|俺|自分)の)?(?:名前|名)は(?P<named>{_JAPANESE}{{1,10}}?)"
    rf"(?:です|だよ|だ|と申します|と言います|といいます){_POLITE}"
    rf"|(?:(?:私|わたし|僕|ぼく)は)?(?P<humble>{_JAPANESE}{{1,10}}?)と申します{_POLITE}"
    rf"|(?:(?:私|わたし|僕|ぼく|俺)は)?(?P<am>{_HAN}{{2,6}})です{_POLITE})(?!\S)(?! \?)"
)
_KOREAN_NAME = re.compile(
    rf"(?<!\S)(?:(?:제|내|저의|나의) ?이름은 ?(?P<named>{_HANGUL}{{2,5}}?)"
    r"(?:입니다|이에요|예요|에요|이야|야|이라고 ?(?:합니다|해요)|라고 ?(?:합니다|해요))"
    rf"|(?:(?:저는|나는|전) ?)?(?P<called>{_HANGUL}{{2,5}}?)(?:이라고|라고) ?"
    r"(?:합니다|해요|불러주세요)"
    rf"|(?:(?:저는|나는|전) ?)(?P<am>{_HANGUL}{{2,4}}?)(?:입니다|이에요|예요|에요))(?!\S)(?! \?)"
)
_THAI_NAME = re.compile(
    rf"(?<!\S)(?:สวัสดี(?:ครับ|ค่ะ|คะ)? ?)?(?:ผม|ฉัน|ดิฉัน|หนู|เรา)ชื่อ(?:เล่น|ว่า)? ?"
    rf"(?P<name>{_THAI}{{2,12}}?)(?: ?(?:นะ)?(?:ครับ|ค่ะ|คะ|จ้า))?(?!\S)(?! \?)"
)
_HINDI_NAME = re.compile(
    rf"(?<!\S)मेरा नाम (?P<name>{_HINDI}{{2,15}}(?: {_HINDI}{{2,15}})?) (?:है|हैं)(?!\S)(?! \?)"
)
_BARE = re.compile(
    rf"(?P<name>(?:{_HAN}{{2,6}}|{_HANGUL}{{2,5}}?)(?: {_HAN}{{1,3}})?)(?:です|입니다|이에요|예요)?"
    r"(?P<after>(?: [.,!☺~。]| 谢谢| 謝謝)*)"
)
_LONGEST_GIVEN = 2


def find_script_name(line: str) -> str | None:
    """The name that the key line tells in one of these scripts."""
    if line.isascii() or _SCRIPTS.search(line) is None:
        return None
    return _find_chinese(line) or _find_japanese(line) or _find_korean(line) or _find_other(line)


def find_bare_script_name(line: str) -> str | None:
    """The name that the key line is, with nothing but marks, "です" and thanks after it."""
    match = None if line.isascii() else _BARE.fullmatch(line)
    if match is None:
        return None
    name = _CHINESE_AFTER.sub("", match["name"])
    known = _is_chinese(name) or _is_japanese(name.replace(" ", "")) or _is_korean(name)
    return name if known else None


def _find_chinese(line: str) -> str | None:
    for pattern in (_CHINESE_NAME, _CHINESE_AM):
        for match in pattern.finditer(line):
            name = _CHINESE_AFTER.sub("", match["name"])
            if name.isascii():
                if name.partition(" ")[0] in GIVEN_NAMES:
                    return name.title()
            elif _is_chinese(name) or (pattern is _CHINESE_NAME and _is_chinese_given(name)):
                return name
    return None


def _is_chinese(name: str) -> bool:
    """A family name and a given one."""
    if name in HAN_WORDS:
        return False
    for length in (2, 1):
        family, given = name[:length], name[length:]
        if family in HAN_SURNAMES and 0 < len(given) <= _LONGEST_GIVEN:
            return all(character in HAN_GIVEN for character in given)
    return False


def _is_chinese_given(name: str) -> bool:
    """A given name alone, also as friends say it: 小明, 阿伟, 老王."""
    if len(name) != _LONGEST_GIVEN or name in HAN_WORDS:
        return False
    if name[0] in "小阿老":
        return name[1] in HAN_GIVEN or name[1] in HAN_SURNAMES
    return all(character in HAN_GIVEN for character in name)


def _find_japanese(line: str) -> str | None:
    for match in _JAPANESE_NAME.finditer(line):
        name = match["named"] or match["humble"] or match["am"]
        if _is_japanese(name):
            return name
        said = match["am"] is None and re.fullmatch(f"{_KATAKANA}{{2,10}}", name) is not None
        if said or (match["humble"] and re.fullmatch(f"{_HAN}{{2,6}}", name)):
            return name
    return None


def _is_japanese(name: str) -> bool:
    return name[:2] in JAPANESE_SURNAMES or name[:3] in JAPANESE_SURNAMES


def _find_korean(line: str) -> str | None:
    for match in _KOREAN_NAME.finditer(line):
        name = match["named"] or match["called"] or match["am"]
        if name not in NO_NAMES and (_is_korean(name) or match["named"]):
            return name
    return None


def _is_korean(name: str) -> bool:
    return name in KOREAN_GIVEN_NAMES or (
        name[:1] in KOREAN_SURNAMES and name[1:] in KOREAN_GIVEN_NAMES
    )


def _find_other(line: str) -> str | None:
    for pattern in (_THAI_NAME, _HINDI_NAME):
        for match in pattern.finditer(line):
            name = match["name"]
            if not any(name.startswith(word) for word in NO_NAMES):
                return name
    return None
