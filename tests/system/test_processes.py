"""The bots as processes: killed, stopped, continued, started before their database."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from app.sessions.listener import FRESH_FOR
from tests.system.nova import DEADLINE, PHONE_NUMBER_ID, Nova, free_ports, run_nova, wait_for
from tests.webhook_bodies import text_body

PHONE = "6281717407674"
CLIENT = "6281717407674@c.us"
OTHER = "6281298765432"


def fetch_value(conn: psycopg.Connection, statement: str, *parameters: object) -> object:
    row = conn.execute(statement.encode(), parameters).fetchone()
    return None if row is None else row[0]


def read_answer(conn: psycopg.Connection) -> tuple[str, str, str] | None:
    """Status, token and text of the client's last answer."""
    return conn.execute(
        """SELECT status, token::text, body FROM "Conversation"
           WHERE "userId" = %s AND direction = 'out' ORDER BY id DESC LIMIT 1""",
        (CLIENT,),
    ).fetchone()  # type: ignore[return-value]


def test_a_rolled_back_delete_evicts_and_acknowledges_nothing(nova: Nova) -> None:
    nova.ask_for_answer(PHONE, "nama saya Petang")
    nova.ask_for_answer(OTHER, "nama saya Sari")
    with nova.connect() as conn:
        with conn.transaction(force_rollback=True):
            conn.execute('DELETE FROM "User"')
        conn.execute('DELETE FROM "User" WHERE id = %s', (f"{OTHER}@c.us",))
        reset = fetch_value(conn, 'SELECT max(id) FROM "Reset"')
        conn.execute("CALL wait_for_acks(%s, '10 s')", (reset,))
        acknowledged = conn.execute('SELECT DISTINCT "resetId" FROM "ResetAck"').fetchall()
        assert acknowledged == [(reset,)]
    assert nova.metric(0, 'novabot_evictions_total{cause="reset"}') == 1
    assert nova.metric(0, "novabot_sessions") == 1
    assert "Petang" in nova.ask_for_answer(PHONE, "siapa nama saya?")


def test_a_name_begun_at_one_bot_is_completed_at_another_unless_a_reset_comes_between(
    nova: Nova,
) -> None:
    for client in (PHONE, OTHER):
        assert nova.ask_for_answer(client, "nama saya") == "Ya, siapa nama Anda?"
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User" WHERE id = %s', (f"{OTHER}@c.us",))
        reset = fetch_value(conn, 'SELECT max(id) FROM "Reset"')
        conn.execute("CALL wait_for_acks(%s, '10 s')", (reset,))
    for client, bot in ((PHONE, 1), (OTHER, 0)):
        learnt = "Petang" in nova.ask_for_answer(client, "Petang", bot=bot)
        assert learnt == (client == PHONE)
    assert "Budi" in nova.ask_for_answer(PHONE, "bukan Petang, tapi Budi")
    assert "Budi" not in nova.ask_for_answer(PHONE, "jangan panggil saya Budi", bot=1)
    with nova.connect() as conn:
        assert fetch_value(conn, 'SELECT count(nama) FROM "User"') == 0


def test_an_answer_committed_by_a_killed_bot_is_sent_once_by_the_other(nova: Nova) -> None:
    nova.services["simulator"].kill()
    nova.say(PHONE, "nama saya Petang")
    with nova.connect() as conn:
        wait_for(
            lambda: fetch_value(
                conn,
                """SELECT count(*) FROM "Conversation" WHERE status = 'queued'
                         AND attempts > 0""",
            ),
            "an attempt that could not connect",
        )
        nova.bot(0).kill()
        nova.start_simulator()
        answers = nova.answers(PHONE, wait=20)
        assert "Petang" in answers[0]["text"]
        wait_for(lambda: (read_answer(conn) or " ")[0] in ("sent", "delivered"), "it to be settled")
    assert len(nova.answers(PHONE)) == 1


