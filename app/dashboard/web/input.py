"""What forms and queries bring, cleaned and bounded."""

from __future__ import annotations

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST_FIELD = 1024
MOST_DIGITS = 18
"""Of a number that still fits a bigint."""


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a form, without NUL, which PostgreSQL can't hold."""
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


def read_query(request: Request, name: str) -> str:
    return clean(request.query_params.get(name, ""))


def read_number(text: str) -> int | None:
    """A row's id, or None for what can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def clean(text: str) -> str:
    return text.replace("\0", "")[:LONGEST_FIELD]
