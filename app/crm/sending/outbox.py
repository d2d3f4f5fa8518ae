"""The outbox: outgoing messages, which are rows of "Conversation", and what becomes of them.

A message is named by its token: ids come back after TRUNCATE … RESTART IDENTITY. All of it may be
repeated, and raises TryLater when the database could not do it within a second.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from app.crm.sending.number import Sender
from app.database.arrays import write_plain, write_texts
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, execute_once, fetch_row, fetch_rows
from app.message_kinds import KINDS
from app.messages import Outgoing


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that this bot has begun to send."""

    token: UUID
    address: str
    """Phone digits, or a BSUID."""
    message: Outgoing
    """Without author and key, which are no part of what is sent; not checked yet."""
    attempts: int
    """This one included."""


async def start_sending(
    pool: Pool,
    client: str,
    bot: UUID,
    posted: Collection[UUID] | None,
    sender: Sender,
    *,
    is_try: bool = False,
) -> Sending | None:
    """Gives this bot the client's oldest unsent message; None while another comes before it, while
    the number is stopped or in a pause (but for a try), or while the client has had too many.

    One of a kind that this release does not know stays queued, and those behind it too: a newer
    bot sends them. One that is too old to be said expires. `posted`: where a reply may have been
    lost, the tokens that this bot has begun to POST. A `sending` row of this bot that is not among
    them was claimed by a call whose reply was lost: it is given out again. None: nothing is.
    """
    rows = await fetch_rows(
        pool,
        "SELECT token, address, kind, body, detail, attempts"
        " FROM novabot_internal.start_sending(%s, %s, %s::uuid[], %s::text[], %s, %s, %s, %s, %s)",
        (
            client,
            bot,
            None if posted is None else list(posted),
            list(KINDS),
            sender.number,
            sender.digest,
            is_try,
            sender.is_paced,
            sender.kept_for,
        ),
        deadline_from_now(),
    )
    return _read_sending(rows[0]) if rows else None


async def is_sending(pool: Pool, token: UUID, bot: UUID) -> bool:
    """Whether it is still this bot's to send."""
    row = await fetch_row(
        pool, "SELECT novabot_internal.is_sending(%s, %s)", (token, bot), deadline_from_now()
    )
    return row[0]


async def settle_sent(pool: Pool, token: UUID, message_id: str) -> None:
    """WhatsApp took it, under this id."""
    await fetch_row(
        pool,
        "SELECT novabot_internal.settle_sent(%s, %s)",
        (token, message_id),
        deadline_from_now(),
    )


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that WhatsApp took, under this id."""

    token: UUID
    message_id: str
    wants_next: bool
    """There is a place to send the client's next message at once."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be sent after a message that WhatsApp took."""

    next: Sending | None = None
    """Given to this bot, if it was wanted."""
    has_more: bool = False
    """Something of the client is still to be sent."""


SETTLE: Final = (
    "SELECT -place::integer AS place, outcome, NULL::text AS id, NULL::uuid AS incarnation,"
    " NULL::text AS nama, has_more AS paused, NULL::jsonb AS context,"
    " NULL::uuid AS user_revision, NULL::uuid AS session_revision, taken"
    " FROM novabot_internal.settle_sendings(%s::uuid[], %s::text[], %s::boolean[], %s,"
    " %s::uuid[], %s::text[], %s, %s, %s, %s)"
)
"""What `settle_sent` does, for many, in one attempt that skips rows that another transaction holds.

Its rows are shaped as those of `commit_turns` (app/sessions/group_items.py), so that one statement
does both; the places are negative. `read_settled` reads them.
"""


def list_settle_parameters(
    sent: Sequence[SentMessage], bot: UUID, sender: Sender
) -> tuple[Any, ...]:
    """For `SETTLE`."""
    wants_next = any(each.wants_next for each in sent)
    return (
        write_plain(each.token for each in sent),
        write_texts(each.message_id for each in sent),
        [each.wants_next for each in sent],
        bot,
        None,
        list(KINDS) if wants_next else [],
        sender.number,
        sender.digest,
        sender.is_paced,
        sender.kept_for,
    )


async def settle_sendings(
    pool: Pool,
    sent: Sequence[SentMessage],
    bot: UUID,
    sender: Sender,
) -> Sequence[Settled | None]:
    """Executes `SETTLE`. Raises psycopg.Error and psycopg_pool.PoolTimeout."""
    parameters = list_settle_parameters(sent, bot, sender)
    rows = await execute_once(pool, SETTLE, parameters, deadline_from_now())
    return read_settled({row[0]: row[1:] for row in rows}, len(sent))


def read_settled(rows: Mapping[int, tuple[Any, ...]], count: int) -> Sequence[Settled | None]:
    """The rows of `SETTLE` by their places, of so many messages; None for one that `settle_sent`
    has to settle.
    """
    return [_read_settled(rows[-place]) for place in range(1, count + 1)]


def _read_settled(row: tuple[Any, ...]) -> Settled | None:
    if row[0] == "locked":
        return None
    taken = row[8]
    if taken is None:
        return Settled(None, row[4])
    message = Outgoing(taken["body"], taken["kind"], taken["detail"], checked=False)
    following = Sending(UUID(taken["token"]), taken["address"], message, taken["attempts"])
    return Settled(following, row[4])


async def settle_unsent(
    pool: Pool,
    token: UUID,
    bot: UUID,
    status: Literal["queued", "uncertain", "failed"],
    reason: str | None,
    *,
    code: int | None = None,
    pause: float = 0.0,
) -> None:
    """An attempt did not succeed: `queued` again (in `pause` seconds), `uncertain` or `failed`."""
    await fetch_row(
        pool,
        "SELECT novabot_internal.settle_unsent(%s, %s, %s, %s, %s, %s)",
        (token, bot, status, code, reason, timedelta(seconds=pause)),
        deadline_from_now(),
    )


async def find_unknown_kinds(pool: Pool) -> tuple[str, ...]:
    """The kinds, of messages queued for a minute, that this release does not know."""
    row = await fetch_row(
        pool,
        "SELECT novabot_internal.unknown_kinds_queued(%s::text[])",
        (list(KINDS),),
        deadline_from_now(),
    )
    return tuple(row[0])


async def settle_abandoned(pool: Pool) -> int:
    """What bots were sending when they ended becomes `uncertain`; returns how many messages."""
    row = await fetch_row(
        pool, "SELECT novabot_internal.settle_abandoned()", (), deadline_from_now()
    )
    return row[0]


async def apply_status(
    pool: Pool,
    message_id: str,
    token: UUID | None,
    status: Literal["sent", "delivered", "read", "failed"],
    *,
    code: int | None = None,
    reason: str | None = None,
) -> None:
    """WhatsApp says what became of a message; of one that is not here, nothing is kept."""
    await fetch_row(
        pool,
        "SELECT novabot_internal.apply_status(%s, %s, %s, %s, %s)",
        (message_id, token, status, code, reason),
        deadline_from_now(),
    )


def _read_sending(row: tuple[Any, ...]) -> Sending:
    token, address, kind, body, detail, attempts = row
    return Sending(token, address, Outgoing(body, kind, detail, checked=False), attempts)
