"""A bot that joins in the middle of a reset, and a wall clock that is moved.

Bots killed, stopped and told to end: tests/system/test_processes.py.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.sessions.listener import FRESH_FOR
from tests.system.faults.acts import (
    bot_pids,
    last_reset,
    reset,
    value,
    wait_all_ready,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client, talking
from tests.system.nova import Nova, wait_for

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def test_a_bot_that_joins_in_the_middle_of_a_reset_never_knows_the_old_life(nova: Nova) -> None:
    client = Client(nova)
    client.tell("Petang", 0)
    nova.bot(1).stop()
    with nova.connect() as conn, nova.connect() as watcher:
        with conn.transaction():
            conn.execute('DELETE FROM "User" WHERE id = %s', (client.id,))
            nova.start_bot(1)
            # For the database the client is still there; a message has to wait.
            nova.wait_ready(nova.bot_urls[1])
            assert client.post("A 1", 1)[0] == 503
            assert value(watcher, 'SELECT count(*) FROM "User" WHERE id = %s', client.id) == 1
        assert client.ask(1) == client.ask(0) == UNKNOWN
        number = last_reset(conn)
        wait_for_acknowledgements(conn, number, 2)
        assert value(conn, "SELECT missing FROM reset_receipt(%s)", number) == []


def test_bots_that_join_while_clients_talk_and_are_reset_answer_right_from_the_first_message(
    nova: Nova,
) -> None:
    with talking(nova, clients=3) as talk, nova.connect() as conn:
        for _ in range(2):
            # Not killed: what a killed bot was sending is uncertain, and never sent again.
            nova.bot(1).stop()
            nova.start_bot(1)
            nova.wait_ready(nova.bot_urls[1])
            rounds = talk.rounds
            wait_for(lambda r=rounds: talk.rounds > r + 5, "clients to go on")
        wait_for_acknowledgements(conn, reset_a_client(nova), 2)
    print(f"{talk.rounds} rounds, {talk.refused} deliveries repeated")


def reset_a_client(nova: Nova) -> int:
    client = Client(nova)
    client.tell("Petang", 1)
    with nova.connect() as conn:
        return reset(conn, client)


@pytest.mark.skipif(FAKETIME is None, reason="there is no libfaketime here")
def test_a_wall_clock_that_is_moved_changes_nothing(nova: Nova, tmp_path: Path) -> None:
    moved = tmp_path / "clock"
    move_clock(moved, "+0")
    nova.bot(1).stop()
    bot = nova.start_bot(
        1,
        LD_PRELOAD=str(FAKETIME),
        FAKETIME_TIMESTAMP_FILE=str(moved),
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        FAKETIME_NO_CACHE="1",
    )
    wait_all_ready(nova)
    try:
        with nova.connect() as conn:
            client, kept = Client(nova), Client(nova)
            client.tell("Petang", 1)
            kept.tell("Sari", 1)
            held = nova.metric(1, "novabot_sessions")
            for offset in ("+400d", "-400d"):
                move_clock(moved, offset)
                begun = time.monotonic()
                # As long as a proof is worth: nothing may have been forgotten or trusted too long.
                while time.monotonic() < begun + FRESH_FOR:
                    assert kept.ask(1) == ("Sari", "Sari")
                    assert nova.ask(nova.bot_urls[1] + "/ready") == 200
                assert nova.metric(1, "novabot_sessions") == held
                someone = Client(nova)
                someone.tell("Petang", 1)
                wait_for_acknowledgements(conn, reset(conn, someone), 2, 3)
                assert someone.ask(1) == UNKNOWN
                held += 1
            assert nova.metric(1, "novabot_listener_gaps_total") == 0
            wait_for_acknowledgements(conn, reset(conn, client), 2, 3)
            assert client.ask(1) == UNKNOWN
        # That the clock was moved at all: the log has its times.
        future = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-")
        assert f'"timestamp":"{future}' in bot.read_log()
        bot_pids(nova)
    finally:
        bot.stop()
        nova.start_bot(1)
        wait_all_ready(nova)


def move_clock(file: Path, offset: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{offset}\n")
    fresh.rename(file)