def test_an_answer_being_sent_by_a_killed_bot_becomes_uncertain_and_is_settled_by_its_status(
    nova: Nova,
) -> None:
    nova.fault(hold=True)
    nova.say(PHONE, "nama saya Petang")
    with nova.connect() as conn:
        pending = f"{nova.simulator_url}/control/messages?outcome=pending"
        wait_for(lambda: nova.http.get(pending).json()["messages"], "the POST to arrive")
        assert (read_answer(conn) or " ")[0] == "sending"
        nova.bot(0).kill()
        wait_for(
            lambda: (read_answer(conn) or " ")[0] == "uncertain", "the other bot to notice", 30
        )
        first = conn.execute(
            """SELECT id FROM "Conversation" WHERE status = 'uncertain'"""
        ).fetchone()
        assert first is not None
        # The Cloud API had got it all the same: it accepts it now, and says so in a status.
        nova.release()
        wait_for(
            lambda: (
                fetch_value(conn, 'SELECT status FROM "Conversation" WHERE id = %s', first[0])
                == "delivered"
            ),
            "the status callback to settle it",
        )
        # What is said next is answered, and nothing was said twice.
        assert "Petang" in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)
        assert len(nova.answers(PHONE)) == 2


def test_what_a_killed_bot_was_waiting_with_the_other_answers_once(
    database_url: str, tmp_path: Path
) -> None:
    with (
        run_nova(database_url, tmp_path, NOVABOT_JOIN_SECONDS="2") as nova,
        nova.connect() as conn,
    ):
        for number, text in enumerate(("halo", "nama saya Petang", "siapa nama saya?")):
            nova.say(PHONE, text, bot=number % 2)
        nova.bot(0).kill()
        assert read_answer(conn) is None
        wait_for(lambda: nova.answers(PHONE), "the other bot to answer")
        assert len(nova.answers(PHONE)) == 1
        said = conn.execute("SELECT status FROM \"Conversation\" WHERE direction = 'in'").fetchall()
        assert said == [("answered",)] * 3


def test_sigterm_lets_a_turn_in_flight_finish_and_be_answered(nova: Nova) -> None:
    nova.ask_for_answer(PHONE, "nama saya Petang")
    before = nova.last_sent()
    with nova.connect() as conn:
        statuses: list[int] = []
        with conn.transaction():
            conn.execute('SELECT 1 FROM "User" WHERE id = %s FOR UPDATE', (CLIENT,))
            body = {"bot": 0, "from": PHONE, "text": "siapa nama saya?", "retry": False}
            asking = threading.Thread(
                target=lambda: statuses.append(
                    nova.http.post(f"{nova.simulator_url}/control/say", json=body).json()["status"]
                )
            )
            asking.start()
            with nova.connect() as watcher:
                wait_for(
                    lambda: fetch_value(
                        watcher,
                        """SELECT count(*) FROM pg_stat_activity
                           WHERE application_name = 'novabot bot' AND wait_event_type = 'Lock'""",
                    ),
                    "the turn to wait for the lock",
                )
            nova.bot(0).send(signal.SIGTERM)
        asking.join(20)
    assert statuses == [200]
    assert nova.bot(0).popen.wait(15) == 0
    assert "Petang" in nova.answers(PHONE, before, wait=10)[0]["text"]
    with nova.connect() as conn:
        stopped = fetch_value(
            conn, 'SELECT "stoppedAt" IS NOT NULL FROM "Bot" WHERE pid = %s', nova.bot(0).pid
        )
    assert stopped


