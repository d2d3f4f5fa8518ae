"""A reset whose commit is not confirmed: every door says what became of it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest

from app.cli.receipts import reset_clients
from app.crm import resetting
from app.crm.errors import ResetNotMade
from app.crm.resetting import reset_incarnation
from app.database.connection import ReplacedConnection, open_async_connection
from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from tests.dashboard.running import Dashboard, add_operators, add_petang, run_dashboard
from tests.sessions.waiting import until
from tests.system.faults.acts import value
from tests.system.faults.proxy import Proxy, run_proxy
from tests.system.faults.servers import end_server
from tests.system.nova import wait_for
from tests.system.test_command_line import ROOT, make_environment

COMMIT = b"COMMIT"
HANDLE, OTHER = "6281717407674", "6281200000000"
PETANG = f"/clients/{HANDLE}@c.us"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture(scope="module")
def durable_server() -> Iterator[EmbeddedServer]:
    """A PostgreSQL whose commits may have to wait for a standby: it is durable."""
    with tempfile.TemporaryDirectory(prefix="novabot-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder)) as server:
            with psycopg.connect(server.url(), autocommit=True) as conn:
                migrate(conn)
                add_operators(conn)
            yield server


@pytest.fixture(scope="module")
def way(durable_server: EmbeddedServer) -> Iterator[tuple[str, Proxy]]:
    """The URL of its database by way of a proxy, and the proxy."""
    with run_proxy(durable_server.url()) as way:
        yield way


@pytest.fixture(scope="module")
def running(way: tuple[str, Proxy]) -> Iterator[Dashboard]:
    with run_dashboard(way[0]) as running:
        yield running


@pytest.fixture
def dashboard(running: Dashboard, proxy: Proxy) -> Dashboard:
    """It is ready, whatever the test before has done to its connections."""
    wait_for(lambda: httpx.get(f"{running.url}/ready").status_code == 200, "the dashboard")
    return running


@pytest.fixture
def proxy(way: tuple[str, Proxy]) -> Iterator[Proxy]:
    yield way[1]
    way[1].refusing = False


@pytest.fixture
def conn(durable_server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    """Past the proxy; there is one client, Petang, and no receipt."""
    with psycopg.connect(durable_server.url(), autocommit=True) as conn:
        conn.execute('TRUNCATE "User", "Session", "Alias", "Conversation"')
        conn.execute('TRUNCATE "Reset" CASCADE')
        add_petang(conn)
        yield conn


@contextmanager
def waiting_for_a_standby(conn: psycopg.Connection) -> Iterator[None]:
    """While it lasts, commits wait for a standby that never connects."""
    conn.execute("SET synchronous_commit = local")
    _set_standby(conn, "nobody")
    try:
        yield
    finally:
        _set_standby(conn, "")
        wait_for(lambda: value(conn, WAITING) == 0, "no session to wait")


def _set_standby(conn: psycopg.Connection, name: str) -> None:
    conn.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'".encode())
    conn.execute("SELECT pg_reload_conf()")
    wait_for(lambda: value(conn, "SHOW synchronous_standby_names") == name, "the setting")


def find_reset(conn: psycopg.Connection) -> int | None:
    """The number of the only receipt of one client, who then is gone; None without any."""
    rows = conn.execute('SELECT id, clients FROM "Reset"').fetchall()
    left = value(conn, 'SELECT count(*) FROM "User"')
    if not rows:
        assert left == 1
        return None
    assert ([clients for _, clients in rows], left) == ([1], 0)
    return rows[0][0]


def ask(dashboard: Dashboard, door: str) -> httpx.Response:
    if door == "page":
        with dashboard.logged_in() as ana:
            return ana.post(f"{PETANG}/reset")
    with dashboard.program() as program:
        return program.delete(f"/api/clients/{HANDLE}")


def start(url: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "reset", *arguments],
        cwd=ROOT,
        env=make_environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("door", ["page", "api"])
def test_an_answer_lost_after_the_commit_leads_to_the_receipt(
    dashboard: Dashboard, proxy: Proxy, conn: psycopg.Connection, door: str
) -> None:
    proxy.cut_after(COMMIT)
    answer = ask(dashboard, door)
    reset = find_reset(conn)
    assert reset is not None
    if door == "page":
        assert (answer.status_code, answer.headers["location"]) == (303, f"/resets/{reset}")
    else:
        assert answer.json() == {"reset": reset, "clients": 1, "sessions": 1, "conversations": 5}


@pytest.mark.parametrize(("door", "statement"), [("page", COMMIT), ("api", b"reset_incarnation")])
def test_a_connection_lost_before_the_commit_has_reset_nothing(
    dashboard: Dashboard, proxy: Proxy, conn: psycopg.Connection, door: str, statement: bytes
) -> None:
    proxy.cut_before(statement)
    answer = ask(dashboard, door)
    assert answer.status_code == 503
    assert ("Nothing was deleted" if door == "page" else "Nothing was reset") in answer.text
    assert find_reset(conn) is None


@pytest.mark.parametrize("door", ["page", "api"])
def test_while_the_database_cannot_be_asked_it_is_not_known_and_the_receipt_is_named(
    dashboard: Dashboard,
    proxy: Proxy,
    conn: psycopg.Connection,
    door: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resetting, "LOOK_UP_TIMEOUT", 0.2)
    proxy.cut_after(COMMIT, refuse=True)
    answer = ask(dashboard, door)
    assert answer.status_code == 503
    reset = find_reset(conn)
    if door == "page":
        assert "It is not known yet" in answer.text
        assert f'href="/resets/{reset}"' in answer.text
    else:
        assert answer.json()["reset"] == reset
        assert "not known yet" in answer.json()["error"]


def test_a_commit_that_never_arrives_holds_the_client_no_longer(
    dashboard: Dashboard, proxy: Proxy, conn: psycopg.Connection
) -> None:
    """The server does not learn that the connection is lost: its session is ended."""
    proxy.lose_silently_before(COMMIT)
    assert ask(dashboard, "api").status_code == 503
    assert find_reset(conn) is None
    conn.execute("SET lock_timeout = '1s'")
    conn.execute('SELECT FROM "User" FOR UPDATE')


def test_a_wait_for_a_standby_that_loses_its_connection_is_ended_and_the_reset_stands(
    dashboard: Dashboard, proxy: Proxy, conn: psycopg.Connection
) -> None:
    with dashboard.logged_in() as ana, waiting_for_a_standby(conn):
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(ana.post(f"{PETANG}/reset")))
        asking.start()
        wait_for(lambda: value(conn, WAITING) == 1, "the reset to wait")
        assert find_reset(conn) is None
        proxy.reset_connections()
        asking.join(10)
        (answer,) = answers
        place = answer.headers["location"]
        assert place == f"/resets/{find_reset(conn)}?unreplicated"
        assert value(conn, WAITING) == 0
        assert "the standby server has not confirmed it" in ana.get(place).text


async def test_a_deadline_that_passes_while_a_standby_is_waited_for_ends_the_session(
    durable_server: EmbeddedServer, conn: psycopg.Connection
) -> None:
    with waiting_for_a_standby(conn):
        connections = ReplacedConnection(durable_server.url())
        made = await reset_incarnation(
            connections, HANDLE, None, actor="ana", door="api", seconds=0.3
        )
        assert made is not None and made.id == find_reset(conn)
        assert made.warning is not None and "no synchronous standby" in made.warning
        assert value(conn, WAITING) == 0
        await connections.close()


def test_a_wait_for_a_standby_that_is_cancelled_is_told_to_a_program(
    dashboard: Dashboard, conn: psycopg.Connection
) -> None:
    with dashboard.program() as program, waiting_for_a_standby(conn):
        answers: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: answers.append(program.delete(f"/api/clients/{HANDLE}"))
        )
        asking.start()

        def cancel() -> bool:
            conn.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
            return bool(answers)

        wait_for(cancel, "the answer")
        (answer,) = answers
        assert answer.json()["reset"] == find_reset(conn)
        assert "no synchronous standby has confirmed it" in answer.json()["warning"]


def test_ctrl_c_while_a_standby_is_waited_for_prints_what_was_reset(
    durable_server: EmbeddedServer, conn: psycopg.Connection
) -> None:
    with waiting_for_a_standby(conn):
        with start(durable_server.url(), HANDLE, OTHER) as command:
            wait_for(lambda: value(conn, WAITING) == 1, "the reset to wait")
            command.send_signal(signal.SIGINT)
            told, complaints = command.communicate(timeout=20)
        reset = find_reset(conn)
        assert command.returncode == 130
        assert told == f"reset {reset}: 1 client, 1 session, 5 conversations, by {HANDLE}\n"
        assert f"{HANDLE}: reset {reset}: it is committed, but no synchronous" in complaints
        assert f"{OTHER}: nothing was reset: interrupted" in complaints
        assert value(conn, WAITING) == 0


def test_ctrl_c_behind_a_lock_says_that_nothing_was_reset(
    durable_server: EmbeddedServer, conn: psycopg.Connection
) -> None:
    with psycopg.connect(durable_server.url()) as holder:
        holder.execute('SELECT FROM "User" FOR UPDATE')
        with start(durable_server.url(), HANDLE) as command:
            wait_for(
                lambda: value(
                    conn, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                ),
                "the reset to wait",
            )
            command.send_signal(signal.SIGINT)
            told, complaints = command.communicate(timeout=20)
    assert (command.returncode, told) == (130, "")
    assert f"{HANDLE}: nothing was reset: canceling statement due to user request" in complaints
    assert find_reset(conn) is None


def test_ctrl_c_while_bots_are_waited_for_prints_the_receipts(
    durable_server: EmbeddedServer, conn: psycopg.Connection
) -> None:
    conn.execute(
        """INSERT INTO "Bot" (id, host, pid, "seenAt")
           VALUES (gen_random_uuid(), 'here', 42, now() + interval '1 minute')"""
    )
    try:
        with start(durable_server.url(), "--json", "--wait", "60", HANDLE) as command:
            wait_for(
                lambda: value(
                    conn, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                ),
                "the command to wait",
            )
            command.send_signal(signal.SIGINT)
            told, _ = command.communicate(timeout=20)
    finally:
        conn.execute('DELETE FROM "Bot"')
    assert command.returncode == 130
    assert json.loads(told)["reset"] == find_reset(conn)
    assert len(json.loads(told)["missing"]) == 1


async def test_a_command_that_loses_its_connection_says_so_of_that_client_and_resets_the_others(
    way: tuple[str, Proxy],
    proxy: Proxy,
    conn: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    conn.execute("INSERT INTO \"User\" (id) VALUES ('6281200000000@c.us')")
    proxy.cut_before(COMMIT)
    assert await reset_clients(way[0], [HANDLE, OTHER]) == 1
    told = capsys.readouterr()
    assert f"{HANDLE}: nothing was reset: " in told.err
    assert re.search(rf"reset \d+: 1 client, 0 sessions, 0 conversations, by {OTHER}\n", told.out)
    proxy.cut_after(COMMIT)
    assert await reset_clients(way[0], [HANDLE], as_json=True) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert (json.loads(line)["clients"], json.loads(line)["conversations"]) == (1, 5)
    assert value(conn, 'SELECT count(*) FROM "User"') == 0


async def test_a_command_that_cannot_ask_the_database_says_how_to_find_out(
    way: tuple[str, Proxy],
    proxy: Proxy,
    conn: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(resetting, "LOOK_UP_TIMEOUT", 0.2)
    proxy.cut_after(COMMIT, refuse=True)
    began = time.monotonic()
    assert await reset_clients(way[0], [HANDLE, OTHER]) == 1
    assert time.monotonic() - began < 5
    told = capsys.readouterr()
    assert HANDLE not in told.out
    assert f"SELECT * FROM reset_receipt({find_reset(conn)})" in told.err
    assert f"{OTHER}: nothing was reset: the database does not answer" in told.err


async def test_after_a_crash_another_receipt_of_the_same_number_is_not_taken_for_this_one(
    durable_server: EmbeddedServer,
    way: tuple[str, Proxy],
    proxy: Proxy,
    conn: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resetting, "LOOK_UP_TIMEOUT", 20.0)
    proxy.lose_silently_before(COMMIT, refuse=True)
    connections = ReplacedConnection(way[0])
    asking = asyncio.create_task(
        reset_incarnation(connections, HANDLE, None, actor="ana", door="api")
    )
    await until(lambda: proxy.refusing, "the commit")
    number = value(conn, 'SELECT last_value FROM "Reset_id_seq"')
    end_server(durable_server, signal.SIGKILL)
    durable_server.start()  # in this thread: the server ends with the thread that started it
    with psycopg.connect(durable_server.url(), autocommit=True) as other:
        # The crash may take back the sequence's last value, or not: here it does.
        other.execute("SELECT setval('\"Reset_id_seq\"', %s, false)", (number,))
        other.execute("DELETE FROM \"User\" WHERE id = '6281717407674@c.us'")
        assert find_reset(other) == number
        proxy.refusing = False
        with pytest.raises(ResetNotMade):
            await asking
    await connections.close()


async def test_a_transaction_that_the_server_never_wrote_down_does_not_run(
    durable_server: EmbeddedServer,
) -> None:
    async with await open_async_connection(durable_server.url()) as conn:
        assert not await resetting._is_running(conn, str(2**62))
