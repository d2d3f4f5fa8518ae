from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import httpx2 as httpx
import psycopg
import pytest

from tests.dashboard.running import Dashboard, add_petang

HANDLES = ["6281717407674@c.us", "0817-1740-7674", "+62 817 1740 7674", "ID.9f3c2b"]
BOT = "11111111-1111-1111-1111-111111111111"


def test_without_a_valid_token_nothing_is_told(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for authorization in [None, "", "Bearer", "Bearer nova_wrong", "Basic YTpi", "bearer \xff"]:
        headers = (
            {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
        )
        with dashboard.client() as client:
            for method, path in (
                ("GET", "/api/clients"),
                ("DELETE", "/api/clients/6281717407674@c.us"),
                ("GET", "/api/nothing"),
            ):
                answer = client.request(method, path, headers=headers)
                assert answer.status_code == 401
                assert "token" in answer.json()["error"]
        assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


def test_a_revoked_token_is_none(program: httpx.Client, connection: psycopg.Connection) -> None:
    assert program.get("/api/clients").status_code == 200
    connection.execute('UPDATE "ApiToken" SET "revokedAt" = now()')
    assert program.get("/api/clients").status_code == 401


def test_a_login_is_no_token(ana: httpx.Client) -> None:
    assert ana.get("/api/clients").status_code == 401


def test_clients_are_listed(program: httpx.Client, connection: psycopg.Connection) -> None:
    add_petang(connection)
    connection.execute("""INSERT INTO "User" (id, "activeAt") VALUES ('ID.quiet', '2020-01-01')""")
    found = program.get("/api/clients").json()
    assert found["next"] is None
    first, second = found["clients"]
    assert first == {
        "id": "6281717407674@c.us",
        "nama": "Petang",
        "messages": 5,
        "lastMessageAt": first["lastMessageAt"],
    }
    assert datetime.fromisoformat(first["lastMessageAt"]).tzinfo is not None
    assert second == {"id": "ID.quiet", "nama": None, "messages": 0, "lastMessageAt": None}
    assert program.get("/api/clients", params={"q": "0817"}).json()["clients"] == [first]


def test_the_cursor_leads_through_all_pages(
    program: httpx.Client, connection: psycopg.Connection
) -> None:
    connection.execute(
        """INSERT INTO "User" (id) SELECT 'c ' || n FROM generate_series(1, 120) AS n"""
    )
    seen: list[str] = []
    after = ""
    while after is not None:
        page = program.get("/api/clients", params={"after": after}).json()
        seen += [client["id"] for client in page["clients"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 120
    assert program.get("/api/clients?after=rubbish").status_code == 400


@pytest.mark.parametrize("handle", HANDLES)
def test_a_client_is_found_by_any_handle(
    program: httpx.Client, connection: psycopg.Connection, handle: str
) -> None:
    add_petang(connection)
    incarnation = connection.execute('SELECT incarnation FROM "User"').fetchone()
    assert incarnation
    assert program.get(f"/api/clients/{quote(handle)}").json() == {
        "id": "6281717407674@c.us",
        "nama": "Petang",
        "aliases": ["6281717407674", "ID.9f3c2b"],
        "context": {"topic": "pesanan"},
        "messages": 5,
        "incarnation": str(incarnation[0]),
    }


@pytest.mark.parametrize("handle", HANDLES)
def test_delete_is_a_reset_with_a_receipt(
    program: httpx.Client, connection: psycopg.Connection, handle: str
) -> None:
    add_petang(connection)
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-a', 1, true, 1)", [BOT])
    connection.execute(
        "SELECT novabot_internal.report_bot(%s, 'nova-b', 2, true, 1)", [BOT.replace("1", "2")]
    )
    answer = program.delete(f"/api/clients/{quote(handle)}")
    assert answer.status_code == 200
    reset = answer.json()["reset"]
    counts = {"reset": reset, "clients": 1, "sessions": 1, "conversations": 5}
    assert answer.json() == counts
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s], '{1}')", [BOT, reset]
    )
    receipt = program.get(f"/api/resets/{reset}").json()
    (ack,) = receipt["acks"]
    assert datetime.fromisoformat(ack["ackedAt"]) > datetime.fromisoformat(receipt["at"])
    assert receipt == {
        **counts,
        "at": receipt["at"],
        "actor": "crm-export",
        "source": "api",
        "acks": [
            {
                "bot": BOT,
                "evicted": 1,
                "evictedAt": None,
                "ackedAt": ack["ackedAt"],
                "error": None,
            }
        ],
        "missing": [BOT.replace("1", "2")],
        "silent": [],
    }
    assert program.delete(f"/api/clients/{quote(handle)}").status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_and_unreadable_handles(program: httpx.Client, method: str) -> None:
    unknown = program.request(method, "/api/clients/628999999")
    assert unknown.status_code == 404
    assert "error" in unknown.json()
    unreadable = program.request(method, "/api/clients/not%20a%20handle")
    assert unreadable.status_code == 404
    assert "not a handle" in unreadable.json()["error"]
    assert program.request(method, "/api/clients/a%00b").status_code == 404


def test_what_the_api_does_not_have_is_answered_in_json(program: httpx.Client) -> None:
    assert program.get("/api/resets/12").json() == {"error": "there is no such reset"}
    assert program.get("/api/resets/x").status_code == 404
    assert "error" in program.get("/api/nothing").json()
    wrong = program.put("/api/clients/628999999", headers={"Accept-Language": "id"})
    assert wrong.status_code == 405
    assert wrong.json() == {"error": "This address takes no such request."}
