"""What a DBA does and reads in these tests."""

from __future__ import annotations

from typing import Any

import psycopg

from app.local.embedded import EmbeddedServer
from tests.system.faults.chat import Client
from tests.system.nova import Nova, wait_for

LISTENERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'novabot listener' AND datname = current_database()"
)


def value(conn: psycopg.Connection[Any], statement: str, *parameters: object) -> Any:
    """The first column of the first row; None without one."""
    row = conn.execute(statement.encode(), parameters).fetchone()
    return None if row is None else row[0]


def reset(conn: psycopg.Connection[Any], client: Client) -> int:
    """Deletes the client; the reset's number."""
    gone = conn.execute('DELETE FROM "User" WHERE id = %s', (client.id,))
    assert gone.rowcount == 1
    return last_reset(conn)


def last_reset(conn: psycopg.Connection[Any]) -> int:
    return value(conn, 'SELECT max(id) FROM "Reset"')


def acknowledgements(conn: psycopg.Connection[Any], number: int) -> int:
    return value(conn, 'SELECT count(*) FROM "ResetAck" WHERE "resetId" = %s', number)


def wait_for_acknowledgements(
    conn: psycopg.Connection[Any], number: int, bots: int, seconds: float = 20
) -> None:
    wait_for(
        lambda: acknowledgements(conn, number) == bots,
        f"reset {number} to be acknowledged by {bots}",
        seconds,
    )


def wait_all_ready(nova: Nova) -> None:
    for url in nova.bot_urls:
        nova.wait_ready(url)


def bot_pids(nova: Nova) -> list[int]:
    """Of the bots that run; a bot that has ended fails the test."""
    for index in range(len(nova.bots)):
        assert nova.bot(index).popen.poll() is None, f"bot {index} has ended"
    return [nova.bot(index).pid for index in range(len(nova.bots))]


class ServerLog:
    """What a server has logged since this was made."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._path = server.log_path
        self._from = self._path.stat().st_size

    def find(self, text: str) -> list[str]:
        with self._path.open(errors="replace") as log:
            log.seek(self._from)
            return [line.rstrip() for line in log if text in line]


def find_in_logs(nova: Nova, text: str) -> list[str]:
    """The lines of the bots' logs that hold a text."""
    return [line for line in nova.read_logs().splitlines() if text in line]
