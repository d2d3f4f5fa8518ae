"""Bots: one row of "Bot" a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.database.pool import Pool
from app.database.queries import Source, fetch_all
from app.database.retrying import deadline_from_now, fetch_row

MOST = 100


@dataclass(frozen=True, slots=True)
class Bot:
    id: UUID
    host: str
    pid: int
    sessions: int
    state: Literal["listening", "not_listening", "silent", "stopped"]
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    seconds_silent: float

    @property
    def age(self) -> timedelta:
        """Since it started, by the database's clock."""
        return self.seen_at + timedelta(seconds=self.seconds_silent) - self.started_at


async def list_bots(source: Source, most: int = MOST) -> list[Bot]:
    """The latest bots, running ones first."""
    return await fetch_all(source, Bot, "SELECT * FROM novabot_internal.list_bots(%s)", [most])


async def report_bot(
    pool: Pool, bot: UUID, *, host: str, pid: int, listening: bool, sessions: int, wants: int = 0
) -> None:
    """Renews a bot's row; `wants` is how many messages it had to send lately. Raises TryLater."""
    await fetch_row(
        pool,
        "SELECT novabot_internal.report_bot(%s, %s, %s, %s, %s, %s)",
        (bot, host, pid, listening, sessions, wants),
        deadline_from_now(),
    )


async def retire_bot(pool: Pool, bot: UUID) -> None:
    """This bot has stopped, and remembers no client. Raises TryLater."""
    await fetch_row(pool, "SELECT novabot_internal.retire_bot(%s)", (bot,), deadline_from_now())
