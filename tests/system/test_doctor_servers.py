"""`novabot doctor` where the fault is the way to the server, or the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.database.migrating.migrations import migrate
from app.doctor.activity import check_queue
from app.doctor.bots import check_bots
from app.doctor.examination import examine, run_async
from app.doctor.finding import Finding
from app.local.embedded import EmbeddedServer
from tests.system.faults.servers import make_standby, wait_until_it_follows
from tests.system.nova import Nova, free_ports, wait_for
from tests.system.pgbouncer import needs_pgbouncer, run_pgbouncer


def look_once(url: str, subject: str, listen_url: str | None = None) -> Finding:
    (finding,) = [found for found in examine(url, listen_url or url) if found.subject == subject]
    return finding


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL whose settings the test may change."""
    with EmbeddedServer(data_dir, durable=False) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            migrate(conn)
        yield server


def restart_with(server: EmbeddedServer, **settings: object) -> None:
    """Sets what only a restart can."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        for name, value in settings.items():
            conn.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
    server.stop()
    server.start()


@needs_pgbouncer
def test_a_transaction_pooler_is_recognised_and_a_direct_connection_mends_it(
    database_url: str, data_dir: Path
) -> None:
    with run_pgbouncer(database_url, data_dir, "transaction") as pooler:
        deaf = look_once(pooler.url, "listening")
        assert deaf.level == "fault"
        assert "transaction pooler such as PgBouncer" in deaf.text
        assert "set LISTEN_DATABASE_URL" in deaf.mend
        findings = {found.subject: found for found in examine(pooler.url, database_url)}
        assert findings["listening"] == Finding(
            "ok", "listening", "turns go through a pooler, LISTEN directly"
        )
        assert findings["signal"].level == "ok"


@needs_pgbouncer
def test_a_session_pooler_works_and_is_mentioned(database_url: str, data_dir: Path) -> None:
    with run_pgbouncer(database_url, data_dir, "session") as pooler:
        findings = {found.subject: found for found in examine(pooler.url, pooler.url)}
        assert findings["listening"].level == "warning"
        assert "through a pooler" in findings["listening"].text
        assert findings["signal"].level == "ok"


def test_the_bots_that_run_acknowledge_the_canary(nova: Nova) -> None:
    def is_listening() -> bool:
        found = run_async(check_bots(nova.database_url))
        return [finding.text for finding in found] == ["2 listening"]

    wait_for(is_listening, "the bots to report that they listen")
    findings = {found.subject: found for found in examine(nova.database_url, nova.database_url)}
    assert findings["acknowledgement"] == Finding("ok", "acknowledgement", "by all living bots (2)")


def test_two_urls_that_lead_to_two_databases_are_told(
    database_url: str, empty_database_url: str
) -> None:
    astray = look_once(database_url, "listening", empty_database_url)
    assert astray.level == "fault"
    assert "lead to two databases" in astray.text
    assert look_once(database_url, "listening", database_url).level == "ok"


def test_a_listen_url_that_leads_nowhere_is_told(database_url: str) -> None:
    (free,) = free_ports(1)
    url = f"postgresql://novabot:hunter2@127.0.0.1:{free}/novabot"
    nowhere = look_once(database_url, "listening", url)
    assert nowhere.level == "fault"
    assert nowhere.text.startswith("LISTEN_DATABASE_URL does not answer: ")
    assert "hunter2" not in nowhere.text


def test_a_standby_is_told_and_so_is_what_a_failover_would_lose(
    own_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory, data_dir: Path
) -> None:
    folder = data_dir / "standby"
    folder.mkdir(mode=0o711)
    assert look_once(own_server.url(), "replication").text == "no standby"
    with make_standby(own_server, folder) as standby:
        (finding,) = examine(standby.url(), standby.url())
        assert (finding.level, finding.subject) == ("fault", "primary")
        assert "is a standby" in finding.text
        assert "lead to the primary" in finding.mend
        wait_until_it_follows(own_server, state="async")
        lost = look_once(own_server.url(), "replication")
        assert lost.level == "ok"
        assert "is lost by a failover" in lost.text
        with psycopg.connect(own_server.url(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            conn.execute("SELECT pg_reload_conf()")
        wait_until_it_follows(own_server, state="sync")
        assert look_once(own_server.url(), "replication").text == "synchronous, 1 connected"


def test_a_queue_that_fills_is_told_before_resets_fail(own_server: EmbeddedServer) -> None:
    restart_with(own_server, max_notify_queue_pages=64)
    url = own_server.url()
    with (
        closing(psycopg.connect(url, autocommit=True)) as sleeper,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        sleeper.execute("LISTEN nothing")
        sleeper.execute("BEGIN")
        seen: dict[str, Any] = {}

        def fill() -> bool:
            conn.execute("SELECT pg_notify('anything', repeat('x', 7900))")
            (finding,) = check_queue(conn)
            seen.setdefault(finding.level, finding)
            return finding.level == "fault"

        wait_for(fill, "the queue to be half full")
        assert set(seen) == {"ok", "warning", "fault"}
        assert "every reset fails at its commit" in seen["warning"].text
        conn.execute("SELECT pg_terminate_backend(%s)", (sleeper.info.backend_pid,))
        wait_for(
            lambda: (
                not conn.execute(
                    "SELECT FROM pg_stat_activity WHERE pid = %s", (sleeper.info.backend_pid,)
                ).fetchall()
            ),
            "its end",
        )
        # The tail moves when the next notification is sent, or listened for.
        wait_for(lambda: look_once(url, "queue").level == "ok", "the queue to be empty")


def test_a_prepared_transaction_that_holds_clients_is_told(own_server: EmbeddedServer) -> None:
    restart_with(own_server, max_prepared_transactions=4)
    url = own_server.url()
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("""INSERT INTO "User" (id) VALUES ('6281717407674@c.us')""")
        assert look_once(url, "prepared").level == "ok"
        conn.execute("BEGIN")
        conn.execute('UPDATE "User" SET "profileName" = \'x\'')
        conn.execute("PREPARE TRANSACTION 'left behind'")
        held = look_once(url, "prepared")
        assert held.level == "fault"
        assert "left behind" in held.text
        conn.execute(held.mend.partition(" or ")[0].encode())
        assert look_once(url, "prepared").level == "ok"
