"""Array literals, written as text: for many values psycopg's own dumpers take ten times as long.

https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
"""

from __future__ import annotations

from collections.abc import Iterable


def write_texts(values: Iterable[str | None]) -> str:
    """For a parameter that is cast to text[], or to an array of any type read from text."""
    return f"{{{','.join(map(_quote, values))}}}"


def write_plain(values: Iterable[object | None]) -> str:
    """For integers, UUIDs and times, whose `str` is what PostgreSQL reads."""
    return f"{{{','.join(map(_quote_plain, values))}}}"


def _quote(value: str | None) -> str:
    if value is None:
        return "NULL"
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def _quote_plain(value: object | None) -> str:
    return "NULL" if value is None else f'"{value}"'
