"""A small responder, messages for it, and what the tables say afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.database.pool import Pool
from app.messages import Message, Reply, instant
from app.sessions import groups
from app.sessions.cache import Cache
from app.sessions.session import Session
from app.sessions.turn import Turns, ask_at_once
from app.telemetry.bot import REGISTRY

PHONE = "6281717407674"
CLIENT = f"{PHONE}@c.us"
BSUID = "ID.4fzq0k2m9x7c1w"
_NAME = re.compile(r"nama saya (\w+)", re.IGNORECASE)


def make_message(
    text: str = "siapa nama saya",
    *addresses: str,
    message_id: str | None = None,
    age: timedelta = timedelta(),
) -> Message:
    return Message(
        id=message_id or f"wamid.{uuid4().hex}",
        addresses=addresses or (PHONE,),
        kind="text",
        text=text,
        at=(datetime.now(UTC) - age).replace(microsecond=0),
    )


def make_reply(session: Session, message: Message) -> Reply:
    """Counts in the context, learns a name, answers with the count and the name known."""
    found = _NAME.search(message.text)
    learnt = found[1] if found else None
    name = learnt or session.nama
    count = session.context.get("n", 0) + 1
    if message.text == "lupakan saya":
        return Reply({}, ("Sudah.",), forget=True)
    answer = f"{count}: Halo {name}" if name else f"{count}: Siapa nama Anda?"
    return Reply({**session.context, "n": count}, (answer,), learnt)


@dataclass
class Asked:
    """A responder that keeps what it was asked, and lets the test act while it thinks."""

    sessions: list[Session] = field(default_factory=list[Session])
    texts: list[str] = field(default_factory=list[str])
    meanwhile: Callable[[], object] | None = None
    """Called once, in the middle of the next answer."""

    def make(self) -> Callable[[Session, Message], Reply]:
        @instant
        def respond(session: Session, message: Message) -> Reply:
            self.sessions.append(session)
            self.texts.append(message.text)
            reply = make_reply(session, message)
            if self.meanwhile is not None:
                act, self.meanwhile = self.meanwhile, None
                act()
            return reply

        return respond


@dataclass
class Side:
    """The turns of one bot, with its own memory."""

    turns: Turns
    cache: Cache
    asked: Asked


def open_side(pool: Pool, is_trusted: Callable[[], bool] = lambda: True) -> Side:
    asked = Asked()
    cache = Cache(1_000, is_trusted)
    return Side(Turns(pool, cache, ask_at_once(asked.make())), cache, asked)


def count_turns(parameters: Sequence[Any]) -> int:
    """In a statement of `commit_turns`: chain_ends has one element a turn."""
    return len(parameters[-5])


def count_turns_in_groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of each statement from now on; grows with every one."""
    sizes: list[int] = []
    execute = groups.execute_once

    async def count(pool: Pool, statement: Any, parameters: Any, deadline: float) -> Any:
        sizes.append(count_turns(parameters))
        return await execute(pool, statement, parameters, deadline)

    monkeypatch.setattr(groups, "execute_once", count)
    return sizes


@dataclass(frozen=True)
class Tables:
    """What the database says of one client."""

    nama: str | None
    context: dict[str, Any] | None
    heard: list[str]
    said: list[str]


def read_tables(connection: psycopg.Connection, client_id: str = CLIENT) -> Tables | None:
    """None for a client without a row."""
    row = connection.execute(
        'SELECT u.nama, s.context FROM "User" u LEFT JOIN "Session" s ON s."userId" = u.id'
        " WHERE u.id = %s",
        (client_id,),
    ).fetchone()
    if row is None:
        return None
    messages = connection.execute(
        'SELECT direction, body FROM "Conversation" WHERE "userId" = %s ORDER BY id', (client_id,)
    ).fetchall()
    return Tables(
        row[0],
        row[1],
        [body for direction, body in messages if direction == "in"],
        [body for direction, body in messages if direction == "out"],
    )


def find_everywhere(connection: psycopg.Connection, word: str) -> list[str]:
    """The tables in which a word stands, whichever the column."""
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    ]
    return [
        table
        for table in tables
        if connection.execute(
            f'SELECT 1 FROM "{table}" AS t WHERE t::text ILIKE %s LIMIT 1'.encode(), (f"%{word}%",)
        ).fetchone()
    ]


def read_metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0