@pytest.mark.parametrize("seconds", [FRESH_FOR + 0.5, 16.0])
def test_a_process_that_was_stopped_does_not_trust_its_memory(nova: Nova, seconds: float) -> None:
    nova.ask_for_answer(PHONE, "nama saya Petang", bot=1)
    assert nova.metric(1, "novabot_sessions") == 1
    nova.bot(1).send(signal.SIGSTOP)
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User"')
        reset = fetch_value(conn, 'SELECT max(id) FROM "Reset"')
        before = nova.last_sent()
        # It is posted to while it is stopped, and answers when it is continued.
        nova.http.timeout = httpx2.Timeout(seconds + 20)
        body = text_body(PHONE, "siapa nama saya?", phone_number_id=PHONE_NUMBER_ID)

        def is_taken() -> bool:
            try:
                return nova.post(1, body) == 200
            except httpx2.TransportError:
                return False  # it ended the connection, idle for so long: delivered again

        asking = threading.Thread(
            target=wait_for, args=(is_taken, "bot 1 to take it", seconds + DEADLINE)
        )
        asking.start()
        wait_for(
            lambda: fetch_value(
                conn, f"SELECT clock_timestamp() > at + interval '{seconds} s' FROM \"Reset\""
            ),
            "its last proof to be stale",
            seconds + 5,
        )
        missing = fetch_value(conn, "SELECT missing FROM reset_receipt(%s)", reset)
        stopped_bot = fetch_value(
            conn, 'SELECT id::text FROM "Bot" WHERE pid = %s', nova.bot(1).pid
        )
        assert missing == [stopped_bot]
        nova.bot(1).send(signal.SIGCONT)
        asking.join()
        assert "Petang" not in nova.answers(PHONE, before, wait=10)[0]["text"]
        conn.execute("CALL wait_for_acks(%s, '10 s')", (reset,))
        assert fetch_value(conn, "SELECT missing FROM reset_receipt(%s)", reset) == []


def test_a_bot_that_stood_still_before_a_reset_is_named_as_silent_until_it_goes_on(
    nova: Nova,
) -> None:
    """Instead of 20 s that pass, its row is made 20 s older."""
    nova.ask_for_answer(PHONE, "nama saya Petang", bot=1)
    nova.bot(1).send(signal.SIGSTOP)
    with nova.connect() as conn:
        conn.execute(
            'UPDATE "Bot" SET "startedAt" = "startedAt" - interval \'20 s\','
            ' "seenAt" = "seenAt" - interval \'20 s\' WHERE pid = %s',
            (nova.bot(1).pid,),
        )
        conn.execute('DELETE FROM "User"')
        reset = fetch_value(conn, 'SELECT max(id) FROM "Reset"')
        bots = f"SELECT count(*) FROM novabot_internal.receipt_bots({reset}) WHERE "
        silent = f"{bots} silent_since IS NOT NULL AND pid = {nova.bot(1).pid}"
        acknowledged = f"{bots} acked_at IS NOT NULL"
        wait_for(lambda: fetch_value(conn, acknowledged) == 1, "the other bot")
        assert fetch_value(conn, silent) == 1
        assert fetch_value(conn, "SELECT missing FROM reset_receipt(%s)", reset) == []
        nova.bot(1).send(signal.SIGCONT)
        wait_for(lambda: fetch_value(conn, acknowledged) == 2, "the bot that goes on")
        assert fetch_value(conn, silent) == 0
    assert "Petang" not in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)


