"""The dashboard in a real browser."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.routing import Route

from app.dashboard.app import list_routes
from tests.browser.chromium import open_browser
from tests.dashboard.meta import TOKEN, run_meta
from tests.dashboard.running import PASSWORD, Dashboard, add_operators, add_petang, run_dashboard

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "axe-4.14.1.min.js.gz"
BOT_A = "11111111-1111-1111-1111-111111111111"
BOT_B = "22222222-2222-2222-2222-222222222222"
PETANG = "/clients/6281717407674@c.us"
FIND_SCROLLED_SIDEWAYS = """
    [...document.querySelectorAll("main *")]
        .filter(e => getComputedStyle(e).overflowX == "auto" && e.scrollWidth > e.clientWidth)
        .map(e => e.outerHTML.slice(0, 200))
"""
UNKNOWN = "/clients/unknown"
PHOTO = f"{PETANG}/media/{UUID(int=7)}"
PAGES = (
    *("/login", "/clients", "/clients?q=zzz", PETANG, PHOTO, f"{PETANG}/reset", UNKNOWN),
    *("/resets", "/resets/1", "/bots"),
)
"""In this order: all but the first need a login."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def dashboard(database_url: str, connection: psycopg.Connection) -> Iterator[Dashboard]:
    add_operators(connection)
    with (
        run_meta() as meta,
        run_dashboard(
            database_url, whatsapp_access_token=TOKEN, whatsapp_api_url=f"{meta.url}/v24.0"
        ) as running,
    ):
        meta.files["1"], meta.about = make_png(), {"mime_type": "image/png"}
        yield running


