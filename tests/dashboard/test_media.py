"""Files that clients sent, from a server that plays Meta to a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx2 as httpx
import psycopg
import pytest
from yarl import URL

from app.dashboard.media.errors import MediaSlow, MediaTooLarge, MediaUnavailable
from app.dashboard.media.hosts import may_have_token
from app.dashboard.media.meta import Download, Limits, MetaMedia
from app.dashboard.media.types import ALLOWED, describe_disposition, find_type, is_shown
from app.dashboard.web.i18n import LOCALES, load_language
from tests.dashboard.meta import JPEG, NUMBER, TOKEN, Meta, run_meta
from tests.dashboard.running import Dashboard, add_operators, run_dashboard, wait_until

CLIENT = "6281717407674@c.us"
GRAPH_GONE = {
    "error": {
        "message": "Unsupported get request. Object with ID '1' does not exist",
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
    }
}


@pytest.fixture
def meta() -> Iterator[Meta]:
    with run_meta() as running:
        running.files["1"] = JPEG
        yield running


@pytest.fixture
def elsewhere() -> Iterator[Meta]:
    """A server that is not Meta's."""
    with run_meta() as running:
        running.files["1"] = JPEG
        yield running


@pytest.fixture
def dashboard(database_url: str, connection: psycopg.Connection, meta: Meta) -> Iterator[Dashboard]:
    add_operators(connection)
    with run_dashboard(
        database_url,
        whatsapp_access_token=TOKEN,
        whatsapp_phone_number_id=NUMBER,
        whatsapp_api_url=f"{meta.url}/v24.0",
    ) as running:
        yield running


def add_media(
    connection: psycopg.Connection, kind: str = "image", client: str = CLIENT, **detail: Any
) -> str:
    """The path of a file's page."""
    connection.execute('INSERT INTO "User" (id) VALUES (%s) ON CONFLICT DO NOTHING', [client])
    row = connection.execute(
        """INSERT INTO "Conversation" ("userId", kind, body, detail)
        VALUES (%s, %s, 'Meja ini?', %s) RETURNING token""",
        [client, kind, json.dumps({"id": "1", "mime_type": "image/jpeg"} | detail)],
    ).fetchone()
    assert row is not None
    return f"/clients/{client}/media/{row[0]}"


