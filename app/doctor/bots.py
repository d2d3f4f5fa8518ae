"""The bots, the clocks and the webhook, as far as the database can tell."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import timedelta
from typing import Any

from psycopg import Connection

from app.crm.bots import Bot, list_bots
from app.doctor.connections import connect_async
from app.doctor.finding import Finding, Level

_MOST = 1_000
_DAY = 86_400.0
_LATE = 5.0
"""Seconds without a heartbeat, of which a bot has one a second."""
_STARTING = timedelta(seconds=5)
"""A bot needs about so long until it listens."""
_SKEW_WARNING = 1.0
_SKEW_FAULT = 30.0
"""Seconds; from 60 on, late redeliveries would be taken for new messages, or new ones for late."""


async def check_bots(database_url: str) -> AsyncGenerator[Finding]:
    async with connect_async(database_url) as conn:
        bots = await list_bots(conn, _MOST)
    for bot in bots:
        if (finding := _judge_bot(bot)) is not None:
            yield finding
    if listening := sum(_is_listening(bot) for bot in bots):
        yield Finding("ok", "bots", f"{listening} listening")
    else:
        yield Finding("warning", "bots", "none is listening", "start one: novabot bot")


def _is_listening(bot: Bot) -> bool:
    return bot.state == "listening" and bot.seconds_silent <= _LATE


def _judge_bot(bot: Bot) -> Finding | None:
    """What is wrong with a bot; None if it listens, or has ended."""
    name = f"bot {str(bot.id)[:8]} (process {bot.pid} on {bot.host})"
    if bot.state in ("listening", "not_listening") and bot.seconds_silent > _LATE:
        return Finding(
            "warning",
            "bots",
            f"{name} has not reported for {bot.seconds_silent:.0f} s: it has ended, or stands"
            " still",
            "look whether it runs, and at its log",
        )
    if bot.state == "not_listening" and bot.age < _STARTING:
        return Finding("warning", "bots", f"{name} is just starting", "look again in a moment")
    if bot.state == "not_listening":
        return Finding(
            "fault",
            "bots",
            f"{name} runs and does not listen: it remembers nothing and is unready",
            "its /ready and its log say why",
        )
    if bot.state == "silent" and bot.seconds_silent < _DAY:
        return Finding(
            "warning",
            "bots",
            f"{name} was last seen {bot.seconds_silent:.0f} s ago and did not stop cleanly",
            f"start it again; if it is gone for good: SELECT"
            f" novabot_internal.retire_bot('{bot.id}')",
        )
    return None


def check_clocks(conn: Connection[Any], now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Compares this host's clock and WhatsApp's with the database's, which dates all rows."""
    before = now()
    row = conn.execute(
        "SELECT extract(EPOCH FROM clock_timestamp())::float8,"
        ' (SELECT extract(EPOCH FROM c.at - clock_timestamp())::float8 FROM public."Conversation"'
        " AS c"
        " WHERE c.direction = 'in' ORDER BY c.id DESC LIMIT 1)"
    ).fetchone()
    after = now()
    there, ahead = row or (before, None)
    skew = there - (before + after) / 2
    if abs(skew) > _SKEW_WARNING + (after - before) / 2:
        yield Finding(
            _judge_skew(skew),
            "clocks",
            f"the database's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'}"
            " this host's",
            "let both follow NTP",
        )
    if ahead is not None and ahead > 2 * _SKEW_WARNING:
        yield Finding(
            _judge_skew(ahead),
            "clocks",
            f"the last message is dated {ahead:.1f} s in the future: the database's clock is"
            " behind WhatsApp's",
            "let the database's host follow NTP",
        )
    elif abs(skew) <= _SKEW_WARNING + (after - before) / 2:
        yield Finding("ok", "clocks", "the database's and this host's agree")


def check_webhook(conn: Connection[Any]) -> Iterator[Finding]:
    row = conn.execute(
        'SELECT extract(EPOCH FROM clock_timestamp() - c.at)::float8 FROM public."Conversation"'
        " AS c"
        " WHERE c.direction = 'in' ORDER BY c.id DESC LIMIT 1"
    ).fetchone()
    mend = (
        "check the callback URL and its subscription to `messages` in Meta's App Dashboard, and"
        " novabot_webhook_last_signed_timestamp_seconds in the bots' /metrics"
    )
    if row is None:
        yield Finding("warning", "webhook", "no message is stored", mend)
    elif row[0] > _DAY:
        yield Finding("warning", "webhook", f"silent for {row[0] / 3600:.0f} hours", mend)
    else:
        yield Finding("ok", "webhook", f"the last message came {max(0.0, row[0]):.0f} s ago")


def _judge_skew(seconds: float) -> Level:
    return "fault" if abs(seconds) > _SKEW_FAULT else "warning"
