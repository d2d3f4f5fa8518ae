"""Turns, deletes, edits and TRUNCATE at once: no deadlock, and every commit passed the fence.

The session is treated as a register that turns compare and set. An incarnation's name and its
context carry the same mark, so a session that outlived its client would show.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tests.sql.acts import (
    STRANGER,
    Known,
    Thread,
    fetch,
    one,
    take_turn,
)

SECONDS = 4.0
PHONES = [f"62800000{number}" for number in range(6)]

DELETES = [
    'DELETE FROM "User" WHERE id = %(id)s',
    "SELECT reset_client(%(id)s)",
    'DELETE FROM "User" WHERE id = %(id)s',
]
EDITS_OF_CLIENTS = [
    'UPDATE "User" SET "pausedAt" = now() WHERE id = %(id)s',
    'UPDATE "User" SET "pausedAt" = NULL WHERE id = %(id)s',
]
EDITS_OF_SESSIONS = [
    'UPDATE "Session" SET context = context || \'{"edited": true}\' WHERE "userId" = %(id)s',
    'DELETE FROM "Session" WHERE "userId" = %(id)s',
]
ALL = ['TRUNCATE "User" CASCADE', 'DELETE FROM "User"']


@dataclass(slots=True)
class History:
    """What the threads did; lists and counters of CPython take concurrent additions."""

    compared: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    """The revisions that each committed turn of a known client replaced."""
    outcomes: Counter[str] = field(default_factory=Counter)
    mixed: list[str] = field(default_factory=list)
    """Sessions that were not of the incarnation of their client."""


def take_turns(conn: psycopg.Connection, history: History, seed: int) -> None:
    """A bot that answers from memory, however old it is, and believes what it is told."""
    chance = random.Random(seed)
    memory: dict[str, tuple[Known, dict[str, object], str | None]] = {}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        phone = chance.choice(PHONES)
        known, context, _nama = memory.get(phone, (STRANGER, {}, None))
        mark = None if known.id else uuid4().hex
        if mark is not None:
            context = {"mark": mark}
        try:
            row = take_turn(
                conn, known, addresses=[phone], context=context, learnt_name=mark, answers=["x"]
            )
        except errors.LockNotAvailable:
            history.outcomes["late"] += 1
            continue
        except psycopg.DatabaseError as error:
            history.outcomes[str(error.sqlstate)] += 1
            continue
        history.outcomes[row.outcome] += 1
        if row.outcome == "committed" and known.user_revision is not None:
            history.compared.append((known.user_revision, known.session_revision))
        told = dict(row.context or {})
        if "mark" in told and told["mark"] != row.nama:
            history.mixed.append(f"{row.nama} with {told}")
        memory[phone] = (
            Known(row.id, row.user_revision, row.session_revision),
            told,
            row.nama,
        )


def disturb(conn: psycopg.Connection, history: History, statements: list[str]) -> None:
    chance = random.Random(len(statements))
    pause = threading.Event()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        statement = chance.choice(statements)
        try:
            conn.execute(statement.encode(), {"id": f"{chance.choice(PHONES)}@c.us"})
        except psycopg.DatabaseError as error:
            history.outcomes[f"{error.sqlstate} {statement.split()[0]}"] += 1
        else:
            history.outcomes[statement.split()[0]] += 1
        pause.wait(0.002)


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize(
    "disturbances",
    [[DELETES, EDITS_OF_CLIENTS, ALL], [DELETES, EDITS_OF_CLIENTS + EDITS_OF_SESSIONS]],
    ids=["with TRUNCATE", "with edits of sessions"],
)
def test_every_turn_that_committed_had_compared_the_current_session(
    connection: psycopg.Connection,
    connect: Callable[[], psycopg.Connection],
    disturbances: list[list[str]],
) -> None:
    history = History()
    threads = [
        Thread(partial(take_turns, connect(), history, 0)),
        Thread(partial(take_turns, connect(), history, 1)),
        Thread(partial(take_turns, connect(), history, 2)),
        Thread(partial(take_turns, connect(), history, 3)),
        *(Thread(partial(disturb, connect(), history, what)) for what in disturbances),
    ]
    for thread in threads:
        thread.result()
    assert not [outcome for outcome in history.outcomes if outcome.startswith("40P01")]
    unknown = {str(key) for key in history.outcomes} - {
        "committed",
        "stale",
        "late",
        "ST003",
        "TRUNCATE",
        "DELETE",
        "UPDATE",
        "SELECT",
    }
    assert unknown == set()
    assert history.outcomes["committed"] > 50
    assert history.outcomes["stale"] > 10
    assert history.mixed == []
    twice = [pair for pair, times in Counter(history.compared).items() if times > 1]
    assert twice == []
    stray = fetch(
        connection,
        'SELECT u.id, u.nama, s.context FROM "User" AS u JOIN "Session" AS s ON s."userId" = u.id'
        " WHERE s.context ? 'mark' AND s.context ->> 'mark' IS DISTINCT FROM u.nama",
    )
    assert stray == []
    assert one(connection, 'SELECT count(*) FROM "Reset"') > 10
