"""The words that NovaBot knows, as tokens.py writes their keys.

Each list is explained where it is written, in the files of the folder `data`.
"""

from __future__ import annotations

from app.nova.word_lists import load_word_lists

_AMBIGUOUS = load_word_lists("ambiguous_names.txt")
_COURTESY = load_word_lists("courtesy.txt")
_GRAMMAR = load_word_lists("grammar.txt")
_OTHER_SCRIPTS = load_word_lists("other_scripts.txt")
_STATEMENTS = load_word_lists("statements.txt")

GIVEN_NAMES = load_word_lists("given_names.txt")["given names"]
FAMILY_NAMES = load_word_lists("family_names.txt")["family names"]
AMBIGUOUS_NAMES = _AMBIGUOUS["ambiguous names"]
"""Names that are everyday words too."""
PERSONAL_AMBIGUOUS_NAMES = _AMBIGUOUS["personal ambiguous names"]
"""Those that mean a person more often than a thing."""
COMMON_WORDS = load_word_lists("common_words.txt")["common words"]
"""Everyday words."""
PROPER_NOUNS = load_word_lists("proper_nouns.txt")["proper nouns"]
"""Words with a capital that are not the name of a person."""

FIRST_PERSON_WORDS = _GRAMMAR["first person"]
FIRST_PERSON = FIRST_PERSON_WORDS | _GRAMMAR["first person letters"]
"""The Indonesian pronouns of the first person."""
QUESTIONS = _GRAMMAR["questions"]
FUNCTION_WORDS = QUESTIONS | FIRST_PERSON_WORDS | _GRAMMAR["function words"]
"""No name begins with one, whatever stands before it."""
FUNCTION_WORDS_IN_NAMES = _GRAMMAR["function words in names"]
NAME_PARTICLES = _GRAMMAR["name particles"]
UNAMBIGUOUS_NAME_PARTICLES = _GRAMMAR["unambiguous name particles"]
BALINESE_NAMES = _GRAMMAR["balinese names"]
"""The only words before which a name may begin with "I"."""
PASSIVE_VERB_ROOTS = _GRAMMAR["passive verb roots"]
USUAL_CAPITALS = _GRAMMAR["usual capitals"]
"""Words with a capital wherever they stand."""

TITLES = _COURTESY["titles"]
ENGLISH_TITLES = _COURTESY["english titles"]
DEGREES = _COURTESY["degrees"]
ABBREVIATIONS = _COURTESY["abbreviations"]
SALUTATIONS = _COURTESY["salutations"]
OPENERS = _COURTESY["openers"]
"""Greetings and other words that may stand before "saya Budi" in the same clause."""
FILLERS = _COURTESY["fillers"]
"""Polite and empty words that follow a name."""

SKIPPED = _STATEMENTS["skipped"]
"""May stand between a phrase and the name."""
PHRASE_ENDINGS = FIRST_PERSON | _STATEMENTS["phrase endings"]
"""The last words of the phrases that a name follows."""
CHANGES = _STATEMENTS["changes"]
"""Every request to change a name has one."""
NEGATIONS = _STATEMENTS["negations"]
DOUBTS = _STATEMENTS["doubts"]
"""Before a phrase: the statement is asked, denied, supposed or about another person."""
CONJUNCTIONS = _STATEMENTS["conjunctions"]
DENIALS = _STATEMENTS["denials"]
"""Alone before a phrase, they introduce a correction."""
DENYING = _STATEMENTS["denying"]
"""Every message that says that a name is wrong has one."""
AFTER_DENIED = _STATEMENTS["after denied"]
CONNECTING = _STATEMENTS["connecting"]
RENAMING = _STATEMENTS["renaming"]
"""Between the known name and the new one."""
BEFORE_RIGHT = CONNECTING | FIRST_PERSON_WORDS | _STATEMENTS["before right"]
"""What may stand between a name that is denied and the right one."""
SPEECH = _STATEMENTS["speech"]
"""They introduce the words of another person."""
SPEAKERS = FIRST_PERSON_WORDS | _STATEMENTS["speakers"]
"""The subject of "I said my name is X"."""
SECOND_PERSONS = _STATEMENTS["second persons"]
REQUESTS = _STATEMENTS["requests"]
TAGS = _STATEMENTS["tags"]
"""Between a name and a question mark: the statement is a question."""
ALTERNATIVES = _STATEMENTS["alternatives"]
ONLY = _STATEMENTS["only"]
"""The "saja" of "panggil X saja": "call me just X"."""
OWNERS = _STATEMENTS["owners"]
AFTER_PERSONS = _STATEMENTS["after persons"]
"""What follows X in "this is X" when X is a person."""
INTENTIONS = _STATEMENTS["intentions"]
"""What follows a name when the writer goes on to say what they want."""

HAN_SURNAMES = _OTHER_SCRIPTS["han surnames"]
HAN_GIVEN = _OTHER_SCRIPTS["han given"]
"""Single characters."""
HAN_WORDS = _OTHER_SCRIPTS["han words"]
JAPANESE_SURNAMES = _OTHER_SCRIPTS["japanese surnames"]
KOREAN_SURNAMES = _OTHER_SCRIPTS["korean surnames"]
KOREAN_GIVEN_NAMES = _OTHER_SCRIPTS["korean given names"]
NO_NAMES = _OTHER_SCRIPTS["no names"]
TELLING_WORDS = _OTHER_SCRIPTS["telling words"]
NO_FOREIGN_NAMES = _OTHER_SCRIPTS["no foreign names"]

ADDRESS_ENDINGS = load_word_lists("tokens.txt")["address endings"]
