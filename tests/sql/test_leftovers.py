"""Forgotten means everywhere: after a reset no column of any table tells of the client."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    add_client,
    contents,
    fetch,
    load,
    one,
    take_turn,
)

NAME = "Petang Sejahtera"
PROFILE = "petang_ig_77"
BSUID = "ID.1a2b3c9zq"
PARENT = "ID.ENT.77xy12"
OLD_NUMBER = "6285550001112"
SECRET = "alamat saya Jalan Mawar 12"
CONTEXT = "sedang memesan kue lapis"


def wamid(phone: str, tail: str = "FQIAEhgU") -> str:
    """As WhatsApp makes them: the number is inside, in base64."""
    head = bytes([0x1C, 0x18, len(phone)]) + phone.encode()
    return "wamid." + base64.b64encode(head).decode().rstrip("=") + tail


NEEDLES = [
    PHONE,
    OLD_NUMBER,
    NAME,
    PROFILE,
    BSUID,
    PARENT,
    SECRET,
    CONTEXT,
    wamid(PHONE),
    "Sejahtera",
    "Mawar",
]

DOORS = [
    "DELETE FROM \"User\" WHERE id = '6281717407674@c.us'",
    "SELECT reset_client('+62 817 1740 7674', 'Sari', 'dashboard')",
    (
        "SELECT novabot_internal.forget_by_chat(ARRAY['6281717407674'], l.id, l.user_revision,"
        " l.session_revision,"
        " 'wamid.forget', now(), NULL) FROM novabot_internal.load_session(ARRAY['6281717407674'])"
        " AS l"
    ),
    'TRUNCATE "User" CASCADE',
    'SET session_replication_role = replica; DELETE FROM "User"',
]


def live(conn: psycopg.Connection) -> None:
    """A client that has left traces wherever one can."""
    bot = uuid4()
    conn.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 1)", (bot,))
    everywhere = [PHONE, BSUID, PARENT]
    take_turn(
        conn,
        STRANGER,
        addresses=everywhere,
        message_id=wamid(PHONE),
        body=f"nama saya {NAME}",
        context={"topic": CONTEXT},
        learnt_name=NAME,
        profile=PROFILE,
        answers=[f"Hai {NAME}", SECRET],
    )
    conn.execute('INSERT INTO "Alias" (alias, "userId") VALUES (%s, %s)', (OLD_NUMBER, CLIENT))
    take_turn(conn, load(conn), addresses=everywhere, body=SECRET, context={"topic": CONTEXT})
    conn.execute(
        "SELECT novabot_internal.store_message(%s, %s, 'text', %s, jsonb_build_object('caption',"
        " %s::text),"
        " now(), %s, %s)",
        (everywhere, wamid(PHONE, "STORED"), SECRET, NAME, PROFILE, bot),
    )
    (sending,) = fetch(conn, "SELECT * FROM novabot_internal.start_sending(%s, %s)", CLIENT, bot)
    conn.execute(
        "SELECT novabot_internal.settle_sent(%s, %s)", (sending.token, wamid(PHONE, "SENT"))
    )
    conn.execute(
        "SELECT novabot_internal.apply_status(%s, %s, 'failed', 131026, %s)",
        (wamid(PHONE, "SENT"), sending.token, f"{PHONE} is not on WhatsApp"),
    )
    for address, item in (
        (PHONE, "{}"),
        (None, f'{{"from": "{PHONE}", "x": 1}}'),
        (None, f'{{"id": "{wamid(PHONE)}"}}'),
        (BSUID, f'{{"text": "{SECRET}"}}'),
        (None, f'{{"user_id": "{PARENT}"}}'),
        (OLD_NUMBER, "{}"),
    ):
        conn.execute(
            "INSERT INTO \"SetAside\" (address, item, reason) VALUES (%s, %s, 'unreadable')",
            (address, item),
        )
    conn.execute('UPDATE "User" SET nama = %s', (NAME,))


def spoken(text: str) -> Iterator[str]:
    """The text, and what is in it in hex or base64, read at every offset."""
    yield text
    for token in re.findall(r"(?:\\x)?[0-9a-fA-F]{8,}", text):
        digits = token.removeprefix("\\x")
        yield binascii.unhexlify(digits[: len(digits) // 2 * 2]).decode("latin-1")
    for token in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
        for start in range(4):
            piece = token[start:].replace("-", "+").replace("_", "/")
            whole = piece[:-1] if len(piece) % 4 == 1 else piece
            yield base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("latin-1")


def traces(conn: psycopg.Connection) -> set[tuple[str, str]]:
    """Tables and what is still found in them."""
    return {
        (table, needle)
        for table, rows in contents(conn).items()
        for row in rows
        for reading in spoken(row)
        for needle in NEEDLES
        if needle.casefold() in reading.casefold()
    }


def test_the_search_finds_what_is_hidden_in_base64_and_hex() -> None:
    assert PHONE in "".join(spoken(wamid(PHONE)))
    assert NAME in "".join(spoken("\\x" + NAME.encode().hex()))
    assert NAME in "".join(spoken("xy" + base64.b64encode(NAME.encode()).decode()))


@pytest.mark.parametrize("door", DOORS, ids=["delete", "reset", "chat", "truncate", "replica"])
def test_nothing_of_a_reset_client_is_left_in_any_column(
    connection: psycopg.Connection, door: str
) -> None:
    live(connection)
    found = {table for table, _ in traces(connection)}
    assert found == {"User", "Session", "Alias", "Conversation", "SetAside"}
    connection.execute(door.encode())
    assert traces(connection) == set()
    assert one(connection, 'SELECT count(*) FROM "Delivery"') >= 2
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') >= 1


def test_items_set_aside_that_mention_others_stay(connection: psycopg.Connection) -> None:
    add_client(connection)
    neighbour = "6281717407684"
    for address, item in (
        (neighbour, "{}"),
        (None, f'{{"from": "{neighbour}"}}'),
        (None, f'{{"id": "{wamid(neighbour)}"}}'),
        (None, "{}"),
    ):
        connection.execute(
            "INSERT INTO \"SetAside\" (address, item, reason) VALUES (%s, %s, 'unreadable')",
            (address, item),
        )
    connection.execute('DELETE FROM "User"')
    connection.execute("SELECT reset_client(%s)", (PHONE,))
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 4


@pytest.mark.parametrize(("length", "left"), [(100, 19), (20_000, 0)])
def test_a_reset_of_many_looks_for_each_in_each_item_unless_that_takes_long(
    connection: psycopg.Connection, length: int, left: int
) -> None:
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT (628110000000 + n) || '@c.us'"
        " FROM generate_series(1, 5000) AS n"
    )
    connection.execute(
        'INSERT INTO "SetAside" (item, reason)'
        " SELECT repeat('x', %s) || (628999000000 + n), 'unreadable'"
        " FROM generate_series(1, 19) AS n",
        (length,),
    )
    connection.execute(
        "INSERT INTO \"SetAside\" (item, reason) VALUES (%s, 'unreadable')",
        (wamid("628110004999"),),
    )
    connection.execute('DELETE FROM "User"')
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == left


def test_a_reset_of_very_many_deletes_what_mentions_an_address_lost_before(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        "INSERT INTO \"User\" (id) SELECT (628110000000 + n) || '@c.us'"
        " FROM generate_series(1, 10001) AS n"
    )
    connection.execute("DELETE FROM \"Alias\" WHERE alias = '628110000007'")
    connection.execute(
        "INSERT INTO \"SetAside\" (item, reason) VALUES (%s, 'unreadable')",
        (wamid("628110000007"),),
    )
    connection.execute('DELETE FROM "User"')
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0


def test_items_set_aside_of_a_stranger_go_when_he_is_reset(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO \"SetAside\" (item, reason) VALUES (%s, 'unreadable')", (wamid(PHONE),)
    )
    connection.execute("SELECT reset_client(%s)", (PHONE,))
    assert one(connection, 'SELECT count(*) FROM "SetAside"') == 0


def test_a_digest_is_keyed_and_differs_from_one_database_to_the_next(
    connection: psycopg.Connection,
) -> None:
    digest = one(connection, "SELECT novabot_internal.digest_of('address:6281717407674')")
    assert len(digest) == 32
    assert digest != one(connection, "SELECT sha256('address:6281717407674')")
    assert digest == one(connection, "SELECT novabot_internal.digest_of('address:6281717407674')")
    connection.execute('UPDATE "DigestKey" SET key = uuid_send(gen_random_uuid())')
    assert digest != one(connection, "SELECT novabot_internal.digest_of('address:6281717407674')")
    with pytest.raises(psycopg.Error):
        connection.execute("INSERT INTO \"DigestKey\" (singleton, key) VALUES (false, '')")
