"""Every code and every way of not answering: what becomes of the message, of the others, and what
the operator reads. docs/sending.md shows the same table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.bot.sending.outbox import Outbox
from app.bot.whatsapp.cloud_api import CloudApi, Timeouts
from app.crm.conversation import read_conversation
from app.dashboard.pages.timeline import describe_messages
from app.dashboard.web.i18n import load_language
from app.database.pool import Pool
from tests.bot.outboxes import make_number, queue, read_statuses
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID
from tests.sessions.waiting import until
from tests.system.sending.wilful_api import WilfulApi

TABLE = Path(__file__).parents[2] / "docs" / "sending.md"
FIRST, SECOND, THIRD = "6281300000001", "6281300000002", "6281300000003"
IMPATIENT = Timeouts(read=1.0, whole=5.0)
"""Seconds; 20 and 45 outside of tests."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table in docs/sending.md."""

    answer: str
    """What the Cloud API does, in the words of WilfulApi."""
    status: str
    attempts: int
    waits: str
    """Who waits: nobody, this client, or all, after two clients' messages were answered so."""
    reads: str
    """What the operator reads at the message, in English."""


def read_table() -> list[Line]:
    rows = re.findall(
        r"^\| `(.+?)` \| (.+?) \| (\d+) \| (.+?) \| (.*?) \|$", TABLE.read_text(), re.MULTILINE
    )
    return [Line(answer, status, int(number), *rest) for answer, status, number, *rest in rows]


@pytest.mark.parametrize("line", read_table(), ids=lambda line: line.answer)
async def test_the_table_is_true(pool: Pool, connection: psycopg.Connection, line: Line) -> None:
    bot = uuid4()
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (bot,))
    for phone in (FIRST, SECOND, THIRD):
        queue(connection, "halo", phone=phone)
    number = make_number(pool, bot)
    with WilfulApi(lambda *_: None, {}, 1, per_second=1000) as api:
        api.orders |= dict.fromkeys((FIRST, SECOND), line.answer)
        async with CloudApi.open(api.url, NUMBER_ID, ACCESS_TOKEN, IMPATIENT) as cloud:
            outbox = Outbox(pool, cloud, bot, number)
            for phone in (FIRST, SECOND):
                outbox.wake(f"{phone}@c.us")
                await until(
                    lambda phone=phone: (
                        read_statuses(connection, phone) == [line.status]
                        and (
                            read_attempts(connection, phone) > 0
                            or number.is_stopped
                            # While all wait, the first may be the one that is tried each time.
                            or (phone == SECOND and line.waits == "all, for a growing pause")
                        )
                    ),
                    f"{line.status}",
                )
            outbox.wake(f"{THIRD}@c.us")
            await outbox.finish(5)
        attempts = [attempt.address for attempt in api.attempts]
    slowed = connection.execute("SELECT FROM \"Number\" WHERE state = 'slowed'").fetchone()
    if slowed is not None:
        # The pause may be over by now: its first one takes half a second.
        assert line.waits == "all, for a growing pause"
        assert attempts.count(FIRST) >= line.attempts
    else:
        assert attempts.count(FIRST) == line.attempts
    if number.is_stopped:
        assert line.waits.startswith("all")
        assert ("resume" in line.waits) == number.is_by_hand
    elif slowed is None:
        assert line.waits == ("this client" if line.status == "queued" else "no one")
    conversation = await read_conversation(pool, f"{FIRST}@c.us", None)
    (shown,) = describe_messages(conversation.messages, load_language("en"))
    assert shown.reason == line.reads


def read_attempts(connection: psycopg.Connection, phone: str) -> int:
    row = connection.execute(
        'SELECT attempts FROM "Conversation" WHERE "userId" = %s', (f"{phone}@c.us",)
    ).fetchone()
    assert row is not None
    return row[0]