def test_a_bot_that_starts_after_a_reset_is_not_waited_for(nova: Nova) -> None:
    nova.bot(1).stop()
    nova.ask_for_answer(PHONE, "nama saya Petang")
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User"')
        nova.start_bot(1)
        nova.wait_ready(nova.bot_urls[1])
        reset = fetch_value(conn, 'SELECT max(id) FROM "Reset"')
        wait_for(
            lambda: fetch_value(conn, "SELECT missing FROM reset_receipt(%s)", reset) == [],
            "the receipt to be complete",
        )
    assert "Petang" not in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL that the test may stop and start."""
    server = EmbeddedServer(data_dir, durable=False)
    with server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            migrate(conn)
        yield server


def test_a_database_that_goes_away_costs_503_and_comes_back_by_itself(
    own_server: EmbeddedServer, tmp_path: Path
) -> None:
    with run_nova(own_server.url(), tmp_path, dashboard=True) as nova:
        assert "Petang" in nova.ask_for_answer(PHONE, "nama saya Petang")
        own_server.stop()
        body = {"from": PHONE, "text": "siapa nama saya?", "retry": False, "bot": 0}
        answer = nova.http.post(f"{nova.simulator_url}/control/say", json=body).json()
        assert answer["status"] == 503
        for url in (*nova.bot_urls, nova.dashboard_url):
            nova.wait_ready(url, 503)
            assert nova.ask(url + "/live") == 200
        own_server.start()
        for url in (*nova.bot_urls, nova.dashboard_url):
            nova.wait_ready(url)
        assert "Petang" in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)


def test_services_started_before_their_database_wait_for_it(data_dir: Path, tmp_path: Path) -> None:
    server = EmbeddedServer(data_dir, durable=False)
    with server:
        url = server.url()
    nova = Nova(url, tmp_path)
    try:
        nova.start_simulator()
        nova.start_bot(0)
        wait_for(lambda: nova.ask(nova.bot_urls[0] + "/live") == 200, "the bot to live")
        assert nova.ask(nova.bot_urls[0] + "/ready") == 503
        with server:
            assert nova.command("migrate").returncode == 0
            nova.wait_ready(nova.bot_urls[0])
            assert "Petang" in nova.ask_for_answer(PHONE, "nama saya Petang")
    finally:
        print(nova.read_logs())
        nova.close()


def test_all_faults_in_the_settings_are_told_at_once(nova: Nova) -> None:
    done = nova.command(
        "bot", WHATSAPP_APP_SECRET="", WHATSAPP_VERIFY_TOKEN="", NOVABOT_SESSION_LIMIT="many"
    )
    assert done.returncode == 2
    for name in ("WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "NOVABOT_SESSION_LIMIT"):
        assert name in done.stderr


def test_a_taken_port_is_one_clear_line(nova: Nova) -> None:
    port = nova.bot_urls[0].rpartition(":")[2]
    done = nova.command("bot", "--port", port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_a_responder_that_cannot_be_loaded_is_one_clear_line(nova: Nova) -> None:
    (free,) = free_ports(1)
    done = nova.command("bot", "--port", str(free), NOVABOT_RESPONDER="nowhere:factory")
    assert done.returncode == 2
    assert "NOVABOT_RESPONDER" in done.stderr
    assert "Traceback" not in done.stderr


SETTINGS_OF_ITS_OWN = [
    "client_encoding = 'LATIN1'",
    "DateStyle = 'German, DMY'",
    "standard_conforming_strings = off",
    "TimeZone = 'Asia/Makassar'",
    "bytea_output = 'escape'",
    "idle_session_timeout = '900ms'",
]


def test_what_a_database_sets_for_its_sessions_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        name = fetch_value(conn, "SELECT current_database()")
        for setting in SETTINGS_OF_ITS_OWN:
            conn.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    with run_nova(database_url, tmp_path, dashboard=True) as nova:
        token = nova.command("token", "create", "tests").stdout.strip().splitlines()[-1]
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{nova.dashboard_url}/api/clients/0817-1740-7674"
        for door in ("api", "cli"):
            nova.ask_for_answer(PHONE, "Hai 😀")
            assert "Łukasz" in nova.ask_for_answer(PHONE, "nama saya Łukasz")
            assert "Łukasz" in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)
            found = nova.http.get(url, headers=headers)
            assert (found.status_code, found.json()["nama"]) == (200, "Łukasz")
            if door == "api":
                gone = nova.http.delete(url, headers=headers)
                assert (gone.status_code, gone.json()["clients"]) == (200, 1)
            else:
                done = nova.command("reset", "0817-1740-7674")
                assert (done.returncode, done.stderr) == (0, "") and "1 client" in done.stdout
            assert "Łukasz" not in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=1)
        # The listeners have been idle for longer than a session may be, and are there.
        assert nova.metric(0, "novabot_listener_gaps_total") == 0
