"""What paths, queries and forms bring, cleaned and bounded."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST_FIELD = 1024
"""Characters; the rest is cut off."""
MOST_DIGITS = 18
"""Of a number that still fits a bigint."""


def read_segment(request: Request, name: str) -> str:
    """A part of the path, decoded: routes match the path as it was sent. Raises 404 for a NUL."""
    text = unquote(request.path_params[name])
    if "\0" in text:
        raise HTTPException(404)
    return text


def read_query(request: Request, name: str) -> str:
    return clean(request.query_params.get(name, ""))


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a form."""
    form = await request.form()
    return {name: clean(value) for name, value in form.items() if isinstance(value, str)}


async def read_incarnation(request: Request) -> UUID | None:
    """The incarnation that a form was made for; None without one. Raises 400 for another text."""
    given = (await request.form()).getlist("incarnation")
    if not given or given == [""]:
        return None
    try:
        (incarnation,) = given
        return UUID(str(incarnation))
    except ValueError:
        raise HTTPException(400) from None


def read_number(text: str) -> int | None:
    """A row's id, or None for what can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def is_local(path: str) -> bool:
    """Whether a path given from outside stays on this site."""
    parts = urlsplit(path)
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not parts.scheme
        and not parts.netloc
        and path.isprintable()
        and "\\" not in path
    )


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL can't hold, and cut to LONGEST_FIELD."""
    return text.replace("\0", "")[:LONGEST_FIELD]
