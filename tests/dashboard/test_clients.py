from __future__ import annotations

import re
from urllib.parse import quote

import httpx2 as httpx
import psycopg
from markupsafe import escape

from tests.dashboard.running import add_petang, shown_ids

PETANG = "/clients/6281717407674@c.us"


def add_clients(connection: psycopg.Connection, many: int) -> None:
    connection.execute(
        """
        INSERT INTO "User" (id, nama, "activeAt")
        SELECT 'client-' || n, 'Budi ' || n, timestamptz '2026-01-01 00:00Z' + n * interval '1 s'
        FROM generate_series(1, %s) AS n
        """,
        [many],
    )


def test_without_clients_the_list_says_so(ana: httpx.Client) -> None:
    assert "No clients yet" in ana.get("/clients").text


def test_a_search_finds_names_numbers_in_any_spelling_and_the_last_text(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    add_clients(connection, 3)
    for typed in [
        "petang",
        "  PETANG ",
        "0817-1740-7674",
        "+62 817 1740 7674",
        "+62 (0)817",
        "1740",
        "62817",
        "https://wa.me/6281717407674",
        "api.whatsapp.com/send?text=Hai&phone=6281717407674",
        "Budi (0817-1740-7674)",
        "\uff10\uff18\uff11\uff17-1740",
        "6281717407674@c.us",
        "id.9F3C",
        "sebentar, pet",
    ]:
        assert shown_ids(ana.get("/clients", params={"q": typed}).text) == ["6281717407674@c.us"]


def test_pages_and_programs_read_the_handles_that_people_paste(
    ana: httpx.Client, program: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for handle in [
        "wa.me/6281717407674?text=Halo",
        "https://api.whatsapp.com/send/?text=Hai&phone=%2B6281717407674&app_absent=0",
        "6281717407674:12@s.whatsapp.net",
        '"Budi" <+62 817-1740-7674>',
        "\u200e\u0660\u0668\u0661\u0667-1740-7674",
    ]:
        page = ana.get(f"/clients/{quote(handle, safe='')}")
        assert (page.status_code, page.headers["location"]) == (303, PETANG), handle
        found = program.get(f"/api/clients/{quote(handle, safe='')}")
        assert found.json()["id"] == "6281717407674@c.us", handle
    for handle in ["0817-1740-7674, 0812-3333-4444", "wa.me/message/6281717407674"]:
        assert ana.get(f"/clients/{quote(handle, safe='')}").status_code == 404
        assert program.delete(f"/api/clients/{quote(handle, safe='')}").status_code == 404
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


def test_a_search_that_finds_no_client_says_so(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for typed in ["unknown", "Budi 1740", "%", "_", "0899", "\\", "'", "a\0b"]:
        answer = ana.get("/clients", params={"q": typed})
        assert answer.status_code == 200
        assert shown_ids(answer.text) == []


def test_search_as_you_type_fetches_the_rows_alone(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    fragment = ana.get("/clients?q=pet", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert fragment.strip() in ana.get("/clients?q=pet").text.replace("\n    ", "\n") or (
        shown_ids(fragment) == ["6281717407674@c.us"]
    )


def test_paging_shows_every_client_once_while_others_become_active(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_clients(connection, 130)
    url: str | None = "/clients"
    seen: list[str] = []
    while url is not None:
        html = ana.get(url).text
        seen += shown_ids(html)
        found = re.search(r'href="(/clients\?[^"]*after=[^"]*)"', html)
        url = found[1].replace("&amp;", "&") if found else None
        connection.execute(
            """UPDATE "User" SET "activeAt" = now() WHERE id IN ('client-130', 'client-1')"""
        )
        connection.execute(
            'INSERT INTO "User" (id) VALUES (%s) ON CONFLICT DO NOTHING', [f"new {len(seen)}"]
        )
    assert len(seen) == len(set(seen))
    assert set(seen) == {f"client-{n}" for n in range(2, 131)}


def test_clients_active_at_the_same_moment_are_paged_too(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    connection.execute(
        """INSERT INTO "User" (id, "activeAt")
        SELECT 'same-' || n, '2026-01-01' FROM generate_series(1, 60) AS n"""
    )
    first = ana.get("/clients").text
    found = re.search(r'href="(/clients\?[^"]*after=[^"]*)"', first)
    assert found
    second = ana.get(found[1].replace("&amp;", "&")).text
    assert len({*shown_ids(first), *shown_ids(second)}) == 60


def test_a_cursor_that_is_none_is_refused_calmly(ana: httpx.Client) -> None:
    for cursor in ("x", "bm9uc2Vuc2U", "🙂", "bm90LWEtZGF0ZSBpZA"):
        assert ana.get("/clients", params={"after": cursor}).status_code == 400


def test_no_name_does_harm(ana: httpx.Client, connection: psycopg.Connection) -> None:
    add_petang(connection)
    for name in [
        '"><script>alert(1)</script>',
        '\'; DROP TABLE "User"; --',
        "{{ 7 * 7 }}",
        "%s %(x)s {0}",
        "שלום\u202e evil",
        " ",
        "",
        "\u0007bell",
    ]:
        connection.execute('UPDATE "User" SET nama = %s, "profileName" = %s', [name, name])
        connection.execute('UPDATE "Conversation" SET body = %s', [name])
        for path in ("/clients", PETANG, f"{PETANG}/reset"):
            answer = ana.get(path)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
        if name.strip():
            assert f"<bdi>{escape(name)}</bdi>" in ana.get(PETANG).text


def test_an_id_may_be_anything(ana: httpx.Client, connection: psycopg.Connection) -> None:
    for odd in [
        "a/b'c?d#é%2F",
        "x/reset",
        "..%2f",
        "ID.1a2b3c",
        "🙂 id",
        '"><b>',
        "a&b=c",
        "unknown@c.us",
        "a\\b",
        "x;y,z",
    ]:
        connection.execute("""INSERT INTO "User" (id, nama) VALUES (%s, 'Odd One')""", [odd])
        href = shown_ids(ana.get("/clients").text)[0]
        assert href == quote(odd, safe="@")
        page = ana.get(f"/clients/{href}").text
        assert "Odd One" in page
        assert f'href="/clients/{href}/reset"' in page
        incarnation = re.findall(
            r'name="incarnation" value="([^"]+)"', ana.get(f"/clients/{href}/reset").text
        )
        answer = ana.post(f"/clients/{href}/reset", data={"incarnation": incarnation[0]})
        assert answer.headers["location"].startswith("/resets/")
        assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (0,)
        again = ana.post(f"/clients/{href}/reset", data={"incarnation": incarnation[0]})
        assert again.headers["location"].startswith("/resets/")


def test_another_spelling_leads_to_the_client(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for handle in ("0817-1740-7674", "+62 817 1740 7674", "ID.9f3c2b"):
        answer = ana.get(f"/clients/{quote(handle)}")
        assert answer.status_code == 303
        assert answer.headers["location"] == PETANG


def test_an_unknown_client_is_not_found(ana: httpx.Client) -> None:
    for handle in ["unknown", "6289999", "a%00b", "%ff%fe", "ID.unknown"]:
        assert ana.get(f"/clients/{handle}").status_code == 404
        assert ana.get(f"/clients/{handle}/reset").status_code == 404


def test_the_page_shows_what_the_bot_remembers(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute(
        """
        INSERT INTO "Conversation" ("userId", direction, body, status, "errorCode", at, kind)
        VALUES
            ('6281717407674@c.us', 'out', 'x', 'failed', 131047, '2026-11-20 18:30Z', 'text'),
            ('6281717407674@c.us', 'in', '', 'answered', NULL, 'infinity', 'image'),
            ('6281717407674@c.us', 'in', '', 'answered', NULL, '4000-01-01 BC', 'hologram');
        INSERT INTO "SetAside" (address, item, reason)
        VALUES ('6281717407674', '{"odd": 1}', 'expected str'), ('1', 'other', 'not theirs');
        """
    )
    html = ana.get(PETANG).text
    assert "&#34;topic&#34;: &#34;pesanan&#34;" in html
    assert "+62 817-1740-7674" in html
    assert "ID.9f3c2b" in html
    assert "Saturday, November 21, 2026" in html
    assert "1:30" in html
    assert "More than 24 hours" in html
    assert "131047" in html
    assert "Photo" in html
    assert "hologram" in html
    assert "expected str" in html
    assert "not theirs" not in html
    assert "Paused since" not in html


def test_a_status_and_a_role_of_a_newer_schema_are_shown_as_they_are(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute(
        """
        ALTER TABLE "Conversation" DROP CONSTRAINT status_is_known;
        ALTER TABLE "Operator" DROP CONSTRAINT role_is_known;
        UPDATE "Conversation" SET status = 'shelved' WHERE status = 'read';
        UPDATE "Operator" SET role = 'auditor';
        """
    )
    answer = ana.get(PETANG)
    assert answer.status_code == 200
    assert "<span>shelved</span>" in answer.text
    assert "auditor" in answer.text


def test_a_long_timeline_comes_in_pages(ana: httpx.Client, connection: psycopg.Connection) -> None:
    add_petang(connection)
    connection.execute('DELETE FROM "Conversation"')
    connection.execute(
        """INSERT INTO "Conversation" ("userId", body)
        SELECT '6281717407674@c.us', 'word-' || n || '.' FROM generate_series(1, 130) AS n"""
    )
    seen: list[int] = []
    url: str | None = PETANG
    while url is not None:
        html = ana.get(url).text
        numbers = [int(n) for n in re.findall(r"word-(\d+)\.", html)]
        assert numbers == sorted(numbers)
        seen = numbers + seen
        found = re.search(r'href="([^"]*\?before=\d+)"', html)
        url = found[1] if found else None
    assert seen == list(range(1, 131))


def test_what_a_client_did_to_a_message_afterwards_stands_at_it(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for body, detail in (
        ("Hai", '{"editedAt": 1, "reaction": "\N{THUMBS UP SIGN}"}'),
        ("apa kabar?", '{"revoked": true}'),
    ):
        connection.execute('UPDATE "Conversation" SET detail = %s WHERE body = %s', (detail, body))
    page = ana.get("/clients/6281717407674@c.us").text
    assert page.count("Edited by the client") == page.count("Deleted by the client") == 1
    assert "Reaction: \N{THUMBS UP SIGN}" in page


def test_a_huge_message_is_folded(ana: httpx.Client, connection: psycopg.Connection) -> None:
    add_petang(connection)
    connection.execute('UPDATE "Conversation" SET body = %s', ["x" * 65_536])
    html = ana.get(PETANG).text
    assert "Show the whole message" in html


def test_an_operator_pauses_the_bot_and_lets_it_answer_again(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    incarnation = connection.execute('SELECT incarnation FROM "User"').fetchone()
    assert incarnation
    answer = ana.post(f"{PETANG}/pause", data={"incarnation": str(incarnation[0])})
    assert answer.headers["location"] == PETANG
    assert "Paused since" in ana.get(PETANG).text
    assert connection.execute('SELECT "pausedAt" IS NOT NULL FROM "User"').fetchone() == (True,)
    ana.post(f"{PETANG}/resume")
    assert "The bot answers" in ana.get(PETANG).text


def test_what_a_person_said_on_the_phone_and_until_when_the_bot_is_silent_is_shown(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute(
        """
        SELECT novabot_internal.store_echo(
            '{6281717407674}', NULL, 'wamid.' || i.word, 'text', 'harga ' || i.word, NULL, now(),
            '1 hour'
        )
        FROM unnest('{satu,dua,tiga}'::text[]) AS i (word);
        SELECT novabot_internal.annotate_echo(
            '{6281717407674}', NULL, 'wamid.e', 'wamid.satu', 'edit', 'harga empat', now()
        );
        SELECT novabot_internal.annotate_echo(
            '{6281717407674}', NULL, 'wamid.r', 'wamid.dua', 'revoke', '', now()
        );
        """
    )
    html = ana.get(PETANG).text
    assert "does not answer until" in html and "/resume" in html and "/pause" in html
    assert html.count("A person, on the phone:") == html.count("<span>on the phone</span>") == 3
    assert "harga empat" in html and "Edited on the phone" in html
    assert "harga dua" not in html and "Deleted on the phone" in html
    listed = ana.get("/clients").text
    assert "bot paused" in listed and "On the phone:" in listed and "Bot:" not in listed
    # Over by itself, and ended by an operator before.
    connection.execute('UPDATE "User" SET "pausedUntil" = now()')
    assert "The bot answers." in ana.get(PETANG).text
    assert "bot paused" not in ana.get("/clients").text
    connection.execute('UPDATE "User" SET "pausedUntil" = now() + interval \'1 hour\'')
    ana.post(f"{PETANG}/resume")
    assert "The bot answers." in ana.get(PETANG).text


def test_a_pause_made_for_another_incarnation_changes_nothing(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    answer = ana.post(
        f"{PETANG}/pause", data={"incarnation": "00000000-0000-0000-0000-000000000000"}
    )
    assert answer.status_code == 200
    assert "Nothing was changed" in answer.text
    assert connection.execute('SELECT "pausedAt" FROM "User"').fetchone() == (None,)


def test_a_viewer_reads_and_changes_nothing(
    vera: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    html = vera.get(PETANG).text
    assert "/reset" not in html.split("<main")[1].replace("/resets", "")
    assert "/pause" not in html
    assert vera.get(f"{PETANG}/reset").status_code == 403
    for action in ("reset", "pause", "resume"):
        assert vera.post(f"{PETANG}/{action}").status_code == 403
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (1,)


def test_the_language_is_the_readers(ana: httpx.Client) -> None:
    assert '<html lang="en">' in ana.get("/clients").text
    indonesian = {"Accept-Language": "fr, id-ID;q=0.8, en;q=0.5"}
    assert '<html lang="id">' in ana.get("/clients", headers=indonesian).text
    assert '<html lang="id">' in ana.get("/clients", headers={"Accept-Language": "fr"}).text
    switched = ana.post("/language", data={"language": "id", "next": "/bots"})
    assert switched.headers["location"] == "/bots"
    assert '<html lang="id">' in ana.get("/clients").text


def test_the_page_says_who_is_not_written_to(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    for level, told in (("promotions", "stopped promotions"), ("everything", "stopped all")):
        connection.execute(
            "SELECT novabot_internal.opt_out_client('6281717407674@c.us', %s, clock_timestamp())",
            [level],
        )
        assert told in ana.get(PETANG).text
    assert "The bot answers" not in ana.get(PETANG).text
