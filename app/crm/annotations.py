"""What clients do to messages that are there: they react, edit, take back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row

Act = Literal["reaction", "edit", "revoke"]


async def annotate_message(
    pool: Pool,
    *,
    addresses: Sequence[str],
    account: str | None,
    event_id: str,
    target: str,
    act: Act,
    text: str = "",
    learnt_name: str | None = None,
    at: datetime,
) -> str:
    """Writes it to the message that has the id `target`; returns what became of it
    (sql/annotations.sql).

    `text`: the emoji, empty where a reaction is removed; or the new text. Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.annotate_message(%s, %s, %s, %s, %s, %s, %s, %s)",
        (list(addresses), account, event_id, target, act, text, learnt_name, at),
        deadline_from_now(),
    )
    return row[0]
