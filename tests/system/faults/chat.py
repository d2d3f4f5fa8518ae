"""Clients who talk, one message at a time, and know exactly what they must be answered.

The bots run the responder of tests/system/history/register.py: an answer carries the name in the
client's row and the one in the session's context, `-` for nothing.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx2
import psycopg

from app.simulator.cloud_api import encode, new_wamid, sign
from tests.system.nova import APP_SECRET, PHONE_NUMBER_ID, Nova
from tests.webhook_bodies import text_body

UNKNOWN = ("-", "-")
"""What is remembered of a client who has told nothing, or was reset."""
PATIENCE = 40.0
"""Seconds until a message must have been taken and answered, whatever the fault."""

_NUMBERS = count(1)


class Client:
    """One phone, one message at a time."""

    def __init__(self, nova: Nova, phone: str | None = None) -> None:
        self.phone = phone or f"62813{next(_NUMBERS):08}"
        self.id = f"{self.phone}@c.us"
        self.refused = 0
        """Deliveries that had to be made again."""
        self._nova = nova
        self._after = 0
        self._posted: set[str] = set()
        """Numbers of what was said without waiting for its answer."""

    def tell(self, name: str, bot: int = 0) -> None:
        """Tells a name and is answered with it."""
        answered = self._say(f"T {{}} {name}", bot)
        assert answered == (name, name), f"told {name}, answered {answered}"

    def ask(self, bot: int = 0) -> tuple[str, str]:
        """The two names that the bot answers with."""
        return self._say("A {}", bot)

    def ask_to_forget(self, bot: int = 0) -> None:
        assert self._say("F {}", bot) == UNKNOWN

    def post(self, text: str, bot: int = 0) -> tuple[int | None, float]:
        """Says `A 7` or `T 7 name` once: the HTTP status (None: no answer) and its seconds."""
        self._posted.add(text.split()[1])
        begun = time.monotonic()
        status = self._deliver(self._make_body(text), bot)
        return status, time.monotonic() - begun

    def _say(self, text: str, bot: int) -> tuple[str, str]:
        number = str(next(_NUMBERS))
        raw = self._make_body(text.format(number))
        until = time.monotonic() + PATIENCE
        while (status := self._deliver(raw, bot)) != 200:
            assert status in (None, 503), f"bot {bot} answered {status}"
            assert time.monotonic() < until, f"bot {bot} did not take a message: {status}"
            self.refused += 1
            time.sleep(0.05)  # WhatsApp's pause before it delivers again
        while time.monotonic() < until:
            for message in self._nova.answers(self.phone, self._after, wait=5):
                self._after = message["sequence"]
                if message["kind"] == "message":
                    answered, nama, last = message["text"].split("|")
                    if answered in self._posted:
                        continue
                    assert answered == number, f"{message['text']} is late, or came twice"
                    return nama, last
        raise AssertionError(f"{text} was taken by bot {bot} and not answered")

    def _make_body(self, text: str) -> bytes:
        message_id = new_wamid(self.phone, "in")
        return encode(
            text_body(self.phone, text, phone_number_id=PHONE_NUMBER_ID, message_id=message_id)
        )

    def _deliver(self, raw: bytes, bot: int) -> int | None:
        headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET), "Content-Type": "application/json"}
        url = f"{self._nova.bot_urls[bot]}/webhook"
        try:
            return self._nova.http.post(url, content=raw, headers=headers).status_code
        except httpx2.TransportError:
            return None


class Talk:
    """What came of clients who talked while something else happened."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.rounds = 0
        self.refused = 0
        self._lock = threading.Lock()

    def add(self, refused: int) -> None:
        with self._lock:
            self.rounds += 1
            self.refused += refused


@contextmanager
def talking(
    nova: Nova, connect: Callable[[], psycopg.Connection[Any]] | None = None, clients: int = 3
) -> Iterator[Talk]:
    """Clients that tell, ask, are deleted by SQL, and ask again, at any bot, for so long.

    Every answer is compared with the only right one; the first wrong one fails the test.
    """
    talk = Talk()
    with ThreadPoolExecutor(clients) as threads:
        running = [
            threads.submit(_talk, nova, connect or nova.connect, talk) for _ in range(clients)
        ]
        try:
            yield talk
        finally:
            talk.stop.set()
        for done in running:
            done.result()
    assert talk.rounds >= clients


def _talk(nova: Nova, connect: Callable[[], psycopg.Connection[Any]], talk: Talk) -> None:
    client, chance = Client(nova), random.Random()
    while True:
        refused = client.refused
        name = f"n{next(_NUMBERS)}"
        client.tell(name, _choose(nova, chance))
        seen = client.ask(_choose(nova, chance))
        assert seen == (name, name), f"{client.id} told {name}, and bot knows {seen}"
        delete(connect, client)
        seen = client.ask(_choose(nova, chance))
        assert seen == UNKNOWN, f"{client.id} was reset, and the bot knows {seen}"
        talk.add(client.refused - refused)
        if talk.stop.is_set():
            return


def delete(connect: Callable[[], psycopg.Connection[Any]], client: Client) -> None:
    """Resets the client by SQL; a connection that is lost meanwhile is opened again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with connect() as conn:
                conn.execute('DELETE FROM "User" WHERE id = %s', (client.id,))
            return
        except psycopg.OperationalError:
            assert time.monotonic() < until, "the database did not come back"
            time.sleep(0.05)  # a DBA's pause before the next try


def _choose(nova: Nova, chance: random.Random) -> int:
    return chance.randrange(len(nova.bots))
