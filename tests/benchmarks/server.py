"""The PostgreSQL that is measured: the embedded one, with fsync on, as `novabot up` starts it."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer

_MAKE_CLIENTS = """
    INSERT INTO "User" (id, nama)
    SELECT n || '@c.us', 'Budi ' || n FROM generate_series({0}, {1}) AS n;
    INSERT INTO "Alias" (alias, "userId")
    SELECT n::text, n || '@c.us' FROM generate_series({0}, {1}) AS n;
    INSERT INTO "Session" ("userId", context)
    SELECT n || '@c.us', '{{"language": "id", "asked": true}}'
    FROM generate_series({0}, {1}) AS n;
    INSERT INTO "Conversation" ("userId", body)
    SELECT n || '@c.us', 'apa kabar hari ini'
    FROM generate_series({0}, {1}) AS n, generate_series(1, {2})
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a benchmark works: a server with a migrated template, and a folder."""

    server: EmbeddedServer
    directory: Path

    @contextmanager
    def clone(self, template: str = "novabot") -> Generator[str]:
        """The URL of a fresh copy of a database, dropped afterwards."""
        name = f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode())
        try:
            yield self.server.url(name)
        finally:
            with psycopg.connect(self.server.url("postgres"), autocommit=True) as conn:
                conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def versions(self) -> dict[str, str]:
        with psycopg.connect(self.server.url()) as conn:
            return {"postgresql": conn.info.parameter_status("server_version") or "?"}


@contextmanager
def open_place() -> Generator[Place]:
    """Starts the server in a temporary folder; both are gone afterwards."""
    with make_folder() as directory, EmbeddedServer(directory) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            migrate(conn)
        yield Place(server, directory)


@contextmanager
def make_folder() -> Generator[Path]:
    """An empty folder that an embedded server's user can reach even if this is root."""
    directory = Path(tempfile.mkdtemp(prefix="novabot-bench-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree((directory / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)


def make_clients(url: str, count: int, messages: int = 0, first: int = 0) -> list[str]:
    """Clients with a name, a session and so many messages each; their phones.

    Our triggers sleep meanwhile: a hundred thousand rows are not what is measured.
    """
    start = 628_100_000_000 + first
    with psycopg.connect(url, autocommit=True) as conn:
        with conn.transaction():
            switch_our_triggers(conn, on=False)
            conn.execute("SET LOCAL session_replication_role = replica")
            for statement in _MAKE_CLIENTS.split(";"):
                conn.execute(statement.format(start, start + count - 1, messages).encode())
            switch_our_triggers(conn, on=True)
        conn.execute("VACUUM ANALYZE")
    return [str(start + n) for n in range(count)]


def switch_our_triggers(conn: psycopg.Connection, *, on: bool) -> None:
    """Every trigger of ours, on or off; foreign keys stay as they are."""
    rows = conn.execute(
        "SELECT t.tgrelid::regclass::text, t.tgname FROM pg_trigger AS t"
        " JOIN pg_class AS c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
    ).fetchall()
    for table, trigger in rows:
        act = "ENABLE ALWAYS" if on else "DISABLE"
        conn.execute(f'ALTER TABLE {table} {act} TRIGGER "{trigger}"'.encode())


def count_transactions(url: str, since: int = 0) -> int:
    """Transactions of a database without connections, once all have been counted."""
    database = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    server = psycopg.conninfo.make_conninfo(url, dbname="postgres")
    deadline = time.monotonic() + 10
    with psycopg.connect(server, autocommit=True) as conn:
        while time.monotonic() < deadline:
            row = conn.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (database,)
            ).fetchone()
            if row == (0,):
                break
            time.sleep(0.02)
        row = conn.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = %s", (database,)
        ).fetchone()
    return (row[0] if row else 0) - since
