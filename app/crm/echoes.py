"""What a person writes to clients on the phone, and edits or takes back there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from app.crm.annotations import Act
from app.database.errors import Busy
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row


async def store_echo(
    pool: Pool,
    *,
    addresses: Sequence[str],
    account: str | None,
    message_id: str,
    kind: str,
    text: str,
    detail: Jsonb | None,
    at: datetime,
    pause: timedelta,
    number_kept: timedelta,
) -> tuple[str, str | None]:
    """Stores a message to the client at these addresses, for whom the bot is silent during `pause`.

    Returns what became of it, and what it changed of the client's addresses (sql/echoes.sql).
    Raises TryLater.
    """
    deadline = deadline_from_now()
    while True:
        outcome, identity = await fetch_row(
            pool,
            "SELECT outcome, identity"
            " FROM novabot_internal.store_echo(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (list(addresses), account, message_id, kind, text, detail, at, pause, number_kept),
            deadline,
        )
        if outcome != "stale":
            return outcome, identity
        if time.monotonic() > deadline:
            raise Busy("other transactions kept changing this client")


async def annotate_echo(
    pool: Pool,
    *,
    addresses: Sequence[str],
    account: str | None,
    event_id: str,
    target: str,
    act: Act,
    text: str = "",
    at: datetime,
    number_kept: timedelta,
) -> str:
    """Writes it to the message that has the id `target`; returns what became of it
    (sql/echoes.sql).

    `text`: the emoji, empty where a reaction is removed; or the new text. Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.annotate_echo(%s, %s, %s, %s, %s, %s, %s, %s)",
        (list(addresses), account, event_id, target, act, text, at, number_kept),
        deadline_from_now(),
    )
    return row[0]
