from __future__ import annotations

import httpx2 as httpx
import psycopg

from app.local.embedded import EmbeddedServer
from app.settings import load_settings
from tests.dashboard.running import Dashboard, wait_until


def test_it_is_live_ready_and_measured(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        assert client.get("/live").status_code == 200
        assert client.get("/ready").text == "ready\n"
        metrics = client.get("/metrics")
        assert metrics.status_code == 200
        assert metrics.headers["content-type"].startswith("text/plain")


def test_it_is_not_ready_while_the_schema_is_not_current(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    connection.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name = 'sql/*.sql'""")
    with dashboard.client() as client:
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert "novabot migrate" in answer.text


def test_without_its_database_it_says_so_and_goes_on_by_itself(
    server: EmbeddedServer, ana: httpx.Client, program: httpx.Client, database_url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            wait_until(lambda: ana.get("/ready").status_code == 503, "it notices")
            assert "does not answer" in ana.get("/ready").text
            for path in ("/clients", "/resets/1", "/bots"):
                answer = ana.get(path)
                assert answer.status_code == 503
                assert "The database does not answer" in answer.text
                assert "Traceback" not in answer.text
            assert ana.post("/login", data={"username": "a"}).status_code == 503
            told = program.get("/api/clients")
            assert told.status_code == 503
            assert "error" in told.json()
            assert ana.get("/live").status_code == 200
        finally:
            conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
    wait_until(lambda: ana.get("/ready").status_code == 200, "it recovers")
    wait_until(lambda: ana.get("/clients").status_code == 200, "the pages recover")


def test_it_starts_before_its_schema(empty_database_url: str) -> None:
    from tests.dashboard.running import run_dashboard

    assert load_settings(database_url=empty_database_url).database_url
    with run_dashboard(empty_database_url) as dashboard, dashboard.client() as client:
        assert client.get("/live").status_code == 200
        assert "novabot migrate" in client.get("/ready").text
        answer = client.get("/clients", headers={"Cookie": "novabot_session=x"})
        assert answer.status_code == 503
        assert "novabot migrate" in answer.text
