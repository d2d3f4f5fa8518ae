"""Which clients a reset took, read from the table: a notification names up to 150 clients."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.database.pool import Pool
from app.database.retrying import fetch_rows


async def read_forgotten(
    pool: Pool, resets: Sequence[int], deadline: float
) -> dict[int, frozenset[UUID]]:
    """The incarnations that these resets took, by reset. Left out are those without a record, and
    all of them if they took more than 10 000 clients together. Raises TryLater."""
    rows = await fetch_rows(
        pool,
        "SELECT reset, incarnations FROM novabot_internal.incarnations_of_resets(%s::bigint[])",
        (list(resets),),
        deadline,
    )
    return {reset: frozenset(incarnations) for reset, incarnations in rows}
