"""Notifications that are doubled, forged, malformed, from the future, and too many."""

from __future__ import annotations

import json
import uuid

import psycopg

from tests.system.faults.acts import (
    bot_pids,
    find_in_logs,
    last_reset,
    reset,
    value,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client
from tests.system.nova import Nova, wait_for

GAPS = "novabot_listener_gaps_total"
MANY = 10_000


def notify(conn: psycopg.Connection, payload: str, channel: str = "session_reset") -> None:
    conn.execute("SELECT pg_notify(%s, %s)", (channel, payload))


def remember(nova: Nova) -> Client:
    """A client whom both bots remember as they are now."""
    client = Client(nova)
    client.tell("Petang", 0)
    client.tell("Petang", 1)
    assert client.ask(0) == ("Petang", "Petang")
    return client


def test_doubled_reordered_and_forged_signals_cost_a_reload_and_are_acknowledged_once(
    nova: Nova,
) -> None:
    pids, gaps = bot_pids(nova), [nova.metric(bot, GAPS) for bot in (0, 1)]
    with nova.connect() as conn:
        kept = remember(nova)
        life = value(conn, 'SELECT incarnation::text FROM "User" WHERE id = %s', kept.id)
        gone = [remember(nova) for _ in range(3)]
        resets = [reset(conn, client) for client in gone]
        acknowledged = value(conn, 'SELECT count(*) FROM "ResetAck"')
        for number in resets:
            wait_for_acknowledgements(conn, number, 2, 5)
        acknowledged = value(conn, 'SELECT count(*) FROM "ResetAck"')
        before = last_reset(conn)
        strangers = [str(uuid.uuid4()) for _ in range(100)]
        for number in reversed(resets):
            for _ in range(3):
                notify(conn, json.dumps({"reset": number, "clients": strangers[:2]}))
        # Incarnations that no client has, resets that never were, a reset that is said to be of
        # other clients, an edit that was none.
        notify(conn, json.dumps({"reset": before, "clients": strangers}))
        for number in (before + 1_000_000, 2**63 - 1):
            notify(conn, json.dumps({"reset": number, "clients": [life]}))
            notify(conn, json.dumps({"reset": number, "clients": "*"}))
        notify(conn, json.dumps({"clients": [life, *strangers]}), "session_changed")
        assert kept.ask(0) == kept.ask(1) == ("Petang", "Petang")
        for client in gone:
            assert client.ask(0) == client.ask(1) == UNKNOWN
        # Order is that of commits: when this is acknowledged, all of the above has been read.
        wait_for_acknowledgements(conn, reset(conn, kept), 2, 5)
        assert kept.ask(0) == kept.ask(1) == UNKNOWN
        assert value(conn, 'SELECT count(*) FROM "ResetAck"') == acknowledged + 2
    assert bot_pids(nova) == pids
    assert [nova.metric(bot, GAPS) for bot in (0, 1)] == gaps


MALFORMED = [
    "",
    "{",
    "null",
    "[]",
    '"*',
    "6281717407674",
    '\'; DROP TABLE "User"; --',
    "\x01\x7f\u202e\U0001f600",
    '{"reset": 1}',
    '{"reset": true, "clients": []}',
    '{"reset": -1, "clients": []}',
    '{"reset": 99999999999999999999, "clients": []}',
    '{"reset": 1, "clients": ["not a uuid"]}',
    '{"reset": 1, "clients": {"a": 1}}',
    '{"reset": 1e400, "clients": NaN}',
    # From a version to come: its meaning is unknown here.
    '{"version": 2, "resets": [1, 2], "scope": {"tenant": 7}}',
    "v2:reset:all",
    "x" * 7999,
    "[" * 7999,
    json.dumps({"reset": 1, "clients": ["é" * 1000]}),
]


def test_malformed_signals_evict_all_sessions_and_the_warnings_are_one_a_second(nova: Nova) -> None:
    pids, gaps = bot_pids(nova), [nova.metric(bot, GAPS) for bot in (0, 1)]
    malformed = 'novabot_evictions_total{cause="malformed"}'
    before = [nova.metric(bot, malformed) for bot in (0, 1)]
    warned = len(find_in_logs(nova, "malformed notification"))
    with nova.connect() as conn:
        client = remember(nova)
        begun = value(conn, "SELECT clock_timestamp()")
        for channel in ("session_reset", "session_changed"):
            for payload in MALFORMED:
                notify(conn, payload, channel)
        wait_for(
            lambda: all(nova.metric(b, malformed) > before[b] for b in (0, 1)), "an eviction", 5
        )
        assert client.ask(0) == client.ask(1) == ("Petang", "Petang")
        # Unknown keys beside the known ones are no reason to forget all clients.
        notify(conn, json.dumps({"reset": 1, "clients": [], "version": 2, "more": {"a": [1]}}))
        wait_for_acknowledgements(conn, reset(conn, client), 2, 5)
        assert client.ask(0) == client.ask(1) == UNKNOWN
        took = value(conn, "SELECT extract(epoch FROM clock_timestamp() - %s)", begun)
    # The test before may have used up this second's warning.
    assert len(find_in_logs(nova, "malformed notification")) >= 2
    lines = find_in_logs(nova, "malformed notification")[warned:]
    assert len(lines) <= 2 * (float(took) + 1)
    assert not any("DROP TABLE" in line or "xxxx" in line for line in lines)
    assert bot_pids(nova) == pids
    assert [nova.metric(bot, GAPS) for bot in (0, 1)] == gaps
    assert not find_in_logs(nova, "Traceback")


def test_ten_thousand_signals_at_once_are_taken_and_the_reset_among_them_acknowledged(
    nova: Nova,
) -> None:
    gaps = [nova.metric(bot, GAPS) for bot in (0, 1)]
    warned = len(find_in_logs(nova, "malformed notification"))
    with nova.connect() as conn:
        client, kept = remember(nova), remember(nova)
        begun = value(conn, "SELECT clock_timestamp()")
        with conn.transaction():
            for payload in (
                "jsonb_build_object('reset', 1, 'clients', ARRAY[gen_random_uuid()])::text",
                "'malformed ' || n",
            ):
                conn.execute(
                    f"SELECT pg_notify('session_reset', {payload})"
                    f" FROM generate_series(1, {MANY // 2}) AS n".encode()
                )
            number = reset(conn, client)
        wait_for_acknowledgements(conn, number, 2)
        took = float(value(conn, "SELECT extract(epoch FROM clock_timestamp() - %s)", begun))
        assert client.ask(0) == client.ask(1) == UNKNOWN
        assert kept.ask(0) == kept.ask(1) == ("Petang", "Petang")
    warnings = find_in_logs(nova, "malformed notification")[warned:]
    print(f"{MANY} signals and a reset acknowledged after {took:.2f} s, {len(warnings)} warnings")
    assert len(warnings) <= 2 * (took + 2)
    assert took < 15
    assert [nova.metric(bot, GAPS) for bot in (0, 1)] == gaps
    assert all('"level":"warning"' in line for line in warnings)
