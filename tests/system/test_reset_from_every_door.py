"""The old system's own test, word for word, by each door, with no waiting after the reset."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx2
import psycopg
import pytest

from app.bot.wish import TEXTS
from tests.browser.chromium import open_page
from tests.system.nova import PASSWORD, Nova, wait_for

PHONE = "6281717407674"
CLIENT = "6281717407674@c.us"


def reset_on_dashboard(nova: Nova) -> None:
    """Logs in, finds the client, reads what will go, and confirms, in a real browser."""
    nova.command("operator", "add", "wati", stdin=PASSWORD + "\n")
    with open_page(nova.dashboard_url) as page:
        page.goto("/login")
        page.fill("input[name=username]", "wati")
        page.fill("input[name=password]", PASSWORD)
        page.click("main form[action='/login'] button")
        page.goto(f"/clients?q={PHONE}")
        page.click(f"main a[href*='{PHONE}']")
        page.goto(page.url.partition("?")[0] + "/reset")
        assert "Petang" in page.inner_text("main")
        with page.expect_navigation(url="**/resets/*"):
            page.click("main form[action$='/reset'] button")


def reset_by_api(nova: Nova) -> None:
    created = nova.command("token", "create", "tests")
    token = created.stdout.strip().splitlines()[-1]
    answer = nova.http.delete(
        f"{nova.dashboard_url}/api/clients/0817-1740-7674",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
    assert answer.json()["clients"] == 1


def reset_by_command(nova: Nova) -> None:
    done = nova.command("reset", "+62 817-1740-7674")
    assert done.returncode == 0, done.stderr
    # Of both bots; an upgrade has more, and those of 0.1 do not say when they forgot.
    assert (
        len(
            re.findall(
                r" forgot \d+ sessions? in [\d.]+ ms| that it forgot$", done.stdout, re.MULTILINE
            )
        )
        >= 2
    )


def execute(statement: str) -> Callable[[Nova], None]:
    def reset(nova: Nova) -> None:
        with nova.connect() as conn:
            conn.execute(statement.encode())

    return reset


def reset_by_chat(nova: Nova) -> None:
    answer = nova.ask_for_answer(PHONE, "lupakan saya")
    if "YA HAPUS" in answer:  # a bot of 0.1 deletes at once: tests/upgrade
        answer = nova.ask_for_answer(PHONE, "YA HAPUS")
    assert answer == TEXTS["id"].farewell


DOORS: dict[str, tuple[str, Callable[[Nova], None]]] = {
    "dashboard": ("dashboard", reset_on_dashboard),
    "api": ("api", reset_by_api),
    "cli": ("cli", reset_by_command),
    "chat": ("chat", reset_by_chat),
    "DELETE": ("sql", execute(f"""DELETE FROM "User" WHERE id = '{CLIENT}'""")),
    "TRUNCATE": ("sql", execute('TRUNCATE "User" CASCADE')),
    "reset_client": ("sql", execute("SELECT * FROM reset_client('0817-1740-7674')")),
}


@pytest.mark.parametrize(
    "door", [pytest.param(d, marks=pytest.mark.browser if d == "dashboard" else ()) for d in DOORS]
)
def test_after_a_reset_by_any_door_no_bot_knows_the_old_name(shared_nova: Nova, door: str) -> None:
    nova = shared_nova
    source, reset = DOORS[door]
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User"')
        # 1. The client exists with the name Petang, and both bots remember it.
        assert "Petang" in nova.ask_for_answer(PHONE, "Hai, nama saya Petang", bot=0)
        for bot in (0, 1):
            assert "Petang" in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=bot)
        # 2. Reset. 3. No waiting.
        reset(nova)
        # 4. No rows.
        assert not conn.execute('SELECT * FROM "User" WHERE id = %s', (CLIENT,)).fetchall()
        assert not conn.execute('SELECT * FROM "Session" WHERE "userId" = %s', (CLIENT,)).fetchall()
        # 5. A new client, who is asked for a name, and then known by it.
        for bot in (0, 1):
            assert "Petang" not in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=bot)
        answer = nova.ask_for_answer(PHONE, "Hai, nama saya John")
        assert "John" in answer
        assert "Petang" not in answer
        # 6. The database knows the new name, and the other bot does.
        assert read_name(conn) == "John"
        answer = nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)
        assert "John" in answer
        assert "Petang" not in answer
        check_receipt(conn, source)


def check_receipt(conn: psycopg.Connection, source: str) -> None:
    """One client, one session; both bots acknowledge having dropped it."""
    row = conn.execute(
        'SELECT id, source, clients, sessions FROM "Reset" ORDER BY id DESC'
    ).fetchone()
    assert row is not None
    reset, found_source, clients, sessions = row
    assert (clients, sessions) == (1, 1)
    assert found_source == source or source == "sql"

    def missing() -> list[str]:
        found = conn.execute("SELECT missing FROM reset_receipt(%s)", (reset,)).fetchone()
        assert found is not None
        return found[0]

    wait_for(lambda: not missing(), "both bots to acknowledge", 5)
    acks = conn.execute(
        'SELECT count(*), sum(evicted) FROM "ResetAck" WHERE "resetId" = %s', (reset,)
    ).fetchone()
    assert acks == (2, 2)


def read_name(conn: psycopg.Connection) -> str | None:
    row = conn.execute('SELECT nama FROM "User" WHERE id = %s', (CLIENT,)).fetchone()
    return None if row is None else row[0]


def test_a_photo_that_a_phone_sends_is_seen_on_the_dashboard_until_its_client_is_reset(
    shared_nova: Nova,
) -> None:
    nova, phone, photo = shared_nova, "6281298765432", b"\xff\xd8\xff\xe0 a chair"
    files = {"file": ("kursi.jpg", photo, "image/jpeg")}
    sent = nova.http.post(f"{nova.simulator_url}/phones/{phone}/files", files=files)
    assert sent.status_code == 303
    assert nova.answers(phone, wait=15)
    nova.command("operator", "add", "foto", stdin=PASSWORD + "\n")
    with httpx2.Client(base_url=nova.dashboard_url, timeout=15, trust_env=False) as browser:
        form = {"username": "foto", "password": PASSWORD}
        assert browser.post("/login", data=form).status_code == 303
        page = browser.get(f"/clients/{phone}@c.us").text
        path = re.search(r'href="(/clients/[^"]+/media/[^"]+)"', page)
        assert path is not None
        assert f'<img src="{path[1]}/file"' in browser.get(path[1]).text
        assert browser.get(f"{path[1]}/file").content == photo
        nova.command("reset", phone)
        for address in (path[1], f"{path[1]}/file"):
            assert browser.get(address).status_code == 404
