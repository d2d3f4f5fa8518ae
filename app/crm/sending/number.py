"""The state of the business's number: rows of "Number", shared by all bots (sql/number.sql)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.database.pool import Pool
from app.database.queries import Source, fetch_all, fetch_value
from app.database.retrying import deadline_from_now, fetch_row

State = Literal["running", "slowed", "stopped"]
NumberAction = Literal["slow_number", "stop_now", "stop_if_confirmed"]
"""What a refusal that concerns, or may concern, the number asks for."""


@dataclass(frozen=True, slots=True)
class Sender:
    """With what a bot sends."""

    number: str
    """WhatsApp's id of the number."""
    digest: bytes
    """SHA-256 of the access token, which is not kept."""
    per_second: float
    """Messages that the number may send; 0 for no pacing of our own."""
    kept_for: timedelta
    """How long an answer of a bot may wait until it is too old to be said."""

    @property
    def is_paced(self) -> bool:
        """Whether messages to one client are paced too."""
        return self.per_second > 0


@dataclass(frozen=True, slots=True)
class NumberState:
    """What one bot may send now."""

    state: State = "running"
    since: datetime | None = None
    code: int | None = None
    """WhatsApp's, or the HTTP status where it gave none."""
    reason: str | None = None
    by_hand: bool | None = None
    """Stopped until a person resumes it; else single messages try whether the cause is mended."""
    due_in: float | None = None
    """Seconds until a pause ends, or until the next message tries a stop."""
    is_suspected: bool = False
    """One client's message was refused for a reason that may concern the number."""
    share: float | None = None
    """Messages a second; None: as many as it likes."""


@dataclass(frozen=True, slots=True)
class NumberTrouble:
    """A number that is stopped, or was refused for its rate in the last minute."""

    id: str
    has_token: bool
    """Only for the bots that have one access token."""
    state: Literal["slowed", "stopped"]
    since: datetime
    code: int
    reason: str
    by_hand: bool
    due_at: datetime
    attempts: int


def make_sender(number: str, access_token: str, per_second: float, kept_for: timedelta) -> Sender:
    return Sender(number, hashlib.sha256(access_token.encode()).digest(), per_second, kept_for)


async def note_refusal(
    pool: Pool,
    sender: Sender,
    client: str,
    *,
    action: NumberAction,
    code: int,
    reason: str,
    by_hand: bool,
    begun_ago: float,
    retry_after: float | None,
) -> Literal["slowed", "stopped", "suspected"]:
    """WhatsApp refused a client's message for a reason that concerns, or may concern, the number.

    `begun_ago`: seconds since the attempt began. Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.note_refusal(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            sender.number,
            sender.digest,
            action,
            code,
            reason,
            by_hand,
            client,
            timedelta(seconds=begun_ago),
            retry_after,
            sender.per_second,
        ),
        deadline_from_now(),
    )
    return row[0]


async def note_acceptance(pool: Pool, sender: Sender, begun_ago: float) -> bool:
    """WhatsApp took a message begun so many seconds ago; whether that ended a stop or a suspicion.

    Raises TryLater.
    """
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.note_acceptance(%s, %s, %s)",
        (sender.number, sender.digest, timedelta(seconds=begun_ago)),
        deadline_from_now(),
    )
    return row[0]


async def claim_try(pool: Pool, sender: Sender) -> bool:
    """Whether this bot is to send the one message that tries a stop. Raises TryLater."""
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.claim_try(%s, %s)",
        (sender.number, sender.digest),
        deadline_from_now(),
    )
    return row[0]


async def read_state(pool: Pool, sender: Sender, bot: UUID) -> NumberState:
    """What this bot may send. Raises TryLater."""
    row = await fetch_row(
        pool,
        "SELECT state, since, code, reason, by_hand, due_in, is_suspected, share"
        " FROM novabot_internal.number_state(%s, %s, %s, %s)",
        (sender.number, sender.digest, bot, sender.per_second),
        deadline_from_now(),
    )
    return NumberState(*row)


async def list_numbers(source: Source) -> list[NumberTrouble]:
    """The numbers that cannot send as they should; none while all is well."""
    return await fetch_all(source, NumberTrouble, "SELECT * FROM novabot_internal.list_numbers()")


def describe_trouble(trouble: NumberTrouble) -> str:
    """In a sentence, for an operator of the system."""
    what = "the number" if not trouble.has_token else "the number, for one access token,"
    since = trouble.since.astimezone().isoformat(sep=" ", timespec="seconds")
    return (
        f"{what} is {trouble.state} since {since}: WhatsApp answered {trouble.code}"
        f" ({trouble.reason})"
    )


def describe_mending(trouble: NumberTrouble) -> str:
    """What to do about it."""
    if trouble.state == "slowed":
        return "nothing: the bots send more slowly, and climb back by themselves"
    if trouble.has_token:
        return "give the bots a valid WHATSAPP_ACCESS_TOKEN; this one is tried now and then"
    if trouble.by_hand:
        return "mend it in WhatsApp Manager, then run novabot number resume"
    return "mend it in Meta's App Dashboard; a message tries it now and then, or resume by hand"


async def resume_numbers(source: Source) -> int:
    """A person has seen to it: every number sends again; how many were stopped or slowed."""
    return await fetch_value(source, "SELECT novabot_internal.resume_numbers()")
