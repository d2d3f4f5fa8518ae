from __future__ import annotations

from collections.abc import Callable

import httpx2 as httpx
import psycopg
import pytest

from tests.dashboard.running import Dashboard, add_petang

RESET = "/clients/6281717407674@c.us/reset"


def test_a_post_from_another_origin_does_nothing(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    own = str(ana.base_url).rstrip("/")
    for headers in [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "SELF"},
    ]:
        answer = ana.post(RESET, headers={k: own if v == "SELF" else v for k, v in headers.items()})
        assert answer.status_code == 403
        assert "another website" in answer.text
        assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "SELF"}],
)
def test_a_post_from_here_or_from_no_browser_passes(
    ana: httpx.Client, connection: psycopg.Connection, headers: dict[str, str]
) -> None:
    add_petang(connection)
    own = str(ana.base_url).rstrip("/")
    answer = ana.post(RESET, headers={k: own if v == "SELF" else v for k, v in headers.items()})
    assert answer.status_code == 303
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (0,)


def test_every_answer_forbids_inline_scripts_frames_and_caches(ana: httpx.Client) -> None:
    for path in ["/clients", "/login", "/nowhere", "/clients/unknown", "/ready"]:
        headers = ana.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_style_or_handler(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for path in ("/clients", "/clients/6281717407674@c.us", RESET, "/resets", "/bots", "/login"):
        html = ana.get(path).text
        assert "<style" not in html
        assert " style=" not in html
        assert "<script>" not in html
        assert " onclick" not in html


def test_static_files_are_cached_for_ever_under_a_name_of_their_content(ana: httpx.Client) -> None:
    page = ana.get("/clients").text
    url = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "?v=" in url
    assert "immutable" in ana.get(url).headers["cache-control"]


def test_a_form_that_is_too_large_is_refused(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        answer = client.post("/login", data={"username": "a" * 100_000})
        assert answer.status_code == 413


def test_the_access_log_names_the_route_and_no_number(
    ana: httpx.Client, connection: psycopg.Connection, logged: Callable[[], str]
) -> None:
    add_petang(connection)
    assert ana.get("/clients/6281717407674@c.us").status_code == 200
    assert ana.get("/resets").status_code == 200
    log = logged()
    assert "/clients/{id}" in log
    assert "6281717407674" not in log
