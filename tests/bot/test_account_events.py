"""What WhatsApp tells of the account, posted to real bots."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, RunningBot
from tests.sql.acts import fetch
from tests.webhook_bodies import text_body

pytestmark = pytest.mark.anyio

PHONE = "628123000111"
BAN = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": ["DISABLE"]}}
QUOTES = {"code": 131031, "title": f"Business account locked, sending to {PHONE} failed"}
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("account_update", BAN),
    ("message_template_status_update", {"event": "REJECTED", "message_template_name": "promo"}),
    ("phone_number_quality_update", {"event": "FLAGGED", "display_phone_number": "15550009000"}),
    ("messages", {"metadata": {"phone_number_id": NUMBER_ID}, "errors": [QUOTES]}),
    ("messages", {"metadata": {"phone_number_id": "1"}, "errors": [QUOTES]}),  # another's
    ("automatic_events", {"automatic_events": [{"id": f"wamid.{PHONE}"}]}),
    ("history", {"history": [{"threads": [{"id": PHONE}]}]}),
]


def make_body() -> dict[str, Any]:
    changes = [{"field": field, "value": value} for field, value in EVENTS]
    text = text_body(PHONE, "halo", phone_number_id=NUMBER_ID, message_id="wamid.a")
    entry = {"id": "900", "time": 1_790_000_000, "changes": changes}
    return {**text, "entry": [entry, *text["entry"]]}


async def test_events_of_the_account_are_kept_once_by_whichever_bot(
    start_bot: StartBot, connection: psycopg.Connection, logged: Callable[[], str]
) -> None:
    bots: list[RunningBot] = [await start_bot(), await start_bot()]
    body, counted = make_body(), await count_told(bots[0])
    assert set(await asyncio.gather(*(bot.deliver(body) for bot in bots))) == {200}
    assert await bots[0].deliver(body) == 200
    rows = fetch(connection, 'SELECT * FROM "AccountEvent" ORDER BY id')
    assert sorted((row.field, row.event, row.severity) for row in rows) == [
        ("account_update", "DISABLED_UPDATE DISABLE", "fault"),
        ("automatic_events", "", "note"),
        ("message_template_status_update", "REJECTED", "warning"),
        ("messages", "error 131031", "fault"),
        ("phone_number_quality_update", "FLAGGED", "warning"),
    ]
    assert {row.account for row in rows} == {"900"}
    assert PHONE not in str(rows)
    # The client's message beside them is taken, and nothing makes the number stop.
    assert fetch(connection, "SELECT FROM \"Conversation\" WHERE direction = 'in'") == [()]
    assert fetch(connection, 'SELECT FROM "Number"') == []
    assert fetch(connection, 'SELECT FROM "SetAside"') == []
    told = [line for line in logged().splitlines() if "tells of the business's account" in line]
    assert len(told) == 5
    assert sum("DISABLED_UPDATE DISABLE" in line and "error" in line for line in told) == 1
    assert await count_told(bots[0]) - counted == 5


async def count_told(bot: RunningBot) -> float:
    """By all bots of this process, which share their metrics."""
    metrics = (await bot.get("/metrics")).text
    return sum(map(float, re.findall(r"novabot_account_events_total\{.*\} (.+)", metrics)))


async def test_a_locked_table_means_later_and_loses_no_event(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    body = make_body()
    with connection.transaction():
        connection.execute('LOCK TABLE "AccountEvent" IN EXCLUSIVE MODE')
        assert await bot.deliver(body) == 503
    assert await bot.deliver(body) == 200
    assert len(fetch(connection, 'SELECT FROM "AccountEvent"')) == 5
