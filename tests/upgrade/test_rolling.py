"""A rolling upgrade: migrate while bots of the last release serve, then replace them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from app.database.migrating.migrations import migrate
from tests.sql.acts import last_reset, one
from tests.system.nova import DEADLINE, Nova, wait_for
from tests.upgrade.make_release import AGUS, BAGUS, SARI, TONO
from tests.upgrade.releases import LAST, SAME_SCHEMA, Release, run_from

NAMES = ("Putu", "Rini", "Yanti", "Nurul")
OLD = (0, 1)
NEW = 2


@dataclass(slots=True)
class Chat:
    """A person who tells a new name again and again, and asks for it; each answer is judged."""

    nova: Nova
    phone: str
    stop: threading.Event
    rounds: int = 0
    statuses: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        bots = cycle(OLD)
        try:
            for before, name in pairwise(cycle(NAMES)):
                if self.stop.is_set():
                    return
                for text in (f"nama saya {name}", "siapa nama saya?"):
                    answers = self.ask(text, next(bots))
                    if len(answers) != 1 or name not in answers[0] or before in answers[0]:
                        self.faults.append(f"{text} after {before}: {answers}")
                self.rounds += 1
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.faults.append(f"{type(error).__name__}: {error}")

    def ask(self, text: str, bot: int) -> list[str]:
        """The answers to a message, which is delivered again while a bot says 503."""
        before = self.nova.last_sent()
        message = {"from": self.phone, "text": text, "id": f"wamid.{uuid4().hex}"}
        order = message | {"bot": bot, "retry": False}

        def deliver() -> bool:
            said = self.nova.http.post(f"{self.nova.simulator_url}/control/say", json=order)
            self.statuses.append(said.json()["status"])
            return self.statuses[-1] != 503

        wait_for(deliver, f"{text!r} to be taken")
        self.nova.answers(self.phone, before, wait=DEADLINE)
        return [answer["text"] for answer in self.nova.answers(self.phone, before)]


@contextmanager
def chatting(nova: Nova) -> Iterator[list[Chat]]:
    """Some people write all the time."""
    stop = threading.Event()
    chats = [Chat(nova, f"62800555040{number}", stop) for number in range(3)]
    threads = [threading.Thread(target=chat.run) for chat in chats]
    for thread in threads:
        thread.start()
    try:
        yield chats
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_turns_go_on_while_and_after_the_schema_is_migrated(
    open_nova: Callable[[], Nova], unpacked: Callable[[Release], Path]
) -> None:
    nova = open_nova()
    code = unpacked(LAST)
    nova.start_simulator()
    for bot in OLD:
        nova.start_bot(bot, **run_from(code, LAST))
    for bot in OLD:
        nova.wait_ready(nova.bot_urls[bot])
    with nova.connect() as conn, chatting(nova) as chats:
        for bot in OLD:
            assert "Sari" in nova.ask_for_answer(SARI, "siapa nama saya?", bot=bot)
        wait_for_rounds(chats, 2)
        done = nova.command("migrate")
        assert done.returncode == 0, done.stderr
        wait_for_rounds(chats, 4)
        # What both bots had in memory before is forgotten as promptly as ever.
        conn.execute('DELETE FROM "User" WHERE id = %s', (f"{SARI}@c.us",))
        for bot in OLD:
            assert "Sari" not in nova.ask_for_answer(SARI, "siapa nama saya?", bot=bot)
        reset = last_reset(conn)
        conn.execute("CALL wait_for_acks(%s, '10 s')", (reset.id,))
        acks = 'SELECT count(*), sum(evicted) FROM "ResetAck" WHERE "resetId" = %s'
        assert conn.execute(acks, (reset.id,)).fetchone() == (2, 2)
        wait_for_rounds(chats, 1)
    assert [fault for chat in chats for fault in chat.faults] == []
    assert {status for chat in chats for status in chat.statuses} <= {200, 503}
    replace_the_bots(nova)
    # Each message was answered once, whatever had to be delivered or tried again.
    for chat in chats:
        assert len(nova.answers(chat.phone)) == 2 * chat.rounds


def test_services_stay_ready_on_a_newer_schema_that_works_with_them(
    open_nova: Callable[[], Nova],
) -> None:
    nova = open_nova()
    with nova.connect() as conn:
        migrate(conn)
        if one(conn, "SELECT to_regproc('novabot_internal.schema_release')") is None:
            pytest.skip(SAME_SCHEMA)
        ours = one(conn, "SELECT release FROM novabot_internal.schema_release()")
        nova.start_simulator()
        nova.start_bot(NEW)
        nova.start_dashboard()
        services = (nova.bot_urls[NEW], nova.dashboard_url)
        for url in services:
            nova.wait_ready(url)
        assert "Sari" in nova.ask_for_answer(SARI, "siapa nama saya?", bot=NEW)

        newer = mark_as_newer(conn, oldest_working=ours)
        for url in services:
            assert nova.ask(url + "/ready") == 200
        assert "Sari" in nova.ask_for_answer(SARI, "siapa nama saya?", bot=NEW)
        # One that starts only now, in the place of one that ended.
        assert nova.bot(NEW).stop() == 0
        nova.start_bot(NEW)
        nova.wait_ready(nova.bot_urls[NEW])
        assert "Sari" in nova.ask_for_answer(SARI, "siapa nama saya?", bot=NEW)
        refused = nova.command("migrate")
        assert (refused.returncode, "newer than this novabot" in refused.stderr) == (1, True)

        assert mark_as_newer(conn, oldest_working=newer) == newer
        for url in services:
            answer = nova.http.get(url + "/ready")
            assert answer.status_code == 503
            assert newer in answer.text and "install the newer" in answer.text
        # A bot that is not ready still answers rightly.
        assert "Sari" in nova.ask_for_answer(SARI, "siapa nama saya?", bot=NEW)


def mark_as_newer(conn: psycopg.Connection, *, oldest_working: str) -> str:
    """Makes the schema look as if a newer novabot had migrated it; returns that one's release."""
    newer = "999.0.0"
    conn.execute(
        sql.SQL(
            "CREATE OR REPLACE FUNCTION novabot_internal.schema_release("
            " OUT release text, OUT oldest_working text) LANGUAGE sql IMMUTABLE"
            " AS $$ SELECT {}, {} $$"
        ).format(newer, oldest_working)
    )
    conn.execute(
        "INSERT INTO \"Migration\" (name, checksum) VALUES ('9999_future.sql', 'x')"
        " ON CONFLICT DO NOTHING"
    )
    conn.execute("""UPDATE "Migration" SET checksum = 'x' WHERE name = 'sql/*.sql'""")
    return newer


