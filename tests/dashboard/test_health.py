from __future__ import annotations

import httpx2 as httpx
import psycopg

from app.local.embedded import EmbeddedServer
from app.settings import load_settings
from tests.dashboard.running import Dashboard, add_petang, wait_until


def test_it_is_live_ready_and_measured(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        assert client.get("/live").status_code == 200
        assert client.get("/ready").text == "ready\n"
        metrics = client.get("/metrics")
        assert metrics.status_code == 200
        assert metrics.headers["content-type"].startswith("text/plain")


def read_metric(client: httpx.Client, name: str) -> float:
    """The value of a metric with its labels, written as Prometheus does; 0 before its first."""
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_it_shows_its_own_metrics_and_none_of_a_bot(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    listening = "novabot_dashboard_listener_up"
    wait_until(lambda: read_metric(ana, listening) == 1, "it hears the database")
    names = {
        line.split()[2]
        for line in ana.get("/metrics").text.splitlines()
        if line.startswith("# TYPE ")
    }
    assert "novabot_listener_up" not in names
    assert names == {"novabot_request_seconds"} | {
        f"novabot_dashboard_{name}"
        for name in ("listener_up", "streams", "resets_total", "logins_total", "media_total")
    }


def test_it_counts_requests_resets_logins_and_live_pages(
    ana: httpx.Client, program: httpx.Client, connection: psycopg.Connection
) -> None:
    reset = "novabot_dashboard_resets_total"
    password = 'novabot_dashboard_logins_total{outcome="password"}'
    page = 'novabot_request_seconds_count{method="GET",route="/clients/{id}",status="200"}'
    wrong = 'novabot_request_seconds_count{method="POST",route="/login",status="401"}'
    lost = 'novabot_request_seconds_count{method="GET",route="unmatched",status="404"}'
    sources = [f'{reset}{{source="{source}"}}' for source in ("dashboard", "api")]
    counted = [*sources, password, page, wrong, lost]
    before = [read_metric(ana, name) for name in counted]
    for post in (
        lambda: ana.post("/clients/6281717407674@c.us/reset"),
        lambda: program.delete("/api/clients/6281717407674@c.us"),
    ):
        add_petang(connection)
        assert ana.get("/clients/6281717407674@c.us").status_code == 200
        assert post().status_code in {200, 303}
    assert program.delete("/api/clients/6281717407674@c.us").status_code == 404
    assert ana.post("/login", data={"username": "ana", "password": "wrong"}).status_code == 401
    assert ana.get("/nowhere").status_code == 404
    after = [read_metric(ana, name) for name in counted]
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 1, 1, 2, 1, 1]
    streams = "novabot_dashboard_streams"
    assert read_metric(ana, streams) == 0
    with ana.stream("GET", "/signals") as events:
        lines = events.iter_lines()
        assert next(lines)
        assert read_metric(ana, streams) == 1
    wait_until(lambda: read_metric(ana, streams) == 0, "the stream ends")


def test_its_listener_is_down_while_the_database_is_away(
    server: EmbeddedServer, dashboard: Dashboard, database_url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    listening = "novabot_dashboard_listener_up"
    with (
        dashboard.client() as client,
        psycopg.connect(server.url("postgres"), autocommit=True) as conn,
    ):
        wait_until(lambda: read_metric(client, listening) == 1, "it hears the database")
        conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        try:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            wait_until(lambda: read_metric(client, listening) == 0, "it notices")
        finally:
            conn.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
        wait_until(lambda: read_metric(client, listening) == 1, "it hears the database again")


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
                assert "The data cannot be reached" in answer.text
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
