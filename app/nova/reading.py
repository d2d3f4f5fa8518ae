"""A message as a reader of names sees it: clauses, greetings, words that could be a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.nova.given_names import BALINESE, GIVEN_NAMES
from app.nova.likeness import (
    do_capitals_tell,
    is_closed,
    is_filler,
    is_given_name,
    is_greeting,
    is_uncommon,
)
from app.nova.phrases import FIRST_PERSONS, PLACES, TAGS
from app.nova.vocabulary import NAMES_TOO, PARTICLES, QUESTIONS, SALUTATIONS, TITLES, word_set
from app.nova.words import Word, read_words

MOST_WORDS = 6
"""In one name."""

_CLEAR_PARTICLES = word_set("bin binti bte bint ibn ibnu al el van von der den")
"""They are nothing else, in capitals too."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message's words, and the questions about them that a reader of names has."""

    words: tuple[Word, ...]
    line: str
    """The words' keys, a space between them."""
    places: Mapping[int, int]
    """From a place in the line to the index of the word that begins there."""
    capitals_tell: bool
    """Capitals mark names here: the message is neither SHOUTED nor Written Like This."""

    @classmethod
    def read(cls, text: str) -> Reading:
        words = read_words(text)
        places: dict[int, int] = {}
        length = 0
        for index, word in enumerate(words):
            places[length] = index
            length += len(word.key) + 1
        return cls(words, " ".join(word.key for word in words), places, do_capitals_tell(words))

    def take(self, at: int) -> tuple[list[Word], int]:
        """The words from `at` on that could be one name, titles before it left out, and its end."""
        at = self._behind_titles(at)
        span: list[Word] = []
        while len(span) < MOST_WORDS and self._belongs(span, at):
            span.append(self.words[at])
            at += 1
        return span, at

    def clause_start(self, at: int) -> int:
        while at > 0 and (self.words[at - 1].kind != "mark" or self.words[at - 1].key == '"'):
            at -= 1
        while at < len(self.words) and self.words[at].key == '"':
            at += 1
        return at

    def behind_greeting(self, start: int, end: int) -> int:
        """Past a greeting, and whoever is greeted, at the clause's start."""
        at = start
        while at < end and is_greeting(self.words[at]):
            at += 1
        greeted = at
        while start < at < end and self.looks_like_name(self.words[at]) and at - greeted < 2:
            at += 1
        return end if at == end else greeted

    def follows_greeting(self, start: int) -> bool:
        before = self.words[self.clause_start(start - 1) : start - 1] if start > 1 else ()
        return bool(before) and all(is_greeting(word) for word in before)

    def is_saluted(self, at: int) -> bool:
        """Whether a salutation stands before `at`, in its clause or alone in the one before."""
        start = self.clause_start(at)
        if start == at or self.follows_greeting(start):
            start = self.clause_start(start - 1) if self.follows_greeting(start) else start
        return any(word.key in SALUTATIONS for word in self.words[start:at])

    def is_asked(self, at: int) -> bool:
        if (first := self.word(at)) is not None and first.key in QUESTIONS:
            at += 1
        for word in self.words[at : at + 5]:
            if word.key == "?":
                return True
            if not (word.key in TAGS or word.key == '"' or is_filler(word)):
                return False
        return False

    def ends(self, at: int) -> bool:
        word = self.word(at)
        return word is None or word.kind == "mark" or is_filler(word) or word.key == "from"

    def is_capital(self, word: Word) -> bool:
        return self.capitals_tell and word.is_capitalised

    def looks_like_name(self, word: Word) -> bool:
        if word.kind != "word" or not self.is_capital(word) or self._is_stop(word):
            return False
        acronym = word.text.isupper() and word.text.isascii() and "." not in word.text
        return is_given_name(word) or (is_uncommon(word) and not acronym)

    def is_place(self, at: int) -> bool:
        return PLACES.match(" ".join(word.key for word in self.words[at : at + 2])) is not None

    def is_quoted(self, at: int) -> bool:
        quotes = [index for index in range(at) if self.words[index].key == '"']
        return len(quotes) % 2 == 1 and quotes[-1] > 0 and quotes[0] > 0

    def word(self, at: int) -> Word | None:
        return self.words[at] if 0 <= at < len(self.words) else None

    def index(self, line_end: int) -> int:
        return self.places.get(line_end + 1, len(self.words))

    def _behind_titles(self, at: int) -> int:
        for _ in range(3):
            word, following = self.word(at), self.word(at + 1)
            if word is None or following is None or word.key not in TITLES:
                break
            if word.text == "dr" and (before := self.word(at - 1)) and before.key in FIRST_PERSONS:
                before_that = self.word(at - 2)
                if before_that is None or before_that.key not in ("nama", "nm"):
                    break
            at += 2 if following.key == "." else 1
        return at

    def _belongs(self, span: list[Word], at: int) -> bool:
        """Whether the word at `at` goes on with the name in `span`, or begins one."""
        word, following = self.word(at), self.word(at + 1)
        if word is None or word.kind != "word":
            return False
        if span and word.key in PARTICLES:
            return self._goes_on_after_particle(at)
        if not span and word.key == "i":
            return following is not None and following.key in BALINESE
        if self._is_stop(word):
            last = following is None or following.kind == "mark"
            return not span and last and word.key in GIVEN_NAMES
        if not span:
            return True
        return word.is_capitalised if self.is_capital(span[0]) else is_uncommon(word)

    def _goes_on_after_particle(self, at: int) -> bool:
        particle, following = self.words[at], self.word(at + 1)
        if following is not None and following.key in PARTICLES:
            following = self.word(at + 2)
        if following is None or following.kind != "word" or self._is_stop(following):
            return False
        return self.is_capital(following) or particle.key in _CLEAR_PARTICLES

    def _is_stop(self, word: Word) -> bool:
        if word.text.islower() and len(word.key) == 1:
            return True
        if len(word.text) == 2 and word.text[0].isupper() and word.text[1] == ".":
            return False
        if self.is_capital(word) and (word.key in NAMES_TOO or word.key in GIVEN_NAMES):
            return False
        return is_closed(word)
