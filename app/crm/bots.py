"""Bots: one row of "Bot" a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.database.queries import Source, fetch_all

MOST = 100


@dataclass(frozen=True, slots=True)
class Bot:
    id: UUID
    host: str
    pid: int
    sessions: int
    state: Literal["listening", "deaf", "silent", "stopped"]
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    seconds_silent: float


async def list_bots(source: Source) -> list[Bot]:
    """The latest bots, living ones first."""
    return await fetch_all(source, Bot, "SELECT * FROM list_bots(%s)", [MOST])