def test_a_photo_is_linked_shown_and_kept_nowhere(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = add_media(connection)
    assert f'href="{path}">View</a>' in ana.get(f"/clients/{CLIENT}").text
    page = ana.get(path)
    assert page.status_code == 200
    assert f'<img src="{path}/file"' in page.text
    assert "Meja ini?" in page.text
    assert "media-src 'self'" in page.headers["content-security-policy"]

    answer = ana.get(f"{path}/file")
    assert answer.content == JPEG
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-length"] == str(len(JPEG))
    assert headers["content-disposition"] == (
        "inline; filename=\"image.jpg\"; filename*=UTF-8''image.jpg"
    )
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert policy == "sandbox; default-src 'none'; frame-ancestors 'none'"
    asked = [URL(url) for url, _ in meta.seen]
    assert [url.path for url in asked] == ["/v24.0/1", "/v24.0/1", "/file/1"]
    assert asked[0].query["phone_number_id"] == NUMBER
    assert {headers["authorization"] for _, headers in meta.seen} == {f"Bearer {TOKEN}"}


def test_what_is_heard_or_seen_is_played_on_the_page(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    for kind, mime_type, element in (
        ("voice", "audio/ogg; codecs=opus", "audio"),
        ("video", "video/mp4", "video"),
    ):
        path = add_media(connection, kind)
        meta.about = {"mime_type": mime_type}
        assert f'<{element} src="{path}/file" controls' in ana.get(path).text


def test_a_document_is_a_download_with_a_name_that_does_no_harm(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = add_media(connection, "document", filename='../a"b\u202efdp.exe\r\nX: y')
    meta.about, meta.files["1"] = {"mime_type": "application/pdf"}, b"%PDF-1.7 ..."
    answer = ana.get(f"{path}/file")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"abfdp.exeX y.pdf\"; filename*=UTF-8''abfdp.exeX%20y.pdf"
    )
    assert "x" not in answer.headers
    assert "<img" not in ana.get(path).text


def test_what_is_not_what_it_is_called_is_a_download_without_a_type(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    meta.files["1"] = b"<html><script>alert(1)</script>"
    answer = ana.get(f"{add_media(connection, filename='a.html')}/file")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="a.html.bin"')


ANSWERS = (
    (404, GRAPH_GONE, "410_media"),
    (400, GRAPH_GONE, "410_media"),
    (404, {}, "410_media"),
    (401, {"error": {"code": 190}}, "502_media_token"),
    (403, {"error": {"code": 10}}, "502_media_token"),
    (401, {}, "502_media_token"),
    (500, {"error": {"code": 1}}, "502_media"),
    (429, {"error": {"code": 4}}, "502_media"),
    (503, "no JSON object", "502_media"),
    (200, {"error": "odd"}, "502_media"),
    (200, [], "502_media"),
    (200, {"url": "no address", "mime_type": "image/jpeg"}, "502_media"),
    (200, {"url": "http://[", "mime_type": "image/jpeg"}, "502_media"),
)


def test_what_the_graph_api_answers_is_said_in_words(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = add_media(connection)
    for status, answer, told in ANSWERS:
        meta.error = (status, answer)
        for page in (ana.get(path), ana.get(f"{path}/file")):
            assert page.status_code == int(told[:3]), answer
            assert load_language("en").t(f"failure.{told}_text").partition(".")[0] in page.text
    assert {URL(url).path for url, _ in meta.seen} == {"/v24.0/1"}


def test_what_may_not_be_passed_on_is_not_fetched(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = add_media(connection)
    for about, told in (
        ({"mime_type": "image/svg+xml"}, "415_media"),
        ({"mime_type": "text/html"}, "415_media"),
        ({"mime_type": 7}, "415_media"),
        ({"file_size": 100 * 1024 * 1024 + 1}, "413_media"),
        ({"file_size": str(100 * 1024 * 1024 + 1)}, "413_media"),
    ):
        meta.about = about
        for locale in LOCALES:
            for page in (path, f"{path}/file"):
                answer = ana.get(page, headers={"Accept-Language": locale})
                assert answer.status_code == int(told[:3])
                assert load_language(locale).t(f"failure.{told}") in answer.text
    assert {URL(url).path for url, _ in meta.seen} == {"/v24.0/1"}


def test_what_the_file_host_answers_is_said_in_words(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = f"{add_media(connection)}/file"
    for status, code in ((404, 410), (410, 410), (401, 502), (500, 502), (206, 502)):
        meta.file_error = (status, {})
        assert ana.get(path).status_code == code
    meta.file_error, meta.file_headers = None, {"Content-Encoding": "gzip"}
    assert ana.get(path).status_code == 502
    meta.endless, meta.file_headers = True, {"Content-Length": str(100 * 1024 * 1024 + 1)}
    assert ana.get(path).status_code == 413
    meta.file_headers, meta.redirect = {}, f"{meta.url}/file/1"
    assert ana.get(path).status_code == 502  # it leads to itself


def test_the_token_goes_to_no_other_server(
    ana: httpx.Client,
    connection: psycopg.Connection,
    meta: Meta,
    elsewhere: Meta,
    logged: Callable[[], str],
) -> None:
    path = add_media(connection)
    meta.about = {"url": f"{elsewhere.url}/file/1"}
    assert ana.get(path).status_code == 502
    assert "is not WhatsApp" in ana.get(f"{path}/file").text
    meta.about, meta.redirect = {}, f"{elsewhere.url}/file/1"
    answer = ana.get(f"{path}/file")
    assert answer.status_code == 502
    assert "is not WhatsApp" in answer.text
    assert elsewhere.seen == []
    assert TOKEN not in logged()
    assert elsewhere.url not in logged()


def test_an_id_that_leads_elsewhere_in_the_graph_api_is_asked_of_nothing(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    for media_id in ("../me/accounts", "1?fields=x", "1/../2", "a b", "1" * 300, "١"):
        assert ana.get(add_media(connection, id=media_id)).status_code == 404
    assert meta.seen == []


def test_a_message_without_a_file_says_so(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    path = add_media(connection, id=None)
    error = {"code": 131052, "title": "Media download error"}
    add_media(connection, "unsupported", id=None, error=error)
    page = ana.get(f"/clients/{CLIENT}").text
    assert "View</a>" not in page
    assert page.count("WhatsApp gave no file with this message.") == 1
    assert page.count("could not fetch the file") == 1
    answer = ana.get(path)
    assert answer.status_code == 404
    assert "WhatsApp gave no file" in answer.text


def test_a_file_is_for_those_who_are_logged_in_and_only_its_clients(
    dashboard: Dashboard,
    vera: httpx.Client,
    connection: psycopg.Connection,
    meta: Meta,
) -> None:
    path = add_media(connection)
    other = add_media(connection, client="628111@c.us")
    token = other.rpartition("/")[2]
    for suffix in ("", "/file"):
        with dashboard.client() as stranger:
            assert stranger.get(path + suffix).status_code == 303
        with dashboard.program() as program:
            assert program.get(path + suffix).status_code == 303
        assert vera.get(f"/clients/{CLIENT}/media/{token}{suffix}").status_code == 404
        assert vera.get(f"/clients/{CLIENT}/media/{UUID(int=7)}{suffix}").status_code == 404
        assert vera.get(f"/clients/{CLIENT}/media/1{suffix}").status_code == 404
        assert vera.get(f"/clients/unknown/media/{token}{suffix}").status_code == 404
    text = add_media(connection, "text")
    assert vera.get(text).status_code == 404
    assert meta.seen == []

    assert vera.get(f"{path}/file").content == JPEG
    connection.execute("SELECT reset_client(%s)", [CLIENT])
    assert vera.get(path).status_code == 404
    assert vera.get(f"{path}/file").status_code == 404


def test_a_head_fetches_no_file_and_a_range_gets_the_whole(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    path = f"{add_media(connection)}/file"
    answer = ana.get(path, headers={"Range": "bytes=5-9"})
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["accept-ranges"] == "none"
    assert "range" not in meta.seen[-1][1]
    meta.endless = True
    head = ana.head(path)
    assert (head.status_code, head.headers["content-type"]) == (200, "image/jpeg")
    assert meta.left.wait(15)


def test_a_browser_that_takes_nothing_holds_up_meta_and_one_that_leaves_ends_it(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta
) -> None:
    meta.endless = True
    held = 0

    def is_held_up() -> bool:
        nonlocal held
        before, held = held, meta.passed
        return held > 0 and held == before and not meta.left.wait(0.3)

    with ana.stream("GET", f"{add_media(connection)}/file") as answer:
        assert answer.status_code == 200
        assert "content-length" not in answer.headers
        wait_until(is_held_up, "Meta is held up")
        assert held < 32 * 1024 * 1024  # what the sockets of two connections take
    assert meta.left.wait(15)
    assert meta.passed < 64 * 1024 * 1024, "it went on to the largest size"


def test_a_file_that_breaks_off_does_not_look_whole(
    ana: httpx.Client, connection: psycopg.Connection, meta: Meta, logged: Callable[[], str]
) -> None:
    meta.files["1"] = JPEG[:1000]
    meta.file_headers = {"Content-Length": "50000"}
    with pytest.raises(httpx.RemoteProtocolError):
        ana.get(f"{add_media(connection)}/file")
    wait_until(lambda: "a client's file broke off" in logged(), "it is told")
    metrics = ana.get("/metrics").text
    assert 'novabot_dashboard_media_total{outcome="broken_off"} 1' in metrics


def test_without_a_token_or_without_meta_the_page_says_what_to_do(
    database_url: str, connection: psycopg.Connection
) -> None:
    add_operators(connection)
    path = add_media(connection)
    with run_dashboard(database_url) as running, running.logged_in() as ana:
        answer = ana.get(path)
        assert answer.status_code == 501
        assert "WHATSAPP_ACCESS_TOKEN" in answer.text
    with run_meta() as gone:
        nowhere = gone.url
    with (
        run_dashboard(
            database_url, whatsapp_access_token=TOKEN, whatsapp_api_url=f"{nowhere}/v24.0"
        ) as running,
        running.logged_in() as ana,
    ):
        assert ana.get(path).status_code == 502


async def read_all(download: Download) -> None:
    while await download.read():
        pass


async def test_the_size_and_the_time_are_bounded(meta: Meta) -> None:
    meta.endless = True
    limits = Limits(read=0.3, answer=0.3, largest=1_000_000)
    async with MetaMedia.open(f"{meta.url}/v24.0", "", TOKEN, limits) as media:
        download = await media.open_file(await media.locate("1"))
        with pytest.raises(MediaTooLarge):
            await read_all(download)
        download.close()
        assert meta.passed > 900_000
        meta.hangs = True
        with pytest.raises(MediaSlow):
            await media.locate("1")
    async with MetaMedia.open("http://127.0.0.1:9/v24.0", "", TOKEN) as media:
        with pytest.raises(MediaUnavailable):
            await media.locate("1")


def test_the_token_is_for_addresses_of_metas_alone() -> None:
    api = URL("https://graph.facebook.com/v24.0")
    for allowed in (
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
        "https://scontent.xx.fbcdn.net/v/t1",
        "https://graph.facebook.com/v24.0/1",
        "https://LOOKASIDE.fbsbx.com:443/x",
    ):
        assert may_have_token(URL(allowed), api), allowed
    for refused in (
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://fbsbx.com@evil.example/x",
        "https://ana@lookaside.fbsbx.com/x",
        "https://facebook.com/x",
        "https://127.0.0.1/x",
        "ftp://lookaside.fbsbx.com/x",
        "//lookaside.fbsbx.com/x",
        "/x",
    ):
        assert not may_have_token(URL(refused), api), refused
    local = URL("http://127.0.0.1:8008/v24.0")
    assert may_have_token(URL("http://127.0.0.1:8008/media/x"), local)
    assert not may_have_token(URL("http://127.0.0.1:8009/media/x"), local)
    assert not may_have_token(URL("https://127.0.0.1:8008/media/x"), local)


def test_no_type_that_is_passed_on_can_run_in_a_browser() -> None:
    assert not {"image/svg+xml", "text/html", "application/xhtml+xml", "text/xml"} & ALLOWED.keys()
    assert find_type("IMAGE/JPEG ; q=1") is ALLOWED["image/jpeg"]
    beginnings = {
        "image/jpeg": b"\xff\xd8\xff\xe0",
        "image/png": b"\x89PNG\r\n\x1a\n",
        "image/webp": b"RIFF\x00\n\x00\x00WEBPVP8 ",
        "video/mp4": b"\x00\x00\x00\x18ftypmp42",
        "video/3gpp": b"\x00\x00\x00\x18ftyp3gp4",
        "audio/aac": b"\xff\xf1\x50\x80",
        "audio/amr": b"#!AMR\n",
        "audio/mpeg": b"ID3\x04",
        "audio/mp4": b"\x00\x00\x00\x1cftypM4A ",
        "audio/ogg": b"OggS\x00",
    }
    assert beginnings.keys() == {name for name, found in ALLOWED.items() if found.shown}
    for name, beginning in beginnings.items():
        assert is_shown(ALLOWED[name], beginning), name
        assert not is_shown(ALLOWED[name], b"<!doctype html>"), name
        assert not is_shown(ALLOWED[name], b""), name
    assert describe_disposition("Nota é.PDF", ALLOWED["application/pdf"], b"", "x") == (
        "attachment; filename=\"Nota _.pdf\"; filename*=UTF-8''Nota%20%C3%A9.pdf"
    )
    assert 'filename="document.pdf"' in describe_disposition(
        "...", ALLOWED["application/pdf"], b"", "document"
    )
