"""What a handle that leads to no client may have been meant for, as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection, errors

from app.addresses import is_phone
from app.crm.clients import Likeness, NearMiss, list_near_misses

MOST = 5

_LIKENESS: Mapping[Likeness, str] = {
    "same": "this number",
    "spelling": "the same number with another country code or none",
    "letter_case": "the same letters, in upper and lower case otherwise",
    "slip": "one digit differs, is missing, is too many, or two are swapped",
    "ending": "ends in the same 7 digits",
}


async def describe_near_misses(conn: AsyncConnection[tuple[Any, ...]], handle: str) -> str:
    """One line for each near miss, or one that says that there is none."""
    try:
        misses = await list_near_misses(conn, handle, MOST)
    except errors.LockNotAvailable:
        return "  another transaction holds the clients, so similar addresses cannot be listed"
    if not misses:
        return "  no client has a similar address"
    return "\n".join(["  similar addresses:", *(f"    {describe_near_miss(m)}" for m in misses)])


def describe_near_miss(miss: NearMiss) -> str:
    """`+628…674: ends in the same 7 digits`; the address is shortened."""
    had_before = " (the client had it before)" if miss.is_former else ""
    return f"{shorten_address(miss.address)}: {_LIKENESS[miss.likeness]}{had_before}"


def shorten_address(address: str) -> str:
    """At most half of it, from both ends: enough to recognise, too little to write to."""
    shown = min(len(address) // 4, 3)
    plus = "+" if is_phone(address) else ""
    return f"{plus}{address[:shown]}…{address[len(address) - shown :]}"
