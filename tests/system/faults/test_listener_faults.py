"""The listener's connection cut, silent, slow; other listeners in the way; the queue full."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors

from app.local.embedded import EmbeddedServer
from app.sessions.listener import DEADLINE, FRESH_FOR, INTERVAL
from tests.system.faults.acts import (
    LISTENERS,
    acknowledgements,
    bot_pids,
    find_in_logs,
    last_reset,
    reset,
    value,
    wait_all_ready,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client, talking
from tests.system.faults.proxy import Proxy, run_proxy
from tests.system.history.run import RESPONDER
from tests.system.nova import Nova, run_nova, wait_for

CUTTING = 15.0
"""Seconds of pg_terminate_backend at random."""
SESSIONS = "novabot_sessions"


@pytest.fixture(scope="module")
def behind(
    shared_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Nova, Proxy]]:
    """Two bots; the listener of bot 1, and nothing else of it, goes through the proxy."""
    directory = tmp_path_factory.mktemp("nova")
    with run_proxy(shared_database) as (listen_url, proxy):
        nova = Nova(shared_database, directory, NOVABOT_RESPONDER=RESPONDER)
        try:
            nova.start_simulator()
            nova.start_bot(0)
            nova.start_bot(1, LISTEN_DATABASE_URL=listen_url)
            wait_all_ready(nova)
            yield nova, proxy
        finally:
            print(nova.read_logs())
            nova.close()


def test_listeners_cut_at_random_lose_no_reset_and_leave_no_connection(
    behind: tuple[Nova, Proxy],
) -> None:
    nova, _ = behind
    pids, cuts = bot_pids(nova), 0
    first = nova.metric(0, "novabot_listener_gaps_total")
    with nova.connect() as conn, talking(nova) as talk:
        begun = last_reset(conn) or 0
        until = time.monotonic() + CUTTING
        while time.monotonic() < until:
            cuts += conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'novabot listener' AND datname = current_database()"
                " ORDER BY random() LIMIT 1"
            ).rowcount
            time.sleep(random.uniform(0, 0.2))  # the fault's own rhythm
        wait_all_ready(nova)
    with nova.connect() as conn:
        wait_for(
            lambda: (
                value(
                    conn,
                    'SELECT count(*) FROM "Reset" AS r, novabot_internal.bots_missing(r.id)'
                    " WHERE r.id > %s",
                    begun,
                )
                == 0
            ),
            "every reset to be acknowledged by both bots",
        )
        assert value(conn, LISTENERS) == len(nova.bots)
        resets = value(conn, 'SELECT count(*) FROM "Reset" WHERE id > %s', begun)
    gaps = nova.metric(0, "novabot_listener_gaps_total") - first
    print(f"{cuts} listeners cut, {gaps:g} gaps at bot 0, {resets} resets, {talk.rounds} rounds")
    assert bot_pids(nova) == pids
    assert cuts > 10 and 0 < gaps <= cuts


def test_behind_a_black_hole_the_memory_is_not_used_and_dropped_while_the_other_bot_goes_on(
    behind: tuple[Nova, Proxy],
) -> None:
    nova, proxy = behind
    held, asked = Client(nova), Client(nova)
    for client in (held, asked):
        client.tell("Petang", bot=1)
    assert nova.metric(1, SESSIONS) >= 2
    with nova.connect() as conn:
        proxy.swallowing = True
        begun = time.monotonic()
        number = reset(conn, held)
        reset(conn, asked)
        # Before the bot can have noticed, the fence has it.
        assert asked.ask(bot=1) == UNKNOWN
        wait_for_acknowledgements(conn, number, 1, 2)
        nova.wait_ready(nova.bot_urls[1], 503)
        unready = time.monotonic() - begun
        assert unready < FRESH_FOR + 0.5
        wait_for(
            lambda: nova.metric(1, SESSIONS) == 0,
            "everything to be dropped",
            begun + INTERVAL + DEADLINE + 1 - time.monotonic(),
        )
        dropped = time.monotonic() - begun
        # Unready, it answers all the same, from the tables, and remembers no client.
        client = Client(nova)
        client.tell("Sari", bot=1)
        assert client.ask(bot=1) == ("Sari", "Sari")
        assert nova.metric(1, SESSIONS) == 0
        assert nova.ask(nova.bot_urls[0] + "/ready") == 200
        assert proxy.bytes_swallowed
        proxy.swallowing = False
        ended = time.monotonic()
        nova.wait_ready(nova.bot_urls[1])
        again = time.monotonic() - ended
        wait_for_acknowledgements(conn, number, 2)
        assert held.ask(bot=1) == UNKNOWN
    print(f"unready after {unready:.2f} s, dropped after {dropped:.2f}, ready {again:.2f} later")
    assert again < DEADLINE + 3


def test_a_connection_that_is_reset_drops_everything_and_is_replaced(
    behind: tuple[Nova, Proxy],
) -> None:
    nova, proxy = behind
    client = Client(nova)
    client.tell("Petang", bot=1)
    opened = proxy.connections
    proxy.reset_connections()
    wait_for(lambda: nova.metric(1, SESSIONS) == 0, "everything to be dropped", 2)
    wait_for(lambda: proxy.connections > opened, "a new connection", 5)
    nova.wait_ready(nova.bot_urls[1])
    with nova.connect() as conn:
        wait_for_acknowledgements(conn, reset(conn, client), 2, 5)
    assert client.ask(bot=1) == UNKNOWN


@pytest.mark.parametrize("how", ["slow", "a byte at a time"])
def test_a_bad_line_is_no_gap(behind: tuple[Nova, Proxy], how: str) -> None:
    nova, proxy = behind
    wait_all_ready(nova)
    gaps = nova.metric(1, "novabot_listener_gaps_total")
    with nova.connect() as conn:
        proxy.latency, proxy.piecemeal = (0.3, False) if how == "slow" else (0.0, True)
        try:
            for _ in range(5):
                client = Client(nova)
                client.tell("Petang", bot=1)
                number = reset(conn, client)
                assert client.ask(bot=1) == UNKNOWN
                wait_for_acknowledgements(conn, number, 2, 3)
        finally:
            proxy.latency, proxy.piecemeal = 0.0, False
    assert nova.metric(1, "novabot_listener_gaps_total") == gaps
    assert nova.ask(nova.bot_urls[1] + "/ready") == 200


def test_listeners_of_others_that_are_idle_in_a_transaction_or_do_not_read_hold_up_no_reset(
    behind: tuple[Nova, Proxy],
) -> None:
    nova, _ = behind
    wait_all_ready(nova)
    with nova.connect() as idle, nova.connect() as mute, nova.connect() as conn:
        for session in (idle, mute):
            session.execute("LISTEN session_reset")
        idle.execute("BEGIN")
        # Never read: more than its socket takes, until the server waits for it to be read.
        conn.execute("SELECT pg_notify('session_changed', repeat('x', 7000))")
        for number in range(200):
            conn.execute(
                "SELECT pg_notify('session_reset', jsonb_build_object('reset', 1, 'clients',"
                " '[]'::jsonb, 'padding', repeat('x', 7000), 'number', %s::int)::text)",
                (number,),
            )
        wait_for(
            lambda: value(
                conn,
                "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
                " AND wait_event = 'ClientWrite'",
                mute.info.backend_pid,
            ),
            "the server to wait for a client that does not read",
        )
        took = []
        for _ in range(20):
            client = Client(nova)
            client.tell("Petang", bot=1)
            begun = time.monotonic()
            wait_for_acknowledgements(conn, reset(conn, client), 2, 2)
            took.append(time.monotonic() - begun)
        usage = value(conn, "SELECT pg_notification_queue_usage()")
        mute.close()
        idle.close()
    print(f"both acknowledgements after {max(took) * 1000:.0f} ms at most; queue {usage:.6f}")
    assert max(took) < 1.0
    assert nova.ask(nova.bot_urls[0] + "/ready") == 200


def fill_queue(conn: psycopg.Connection[Any], share: float = 2.0) -> None:
    """To this share of it; past 1 until the server refuses."""
    while value(conn, "SELECT pg_notification_queue_usage()") < share:
        conn.execute("SELECT pg_notify('unheard', gen_random_uuid() || repeat('x', 7900))")


@contextmanager
def kept_queue(idle: psycopg.Connection[Any]) -> Iterator[None]:
    """As long as `idle` listens in a transaction, nothing leaves the queue."""
    idle.execute("LISTEN idle")
    idle.execute("BEGIN")
    try:
        yield
    finally:
        idle.execute("ROLLBACK")


def test_a_full_queue_fails_resets_with_its_reason_and_turns_go_on(
    own_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with psycopg.connect(own_server.url(), autocommit=True) as conn:
        assert conn.info.server_version >= 170000
        conn.execute("ALTER SYSTEM SET max_notify_queue_pages = 64")
    own_server.stop()
    own_server.start()
    directory = tmp_path_factory.mktemp("nova")
    with (
        run_nova(own_server.url(), directory, dashboard=True, NOVABOT_RESPONDER=RESPONDER) as nova,
        nova.connect() as conn,
        nova.connect() as idle,
    ):
        token = nova.command("token", "create", "faults").stdout.strip().splitlines()[-1]
        client, other, early = Client(nova), Client(nova), Client(nova)
        client.tell("Petang")
        early.tell("Fajar")
        other.tell("Sari", bot=1)
        with kept_queue(idle):
            # Half full, it is as fast as ever.
            fill_queue(conn, 0.5)
            wait_for_acknowledgements(conn, reset(conn, early), 2, 2)
            assert early.ask() == UNKNOWN
            early_reset = last_reset(conn)
            with pytest.raises(errors.ProgramLimitExceeded):
                fill_queue(conn)
            assert value(conn, "SELECT pg_notification_queue_usage()") > 0.9
            with pytest.raises(errors.ProgramLimitExceeded, match="too many notifications"):
                conn.execute('DELETE FROM "User" WHERE id = %s', (client.id,))
            done = nova.command("reset", client.phone)
            assert done.returncode == 1
            assert "too many notifications in the NOTIFY queue" in done.stderr
            answer = nova.http.delete(
                f"{nova.dashboard_url}/api/clients/{client.phone}",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code == 503
            assert client.post("F 1")[0] == 503
            # Nothing is half done: the client is who it was. The bots hear no proof of their own
            # any more: they are unready and remember no client, and answer from the tables.
            for index, url in enumerate(nova.bot_urls):
                nova.wait_ready(url, 503)
                wait_for(lambda i=index: nova.metric(i, SESSIONS) == 0, "everything to be dropped")
            for bot in (0, 1):
                assert client.ask(bot) == ("Petang", "Petang")
                assert other.ask(bot) == ("Sari", "Sari")
            client.tell("Fajar")
            assert all(nova.metric(bot, SESSIONS) == 0 for bot in (0, 1))
            assert find_in_logs(nova, "too many notifications in the NOTIFY queue")
            assert last_reset(conn) == early_reset
        begun = time.monotonic()
        wait_all_ready(nova)
        recovered = time.monotonic() - begun
        number = reset(conn, client)
        wait_for_acknowledgements(conn, number, 2, 2)
        assert client.ask() == UNKNOWN
        assert acknowledgements(conn, number) == 2
        assert other.ask() == ("Sari", "Sari")
    print(f"ready {recovered:.2f} s after the queue was free")
    assert recovered < 5
