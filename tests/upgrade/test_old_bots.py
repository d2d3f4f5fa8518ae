"""Bots of the last release on the current schema: they answer and forget rightly until replaced."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.database.migrating.migrations import migrate
from app.local.embedded import EmbeddedServer
from tests.sql.acts import fetch, last_reset, one, queue_answer
from tests.system.nova import PHONE_NUMBER_ID, Nova, wait_for
from tests.system.test_reset_from_every_door import CLIENT, DOORS, PHONE
from tests.upgrade.conftest import clone, wait_until_listening
from tests.upgrade.releases import LAST, SAME_SCHEMA, Release, run_from

CURRENT = 3
"""The bot of this code, beside three of the last release: two instant ones, one that is slow."""
UNSETTLED = """
    SELECT count(*) FROM "Conversation"
    WHERE split_part("userId", '@', 1) = ANY (%s) AND status IN ('pending', 'queued', 'sending')
"""
SENT_IN_ORDER = """
    SELECT token::text AS token FROM "Conversation"
    WHERE "userId" = %s AND direction = 'out' AND status IN ('sent', 'delivered', 'read')
    ORDER BY id
"""
LIVING = """
    SELECT id FROM "Bot"
    WHERE "stoppedAt" IS NULL AND "seenAt" > clock_timestamp() - interval '10 seconds'
"""


@pytest.fixture(scope="module")
def schema_is_newer(
    start_server: Callable[[Path | None], EmbeddedServer],
    restore: Callable[[EmbeddedServer, Release], str],
) -> bool:
    """Whether the release's database had to be changed for this code."""
    server = start_server(None)
    with (
        clone(server, restore(server, LAST)) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        done = migrate(conn)
    return bool(done.applied) or done.routines


@pytest.fixture(scope="module")
def nova(
    start_server: Callable[[Path | None], EmbeddedServer],
    restore: Callable[[EmbeddedServer, Release], str],
    unpacked: Callable[[Release], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Nova]:
    """Bots of the last release, and a dashboard of this code, on a database of the release that
    was brought to the current schema."""
    server = start_server(None)
    directory = tmp_path_factory.mktemp("nova")
    with clone(server, restore(server, LAST)) as url:
        with psycopg.connect(url, autocommit=True) as conn:
            migrate(conn)
        running = Nova(url, directory, bots=CURRENT + 1)
        try:
            code = unpacked(LAST)
            running.start_simulator()
            for bot in range(CURRENT):
                slow = {"NOVABOT_RESPONDER": "thinking:make"} if bot == CURRENT - 1 else {}
                running.start_bot(bot, **run_from(code, LAST), **slow)
            running.start_dashboard()
            for bot in range(CURRENT):
                wait_until_listening(running, bot)
            yield running
        finally:
            running.close()


@pytest.fixture
def phone() -> str:
    """Of a person who has not written yet."""
    return f"62800666{secrets.randbelow(10**6):06}"


@contextmanager
def bot_of_this_code(nova: Nova) -> Iterator[None]:
    """Beside those of the last release."""
    bot = nova.start_bot(CURRENT)
    try:
        nova.wait_ready(nova.bot_urls[CURRENT])
        yield
    finally:
        assert bot.stop() == 0


def test_they_are_as_ready_as_the_page_for_operators_says(
    nova: Nova, schema_is_newer: bool
) -> None:
    for bot in range(CURRENT):
        answer = nova.http.get(nova.bot_urls[bot] + "/ready")
        if schema_is_newer and not LAST.stays_ready:
            assert (answer.status_code, "schema is not current" in answer.text) == (503, True)
        else:
            assert (answer.status_code, answer.text) == (200, "ready\n")


def test_they_answer_from_each_others_turns(nova: Nova, phone: str) -> None:
    assert "Sari" in nova.ask_for_answer(phone, "nama saya Sari", bot=0)
    for bot in range(CURRENT):
        assert "Sari" in nova.ask_for_answer(phone, "siapa nama saya?", bot=bot)
    assert "Budi" in nova.ask_for_answer(phone, "nama saya Budi", bot=2)
    for bot in range(CURRENT):
        answer = nova.ask_for_answer(phone, "siapa nama saya?", bot=bot)
        assert "Budi" in answer and "Sari" not in answer
    with nova.connect() as conn:
        ticks = (
            'SELECT bool_and(status = %s) FROM "Conversation"'
            " WHERE \"userId\" = %s AND direction = 'out'"
        )
        wait_for(
            lambda: one(conn, ticks, "delivered", f"{phone}@c.us"), "all answers to be delivered"
        )


def test_they_know_a_person_by_number_and_by_bsuid(nova: Nova, phone: str) -> None:
    bsuid = f"ID.{phone}"
    say(nova, phone, "nama saya Dewi")
    say(nova, bsuid, "halo", bot=1)
    say(nova, phone, "halo", bsuid=bsuid, bot=2)
    with nova.connect() as conn:
        wait_for(
            lambda: (
                one(conn, 'SELECT count(*) FROM "Alias" WHERE "userId" = %s', f"{phone}@c.us") == 2
            ),
            "the two to become one",
        )
        for bot in range(CURRENT):
            assert "Dewi" in nova.ask_for_answer(bsuid, "siapa nama saya?", bot=bot)


def test_they_hear_edits(nova: Nova, phone: str) -> None:
    for bot in range(CURRENT):
        nova.ask_for_answer(phone, "nama saya Rini", bot=bot)
    with nova.connect() as conn:
        conn.execute('UPDATE "User" SET nama = %s WHERE id = %s', ("Wayan", f"{phone}@c.us"))
        for bot in range(CURRENT):
            assert "Wayan" in nova.ask_for_answer(phone, "siapa nama saya?", bot=bot)
        conn.execute('UPDATE "User" SET "pausedAt" = now() WHERE id = %s', (f"{phone}@c.us",))
        for bot in range(CURRENT):
            nova.say(phone, "siapa nama saya?", bot=bot)
        said = (
            "SELECT count(*) FILTER (WHERE status = 'answered') AS messages,"
            " count(*) FILTER (WHERE direction = 'out') AS answers"
            ' FROM "Conversation" WHERE "userId" = %s'
        )
        messages, answers = 3 * CURRENT, 2 * CURRENT
        wait_for(
            lambda: fetch(conn, said, f"{phone}@c.us") == [(messages, answers)],
            "messages of a paused client to be stored, and no more",
        )


def test_they_set_aside_what_they_cannot_read(nova: Nova, phone: str) -> None:
    unreadable = {"from": phone, "id": "wamid.x", "timestamp": "kemarin", "type": "text"}
    metadata = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
    raw = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [unreadable]}
    with nova.connect() as conn:
        count = 'SELECT count(*) FROM "SetAside" WHERE address = %s'
        assert one(conn, count, phone) == 0
        say(nova, raw=raw)
        assert one(conn, count, phone) == 1
        conn.execute("SELECT reset_client(%s)", (phone,))
        assert one(conn, count, phone) == 0


@pytest.mark.parametrize("door", [door for door in DOORS if door != "dashboard"])
def test_they_forget_at_every_reset_and_acknowledge_it(nova: Nova, door: str) -> None:
    source, reset = DOORS[door]
    with nova.connect() as conn:
        conn.execute('DELETE FROM "User"')
        nova.ask_for_answer(PHONE, "Hai, nama saya Petang", bot=0)
        for bot in range(CURRENT):
            assert "Petang" in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=bot)
        nova.say(PHONE, "tunggu", bot=CURRENT - 1)
        reset(nova)
        assert fetch(conn, 'SELECT FROM "User" WHERE id = %s', CLIENT) == []
        for bot in range(CURRENT):
            assert "Petang" not in nova.ask_for_answer(PHONE, "siapa nama saya?", bot=bot)
        receipt = last_reset(conn)
        assert receipt.source == source or source == "sql"
        # The slow bot remembers nothing between turns.
        assert_acknowledged(conn, receipt.id, evicted=2, bots=CURRENT)


