"""Outboxes of living bots, and the answers that turns have left for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg

from app.bot.sending.number import Number
from app.bot.sending.outbox import Outbox
from app.bot.whatsapp.cloud_api import CloudApi
from app.crm.sending.number import make_sender
from app.database.pool import Pool
from tests.sessions.turns import PHONE
from tests.sessions.waiting import until


@asynccontextmanager
async def open_outbox(
    pool: Pool, cloud: CloudApi, connection: psycopg.Connection, bot: UUID | None = None
) -> AsyncGenerator[Outbox]:
    """The outbox of a living bot, which ends its sending before `cloud` closes."""
    bot = bot or uuid4()
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    outbox = Outbox(pool, cloud, bot, make_number(pool, bot))
    try:
        yield outbox
    finally:
        await outbox.finish(5)


def make_number(pool: Pool, bot: UUID, *, token: str = "a-token", per_second: float = 0) -> Number:
    """The number that this bot sends with; without a pace of our own."""
    return Number(pool, make_sender("105550001", token, per_second, timedelta(hours=1)), bot)


def queue(connection: psycopg.Connection, *texts: str, phone: str = PHONE, age: int = 0) -> None:
    """Answers that a turn has left, `age` seconds ago, to a client who has written."""
    connection.execute(
        'INSERT INTO "User" (id, "windowUntil") VALUES (%s, now() + interval \'24 hours\')'
        " ON CONFLICT DO NOTHING",
        (f"{phone}@c.us",),
    )
    for text in texts:
        connection.execute(
            'INSERT INTO "Conversation" ("userId", direction, body, status, address, at)'
            " VALUES (%s, 'out', %s, 'queued', %s, now() - %s * interval '1 second')",
            (f"{phone}@c.us", text, phone, age),
        )


def read_statuses(connection: psycopg.Connection, phone: str = PHONE) -> list[str]:
    rows = connection.execute(
        'SELECT status FROM "Conversation" WHERE "userId" = %s AND direction = \'out\' ORDER BY id',
        (f"{phone}@c.us",),
    ).fetchall()
    return [status for (status,) in rows]


def has_statuses(
    connection: psycopg.Connection, *statuses: str, phone: str = PHONE
) -> Callable[[], bool]:
    return lambda: read_statuses(connection, phone) == list(statuses)


def make_due(connection: psycopg.Connection) -> None:
    connection.execute('UPDATE "Conversation" SET "dueAt" = clock_timestamp()')


async def wait_for_answer_id(connection: psycopg.Connection) -> str:
    """WhatsApp's id of the one answer, once its outcome is written."""

    def find() -> str | None:
        row = connection.execute(
            'SELECT "waMessageId" FROM "Conversation" WHERE direction = \'out\''
        ).fetchone()
        return row and row[0]

    await until(find, "the answer's id")
    found = find()
    assert found is not None
    return found
