"""Many messages over two bots, which are killed now and then, against a wilful Cloud API.

`NOVABOT_SENDING_MESSAGES` and `NOVABOT_SENDING_SEED` make it longer and repeat it (`make sending`).
"""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.simulator.cloud_api import encode, new_wamid, sign, status_body
from tests.system.nova import APP_SECRET, PHONE_NUMBER_ID, Nova, wait_for
from tests.system.sending.judge import judge
from tests.system.sending.wilful_api import MIXTURE, WilfulApi
from tests.webhook_bodies import text_body

MESSAGES = int(os.environ.get("NOVABOT_SENDING_MESSAGES", "600"))
SEED = int(os.environ.get("NOVABOT_SENDING_SEED") or random.randrange(2**31))
PER_CLIENT = 20
KILLED_EVERY = float(os.environ.get("NOVABOT_SENDING_KILLS") or 3.0)
"""Seconds."""
PATIENCE = 60.0
"""Seconds that a body is delivered again before the test fails."""
SETTLED_WITHIN = 180.0
"""Seconds after the last message: a hanging send, a killed bot and a pause all end before."""


@pytest.mark.timeout(MESSAGES / 10 + 2 * SETTLED_WITHIN)
def test_nothing_is_lost_nothing_goes_out_twice_and_the_order_is_kept(
    database_url: str, tmp_path: Path
) -> None:
    print(f"NOVABOT_SENDING_SEED={SEED}")
    nova = Nova(database_url, tmp_path)

    def report(message_id: str, address: str, token: str) -> None:
        _deliver(
            nova,
            status_body(
                message_id,
                "delivered",
                address,
                phone_number_id=PHONE_NUMBER_ID,
                callback_data=token,
            ),
        )

    with WilfulApi(report, MIXTURE, SEED) as api:
        nova.environment |= {"WHATSAPP_API_URL": api.url, "WHATSAPP_MESSAGES_PER_SECOND": "80"}
        try:
            _start(nova)
            kills = _talk(nova, api)
            with nova.connect() as conn:
                said_at = time.monotonic()
                wait_for(
                    lambda: _count_unsettled(conn) == 0, "every answer's outcome", SETTLED_WITHIN
                )
                settled_in = time.monotonic() - said_at
                api.wait_reported()
                verdict = judge(conn, api.attempts, MESSAGES)
            print(
                f"{kills} kills; settled {settled_in:.0f} s after the last was said;"
                f" {dict(verdict.statuses)}; {verdict.unseen} never seen;"
                f" told {dict(verdict.attempts)}"
            )
            # A killed bot leaves those that it was sending. Apart from them: the kernel of a server
            # that closes may have acknowledged what the server never read.
            assert verdict.unseen <= MESSAGES // 50 + 64 * kills
            assert verdict.faults == [], nova.read_logs(most=4_000)
            assert verdict.attempts["refuse 130429"] <= max(30, MESSAGES // 20)
            assert verdict.attempts["refuse 190"] <= 30
        finally:
            nova.close()


def _start(nova: Nova) -> None:
    for index in range(len(nova.bots)):
        nova.start_bot(index)
    for url in nova.bot_urls:
        nova.wait_ready(url)


def _talk(nova: Nova, api: WilfulApi) -> int:
    """All clients say all they have to say; returns how many bots were killed meanwhile."""
    clients = [f"62814{number:08}" for number in range(MESSAGES // PER_CLIENT)]
    stop, said = threading.Event(), count()

    def say_all(mine: list[str]) -> None:
        for _ in range(PER_CLIENT):
            for client in mine:
                body = text_body(
                    client,
                    "siapa nama saya?",
                    phone_number_id=PHONE_NUMBER_ID,
                    message_id=new_wamid(client, "in"),
                )
                _deliver(nova, body)
                if next(said) == MESSAGES // 2:
                    api.expired.set()
                    threading.Timer(3, api.expired.clear).start()

    with ThreadPoolExecutor(9) as threads:
        killing = threads.submit(_kill_now_and_then, nova, stop)
        talking = [threads.submit(say_all, clients[i::8]) for i in range(8)]
        try:
            for task in talking:
                task.result()
        finally:
            stop.set()
        return killing.result()


def _kill_now_and_then(nova: Nova, stop: threading.Event) -> int:
    kills = 0
    while not stop.wait(KILLED_EVERY):
        index = kills % len(nova.bots)
        nova.bot(index).kill()
        nova.start_bot(index)
        nova.wait_ready(nova.bot_urls[index])
        kills += 1
    return kills


def _deliver(nova: Nova, body: dict[str, Any]) -> None:
    """As WhatsApp does: again and again, to whichever bot answers."""
    raw = encode(body)
    headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET), "Content-Type": "application/json"}
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        url = random.choice(nova.bot_urls)
        try:
            if nova.http.post(f"{url}/webhook", content=raw, headers=headers).status_code == 200:
                return
        except httpx2.TransportError:
            pass  # killed: the next delivery finds the other, or this one started again
        time.sleep(0.05)  # WhatsApp's pause before it delivers again
    raise AssertionError(f"no bot took a body within {PATIENCE:.0f} s")


def _count_unsettled(conn: Any) -> int:
    return conn.execute(
        "SELECT count(*) FROM \"Conversation\" WHERE direction = 'out'"
        " AND status IN ('queued', 'sending')"
    ).fetchone()[0]
