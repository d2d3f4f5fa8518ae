from __future__ import annotations

import re
import threading
import time

import httpx2 as httpx
import psycopg

from tests.dashboard.running import Dashboard, add_petang, wait_until

PETANG = "/clients/6281717407674@c.us"
BOT_A = "11111111-1111-1111-1111-111111111111"
BOT_B = "22222222-2222-2222-2222-222222222222"


def start_bots(connection: psycopg.Connection) -> None:
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-a', 1, true, 5)", [BOT_A])
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-b', 2, true, 7)", [BOT_B])


def incarnation_of(connection: psycopg.Connection) -> str:
    found = connection.execute('SELECT incarnation FROM "User"').fetchone()
    assert found
    return str(found[0])


def count_left(connection: psycopg.Connection) -> tuple[int, ...]:
    found = connection.execute(
        """SELECT
            (SELECT count(*) FROM "User"), (SELECT count(*) FROM "Session"),
            (SELECT count(*) FROM "Conversation"), (SELECT count(*) FROM "Reset")"""
    ).fetchone()
    assert found
    return found


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_before_the_reset_says_what_will_go(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    start_bots(connection)
    html = ana.get(f"{PETANG}/reset").text
    text = text_of(html)
    assert "<title>Reset Petang? · Nova</title>" in html
    assert "3 messages received" in text
    assert "2 messages sent" in text
    assert "1 of them still waiting" in text
    assert "2 addresses" in text
    assert "2 bots are connected" in text
    assert "There is no undo" in text
    assert "Reset Petang (+62 817-1740-7674)" in text
    assert count_left(connection) == (1, 1, 5, 0)


def test_a_reset_leads_to_its_receipt(ana: httpx.Client, connection: psycopg.Connection) -> None:
    add_petang(connection)
    start_bots(connection)
    answer = ana.post(f"{PETANG}/reset", data={"incarnation": incarnation_of(connection)})
    assert answer.status_code == 303
    assert count_left(connection) == (0, 0, 0, 1)
    row = connection.execute(
        'SELECT id, actor, source, clients, sessions, conversations FROM "Reset"'
    ).fetchone()
    assert row
    assert row[1:] == ("ana", "dashboard", 1, 1, 5)
    assert answer.headers["location"] == f"/resets/{row[0]}"
    text = text_of(ana.get(answer.headers["location"]).text)
    assert "waiting for 2 bots" in text
    assert "nova-a , process 1" in text
    assert "no answer yet" in text
    for bot, evicted in ((BOT_A, 1), (BOT_B, 0)):
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets("
            "%s, ARRAY[r.id], ARRAY[%s::bigint], ARRAY[r.at + interval '1 ms'])"
            ' FROM "Reset" AS r',
            [bot, evicted],
        )
    html = ana.get(answer.headers["location"]).text
    text = text_of(html)
    assert "Forgotten, in the data and in every bot" in text
    assert "1 session" in text
    assert "0 sessions" in text
    assert len(re.findall(r"✓ 1 ms \d+:\d\d:\d\d [AP]M", text)) == 2
    assert len(re.findall(r'<time class="muted small" datetime="2', html)) == 2
    assert "all bots have acknowledged" in ana.get("/resets").text
    fragment = ana.get(answer.headers["location"], headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert text_of(fragment).strip() in text


def test_a_reset_made_for_another_incarnation_deletes_nothing(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    stale = incarnation_of(connection)
    connection.execute('DELETE FROM "User"')
    add_petang(connection)
    answer = ana.post(f"{PETANG}/reset", data={"incarnation": stale})
    assert answer.status_code == 200
    assert "Nothing was deleted" in answer.text
    assert f'href="{PETANG}"' in answer.text
    assert count_left(connection) == (1, 1, 5, 1)


def test_the_second_reset_of_a_client_is_a_calm_no_op_with_its_own_receipt(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    incarnation = incarnation_of(connection)
    first = ana.post(f"{PETANG}/reset", data={"incarnation": incarnation})
    second = ana.post(f"{PETANG}/reset", data={"incarnation": incarnation})
    assert second.status_code == 303
    assert second.headers["location"] != first.headers["location"]
    assert "No such client; nothing was deleted." in ana.get(second.headers["location"]).text
    third = ana.post(f"{PETANG}/reset")
    assert third.status_code == 303
    rows = connection.execute('SELECT clients, actor, source FROM "Reset" ORDER BY id').fetchall()
    assert rows == [(1, "ana", "dashboard"), (0, "ana", "dashboard"), (0, "ana", "dashboard")]


def test_without_an_incarnation_the_current_incarnation_is_meant(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    assert ana.post(f"{PETANG}/reset").status_code == 303
    assert count_left(connection) == (0, 0, 0, 1)


def test_an_incarnation_that_is_none_is_refused(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    assert ana.post(f"{PETANG}/reset", data={"incarnation": "x"}).status_code == 400
    assert count_left(connection) == (1, 1, 5, 0)


def test_double_clicks_reset_one_incarnation_once(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    incarnation = incarnation_of(connection)
    places: list[str] = []

    def click() -> None:
        with dashboard.logged_in() as client:
            answer = client.post(f"{PETANG}/reset", data={"incarnation": incarnation})
            places.append(answer.headers["location"])

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(places)) == 4
    rows = connection.execute('SELECT clients FROM "Reset" ORDER BY clients').fetchall()
    assert rows == [(0,), (0,), (0,), (1,)]


def test_a_client_held_by_an_open_transaction_is_told_clearly_and_kept(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute("BEGIN")
    connection.execute('SELECT FROM "User" FOR UPDATE')
    try:
        began = time.monotonic()
        answer = ana.post(f"{PETANG}/reset")
        assert 4 < time.monotonic() - began < 9
        assert answer.status_code == 503
        assert "The data is in use" in answer.text
        assert "Traceback" not in answer.text
        assert ana.get("/clients").status_code == 200
    finally:
        connection.execute("ROLLBACK")
    assert count_left(connection) == (1, 1, 5, 0)
    assert ana.post(f"{PETANG}/reset").status_code == 303


def test_a_reset_that_something_keeps_from_deleting_says_so_on_the_page_and_in_the_api(
    ana: httpx.Client, program: httpx.Client, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    before = count_left(connection)
    connection.execute(
        """
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER keep BEFORE DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION keep()
        """
    )
    page = ana.post(f"{PETANG}/reset")
    assert page.status_code == 409
    assert "Nothing was deleted" in page.text and "novabot doctor" in page.text
    answer = program.delete("/api/clients/6281717407674")
    assert answer.status_code == 409
    reason = answer.json()["error"]
    assert 'kept by trigger keep on "Session"' in reason
    assert 'DROP TRIGGER keep ON public."Session"' in reason
    assert count_left(connection) == before
    connection.execute('DROP TRIGGER keep ON public."Session"')
    assert ana.post(f"{PETANG}/reset").status_code == 303
    assert count_left(connection) == (0, 0, 0, 1)


def test_an_unknown_receipt_is_not_found(ana: httpx.Client) -> None:
    for number in ["0", "999999", "x", "1" * 40, "-1", "1e3", "%D9%A1"]:
        assert ana.get(f"/resets/{number}").status_code == 404


def test_resets_by_plain_sql_are_listed_too_in_pages(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    connection.execute(
        """INSERT INTO "Reset" (actor, source, clients, sessions, conversations)
        SELECT '<i>dba</i>', 'psql', 1, 1, n FROM generate_series(1, 120) AS n"""
    )
    url: str | None = "/resets"
    seen: list[int] = []
    while url is not None:
        html = ana.get(url).text
        assert "<i>dba" not in html
        seen += [int(n) for n in re.findall(r'class="row" href="/resets/(\d+)"', html)]
        found = re.search(r'href="(/resets\?before=\d+)"', html)
        url = found[1] if found else None
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 120


def test_the_bots_page_tells_which_are_connected(
    ana: httpx.Client, connection: psycopg.Connection
) -> None:
    assert "No bot has ever run" in ana.get("/bots").text
    start_bots(connection)
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-b', 2, false, 0)", [BOT_B])
    connection.execute(
        """INSERT INTO "Bot" (id, host, pid, "seenAt")
        VALUES (gen_random_uuid(), 'nova-c', 3, now() - interval '1 hour')"""
    )
    connection.execute(
        "SELECT novabot_internal.report_bot(%s, 'nova-d', 4, true, 3)", [gone := BOT_A[:-1] + "9"]
    )
    connection.execute("SELECT novabot_internal.retire_bot(%s)", [gone])
    text = text_of(ana.get("/bots").text)
    assert re.search(r"nova-a , process 1 connected 5 clients", text)
    assert re.search(r"nova-b , process 2 not connected", text)
    assert re.search(r"nova-c , process 3 not responding .* 1 h ago", text)
    assert re.search(r"nova-d , process 4 stopped", text)


def test_a_receipt_and_the_api_name_a_bot_whose_responder_may_still_remember(
    ana: httpx.Client, program: httpx.Client, dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    connection.execute("SELECT novabot_internal.report_bot(%s, 'nova-a', 1, true, 5)", [BOT_A])
    path = dashboard_reset(dashboard)
    number = path.rsplit("/", 1)[1]
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{1}', '{}', %s)",
        [BOT_A, number, ["forgotten failed: ValueError"]],
    )
    text = text_of(ana.get(path).text)
    assert "Deleted from the data; the responder of 1 bot may still remember." in text
    assert "may remember: forgotten failed: ValueError" in text
    assert "Forgotten, in the data and in every bot" not in text
    (ack,) = program.get(f"/api/resets/{number}").json()["acks"]
    assert ack["error"] == "forgotten failed: ValueError"


def test_a_receipt_names_silent_bots_and_what_was_missed_without_a_figure(
    ana: httpx.Client, program: httpx.Client, dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    start_bots(connection)
    connection.execute(
        'UPDATE "Bot" SET "startedAt" = now() - interval \'1 day\','
        " \"seenAt\" = now() - interval '1 hour' WHERE id = %s",
        [BOT_B],
    )
    path = dashboard_reset(dashboard)
    number = path.rsplit("/", 1)[1]
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{0}')", [BOT_A, number]
    )
    html = ana.get(path).text
    text = text_of(html)
    assert "Forgotten, in the data and in every bot that runs. 1 bot had been silent" in text
    assert re.search(r"silent since .* WIB", text) and "was killed, or is standing still" in text
    assert re.search(r"confirmed [^.]* WIB", text) and "was not connected at the reset" in text
    assert " ms" not in text
    assert "1 bot was silent already" in ana.get("/resets").text
    receipt = program.get(f"/api/resets/{number}").json()
    assert (receipt["missing"], [bot["bot"] for bot in receipt["silent"]]) == ([], [BOT_B])
    assert receipt["acks"][0]["evictedAt"] is None


class Stream:
    """Reads /signals in a thread."""

    def __init__(self, client: httpx.Client) -> None:
        self.lines: list[str] = []
        self.ended = threading.Event()
        self._client = client
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def join(self) -> None:
        self._thread.join(10)
        assert self.ended.is_set()

    def _read(self) -> None:
        with self._client.stream("GET", "/signals") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                self.lines.append(line)
        self.ended.set()


def test_acknowledgements_arrive_as_signals_and_a_stop_ends_the_stream_at_once(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    add_petang(connection)
    start_bots(connection)
    with dashboard.logged_in() as client:
        incarnation = incarnation_of(connection)
        stream = Stream(client)
        wait_until(lambda: stream.has('"*"'), "the stream begins with anything")
        answer = dashboard_reset(dashboard)
        number = answer.rsplit("/", 1)[1]
        wait_until(
            lambda: stream.has(f'{{"reset": {number}, "clients": ["{incarnation}"]}}'), "the reset"
        )
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, ARRAY[%s::bigint], '{1}')",
            [BOT_A, number],
        )
        wait_until(lambda: stream.has("event: acknowledged"), "the acknowledgement")
        assert not stream.has("6281717407674")
        began = time.monotonic()
        dashboard.server.should_exit = True
        stream.join()
        assert time.monotonic() - began < 1.5


def dashboard_reset(dashboard: Dashboard) -> str:
    with dashboard.logged_in() as client:
        return client.post(f"{PETANG}/reset").headers["location"]


def test_a_dashboard_that_lost_its_connection_signals_anything_again(
    dashboard: Dashboard, connection: psycopg.Connection
) -> None:
    with dashboard.logged_in() as client:
        stream = Stream(client)
        wait_until(lambda: stream.has('"*"'), "the stream begins")
        stream.lines.clear()
        connection.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN%'"""
        )
        wait_until(lambda: stream.has("event: not_listening"), "the page is told")
        wait_until(lambda: stream.has('"*"'), "it goes on")
        for payload in ("", "rubbish", "[1]", '{"reset": "x"}', '{"reset": 1, "clients": 4}'):
            connection.execute("SELECT pg_notify('session_reset', %s)", [payload])
        connection.execute("""NOTIFY reset_acknowledged, '{"reset": 77}'""")
        wait_until(lambda: stream.has('{"reset": 77}'), "it went on after rubbish")
        dashboard.server.should_exit = True
        stream.join()
