"""The reader's language by the Accept-Language header (RFC 9110, section 12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

_Offered = TypeVar("_Offered", bound=str)

_ELEMENT = re.compile(
    r"""
    (?P<language> \* | [a-z]{1,8} ) (?: - [a-z0-9]{1,8} )*
    (?: [ \t]* ; [ \t]* q= (?P<weight> 0 (?: \. [0-9]{0,3} )? | 1 (?: \. 0{0,3} )? ) )?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_OLD_CODES = {"in": "id"}
"""Codes that ISO 639 replaced in 1989, as old Android phones still send them."""
_ANY = "*"


def choose_language(header: str, offered: Sequence[_Offered], default: _Offered) -> _Offered:
    """The offered language with the highest weight, the one named first among equals.

    A region is passed over: `id-ID` asks for `id`. An element that breaks the grammar is ignored.
    The default is for a reader who names none of the offered languages; it yields to another one
    if the reader refuses it (`q=0`).
    """
    weights = _read_weights(header)
    by_name = {str(language): language for language in offered}
    named = [by_name[language] for language in weights if language in by_name]
    candidates = [
        language for language in (*named, default, *offered) if weights.get(language) != 0
    ]
    # The first of those with the highest weight: `max` keeps the order among equals.
    return max(
        candidates,
        key=lambda language: weights.get(language, weights.get(_ANY, 0.0)),
        default=default,
    )


def _read_weights(header: str) -> Mapping[str, float]:
    """Each language of the header in its order, `*` among them, with its highest weight."""
    weights: dict[str, float] = {}
    for element in header.split(","):
        read = _ELEMENT.fullmatch(element.strip(" \t"))
        if read is None:
            continue
        language = read["language"].lower()
        language = _OLD_CODES.get(language, language)
        weight = 1.0 if read["weight"] is None else float(read["weight"])
        weights[language] = max(weight, weights.get(language, 0.0))
    return weights
