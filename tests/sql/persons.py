"""People who write and whose addresses change, as the database sees it: for tests of identity."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.sql.acts import DEADLINE, Known, fetch, one, take_turn

ACCOUNT = "102290129340398"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
"""Second 0 of the lives below."""


def second(number: float) -> datetime:
    return START + timedelta(seconds=number)


def refuse(conn: psycopg.Connection, what: str) -> None:
    """A trigger of the DBA's that keeps rows of "User" from being deleted, or renamed."""
    conn.execute(
        f"""CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''no''; END';
            CREATE TRIGGER refuse BEFORE {what} ON "User"
            FOR EACH ROW EXECUTE FUNCTION public.refuse()""".encode()
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a message."""

    outcome: str
    id: str | None
    told: str | None
    """The name that the answer used."""
    to: str | None
    """Where the answer went; None if none was queued."""


@dataclass(slots=True)
class World:
    """One bot at one database: takes turns as app/sessions/turn.py does, from nothing in memory."""

    conn: psycopg.Connection
    account: str = ACCOUNT
    identities: list[str] = field(default_factory=list)
    """What the turns reported of identity."""

    def say(
        self,
        at: float,
        *addresses: str,
        name: str | None = None,
        account: str | None = None,
        message_id: str | None = None,
    ) -> Said:
        """A message; with `name`, it tells it. The answer repeats the name that the bot knows."""
        account = account or self.account
        written_at = second(at)
        loaded = fetch(
            self.conn,
            "SELECT * FROM novabot_internal.load_session(%s, %s, %s)",
            list(addresses),
            account,
            written_at,
        )[0]
        message_id = message_id or f"wamid.{uuid4().hex}"
        for _ in range(5):
            told = name or loaded.nama
            token = uuid4().hex
            turn = self._until_free(
                lambda loaded=loaded, told=told, token=token: take_turn(
                    self.conn,
                    Known(loaded.id, loaded.user_revision, loaded.session_revision),
                    addresses=addresses,
                    message_id=message_id,
                    learnt_name=name,
                    context={"told": told} if told else {},
                    answers=(f"{token} {told}",),
                    written_at=written_at,
                    account=account,
                )
            )
            if turn.identity:
                self.identities.append(turn.identity)
            if turn.outcome != "stale":
                break
            loaded = turn
        to = self.conn.execute(
            'SELECT address FROM "Conversation" WHERE body LIKE %s AND status = %s',
            (f"{token}%", "queued"),
        ).fetchone()
        heard = told if turn.outcome == "committed" else None
        return Said(turn.outcome, turn.id, heard, to[0] if to else None)

    def _until_free(self, act: Callable[[], Any]) -> Any:
        """As app/database/retrying.py does behind another transaction's lock."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                return act()
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() > deadline:
                    raise

    def change(
        self,
        at: float,
        before: Sequence[str],
        after: Sequence[str],
        *,
        number: bool = True,
        message_id: str | None = None,
    ) -> str:
        """WhatsApp tells that somebody's addresses changed."""
        return one(
            self.conn,
            "SELECT novabot_internal.apply_identity_event(%s, %s, %s, %s, %s, %s)",
            self.account,
            number,
            list(before),
            list(after),
            second(at),
            message_id or f"wamid.{uuid4().hex}",
        )

    def forget(self, at: float, *addresses: str) -> str:
        """The client asks to be forgotten."""
        for _ in range(5):
            loaded = fetch(
                self.conn,
                "SELECT * FROM novabot_internal.load_session(%s, %s, %s)",
                list(addresses),
                self.account,
                second(at),
            )[0]
            ((outcome,),) = self.conn.execute(
                "SELECT outcome FROM novabot_internal.forget_by_chat("
                "%s, %s, %s, %s, %s, %s, NULL, %s)",
                (
                    list(addresses),
                    loaded.id,
                    loaded.user_revision,
                    loaded.session_revision,
                    f"wamid.{uuid4().hex}",
                    second(at),
                    self.account,
                ),
            ).fetchall()
            if outcome != "stale":
                break
        return outcome

    def reset(self, handle: str) -> int:
        return one(self.conn, "SELECT clients FROM reset_client(%s)", handle)

    def names(self) -> dict[str, str | None]:
        """Who is there: the name by id."""
        return dict(self.conn.execute('SELECT id, nama FROM "User" ORDER BY id').fetchall())

    def notes(self, client: str) -> list[str]:
        rows = fetch(self.conn, "SELECT * FROM novabot_internal.client_notes(%s)", client)
        return [row.kind for row in rows][::-1]

    def silence(self, client: str, days: int) -> None:
        """The client has not written for so many days."""
        self.conn.execute(
            'UPDATE "User" SET "activeAt" = now() - make_interval(days => %s) WHERE id = %s',
            (days, client),
        )

    def send(self, client: str, body: str, address: str) -> None:
        """An answer that still waits to be sent."""
        self.conn.execute(
            "SELECT novabot_internal.queue_outgoing(%s, %s, %s)",
            (client, address, Jsonb([{"body": body}])),
        )

    def waiting(self, body: str) -> Any:
        (row,) = fetch(
            self.conn, 'SELECT status, address FROM "Conversation" WHERE body = %s', body
        )
        return tuple(row)
