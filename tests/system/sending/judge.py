"""Compares what clients got with what the rows say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from tests.system.sending.wilful_api import Attempt

DELIVERED = {"sent", "delivered", "read"}


@dataclass(frozen=True, slots=True)
class Verdict:
    statuses: Counter[str]
    attempts: Counter[str]
    """What the Cloud API told, by how often."""
    unseen: int
    """Uncertain ones that never came to the Cloud API: their bot was killed, or the connection that
    was to carry them was closed by then."""
    faults: list[str]
    """Each breach of what was promised, in words; empty if all is well."""


def judge(conn: psycopg.Connection, attempts: Sequence[Attempt], messages: int) -> Verdict:
    """`messages` is how many were acknowledged to clients; each has one answer."""
    rows = conn.execute(
        'SELECT token::text, "userId", status, "errorText" FROM "Conversation"'
        " WHERE direction = 'out' ORDER BY id"
    ).fetchall()
    received = conn.execute(
        "SELECT count(*) FROM \"Conversation\" WHERE direction = 'in'"
    ).fetchone()
    got = Counter(attempt.token for attempt in attempts if attempt.accepted)
    faults: list[str] = []
    if received != (messages,) or len(rows) != messages:
        faults.append(f"{messages} acknowledged, {received} stored, {len(rows)} answers queued")
    for token, client, status, text in rows:
        copies = got[token]
        if copies > 1:
            faults.append(f"{token} to {client} went out {copies} times and is {status}")
        elif status in DELIVERED and copies == 0:
            faults.append(f"{token} to {client} is {status} and was never accepted")
        elif status in ("failed", "uncertain") and copies:
            faults.append(f"{token} to {client} was delivered and is {status}: {text}")
        elif status not in DELIVERED | {"failed", "uncertain"}:
            faults.append(f"{token} to {client} is still {status}: {text}")
    faults += _find_disorder([row[:2] for row in rows], attempts)
    seen = {attempt.token for attempt in attempts}
    return Verdict(
        Counter(row[2] for row in rows),
        Counter(attempt.told for attempt in attempts),
        sum(status == "uncertain" and token not in seen for token, _, status, _ in rows),
        faults,
    )


def _find_disorder(rows: Sequence[tuple[str, str]], attempts: Sequence[Attempt]) -> list[str]:
    accepted_at = {attempt.token: attempt.at for attempt in attempts if attempt.accepted}
    last: dict[str, float] = defaultdict(float)
    faults: list[str] = []
    for token, client in rows:
        at = accepted_at.get(token)
        if at is None:
            continue
        if at < last[client]:
            faults.append(f"{token} to {client} overtook an earlier one")
        last[client] = at
    return faults
