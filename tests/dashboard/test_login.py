from __future__ import annotations

import hashlib

import httpx2 as httpx
import psycopg
import pytest
from argon2 import PasswordHasher
from starlette.routing import Mount, Route

from app.dashboard.app import create_app
from app.settings import load_settings
from tests.dashboard.running import PASSWORD, SECRET_KEY, Dashboard

OPEN = {"/live", "/ready", "/metrics", "/login", "/language", "/static", "/logout"}


def log_in(
    client: httpx.Client, name: str = "ana", password: str = PASSWORD, **more: str
) -> httpx.Response:
    return client.post("/login", data={"username": name, "password": password, **more})


def test_every_route_that_is_not_listed_as_open_asks_for_a_login(dashboard: Dashboard) -> None:
    asked = 0
    with dashboard.client() as client:
        for route in create_app(load_settings(secret_key=SECRET_KEY)).routes:
            assert isinstance(route, (Route, Mount))
            if route.path in OPEN:
                continue
            path = route.path.replace("{path:path}", "x").replace("{", "").replace("}", "")
            methods = route.methods or set() if isinstance(route, Route) else {"GET"}
            for method in methods:
                answer = client.request(method, path)
                if path.startswith("/api/"):
                    assert answer.status_code == 401, path
                    assert method == "HEAD" or "error" in answer.json()
                else:
                    assert answer.status_code == 303, path
                    assert answer.headers["location"].startswith("/login")
                asked += 1
    assert asked > 15


def test_the_right_password_leads_to_the_clients(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        answer = log_in(client)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/clients"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie
        assert "secure" not in cookie
        assert client.get("/clients").status_code == 200


def test_behind_tls_the_cookie_is_secure(dashboard: Dashboard) -> None:
    with dashboard.client(headers={"X-Forwarded-Proto": "https"}) as client:
        assert "secure" in log_in(client).headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("name", "password"),
    [("ana", "wrong"), ("unknown", PASSWORD), ("", ""), ("ana\0", "x\0"), ("' OR 1=1 --", "x")],
)
def test_a_wrong_login_is_refused(dashboard: Dashboard, name: str, password: str) -> None:
    with dashboard.client() as client:
        answer = log_in(client, name, password)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert client.get("/clients").status_code == 303


def test_an_unknown_account_takes_as_long_as_a_wrong_password(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[str] = []
    verify = PasswordHasher.verify

    def note(hasher: PasswordHasher, known: str, password: str) -> bool:
        costs.append(known.rsplit("$", 2)[0])  # algorithm, memory, rounds
        return verify(hasher, known, password)

    monkeypatch.setattr(PasswordHasher, "verify", note)
    with dashboard.client() as client:
        for name in ("ana", "unknown"):
            assert log_in(client, name, "wrong").status_code == 401
    known, unknown = costs
    assert known == unknown and known.startswith("$argon2id$")


def test_a_login_takes_the_place_of_the_session_before(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    with dashboard.client() as client:
        log_in(client)
        before = client.cookies["novabot_session"]
        log_in(client)
        assert client.cookies["novabot_session"] != before
    stored = connection.execute('SELECT "tokenHash" FROM "WebSession"').fetchall()
    assert len(stored) == 1
    assert stored[0][0] != hashlib.sha256(before.encode()).digest()


def test_logging_out_ends_the_session_in_the_database(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    cookie = ana.cookies["novabot_session"]
    assert ana.post("/logout").status_code == 303
    assert connection.execute('SELECT count(*) FROM "WebSession"').fetchone() == (0,)
    answer = ana.get("/clients", headers={"Cookie": f"novabot_session={cookie}"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "statement",
    [
        'DELETE FROM "WebSession"',
        """UPDATE "WebSession" SET "expiresAt" = now() - interval '1 second'""",
        """DELETE FROM "Operator" WHERE name = 'ana'""",
    ],
)
def test_a_revoked_or_expired_session_is_asked_to_log_in(
    ana: httpx.Client, connection: psycopg.Connection, statement: str
) -> None:
    connection.execute(statement.encode())
    answer = ana.get("/clients?q=a b")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/clients%3Fq%3Da")


def test_too_many_failures_of_an_account_are_told_when_to_try_again(dashboard: Dashboard) -> None:
    with dashboard.client(headers={"Accept-Language": "en"}) as client:
        for _ in range(8):
            assert log_in(client, "ana", "wrong").status_code == 401
        answer = log_in(client)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        assert "Try again at" in answer.text
        assert log_in(client, "vera").status_code == 303


def test_too_many_failures_from_an_address_stop_it_for_every_account(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    for number in range(40):
        connection.execute(
            "SELECT novabot_internal.begin_login(%s, '127.0.0.1')", [f"guess {number}"]
        )
    with dashboard.client() as client:
        assert log_in(client).status_code == 429


def test_attempts_are_kept_as_digests(dashboard: Dashboard, connection: psycopg.Connection) -> None:
    with dashboard.client() as client:
        log_in(client, "ana", "wrong")
    rows = connection.execute('SELECT subject FROM "LoginAttempt"').fetchall()
    assert len(rows) == 2
    assert all(len(subject) == 32 for (subject,) in rows)


@pytest.mark.parametrize(
    ("given", "followed"),
    [
        ("/resets/4?x=1", "/resets/4?x=1"),
        ("//evil.example", "/clients"),
        ("/\\evil.example", "/clients"),
        ("https://evil.example", "/clients"),
        ("/a\r\nSet-Cookie: x=1", "/clients"),
        ("javascript:alert(1)", "/clients"),
    ],
)
def test_after_the_login_it_goes_on_within_the_site(
    dashboard: Dashboard, given: str, followed: str
) -> None:
    with dashboard.client() as client:
        assert log_in(client, next=given).headers["location"] == followed


def test_a_script_whose_session_ended_is_sent_to_the_login_page(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        answer = client.get("/clients", headers={"HX-Request": "true"})
        assert answer.status_code == 401
        assert answer.headers["hx-redirect"] == "/login"
