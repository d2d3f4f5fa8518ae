"""Pages show one moment, and say what keeps them from showing it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from types import ModuleType
from typing import Any

import httpx2 as httpx
import psycopg
import pytest

from app.crm import clients as stored_clients
from app.crm import resets as stored_resets
from app.dashboard.pages import bots, client, clients, reset
from app.local.embedded import EmbeddedServer
from tests.dashboard.running import add_petang, wait_until

PETANG = "/clients/6281717407674@c.us"
BOT = "11111111-1111-1111-1111-111111111111"
FORGET = 'DELETE FROM "User"'
STOP_BOT = f"SELECT novabot_internal.retire_bot('{BOT}')"
ACKNOWLEDGE = f"SELECT novabot_internal.acknowledge_resets('{BOT}', ARRAY[1::bigint], '{{1}}')"
MOVE = """UPDATE "User" SET id = 'moved@c.us'"""


@pytest.fixture
def tables(connection: psycopg.Connection) -> psycopg.Connection:
    """Petang, a bot, a reset that the bot has not acknowledged, an item set aside."""
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-a', 1, true, 5)", [BOT])
    connection.execute("SELECT reset_client('628999999')")
    add_petang(connection)
    connection.execute(
        """INSERT INTO "SetAside" (address, item, reason)
        VALUES ('6281717407674', '{"odd": 1}', 'no timestamp')"""
    )
    return connection


def change_after(
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    function: str,
    change: Callable[[], object],
) -> None:
    """Changes the tables between the first statement of a page and its next one."""
    read: Callable[..., Awaitable[object]] = getattr(module, function)
    pending = [change]

    async def read_then_change(*arguments: Any, **named: Any) -> object:
        found = await read(*arguments, **named)
        if pending:
            pending.pop()()
        return found

    monkeypatch.setattr(module, function, read_then_change)


@pytest.mark.parametrize(
    ("path", "module", "function", "change", "shown"),
    [
        ("/clients", clients, "list_clients", FORGET, "1 client<"),
        (PETANG, client, "find_client", FORGET, "Sebentar, Petang."),
        (PETANG, client, "read_conversation", FORGET, "The time is missing"),
        (f"{PETANG}/reset", reset, "get_client", STOP_BOT, "1 bot is connected"),
        ("/resets/1", stored_resets, "fetch_one", ACKNOWLEDGE, "no answer yet"),
        ("/bots", bots, "list_bots", FORGET, "The time is missing"),
    ],
)
def test_a_page_shows_one_moment(
    ana: httpx.Client,
    tables: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    module: ModuleType,
    function: str,
    change: str,
    shown: str,
) -> None:
    change_after(monkeypatch, module, function, lambda: tables.execute(change.encode()))
    first = ana.get(path)
    assert first.status_code == 200
    assert shown in first.text
    second = ana.get(path)
    assert second.status_code == 404 or shown not in second.text, "the change was not made"


def test_the_api_answers_with_one_moment(
    program: httpx.Client, tables: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_after(monkeypatch, stored_clients, "get_client_id", lambda: tables.execute(MOVE))
    assert program.get("/api/clients/0817-1740-7674").json()["id"] == "6281717407674@c.us"
    change_after(monkeypatch, stored_resets, "fetch_one", lambda: tables.execute(ACKNOWLEDGE))
    assert program.get("/api/resets/1").json()["missing"] == [BOT]
    assert program.get("/api/resets/1").json()["missing"] == []


@pytest.fixture
def locked(tables: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Tables that another transaction holds."""
    with tables.transaction():
        tables.execute('LOCK TABLE "User", "Reset", "Bot" IN ACCESS EXCLUSIVE MODE')
        yield tables


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_page_that_waits_for_a_lock_says_that_the_data_is_in_use(
    ana: httpx.Client, locked: psycopg.Connection, language: str
) -> None:
    texts = {
        "en": "The data is in use, nothing was changed; try again in a moment.",
        "id": "Data sedang dipakai, tidak ada yang berubah; coba lagi sebentar.",
    }
    for path in ("/clients", PETANG, f"{PETANG}/reset", "/resets", "/resets/1", "/bots"):
        began = time.monotonic()
        answer = ana.get(path, headers={"Accept-Language": language})
        assert time.monotonic() - began < 8, path
        assert answer.status_code == 503, path
        assert texts[language] in answer.text, path
        assert answer.headers["retry-after"] == "5"


def test_a_server_that_only_reads_is_answered_like_one_that_is_away(
    server: EmbeddedServer, ana: httpx.Client, tables: psycopg.Connection, database_url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        end_connections = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        )
        conn.execute(end_connections, [name])
        for path in ("/clients", PETANG, "/resets/1", "/bots"):
            answer = ana.get(path)
            assert answer.status_code == 503, path
            assert "The data cannot be reached" in answer.text
            assert "Traceback" not in answer.text
        conn.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
    wait_until(lambda: ana.get(PETANG).status_code == 200, "the pages recover")