def test_answers_of_another_kind_wait_for_a_bot_of_this_code(
    nova: Nova, schema_is_newer: bool
) -> None:
    if not schema_is_newer:
        pytest.skip(SAME_SCHEMA)
    with nova.connect() as conn:
        first, second = phones = ("628005550301", "628005550302")
        for phone in phones:
            conn.execute('INSERT INTO "User" (id) VALUES (%s)', (f"{phone}@c.us",))
        queue_answer(conn, f"{first}@c.us", "satu")
        strange = [
            queue(conn, first, "image", "", {"link": "https://example.com/a.jpg"}),
            queue(conn, second, "text", "mengutip", {"quotes": "wamid.HBgA"}),
        ]
        for phone in phones:
            queue_answer(conn, f"{phone}@c.us", "tiga")
            # Its own turns wake the bots that took them: those answers stand behind the others.
            for bot in range(CURRENT):
                nova.say(phone, "nama saya Putu", bot=bot)
        wait_for(
            lambda: status_of(conn, first, "satu") in ("sent", "delivered"),
            "the text before the picture to be sent",
        )
        wait_until_all_looked_around(conn)
        for row in strange:
            kept = 'SELECT status, attempts FROM "Conversation" WHERE id = %s'
            assert fetch(conn, kept, row) == [("queued", 0)]
        assert [answer["text"] for answer in nova.answers(first)] == ["satu"]
        assert nova.answers(second) == []

        with bot_of_this_code(nova):
            wait_until_all_looked_around(conn)
            wait_until_this_code_looked_around(conn)
            # What this code cannot send either keeps its place until an operator deletes it.
            conn.execute(
                """DELETE FROM "Conversation" WHERE id = ANY (%s) AND status = 'queued'""",
                (strange,),
            )
            wait_for(lambda: one(conn, UNSETTLED, list(phones)) == 0, "all the rest to be sent")
        for phone in phones:
            sent = [answer["biz_opaque_callback_data"] for answer in nova.answers(phone)]
            assert sent == [row.token for row in fetch(conn, SENT_IN_ORDER, f"{phone}@c.us")]
            assert len(sent) >= 1 + CURRENT


