"""A real PgBouncer between the processes and the server."""

from __future__ import annotations

import re
import time
from pathlib import Path

import psycopg

from app.sessions.listener import DEADLINE
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
from tests.system.history.run import RESPONDER
from tests.system.nova import Nova, run_nova, wait_for
from tests.system.pgbouncer import PgBouncer, needs_pgbouncer, run_pgbouncer

pytestmark = needs_pgbouncer

MESSAGES = 7
"""More than psycopg executes of a statement before it prepares it."""


def test_a_bot_that_listens_through_a_transaction_pooler_says_so_and_still_answers_right(
    database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    with run_pgbouncer(database_url, data_dir, "transaction") as pooler:
        nova = Nova(pooler.url, tmp_path, bots=1, NOVABOT_RESPONDER=RESPONDER)
        try:
            refuse_to_migrate(nova)
            nova.start_simulator()
            nova.start_bot(0)
            wait_for(lambda: nova.ask(nova.bot_urls[0] + "/live") == 200, "the bot to live")
            begun = time.monotonic()
            wait_for(
                lambda: find_in_logs(nova, "set LISTEN_DATABASE_URL"),
                "the bot to say what is wrong",
                DEADLINE + 2,
            )
            print(f"said after {time.monotonic() - begun:.2f} s")
            clients = [Client(nova) for _ in range(2)]
            with psycopg.connect(database_url, autocommit=True) as conn:
                for number in range(MESSAGES):
                    for client in clients:
                        name = f"Petang{number}"
                        client.tell(name)
                        assert client.ask() == (name, name)
                    reset(conn, clients[0])
                    assert clients[0].ask() == UNKNOWN
                assert nova.ask(nova.bot_urls[0] + "/ready") == 503
                assert nova.metric(0, "novabot_sessions") == 0
                assert nova.metric(0, "novabot_listener_up") == 0
                assert value(conn, 'SELECT count(*) FROM "SetAside"') == 0
                assert not value(conn, 'SELECT bool_or(listening) FROM "Bot"')
            assert find_in_logs(nova, "transaction pooler")
            assert nova.bot(0).stop() == 0
        finally:
            print(nova.read_logs())
            nova.close()


def refuse_to_migrate(nova: Nova) -> None:
    refused = nova.command("migrate", "--force")
    assert refused.returncode == 1
    assert refused.stderr.startswith("novabot: The database is reached through a pooler in trans")
    assert "set LISTEN_DATABASE_URL to a direct connection" in refused.stderr


def test_everything_works_through_a_transaction_pooler_with_a_direct_listen_url(
    database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    with (
        run_pgbouncer(database_url, data_dir, "transaction") as pooler,
        run_nova(
            pooler.url,
            tmp_path,
            dashboard=True,
            NOVABOT_RESPONDER=RESPONDER,
            LISTEN_DATABASE_URL=database_url,
        ) as nova,
    ):
        check_that_everything_works(nova)
        restart_pooler(nova, pooler)


def test_through_a_session_pooler_bots_also_listen(
    database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    with (
        run_pgbouncer(database_url, data_dir, "session") as pooler,
        run_nova(pooler.url, tmp_path, dashboard=True, NOVABOT_RESPONDER=RESPONDER) as nova,
        nova.connect() as conn,
    ):
        for _ in range(MESSAGES):
            client = Client(nova)
            client.tell("Petang")
            wait_for_acknowledgements(conn, reset(conn, client), 2, 5)
            assert client.ask(1) == UNKNOWN
        done = nova.command("migrate", "--force")
        assert done.returncode == 0, done.stderr
        restart_pooler(nova, pooler)


def check_that_everything_works(nova: Nova) -> None:
    pids = bot_pids(nova)
    token = nova.command("token", "create", "pooler").stdout.strip().splitlines()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    with talking(nova, clients=2) as talk, nova.connect() as conn:
        clients = [Client(nova) for _ in range(4)]
        for number in range(MESSAGES):
            for client in clients:
                client.tell(f"Petang{number}", number % 2)
        # By SQL through the pooler, by the command line, by the API, by chat.
        wait_for_acknowledgements(conn, reset(conn, clients[0]), 2, 5)
        unknown = [f"62899{number:06}" for number in range(MESSAGES)]
        done = nova.command("reset", *unknown, clients[1].phone)
        assert done.returncode == 0 and "1 client, 1 session" in done.stdout, done.stderr
        for _ in range(MESSAGES):
            url = f"{nova.dashboard_url}/api/clients/{clients[2].phone}"
            assert nova.http.get(url, headers=headers).json()["nama"] == f"Petang{MESSAGES - 1}"
        answer = nova.http.delete(url, headers=headers)
        assert answer.status_code == 200, answer.text
        number = answer.json()["reset"]
        assert value(conn, 'SELECT actor FROM "Reset" WHERE id = %s', number) != "novabot"
        wait_for_acknowledgements(conn, number, 2, 5)
        clients[3].ask_to_forget()
        for client in clients:
            assert client.ask(0) == client.ask(1) == UNKNOWN
        # Nothing that a transaction set for itself is left on a connection of the pooler's.
        names = [Client(nova) for _ in range(3)]
        for client in names:
            client.tell("Sari")
            number = reset(conn, client)
            assert value(conn, 'SELECT source FROM "Reset" WHERE id = %s', number) not in (
                *("api", "chat", "cli"),
            )
            assert value(conn, "SHOW lock_timeout") == "0"
        reset_on_dashboard(nova)
    assert talk.refused == 0
    assert bot_pids(nova) == pids
    for complaint in ("prepared statement", "Traceback", "item set aside"):
        assert not find_in_logs(nova, complaint), complaint
    print(f"{talk.rounds} rounds")


def reset_on_dashboard(nova: Nova) -> None:
    """Every page, and the form, more often than a statement is executed unprepared."""
    client = Client(nova)
    client.tell("Petang")
    url = nova.dashboard_url
    nova.log_in("admin")
    for _ in range(MESSAGES):
        for page in ("/clients", "/clients?q=Petang", f"/clients/{client.id}", "/resets", "/bots"):
            assert nova.http.get(url + page).status_code == 200, page
    page = nova.http.get(f"{url}/clients/{client.id}/reset")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    done = nova.http.post(f"{url}/clients/{client.id}/reset", data=fields)
    assert done.status_code == 303, done.text
    assert nova.http.get(url + done.headers["location"]).status_code == 200
    assert client.ask(1) == UNKNOWN


def restart_pooler(nova: Nova, pooler: PgBouncer) -> None:
    pids = bot_pids(nova)
    client = Client(nova)
    client.tell("Petang", 1)
    with talking(nova, clients=2) as talk:
        pooler.kill()
        for url in nova.bot_urls:
            nova.wait_ready(url, 503)
        pooler.start()
        begun = time.monotonic()
        wait_all_ready(nova)
        nova.wait_ready(nova.dashboard_url)
        took = time.monotonic() - begun
    with nova.connect() as conn:
        wait_for_acknowledgements(conn, reset(conn, client), 2)
        assert last_reset(conn)
        wait_for(lambda: value(conn, LISTENERS) == 2, "two listeners")
    assert client.ask(0) == UNKNOWN
    assert bot_pids(nova) == pids
    print(f"ready {took:.2f} s after the pooler; {talk.rounds} rounds, {talk.refused} repeated")
    assert took < 10