def replace_the_bots(nova: Nova) -> None:
    """The new bot takes over what the others leave, and remembers whom they knew."""
    nova.start_bot(NEW)
    nova.wait_ready(nova.bot_urls[NEW])
    for bot in OLD:
        assert nova.bot(bot).stop() == 0
    assert "Bagus" in nova.ask_for_answer(BAGUS, "siapa nama saya?", bot=NEW)
    with nova.connect() as conn:
        unsettled = (
            "SELECT count(*) FROM \"Conversation\" WHERE status IN ('pending', 'queued', 'sending')"
        )
        wait_for(lambda: one(conn, unsettled) == 0, "all that was left unsettled to be settled")
        # The release's data hold an answer that its killed bot was sending, and two that waited.
        assert [answer["text"] for answer in nova.answers(AGUS)] == ["Nama Anda Agus."]
        assert [answer["text"] for answer in nova.answers(TONO)] == ["Nama Anda Tono."]
        abandoned = "SELECT count(*) FROM \"Conversation\" WHERE status = 'uncertain'"
        assert one(conn, abandoned) == 2
        stopped = 'SELECT count(*) FROM "Bot" WHERE "stoppedAt" IS NOT NULL AND host <> \'release\''
        assert one(conn, stopped) == len(OLD)


def wait_for_rounds(chats: list[Chat], number: int) -> None:
    """Each chat has gone on for so many more names."""
    wanted = [chat.rounds + number for chat in chats]
    wait_for(
        lambda: all(
            chat.rounds >= rounds or chat.faults for chat, rounds in zip(chats, wanted, strict=True)
        ),
        "the chats to go on",
    )
