"""Whether turns and resets could be written now: what is read, what is tried and rolled back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4

from psycopg import AsyncConnection, errors
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from app.database.connection import UnconfirmedCommit
from app.database.errors import TryLater, first_line
from app.database.pool import Pool
from app.database.queries import Source, open_bounded
from app.database.retrying import deadline_from_now, fetch_row

REHEARSAL_TIMEOUT = 3.0
"""Seconds that a turn and a reset may take together."""

_BODY_BYTES = 8192
"""Of a size that the free space of no page takes: it has to be found on the disk."""
COMMITS_WAIT = "commits wait for a synchronous standby"
_EXAMINE: LiteralString = "SELECT server, faults FROM novabot_internal.examine_writing()"
_SILENT = "the database does not answer"
_LOCKED = "another transaction holds a lock"
_REFUSALS: Mapping[type[Exception], str] = {
    errors.DiskFull: "the database's disk is full",
    errors.ReadOnlySqlTransaction: "the database's connections only read",
    errors.TooManyConnections: "the database has no connection left",
    errors.LockNotAvailable: _LOCKED,
    errors.DeadlockDetected: _LOCKED,
    errors.UniqueViolation: "an id that the database gives is taken",
    PoolTimeout: _SILENT,
    UnconfirmedCommit: COMMITS_WAIT,
}


@dataclass(frozen=True, slots=True)
class WriteFault:
    """Why turns and resets fail on a server that answers."""

    kind: str
    """read_only, digest_key, sequence, commits_wait."""
    text: str
    """It names tables, and no client."""
    mend: str
    """What to do or to run."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a look at the database finds, without writing."""

    server: str
    """Which server, on which timeline, since which start; to be compared only."""
    faults: tuple[WriteFault, ...]

    @property
    def commits_wait(self) -> bool:
        """Whether commits wait for a synchronous standby."""
        return any(fault.kind == "commits_wait" for fault in self.faults)

    @property
    def text(self) -> str | None:
        """The faults in one line; None without one."""
        return "; ".join(fault.text for fault in self.faults) or None


class RehearsalFailed(Exception):
    """The database accepted every statement, and did not do what it said; the text says what."""


async def examine_writing(source: Pool | AsyncConnection[tuple[Any, ...]]) -> Writing:
    """Through a pool raises TryLater; on a connection the errors are psycopg's."""
    if isinstance(source, AsyncConnection):
        row = (await (await source.execute(_EXAMINE)).fetchall())[0]
    else:
        row = await fetch_row(source, _EXAMINE, (), deadline_from_now())
    server, faults = row
    return Writing(
        server, tuple(WriteFault(found["kind"], found["fault"], found["mend"]) for found in faults)
    )


async def find_write_fault(pool: Pool, report: Callable[[str], None]) -> str | None:
    """The faults in one line, for a service that tries no turns itself."""
    try:
        writing = await examine_writing(pool)
    except TryLater as error:
        report(first_line(error))
        return describe_refusal(error)
    return writing.text


async def rehearse(source: Source) -> None:
    """Takes a turn and makes a reset, and rolls both back: nothing is stored, no notification is
    sent, and ids that were taken are skipped.

    Raises RehearsalFailed; other errors are psycopg's.
    """
    # Neither a phone number nor a BSUID: no message ever comes from it.
    address = f"novabot-rehearsal-{uuid4()}"
    async with (
        open_bounded(source, REHEARSAL_TIMEOUT) as conn,
        conn.transaction(force_rollback=True),
    ):
        await conn.execute("SET LOCAL lock_timeout = '250ms'")
        await conn.execute("SET LOCAL client_min_messages = warning")
        outcome, client = await _take_turn(conn, address)
        if outcome != "committed":
            raise RehearsalFailed(f"a first message ends as {outcome}")
        reset = await conn.execute('DELETE FROM public."User" WHERE id = %s', (client,))
        if reset.rowcount != 1:
            raise RehearsalFailed('a trigger or rule on "User" keeps a client from being reset')


async def _take_turn(conn: AsyncConnection[tuple[Any, ...]], address: str) -> tuple[str, str]:
    """The outcome of a first message and its answer, and the client's id."""
    body = secrets.token_hex(_BODY_BYTES)
    await conn.execute("SELECT FROM novabot_internal.load_session(%s)", ([address],))
    turn = await conn.execute(
        "SELECT outcome, id FROM novabot_internal.commit_turn(%s, NULL, NULL, NULL, %s, 'text', %s,"
        " NULL, now(), NULL, '{}', NULL, %s, NULL)",
        ([address], address, body, Jsonb([{"body": body}])),
    )
    outcome, client = (await turn.fetchall())[0]
    return outcome, client


def describe_refusal(error: BaseException) -> str:
    """Why the database did not do it, as one of few sentences: nothing that the server said."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, RehearsalFailed):
        return str(cause)
    for kind, text in _REFUSALS.items():
        if isinstance(cause, kind):
            return text
    if isinstance(cause, errors.OperationalError) and cause.sqlstate is None:
        return _SILENT
    return "the database refuses: the log says why"
