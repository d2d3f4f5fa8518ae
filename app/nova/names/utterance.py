"""A message as tokens, with what the rules for names ask about a place in it: its clause, the
greeting before it, whether it is asked or quoted, whether a capital means a name there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.nova.lexicon import (
    COMMON_WORDS,
    FUNCTION_WORDS,
    FUNCTION_WORDS_IN_NAMES,
    GIVEN_NAMES,
    QUESTIONS,
    SALUTATIONS,
    TAGS,
    TITLES,
    USUAL_CAPITALS,
)
from app.nova.names.phrases import HERE
from app.nova.token_classes import (
    is_filler,
    is_function_word,
    is_given_name,
    is_opener,
    is_uncommon,
)
from app.nova.tokens import Token, key_line, tokenize

_MOST_GREETED = 2
"""Names of the person greeted, after a greeting."""
_MOST_TAGS = 5
"""Tokens between a name and the question mark that makes a question of it."""
_USUALLY_LOWER_CASE = (
    (FUNCTION_WORDS | COMMON_WORDS)
    - FUNCTION_WORDS_IN_NAMES
    - TITLES
    - GIVEN_NAMES
    - USUAL_CAPITALS
)
"""A capital of one of these, within a sentence, shows that every word has one."""


@dataclass(frozen=True, slots=True)
class Utterance:
    tokens: tuple[Token, ...]
    line: str
    """The key line of the tokens."""
    indexes: Mapping[int, int]
    """From the place in `line` where a token begins to the token's index."""
    keys: frozenset[str]
    """The keys of all tokens."""
    capitals_mark_names: bool
    """The message is neither SHOUTED nor Written Like This."""

    @classmethod
    def read(cls, text: str) -> Utterance:
        tokens = tokenize(text)
        indexes: dict[int, int] = {}
        length = 0
        for index, token in enumerate(tokens):
            indexes[length] = index
            length += len(token.key) + 1
        keys = [token.key for token in tokens]
        return cls(
            tokens, " ".join(keys), indexes, frozenset(keys), _do_capitals_mark_names(tokens)
        )

    def token(self, at: int) -> Token | None:
        return self.tokens[at] if 0 <= at < len(self.tokens) else None

    def index_after(self, line_end: int) -> int:
        """The index of the token that follows a match ending at `line_end`."""
        return self.indexes.get(line_end + 1, len(self.tokens))

    def clause_start(self, at: int) -> int:
        """Where the clause of `at` begins, after any quotation mark."""
        while at > 0 and (self.tokens[at - 1].kind != "mark" or self.tokens[at - 1].key == '"'):
            at -= 1
        while at < len(self.tokens) and self.tokens[at].key == '"':
            at += 1
        return at

    def skip_greeting(self, start: int, end: int) -> int:
        """Where a clause that begins at `start` goes on after its openers.

        This is `end` if the tokens up to it are nothing but openers and the name of the person
        greeted.
        """
        at = start
        while at < end and is_opener(self.tokens[at]):
            at += 1
        greeted = at
        most = min(end, greeted + _MOST_GREETED)
        while start < at < most and self.looks_like_name(self.tokens[at]):
            at += 1
        return end if at == end else greeted

    def follows_greeting(self, start: int) -> bool:
        """Whether the clause before the one that begins at `start` is nothing but openers."""
        before = self.tokens[self.clause_start(start - 1) : start - 1] if start > 1 else ()
        return bool(before) and all(is_opener(token) for token in before)

    def is_saluted(self, at: int) -> bool:
        """Whether a salutation stands before `at`, in its clause or alone in the one before."""
        start = self.clause_start(at)
        if self.follows_greeting(start):
            start = self.clause_start(start - 1)
        return any(token.key in SALUTATIONS for token in self.tokens[start:at])

    def is_asked(self, at: int) -> bool:
        """Whether nothing but tags and fillers stand between `at` and a question mark."""
        if (first := self.token(at)) is not None and first.key in QUESTIONS:
            at += 1
        for token in self.tokens[at : at + _MOST_TAGS]:
            if token.key == "?":
                return True
            if not (token.key in TAGS or token.key == '"' or is_filler(token)):
                return False
        return False

    def is_quoted(self, at: int) -> bool:
        """Whether `at` is inside a quotation, in a message that does not begin with one."""
        quotes = [index for index in range(at) if self.tokens[index].key == '"']
        return len(quotes) % 2 == 1 and quotes[0] > 0

    def ends_statement(self, at: int) -> bool:
        """Whether a statement may end before `at`."""
        token = self.token(at)
        return token is None or token.kind == "mark" or is_filler(token) or token.key == "from"

    def is_here(self, at: int) -> bool:
        """Whether "here", "speaking" or "di sini" stands at `at`."""
        return HERE.match(key_line(self.tokens[at : at + 2])) is not None

    def is_capital(self, token: Token) -> bool:
        """Whether the token has a capital that means something."""
        return self.capitals_mark_names and token.is_capitalised

    def looks_like_name(self, token: Token) -> bool:
        """Whether the token has a capital that means something, and is no common word."""
        if token.kind != "word" or not self.is_capital(token) or self.is_outside_names(token):
            return False
        acronym = token.text.isupper() and token.text.isascii() and "." not in token.text
        return is_given_name(token) or (is_uncommon(token) and not acronym)

    def is_outside_names(self, token: Token) -> bool:
        """Whether the token is no part of a name: a function word or a letter in lower case."""
        if token.text.islower() and len(token.key) == 1:
            return True
        if len(token.text) == 2 and token.text[0].isupper() and token.text[1] == ".":
            return False
        in_names = token.key in FUNCTION_WORDS_IN_NAMES or token.key in GIVEN_NAMES
        return not (in_names and self.is_capital(token)) and is_function_word(token)


def _do_capitals_mark_names(tokens: Sequence[Token]) -> bool:
    """Whether the message is neither SHOUTED nor Written Like This."""
    if all(not token.text.islower() and token.text.upper() == token.text for token in tokens):
        return any(token.text == token.text.lower() for token in tokens if token.kind == "word")
    lower_case, capitals = int(bool(tokens) and tokens[0].text.islower()), 0
    for before, token in pairwise(tokens):
        within = before.kind != "mark" and before.key not in TITLES
        if within and token.key in _USUALLY_LOWER_CASE:
            if token.text.islower():
                lower_case += 1
            else:
                capitals += 1
    return lower_case > 0 or capitals == 0
