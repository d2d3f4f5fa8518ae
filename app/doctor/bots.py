"""The bots, the clocks and the webhook, as far as the database can tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from psycopg import Connection

from app.doctor.finding import Finding, Level

_DAY = 86400.0
_LATE = 5.0
"""Seconds; a bot reports every second."""
_SKEW_WARNING = 1.0
_SKEW_FAULT = 30.0
"""Seconds; from 60 on, late redeliveries would be taken for new messages, or new ones for late."""


def check_bots(conn: Connection[Any]) -> Iterator[Finding]:
    listening = 0
    for bot, host, pid, state, seconds, is_new in conn.execute(
        "SELECT id::text, host, pid, state, seconds_silent,"
        " started_at > clock_timestamp() - interval '5 seconds' FROM list_bots(1000)"
    ):
        name = f"bot {bot[:8]} (process {pid} on {host})"
        if state in ("listening", "deaf") and seconds > _LATE:
            yield Finding(
                "warning",
                "bots",
                f"{name} has not reported for {seconds:.0f} s: it has ended, or stands still",
                "look whether it runs, and at its log",
            )
        elif state == "listening":
            listening += 1
        elif state == "deaf" and is_new:
            yield Finding("warning", "bots", f"{name} is just starting", "look again in a moment")
        elif state == "deaf":
            yield Finding(
                "fault",
                "bots",
                f"{name} runs and hears nothing: it remembers nobody and is unready",
                "its /ready and its log say why",
            )
        elif state == "silent" and seconds < _DAY:
            yield Finding(
                "warning",
                "bots",
                f"{name} was last seen {seconds:.0f} s ago and did not stop cleanly",
                f"start it again; if it is gone for good: SELECT retire_bot('{bot}')",
            )
    if listening:
        yield Finding("ok", "bots", f"{listening} listening")
    else:
        yield Finding("warning", "bots", "none is listening", "start one: novabot bot")


def check_clocks(conn: Connection[Any], now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """This host's clock and WhatsApp's, each against the database's, by which all times go."""
    before = now()
    row = conn.execute(
        "SELECT extract(EPOCH FROM clock_timestamp())::float8,"
        ' (SELECT extract(EPOCH FROM c.at - clock_timestamp())::float8 FROM "Conversation" AS c'
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
        'SELECT extract(EPOCH FROM clock_timestamp() - c.at)::float8 FROM "Conversation" AS c'
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
