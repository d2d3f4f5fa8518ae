"""The real dashboard on a real port, in a thread."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2 as httpx
import psycopg

from app.crm.operators import create_token, hash_cookie, hash_password
from app.dashboard.access.identity import SESSION_COOKIE
from app.dashboard.app import create_server
from app.database.connection import open_async_connection
from app.server import HttpServer
from app.settings import load_settings

PASSWORD = "correct horse"
DEADLINE = 15.0

SECRET_KEY = "a key of the tests, long enough for one"


@dataclass(frozen=True, slots=True)
class Dashboard:
    url: str
    database_url: str
    server: HttpServer

    def client(self, **options: Any) -> httpx.Client:
        """A browser without JavaScript that doesn't follow redirects."""
        return httpx.Client(base_url=self.url, timeout=DEADLINE, **options)

    @contextmanager
    def logged_in(self, name: str = "ana") -> Iterator[httpx.Client]:
        """The same with a login, in English."""
        with self.client(headers={"Accept-Language": "en"}) as client:
            with psycopg.connect(self.database_url, autocommit=True) as conn:
                conn.execute(
                    """INSERT INTO "WebSession" ("tokenHash", operator, "expiresAt")
                    VALUES (%s, %s, now() + interval '1 hour')""",
                    [hash_cookie(SECRET_KEY, token := secrets.token_urlsafe()), name],
                )
            client.cookies.set(SESSION_COOKIE, token)
            yield client

    def program(self) -> httpx.Client:
        """A program with a token."""
        token = asyncio.run(self._create_token())
        return self.client(headers={"Authorization": f"Bearer {token}"})

    async def _create_token(self) -> str:
        async with await open_async_connection(self.database_url) as conn:
            return await create_token(conn, "crm-export")


@contextmanager
def run_dashboard(database_url: str, **given: str) -> Iterator[Dashboard]:
    settings = load_settings(database_url=database_url, secret_key=SECRET_KEY, **given)
    server = create_server(settings, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the dashboard starts")
        yield Dashboard(f"http://127.0.0.1:{server.port}", database_url, server)
    finally:
        server.stop()
        thread.join(DEADLINE)
        assert not thread.is_alive(), "the dashboard did not stop"


def add_operators(connection: psycopg.Connection) -> None:
    for name, role in (("ana", "operator"), ("vera", "viewer")):
        connection.execute(
            'INSERT INTO "Operator" (name, role, "passwordHash") VALUES (%s, %s, %s)',
            [name, role, _hash_once()],
        )


@cache
def _hash_once() -> str:
    return hash_password(PASSWORD)


def add_petang(connection: psycopg.Connection) -> None:
    """The client of the old system's bug report: 3 messages in, 2 out, 1 of them queued."""
    connection.execute(
        """
        INSERT INTO "User" (id, nama) VALUES ('6281717407674@c.us', 'Petang');
        INSERT INTO "Session" ("userId", context)
        VALUES ('6281717407674@c.us', '{"topic": "pesanan"}');
        INSERT INTO "Alias" (alias, "userId") VALUES ('ID.9f3c2b', '6281717407674@c.us');
        INSERT INTO "Conversation" ("userId", body)
        VALUES
            ('6281717407674@c.us', 'Hai'),
            ('6281717407674@c.us', 'nama saya Petang'),
            ('6281717407674@c.us', 'apa kabar?');
        INSERT INTO "Conversation" ("userId", direction, body, status, address)
        VALUES
            ('6281717407674@c.us', 'out', 'Hai, Petang!', 'read', '6281717407674'),
            ('6281717407674@c.us', 'out', 'Sebentar, Petang.', 'queued', '6281717407674');
        """
    )


def shown_ids(html: str) -> list[str]:
    """The ids in the list of clients, as its links have them."""
    return re.findall(r'class="row" href="/clients/([^"]+)"', html)


def wait_until(condition: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.01)
