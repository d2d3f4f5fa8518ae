"""The server restarted, killed, and replaced by its standby, while clients talk."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.local.embedded import EmbeddedServer
from tests.system.faults.acts import (
    LISTENERS,
    bot_pids,
    find_in_logs,
    last_reset,
    reset,
    value,
    wait_all_ready,
    wait_for_acknowledgements,
)
from tests.system.faults.chat import UNKNOWN, Client, talking
from tests.system.faults.servers import (
    end_server,
    join_urls,
    make_standby,
    promote,
    wait_until_it_follows,
)
from tests.system.history.run import RESPONDER
from tests.system.nova import Nova, run_nova, wait_for

RECOVERY = 5.0
"""Seconds from a server that answers to bots that are ready."""


def test_a_delete_committed_just_before_the_server_ends_is_never_undone(
    own_server: EmbeddedServer, tmp_path: Path
) -> None:
    with run_nova(own_server.url(), tmp_path, NOVABOT_RESPONDER=RESPONDER) as nova:
        pids = bot_pids(nova)
        for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            client, kept = Client(nova), Client(nova)
            for bot in (0, 1):
                client.tell("Petang", bot)
                kept.tell("Sari", bot)
            with talking(nova, clients=2) as talk:
                with nova.connect() as conn:
                    number = reset(conn, client)
                    end_server(own_server, order)
                for url in nova.bot_urls:
                    nova.wait_ready(url, 503)
                own_server.start()
                begun = time.monotonic()
                wait_all_ready(nova)
                took = time.monotonic() - begun
                for bot in (0, 1):
                    assert client.ask(bot) == UNKNOWN
                    assert kept.ask(bot) == ("Sari", "Sari")
            with nova.connect() as conn:
                wait_for_acknowledgements(conn, number, 2)
                assert value(conn, LISTENERS) == 2
            print(f"{order.name}: ready {took:.2f} s after the server; {talk.rounds} rounds")
            assert took < RECOVERY
        assert bot_pids(nova) == pids


@pytest.fixture
def standby_dir() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="novabot-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def use_commands(nova: Nova) -> None:
    """Each writes on the host that can be written to, which is not the first one of the URL."""
    for arguments in (
        ("migrate", "--force"),
        ("reset", "6281717407674"),  # operator and token connect by the same function
        ("psql", "-c", 'DELETE FROM "Delivery" WHERE false'),
    ):
        done = nova.command(*arguments)
        assert done.returncode == 0, done.stderr


def test_a_promoted_standby_is_followed_and_knows_what_was_replicated_to_it(
    own_server: EmbeddedServer, standby_dir: Path, tmp_path: Path
) -> None:
    primary, standby = own_server, make_standby(own_server, standby_dir)
    with psycopg.connect(primary.url(), autocommit=True) as conn, standby:
        conn.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        conn.execute("SELECT pg_reload_conf()")
        wait_until_it_follows(primary, state="sync")
        url = join_urls(primary, standby)
        with run_nova(url, tmp_path, NOVABOT_RESPONDER=RESPONDER) as nova:
            pids = bot_pids(nova)
            replicated, lost, kept = Client(nova), Client(nova), Client(nova)
            for bot in (0, 1):
                for client, name in ((replicated, "Petang"), (lost, "Fajar"), (kept, "Sari")):
                    client.tell(name, bot)
            # Synchronous: who is shown the receipt knows that the standby has the reset.
            first = reset(conn, replicated)
            # Asynchronous, and the standby has lost its primary: the receipt says nothing of it.
            conn.execute("ALTER SYSTEM RESET synchronous_standby_names")
            conn.execute("SELECT pg_reload_conf()")
            with psycopg.connect(standby.url("postgres"), autocommit=True) as theirs:
                theirs.execute("ALTER SYSTEM SET primary_conninfo = ''")
                theirs.execute("SELECT pg_reload_conf()")
            wait_for(
                lambda: value(conn, "SELECT count(*) FROM pg_stat_replication") == 0,
                "the standby to be alone",
            )
            second = reset(conn, lost)
            wait_for_acknowledgements(conn, second, 2)
            assert lost.ask(0) == UNKNOWN
            # The failover: the old primary stays up, with all its connections, and reads only.
            conn.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            conn.execute("SELECT pg_reload_conf()")
            promote(standby)
            promoted = time.monotonic()
            with psycopg.connect(standby.url(), autocommit=True) as theirs:
                wait_for(
                    lambda: value(theirs, LISTENERS) == 2,
                    "both bots to listen at the new primary",
                )
                wait_all_ready(nova)
                took = time.monotonic() - promoted
                for bot in (0, 1):
                    assert replicated.ask(bot) == UNKNOWN
                    # The new primary never heard of this reset: the client is in its tables.
                    assert lost.ask(bot) == ("Fajar", "Fajar")
                    assert kept.ask(bot) == ("Sari", "Sari")
                assert last_reset(theirs) == first
                wait_for_acknowledgements(theirs, reset(theirs, kept), 2)
                assert kept.ask(1) == UNKNOWN
            use_commands(nova)
            assert bot_pids(nova) == pids
            assert not find_in_logs(nova, "Traceback")
    print(f"both bots ready on the promoted standby after {took:.2f} s")
    assert took < 10
