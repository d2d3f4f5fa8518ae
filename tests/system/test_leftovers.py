"""After a reset nothing of the client is found anywhere, but what the operator did."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.local.embedded import EmbeddedServer
from app.simulator.cloud_api import new_wamid
from tests.system.memory_probe import look
from tests.system.nova import PHONE_NUMBER_ID, Nova, run_nova, wait_for

PHONE = "6285155501239"
BSUID = "ID.zq8hfk2n7c"
NAME = "Zebediah"
SECRET = "rahasiabesar"
OTHER = "6281298765432"
NEEDLES = [PHONE, BSUID, NAME, SECRET]
BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")


def find_needles(text: str) -> set[str]:
    """The needles in a text, and in what of it is base64 or hexadecimal."""
    texts = [text]
    for written in BASE64.findall(text):
        for padding in ("", "=", "=="):
            try:
                texts.append(base64.b64decode(written + padding, validate=True).decode("latin-1"))
                break
            except binascii.Error:
                continue
    texts += [bytes.fromhex(h).decode("latin-1") for h in HEXADECIMAL.findall(text)]
    return {needle for needle in NEEDLES for each in texts if needle.lower() in each.lower()}


def find_in_tables(conn: psycopg.Connection) -> Iterator[str]:
    """Every column of every table of ours, and what the planner has sampled of them."""
    tables = conn.execute(
        """SELECT c.oid::regclass::text FROM pg_class AS c
           WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace = 'public'::regnamespace"""
    ).fetchall()
    assert len(tables) > 10
    for (table,) in [*tables, ("pg_stats",)]:
        rows = conn.execute(f"SELECT row_to_json(t)::text FROM {table} AS t".encode()).fetchall()
        for (row,) in rows:
            # A bytea is printed as \x6162…, which the search for hexadecimal reads.
            for needle in find_needles(row):
                yield f"{table} has {needle}: {row}"


def find_in_files(directory: Path) -> Iterator[str]:
    for path in directory.rglob("*"):
        if path.is_file():
            for needle in find_needles(path.read_text(errors="replace")):
                yield f"{path} has {needle}"


def write_everything_down(nova: Nova) -> None:
    """The client chats with both bots, by text, picture and rubbish, and is answered on
    the phone; one answer stays queued."""
    for bot in (0, 1):
        assert NAME in nova.ask_for_answer(PHONE, f"nama saya {NAME}", bot=bot)
        nova.ask_for_answer(PHONE, f"tolong simpan {SECRET}", bot=bot)
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": f"{NAME} Profil"}, "wa_id": PHONE, "user_id": BSUID}],
        "messages": [
            {
                "from": PHONE,
                "from_user_id": BSUID,
                "id": new_wamid(PHONE, "in"),
                "timestamp": "1795350000",
                "type": "image",
                "image": {"id": "1", "mime_type": "image/png", "caption": SECRET},
            },
            {"from": PHONE, "id": new_wamid(PHONE, "in"), "type": "text", "text": [SECRET]},
        ],
    }
    body = {"entry": [{"changes": [{"field": "messages", "value": value}]}]}
    assert nova.post(0, {"object": "whatsapp_business_account", **body}) == 200
    echo = {
        "from": "15550783881",
        "to": PHONE,
        "to_user_id": BSUID,
        "id": new_wamid(PHONE, "out"),
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": f"Halo {NAME}, {SECRET}"},
    }
    del value["messages"], value["contacts"]
    value["message_echoes"] = [echo, {**echo, "text": [SECRET]}]
    body = {"entry": [{"changes": [{"field": "smb_message_echoes", "value": value}]}]}
    assert nova.post(0, {"object": "whatsapp_business_account", **body}) == 200
    nova.services["simulator"].kill()
    nova.say(PHONE, f"halo {SECRET}", bot=1)


@pytest.mark.timeout(180)
def test_nothing_of_a_reset_client_is_left_anywhere(
    start_server: Any, tmp_path: Path, database_url: str
) -> None:
    server: EmbeddedServer = start_server(None)
    responder = "tests.system.memory_probe:factory"
    with (
        run_nova(
            database_url,
            tmp_path,
            dashboard=True,
            NOVABOT_RESPONDER=responder,
            NOVABOT_PHONE_PAUSE_MINUTES="0",
        ) as nova,
        nova.connect() as conn,
        nova.connect() as listening,
    ):
        assert "Sari" in nova.ask_for_answer(OTHER, "nama saya Sari")
        write_everything_down(nova)
        nova.log_in()
        assert find_needles(nova.http.get(f"{nova.dashboard_url}/clients").text) >= {PHONE, NAME}
        assert NAME in nova.http.get(f"{nova.dashboard_url}/clients/{PHONE}@c.us").text
        conn.execute("ANALYZE")
        assert list(find_in_tables(conn)), "the search finds what is there"
        assert look(tmp_path, nova.bot(1).pid, [NAME])
        for channel in ("session_reset", "session_changed", "reset_acknowledged"):
            listening.execute(f"LISTEN {channel}".encode())
        row = conn.execute("SELECT id, clients FROM reset_client(%s)", (PHONE,)).fetchone()
        assert row is not None
        assert row[1] == 1
        conn.execute("CALL wait_for_acks(%s, '10 s')", (row[0],))

        def find_in_memory() -> list[str]:
            return [found for bot in (0, 1) for found in look(tmp_path, nova.bot(bot).pid, NEEDLES)]

        def is_forgotten() -> bool:
            return not find_in_memory()

        try:
            wait_for(is_forgotten, "the bots' memory to be without the client", 5)
        except AssertionError as error:
            raise AssertionError("\n".join(find_in_memory())) from error
        assert not list(find_in_tables(conn))
        payloads = [n.payload for n in listening.notifies(timeout=0.5)]
        assert payloads
        assert not find_needles(json.dumps(payloads))
        for url in (*nova.bot_urls, nova.dashboard_url):
            assert not find_needles(nova.http.get(f"{url}/metrics").text)
        for page in ("/clients", "/resets", f"/resets/{row[0]}", "/bots"):
            found = nova.http.get(nova.dashboard_url + page)
            assert found.status_code == 200
            assert not find_needles(found.text), page
        assert not list(find_in_files(tmp_path))
        assert not find_needles(server.log_path.read_text(errors="replace"))
        # The others are untouched.
        nova.start_simulator()
        assert "Sari" in nova.ask_for_answer(OTHER, "siapa nama saya?")
        assert not nova.answers(PHONE)