def test_a_bot_of_this_code_serves_beside_them(nova: Nova, phone: str) -> None:
    with bot_of_this_code(nova), nova.connect() as conn:
        assert "Nurul" in nova.ask_for_answer(phone, "nama saya Nurul", bot=0)
        assert "Nurul" in nova.ask_for_answer(phone, "siapa nama saya?", bot=CURRENT)
        assert "Tono" in nova.ask_for_answer(phone, "nama saya Tono", bot=CURRENT)
        for bot in range(CURRENT):
            assert "Tono" in nova.ask_for_answer(phone, "siapa nama saya?", bot=bot)
        conn.execute('DELETE FROM "User" WHERE id = %s', (f"{phone}@c.us",))
        receipt = last_reset(conn)
        for bot in range(CURRENT + 1):
            assert "Tono" not in nova.ask_for_answer(phone, "siapa nama saya?", bot=bot)
        assert_acknowledged(conn, receipt.id, evicted=3, bots=CURRENT + 1)


def test_they_miss_no_function_of_their_own(nova: Nova) -> None:
    with nova.connect() as conn:
        wait_until_all_looked_around(conn)
    logs = "\n".join(nova.bot(bot).read_log() for bot in range(CURRENT))
    complaints = [
        line
        for line in logs.splitlines()
        if '"level": "error"' in line
        or '"level":"error"' in line
        or "round missed" in line
        or "does not exist" in line
    ]
    assert complaints == []


def wait_until_all_looked_around(conn: psycopg.Connection) -> None:
    """Every living bot of the last release has done a whole round from now on: it reports itself
    and looks for work in one. (Bots of this code report themselves at other times.)"""
    living = [row.id for row in fetch(conn, LIVING)]
    assert len(living) >= CURRENT
    seen_since = 'SELECT min("seenAt") > %s FROM "Bot" WHERE id = ANY (%s)'
    for _ in range(2):
        now = one(conn, "SELECT clock_timestamp()")
        wait_for(lambda at=now: one(conn, seen_since, at, living), "every bot to look around")


def wait_until_this_code_looked_around(conn: psycopg.Connection) -> None:
    """The bot of this code has looked for work twice from now on: it alone can send these."""
    for number in range(2):
        phone = f"62800555041{number}"
        # One who has written: who was reset, by TRUNCATE too, is not written to before.
        conn.execute(
            'INSERT INTO "User" (id, "windowUntil") VALUES (%s, now() + interval \'24 hours\')',
            (f"{phone}@c.us",),
        )
        queue(conn, phone, "text", "mengutip", {"quotes": "wamid.HBgA"})
        wait_for(
            lambda phone=phone: status_of(conn, phone, "mengutip") in ("sent", "delivered", "read"),
            "the bot of this code to send what it alone can send",
        )


def assert_acknowledged(conn: psycopg.Connection, reset: int, *, evicted: int, bots: int) -> None:
    conn.execute("CALL wait_for_acks(%s, '10 s')", (reset,))
    acks = fetch(
        conn,
        'SELECT count(*) AS bots, sum(evicted) AS evicted FROM "ResetAck" WHERE "resetId" = %s',
        reset,
    )
    assert acks == [(bots, evicted)]


def queue(
    conn: psycopg.Connection, phone: str, kind: str, body: str, detail: dict[str, Any]
) -> int:
    """An answer as this code may queue it: of a kind or with a detail that 0.1 cannot send."""
    return one(
        conn,
        'INSERT INTO "Conversation" ("userId", direction, kind, body, detail, status, address)'
        " VALUES (%s, 'out', %s, %s, %s, 'queued', %s) RETURNING id",
        f"{phone}@c.us",
        kind,
        body,
        Jsonb(detail),
        phone,
    )


def status_of(conn: psycopg.Connection, phone: str, body: str) -> str:
    return one(
        conn,
        'SELECT status FROM "Conversation" WHERE "userId" = %s AND body = %s',
        f"{phone}@c.us",
        body,
    )


def say(nova: Nova, sender: str = "", text: str = "", *, bot: int = 0, **more: Any) -> None:
    """A message of any kind from a phone, which a bot has taken."""
    order = {"from": sender, "text": text, "bot": bot, "retry": False} | more
    answer = nova.http.post(f"{nova.simulator_url}/control/say", json=order)
    assert answer.json().get("status") == 200, answer.text