@pytest.fixture
def page(browser: Browser, dashboard: Dashboard) -> Iterator[Page]:
    """A page whose every console error, script error and refusal by the policy fails the test."""
    context = browser.new_context(base_url=dashboard.url, locale="en-US")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on(
        "console", lambda told: complaints.append(told.text) if told.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def make_png() -> bytes:
    """A grey picture of 40 by 30."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + b"\x80" * 40 for _ in range(30)))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in parts
    )


def add_photo(connection: psycopg.Connection) -> None:
    connection.execute(
        """INSERT INTO "Conversation" ("userId", kind, token, detail)
        VALUES ('6281717407674@c.us', 'image', %s, '{"id": "1"}')""",
        [UUID(int=7)],
    )


def log_in(page: Page) -> None:
    page.goto("/clients")
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Clients")).to_be_visible()


def start_bots(connection: psycopg.Connection) -> None:
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-a', 1, true, 1)", [BOT_A])
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-b', 2, true, 1)", [BOT_B])


def test_each_day_has_one_heading_however_many_pages_it_takes(
    page: Page, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute('DELETE FROM "Conversation"')
    # 150 on each of two days, those of the earlier one delivered late: five more pages.
    connection.execute(
        """INSERT INTO "Conversation" ("userId", body, at)
        SELECT
            '6281717407674@c.us', 'word-' || d || '-' || n || '.',
            timestamptz '2026-06-01 02:00Z' + d * interval '1 day' + n * interval '1 second'
        FROM generate_series(2, 1, -1) AS d, generate_series(101, 250) AS n"""
    )
    log_in(page)
    page.goto(PETANG)
    messages = page.locator("li.message")
    for shown in (60, 120, 180, 240, 300):
        expect(messages).to_have_count(shown)
        days = page.locator("li.daybreak").all_inner_texts()
        assert len(days) == len(set(days)) == (1 if shown <= 120 else 2), days
        if shown < 300:
            page.get_by_role("link", name="Older messages").click()
    bodies = page.locator("li.message .body").all_inner_texts()
    assert bodies == sorted(bodies)


def test_an_operator_finds_reads_and_resets_a_client_and_sees_the_bots_acknowledge(
    page: Page, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute("""INSERT INTO "User" (id, nama) VALUES ('ID.other', 'Sari')""")
    start_bots(connection)
    log_in(page)
    expect(page.locator("a.row")).to_have_count(2)
    page.get_by_role("searchbox").press_sequentially("0817-1740")
    expect(page.locator("a.row")).to_have_count(1)
    expect(page).to_have_url("/clients?q=0817-1740")
    page.get_by_role("link", name="Petang").click()
    remembered = page.get_by_role("region", name="What the bot remembers")
    expect(remembered.get_by_text("pesanan", exact=True)).to_be_visible()
    remembered.get_by_text("Technical details").click()
    expect(remembered.get_by_text('"topic": "pesanan"')).to_be_visible()
    page.get_by_role("link", name="Reset …").click()
    expect(page.get_by_text("3 messages received")).to_be_visible()
    page.get_by_role("button", name="Reset Petang (+62 817-1740-7674)").click()
    receipt = page.locator("#receipt")
    expect(receipt).to_contain_text("waiting for 2 bots")
    number = page.url.rsplit("/", 1)[1]
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{1}')", [BOT_A, number]
    )
    expect(receipt).to_contain_text("waiting for 1 bot.")
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{1}')", [BOT_B, number]
    )
    expect(receipt).to_contain_text("Forgotten, in the data and in every bot")
    expect(receipt.locator(".tag.good")).to_have_count(2)
    assert connection.execute(
        """SELECT count(*) FROM "User" WHERE nama = 'Petang'"""
    ).fetchone() == (0,)


def test_a_page_open_while_its_client_is_deleted_says_so(
    page: Page, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    log_in(page)
    with page.expect_response("**/signals"):
        page.goto(PETANG)
    expect(page.get_by_text("has just been reset")).to_be_hidden()
    connection.execute('DELETE FROM "User"')
    expect(page.get_by_text("has just been reset")).to_be_visible()
    page.get_by_role("link", name="See the receipt").click()
    expect(page.locator("#receipt")).to_contain_text("Deleted")


def test_the_page_says_when_live_updates_have_stopped(
    browser: Browser, dashboard: Dashboard
) -> None:
    context = browser.new_context(base_url=dashboard.url, locale="en-US")
    page = context.new_page()
    log_in(page)
    lost = page.get_by_text("Live updates have stopped")
    expect(lost).to_be_hidden()
    dashboard.server.should_exit = True
    expect(lost).to_be_visible()
    context.close()


def test_everything_works_without_javascript(
    browser: Browser, dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    context = browser.new_context(base_url=dashboard.url, locale="en-US", java_script_enabled=False)
    page = context.new_page()
    log_in(page)
    page.get_by_role("searchbox").fill("petang")
    page.get_by_role("button", name="Search").click()
    page.locator("a.row").click()
    page.get_by_role("button", name="Pause the bot").click()
    page.get_by_role("button", name="Let the bot answer again").click()
    page.get_by_role("button", name="ID", exact=True).click()
    page.get_by_role("link", name="Reset …").click()
    page.get_by_role("button", name="Reset Petang").click()
    assert "Sudah dilupakan" in page.locator("#receipt").inner_text()
    context.close()


def test_a_photo_is_seen_on_its_page_and_can_be_kept(
    page: Page, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    add_photo(connection)
    log_in(page)
    page.goto(PETANG)
    page.get_by_role("link", name="View").click()
    picture = page.get_by_role("img", name="What the client sent")
    expect(picture).to_have_js_property("naturalWidth", 40)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "image.png"


def test_every_page_is_listed() -> None:
    routes = [
        route
        for route in list_routes()
        if isinstance(route, Route) and "GET" in (route.methods or ())
    ]
    listed = [path.partition("?")[0] for path in PAGES]
    unlisted = {
        route.path
        for route in routes
        if not route.path.startswith("/api/")
        and not any(route.path_regex.fullmatch(path) for path in listed)
    }
    assert unlisted == {"/", "/signals", "/clients/{id}/media/{token}/file"}


def test_every_page_answers_and_is_linked_from_another(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    add_photo(connection)
    connection.execute("SELECT reset_client('628999999')")
    linked: set[str] = set()
    with dashboard.logged_in() as client:
        for path in PAGES[1:]:
            answer = client.get(path)
            assert answer.status_code == (404 if path == UNKNOWN else 200), path
            here = path.partition("?")[0]
            linked |= set(re.findall(r'href="([^"?#]+)', answer.text)) - {here}
    assert {path for path in PAGES[1:] if "?" not in path} - linked == {UNKNOWN}


@pytest.mark.parametrize(
    ("scheme", "width", "locale"), [("light", 1200, "en-US"), ("dark", 360, "id-ID")]
)
def test_every_page_is_accessible_and_fits(
    browser: Browser,
    dashboard: Dashboard,
    connection: psycopg.Connection,
    scheme: str,
    width: int,
    locale: str,
) -> None:
    add_petang(connection)
    add_photo(connection)
    start_bots(connection)
    connection.execute(
        """
        INSERT INTO "User" (id) VALUES ('ID.before');
        UPDATE "User" SET nama = repeat('Panjang', 30);
        INSERT INTO "FormerAlias" (alias, "userId", until)
        VALUES
            ('6281717407673', '6281717407674@c.us', now()), ('6281717407674', 'ID.before', now());
        INSERT INTO "IdentityNote" ("userId", kind, at, detail)
        VALUES
            ('6281717407674@c.us', 'number_changed', now(),
                '{"from": "6281717407673", "to": "6281717407674"}'),
            ('6281717407674@c.us', 'portfolio_moved', now(), '{}');
        UPDATE "Conversation" SET body = repeat('x', 3000) WHERE direction = 'in';
        INSERT INTO "SetAside" (address, item, reason) VALUES ('6281717407674', '{}', 'odd');
        INSERT INTO "Conversation" ("userId", direction, body, status, at, "dueAt", kind, detail)
        SELECT
            '6281717407674@c.us', 'out', 'Jadi?', 'uncertain', now() - interval '1 hour',
            now() - interval '1 hour', 'buttons',
            jsonb_build_object('buttons', jsonb_build_array(
                jsonb_build_object('id', '1', 'title', repeat('y', 300)),
                '{"id": "2", "title": "Tidak"}'::jsonb
            ));
        SELECT reset_client('628999999');
        INSERT INTO "AccountEvent" (field, event, subject, severity, detail)
        VALUES
            ('account_update', 'DISABLED_UPDATE DISABLE', repeat('9', 120), 'fault',
                repeat('z', 4096)),
            ('message_template_status_update', 'REJECTED', 'promo id', 'warning', '{}'),
            ('account_review_update', 'APPROVED', '', 'over', '{}');
        """
    )
    context = browser.new_context(
        base_url=dashboard.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
        locale=locale,
        bypass_csp=True,
    )
    page = context.new_page()
    axe = gzip.decompress(AXE.read_bytes()).decode()
    for path in PAGES:
        page.goto(path)
        page.evaluate(axe)
        found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
        assert found == [], path
        assert page.locator(".offers button").count() == (2 if path == PETANG else 0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(FIND_SCROLLED_SIDEWAYS) == [], path
        if path == "/login":
            page.locator("#username").fill("ana")
            page.locator("#password").fill(PASSWORD)
            page.locator("button.primary").click()
            page.wait_for_url("/clients")
    context.close()
