"""What the tests of sql/ do and look at: clients, turns, notifications, whole tables."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

PHONE = "6281717407674"
CLIENT = "6281717407674@c.us"
DEADLINE = 10.0
"""Seconds that a test waits for what must come."""

REMEMBERED = ("User", "Session", "Alias", "Conversation")
CHANNELS = ("session_reset", "session_changed", "reset_acknowledged")

_TURN = """
    SELECT * FROM novabot_internal.commit_turn(
        %(addresses)s, %(id)s, %(user_revision)s, %(session_revision)s, %(message_id)s, 'text',
        %(body)s, NULL, coalesce(%(written_at)s, clock_timestamp()), %(profile)s, %(context)s,
        %(learnt_name)s, %(outgoing)s, %(stored)s, %(account)s
    )
"""

_GROUP = """
    SELECT *, NULL::text AS identity
    FROM novabot_internal.commit_turns(
        %(ids)s::text[], %(user_revisions)s::uuid[], %(session_revisions)s::uuid[],
        %(message_ids)s::text[], %(kinds)s::text[], %(bodies)s::text[], %(details)s::jsonb[],
        %(written)s::timestamptz[], %(profiles)s::text[], %(contexts)s::jsonb[],
        %(learnt_names)s::text[], %(outgoing)s::jsonb[], %(tokens)s::uuid[],
        %(address_places)s::integer[], %(addresses)s::text[], %(chain_ends)s::integer[], %(bot)s,
        %(number)s, %(digest)s, %(is_paced)s
    )
    ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What a bot remembers of a client, as far as the fence compares it."""

    id: str | None = None
    user_revision: UUID | None = None
    session_revision: UUID | None = None


STRANGER = Known()


@dataclass(slots=True)
class Listening:
    """A connection that listens to everything and can tell what has come until now."""

    conn: psycopg.Connection
    sender: psycopg.Connection

    @classmethod
    def open(cls, conn: psycopg.Connection, sender: psycopg.Connection) -> Listening:
        """Listens on `conn`; `sender` is used to mark what came before now."""
        for channel in (*CHANNELS, "marker"):
            conn.execute(f"LISTEN {channel}")
        return cls(conn, sender)

    def heard(self, *channels: str) -> list[str]:
        """The payloads that came on these channels since the last call, in order.

        Notifications come in the order of the commits, so the marker comes last.
        """
        nonce = uuid4().hex
        self.sender.execute("SELECT pg_notify('marker', %s)", (nonce,))
        payloads: list[str] = []
        marked = False
        for note in self.conn.notifies(timeout=DEADLINE):
            if note.channel in channels:
                payloads.append(note.payload)
            if note.channel == "marker" and note.payload == nonce:
                marked = True
                break
        assert marked, "the marker did not come"
        return payloads


@dataclass(slots=True)
class Notices:
    """The NOTICEs and WARNINGs that a connection was sent."""

    texts: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, conn: psycopg.Connection) -> Notices:
        notices = cls()
        conn.add_notice_handler(lambda said: notices.texts.append(said.message_primary or ""))
        return notices

    def resets(self) -> list[str]:
        return [text for text in self.texts if text.startswith("reset ")]


def add_client(
    conn: psycopg.Connection,
    client: str = CLIENT,
    *,
    nama: str | None = None,
    context: Mapping[str, Any] | None = None,
    conversations: int = 0,
    aliases: Sequence[str] = (),
) -> None:
    """A client as a DBA makes one, with a session, messages, and further addresses."""
    conn.execute('INSERT INTO "User" (id, nama) VALUES (%s, %s)', (client, nama))
    conn.execute(
        'INSERT INTO "Session" ("userId", context) VALUES (%s, %s)', (client, Jsonb(context or {}))
    )
    conn.execute(
        'INSERT INTO "Conversation" ("userId", body) SELECT %s, \'hi\' FROM generate_series(1, %s)',
        (client, conversations),
    )
    for alias in aliases:
        conn.execute('INSERT INTO "Alias" (alias, "userId") VALUES (%s, %s)', (alias, client))


def add_many(conn: psycopg.Connection, count: int, *, conversations: int = 0) -> None:
    """Clients 1@c.us, 2@c.us, … with a session and so many messages each."""
    conn.execute(
        "INSERT INTO \"User\" (id) SELECT i || '@c.us' FROM generate_series(1, %s) AS i", (count,)
    )
    conn.execute('INSERT INTO "Session" ("userId") SELECT id FROM "User"')
    conn.execute(
        'INSERT INTO "Conversation" ("userId")'
        ' SELECT id FROM "User" CROSS JOIN generate_series(1, %s)',
        (conversations,),
    )


def queue_answer(
    conn: psycopg.Connection, client: str = CLIENT, body: str = "halo", status: str = "queued"
) -> int:
    """An answer waiting to be sent; returns its id."""
    return one(
        conn,
        'INSERT INTO "Conversation" ("userId", direction, body, status, address)'
        " VALUES (%s, 'out', %s, %s, novabot_internal.alias_of(%s)) RETURNING id",
        client,
        body,
        status,
        client,
    )


def load(conn: psycopg.Connection, *addresses: str) -> Known:
    row = fetch(
        conn, "SELECT * FROM novabot_internal.load_session(%s)", list(addresses or (PHONE,))
    )[0]
    return Known(row.id, row.user_revision, row.session_revision)


def take_turn(
    conn: psycopg.Connection,
    known: Known,
    *,
    addresses: Sequence[str] = (PHONE,),
    message_id: str | None = None,
    body: str = "halo",
    context: Mapping[str, Any] | None = None,
    learnt_name: str | None = None,
    answers: Sequence[str] | None = ("hai",),
    outgoing: Sequence[Mapping[str, Any]] | None = None,
    written_at: datetime | None = None,
    profile: str | None = None,
    stored: UUID | None = None,
    account: str | None = None,
) -> Any:
    """The row that commit_turn returns; `outgoing` in place of `answers`, which are bodies.

    Within `taking_turns_in_groups` the turn is tried as a group of one before.
    """
    if outgoing is None and answers is not None:
        outgoing = [{"body": answer} for answer in answers]
    parameters = {
        "addresses": list(addresses),
        "id": known.id,
        "user_revision": known.user_revision,
        "session_revision": known.session_revision,
        "message_id": message_id or f"wamid.{uuid4().hex}",
        "body": body,
        "written_at": written_at,
        "profile": profile,
        "context": Jsonb(context or {}),
        "learnt_name": learnt_name,
        "outgoing": None if outgoing is None else Jsonb(outgoing),
        "stored": stored,
        "account": account,
    }
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        if _groups_first and stored is None and known.id and known.session_revision:
            item = Item(
                known,
                addresses=addresses,
                message_id=parameters["message_id"],
                body=body,
                context=context or {},
                learnt_name=learnt_name,
                outgoing=outgoing or [],
                written_at=written_at or one(conn, "SELECT clock_timestamp()"),
                profile=profile,
            )
            (row,) = take_turns(conn, item)
            if row.outcome != "alone":
                return row
        return cursor.execute(_TURN, parameters).fetchone()


@contextmanager
def taking_turns_in_groups() -> Generator[None]:
    _groups_first.append(True)
    yield
    _groups_first.pop()


_groups_first: list[bool] = []


@dataclass(frozen=True, slots=True)
class Item:
    """One turn of a group."""

    known: Known
    addresses: Sequence[str] = (PHONE,)
    message_id: str = field(default_factory=lambda: f"wamid.{uuid4().hex}")
    body: str = "halo"
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    learnt_name: str | None = None
    outgoing: Sequence[Mapping[str, Any]] = ({"body": "hai"},)
    written_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    profile: str | None = None
    token: UUID | None = None
    chained: bool = False
    """Answered from what the item before it leaves."""


def _find_chain_ends(items: Sequence[Item]) -> list[int]:
    ends: list[int] = []
    end = len(items)
    for place in range(len(items), 0, -1):
        ends.append(end)
        if not items[place - 1].chained:
            end = place - 1
    return ends[::-1]


def take_turns(
    conn: psycopg.Connection,
    *items: Item,
    bot: UUID | None = None,
    number: str | None = None,
    digest: bytes | None = None,
    is_paced: bool = False,
) -> list[Any]:
    """The rows that commit_turns returns, by their places."""
    parameters = {
        "ids": [item.known.id for item in items],
        "user_revisions": [item.known.user_revision for item in items],
        "session_revisions": [item.known.session_revision for item in items],
        "message_ids": [item.message_id for item in items],
        "kinds": ["text" for _ in items],
        "bodies": [item.body for item in items],
        "details": [None for _ in items],
        "written": [item.written_at for item in items],
        "profiles": [item.profile for item in items],
        "contexts": [Jsonb(item.context) for item in items],
        "learnt_names": [item.learnt_name for item in items],
        "outgoing": [Jsonb(list(item.outgoing)) for item in items],
        "tokens": [item.token for item in items],
        "address_places": [place for place, item in enumerate(items, 1) for _ in item.addresses],
        "addresses": [address for item in items for address in item.addresses],
        "chain_ends": _find_chain_ends(items),
        "bot": bot,
        "number": number,
        "digest": digest,
        "is_paced": is_paced,
    }
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(_GROUP, parameters).fetchall()


def fetch(conn: psycopg.Connection, statement: str, *parameters: Any) -> list[Any]:
    """The rows, as named tuples."""
    with conn.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement.encode(), parameters or None).fetchall()


def one(conn: psycopg.Connection, statement: str, *parameters: Any) -> Any:
    """The one value of the one row."""
    ((value,),) = conn.execute(statement.encode(), parameters or None).fetchall()
    return value


def contents(conn: psycopg.Connection) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    return {
        table: [row for (row,) in conn.execute(f'SELECT t::text FROM "{table}" AS t ORDER BY 1')]
        for table in tables(conn)
    }


def tables(conn: psycopg.Connection) -> list[str]:
    rows = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in rows]


def remaining(conn: psycopg.Connection) -> dict[str, int]:
    """How many rows the tables that a reset empties have."""
    return {table: one(conn, f'SELECT count(*) FROM "{table}"') for table in REMEMBERED}


NOTHING = dict.fromkeys(REMEMBERED, 0)


def last_reset(conn: psycopg.Connection) -> Any:
    return fetch(conn, 'SELECT * FROM "Reset" ORDER BY id DESC LIMIT 1')[0]


def counts(conn: psycopg.Connection) -> list[tuple[int, int, int]]:
    """Clients, sessions and conversations of every reset, in order."""
    return conn.execute(
        'SELECT clients, sessions, conversations FROM "Reset" ORDER BY id'
    ).fetchall()


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """The condition's first true value, asked for until the deadline."""
    deadline = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        pause.wait(0.005)
    return value


def lift_lock_timeouts(conn: psycopg.Connection) -> None:
    """Lets every function wait for a lock until it has it, however slow the machine is."""
    limited = fetch(
        conn,
        "SELECT p.oid::regprocedure AS name FROM pg_proc AS p"
        " WHERE EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c LIKE 'lock_timeout=%')",
    )
    assert limited
    for function in limited:
        conn.execute(f"ALTER FUNCTION {function.name} RESET lock_timeout".encode())


def wait_until_blocked(conn: psycopg.Connection, pid: int) -> None:
    """Returns once the backend waits for a lock."""
    wait_until(
        lambda: one(conn, "SELECT cardinality(pg_blocking_pids(%s)) > 0", pid),
        f"backend {pid} to wait for a lock",
    )


class Thread(threading.Thread):
    """A thread whose result, or error, `result()` gives."""

    def __init__(self, target: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = target
        self._result: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised by result()
            self._error = error

    def result(self) -> Any:
        self.join(DEADLINE)
        assert not self.is_alive(), "the thread did not end"
        if self._error is not None:
            raise self._error
        return self._result
