"""Handles: what a person types for a client, and the addresses that lead to one."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.acts import CLIENT, PHONE, add_client, fetch, one

SPELLINGS = [
    (CLIENT, PHONE),
    (PHONE, PHONE),
    ("+6281717407674", PHONE),
    ("+62 817-1740-7674", PHONE),
    ("+62 (0)817 1740 7674", PHONE),
    ("62-0817-1740-7674", PHONE),
    ("0817-1740-7674", PHONE),
    ("0817 1740 7674", PHONE),
    ("0817.1740.7674", PHONE),
    ("(0817) 1740 7674", PHONE),
    ("(+62) 817-1740-7674", PHONE),
    ("  081717407674  ", PHONE),
    ("8171740 7674", PHONE),
    ("817-1740-7674", PHONE),
    ("817\u20111740\u00a07674", PHONE),
    ("https://wa.me/ID.1a2b3c", "ID.1a2b3c"),
    ("85291234567", "85291234567"),
    ("85291234567@c.us", "85291234567"),
    ("https://wa.me/821012345678", "821012345678"),
    ("006281717407674", PHONE),
    ("0062 817 1740 7674", PHONE),
    ("tel:+6281717407674", PHONE),
    ("whatsapp:+6281717407674", PHONE),
    ("https://wa.me/6281717407674", PHONE),
    ("6281717407674@s.whatsapp.net", PHONE),
    ("6281717407674@C.US", PHONE),
    ("+62\u00a0817\u20111740\u20137674", PHONE),
    ("\u202a+62\u2009817\u20121740\u20127674\u202c", PHONE),
    ("\t0817-1740-7674\n", PHONE),
    ("\u200e0817\u20111740\u20117674", PHONE),
    ("+49 151 23456789", "4915123456789"),
    ("16503879439", "16503879439"),
    ("+1 (650) 387-9439", "16503879439"),
    ("wa.me/6281717407674", PHONE),
    ("HTTPS://WA.ME/6281717407674", PHONE),
    ("http://www.wa.me/6281717407674/", PHONE),
    ("wa.me/+6281717407674", PHONE),
    ("wa.me/%2B62%20817-1740-7674", PHONE),
    ("wa.me/6281717407674?text=Halo%2C%20081234567890", PHONE),
    ("https://wa.me/6281717407674/?text=1+kopi&source=qr#x", PHONE),
    ("wa.me/ID.1a2b3c?text=Hai", "ID.1a2b3c"),
    ("api.whatsapp.com/send?phone=6281717407674", PHONE),
    ("https://api.whatsapp.com/send?phone=%2B6281717407674&text=Hai", PHONE),
    ("https://api.whatsapp.com/send?phone=+62+817-1740-7674", PHONE),
    ("https://api.whatsapp.com/send/?text=Hai&phone=6281717407674&app_absent=0", PHONE),
    ("https://api.whatsapp.com/send?text=a&amp;phone=6281717407674", PHONE),
    ("https://api.whatsapp.com/send?phone=6281717407674&phone=6281717407674", PHONE),
    ("web.whatsapp.com/send?phone=6281717407674", PHONE),
    ("whatsapp://send?phone=6281717407674", PHONE),
    ("whatsapp://send/?text=Hai&phone=6281717407674", PHONE),
    ("tel:+62-817-1740-7674;ext=1", PHONE),
    ("TEL:081717407674", PHONE),
    ("sms:+6281717407674?body=Hai", PHONE),
    ("6281717407674:12@s.whatsapp.net", PHONE),
    ("6281717407674.0:3@s.whatsapp.net", PHONE),
    ("Budi (0817-1740-7674)", PHONE),
    ("Budi [+62 817 1740 7674]", PHONE),
    ('"Budi" <+62 817-1740-7674>', PHONE),
    ('"Budi Santoso, S.H." <+62 817-1740-7674>;', PHONE),
    ("Budi <6281717407674:12@s.whatsapp.net>", PHONE),
    ("+62 817-1740-7674 (Budi)", PHONE),
    ("(0817) 1740-7674 (Bu Ani)", PHONE),
    ("0817-1740-7674 <Budi>", PHONE),
    ("Budi 0817-1740-7674", PHONE),
    ("Bu Ani (0817) 1740-7674", PHONE),
    ("Budi: +62 817 1740 7674", PHONE),
    ("WA:081717407674", PHONE),
    ("Budi,+6281717407674", PHONE),
    ("Budi +62 817-1740-7674 (WA)", PHONE),
    ("Ibu Sari \u2013 0817-1740-7674", PHONE),
    ("\U0001f4de 0817-1740-7674", PHONE),
    ("\u0628\u0648\u062f\u064a: \u0660\u0668\u0661\u0667-1740-7674", PHONE),
    ("Budi https://wa.me/6281717407674?text=Hai", PHONE),
    ("'0817-1740-7674',", PHONE),
    ("<+62 817-1740-7674>", PHONE),
    ("\u0660\u0668\u0661\u0667\u0661\u0667\u0664\u0660\u0667\u0666\u0667\u0664", PHONE),
    ("+\u06f6\u06f2 \u06f8\u06f1\u06f7 \u06f1\u06f7\u06f4\u06f0 \u06f7\u06f6\u06f7\u06f4", PHONE),
    ("\uff0b\uff16\uff12\u3000\uff08\uff10\uff09\uff18\uff11\uff17\uff0d1740\uff0d7674", PHONE),
    ("\u061c\u2067+62 817\u00ad1740\u00a07674\u2069\ufe0e", PHONE),
    ("00 62 817 1740 7674", PHONE),
    ("0151 / 23 45 67 89", "6215123456789"),
    ("ID.1a2b3c", "ID.1a2b3c"),
    ("US.ENT.13491208655302741918", "US.ENT.13491208655302741918"),
]

UNREADABLE = [
    "",
    " ",
    "Petang",
    "12345",
    "123456789012345678901",
    "+62 817 x 7674",
    '081717407674; DROP TABLE "User"',
    '\'; DELETE FROM "User"; --',
    "%",
    "*",
    "6281717407674@g.us",
    "https://example.com/6281717407674",
    "ID.",
    "ID.1a2b_3c",
    "ID.123456 7890",
    "US. 13491208655302741918",
    "+0817-1740-7674",
    "0817-1740-767x",
    "Budi 2 0817-1740-7674",
    "Budi 12345",
    "Budi (62)",
    "client-12345678",
    "2026-11-27 10:15",
    "0817-1740-7674 ext. 5",
    "2. 0817-1740-7674",
    "Order #12345678",
    "123456789012345@lid",
    "6281717407674@broadcast",
    "chat.whatsapp.com/6281717407674",
    "wa.me/",
    "wa.me/message/6281717407674",
    "wa.me/p/123456789/6281717407674",
    "wa.me.example.com/6281717407674",
    "https://example.com/send?phone=6281717407674",
    "api.whatsapp.com/send?text=6281717407674",
    "api.whatsapp.com/send?phone=6281717407674&phone=6281717407675",
    "0817-1740-7674 0812-3333-4444",
    "0817-1740-7674, 0812-3333-4444",
    "0817-1740-7674 / 0812-3333-4444",
    "0817-1740-7674\n0812-3333-4444",
    "0817-1740-7674 (0812-3333-4444)",
    "Budi 0817-1740-7674, Ani 0812-3333-4444",
    "Budi (0817-1740-7674) 0812-3333-4444",
    "5551234 5551235",
    "555-1234/555-1235",
]


BSUIDS = [
    "ID.1",
    "ID.1a2b3c",
    "id.4fzq9",
    "Id.4FZQ9",
    "US.ENT.13491208655302741918",
    "us.ent.1a2b",
    "ID.ENT",
    "ID." + "a" * 128,
    "ID.ENT." + "a" * 128,
]
NO_BSUIDS = [
    "",
    "ID.",
    "ID.ENT.",
    "I.1a2b",
    "IDN.1a2b",
    "1D.1a2b",
    "ID.1a_2b",
    "ID.1a2b ",
    " ID.1a2b",
    "ID.1a2b\n",
    "ID.1a.2b",
    "ID.ENT.1a.2b",
    "ID.é",
    "ID.\u0131",
    "ID." + "a" * 129,
    "6281717407674",
]
PHONES = ["12345", "6281717407674", "1" * 20]
NO_PHONES = [
    "",
    "1234",
    "1" * 21,
    "+6281717407674",
    "62 817",
    "62817a",
    "６２８１７１７",
    "62817\n",
]


def test_a_bsuid_and_a_phone_number_have_one_grammar(connection: psycopg.Connection) -> None:
    for function, accepted, refused in (
        ("is_bsuid", BSUIDS, NO_BSUIDS),
        ("is_phone", PHONES, NO_PHONES),
    ):
        judge = f"SELECT novabot_internal.{function}(%s)"
        assert [text for text in accepted if not one(connection, judge, text)] == []
        assert [text for text in refused if one(connection, judge, text)] == []


def test_a_bsuid_is_compared_as_given(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO \"User\" (id) VALUES ('id.4fzq9')")
    assert one(connection, "SELECT novabot_internal.find_client('id.4fzq9')") == "id.4fzq9"
    assert one(connection, "SELECT novabot_internal.find_client('ID.4FZQ9')") is None
    assert one(connection, "SELECT clients FROM reset_client('id.4fzq9')") == 1


def test_a_handle_is_read_in_its_usual_spellings(connection: psycopg.Connection) -> None:
    read = {
        handle: one(connection, "SELECT novabot_internal.read_handle(%s)", handle)
        for handle, _ in SPELLINGS
    }
    assert read == dict(SPELLINGS)


def test_an_unreadable_handle_is_refused_with_a_hint_and_resets_nobody(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    for handle in UNREADABLE:
        for function in (
            "novabot_internal.read_handle",
            "novabot_internal.find_client",
            "reset_client",
        ):
            with pytest.raises(psycopg.DatabaseError) as raised:
                connection.execute(f"SELECT {function}(%s)".encode(), (handle,))
            assert raised.value.sqlstate == "ST001", (function, handle)
            assert "0817-1740-7674" in (raised.value.diag.message_hint or "")
    assert one(connection, 'SELECT count(*) FROM "User"') == 1
    assert one(connection, 'SELECT count(*) FROM "Reset"') == 0
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 0


def test_no_handle_at_all_is_refused(connection: psycopg.Connection) -> None:
    add_client(connection)
    with pytest.raises(psycopg.DatabaseError) as raised:
        connection.execute("SELECT reset_client(NULL)")
    assert raised.value.sqlstate == "ST001"
    assert one(connection, "SELECT novabot_internal.find_client(NULL)") is None
    assert one(connection, 'SELECT count(*) FROM "User"') == 1


def test_a_client_with_an_id_of_its_own_kind_is_found_by_exactly_that(
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO \"User\" (id) VALUES ('walk-in #7')")
    assert one(connection, "SELECT novabot_internal.find_client('walk-in #7')") == "walk-in #7"
    assert one(connection, "SELECT clients FROM reset_client('walk-in #7')") == 1


def test_a_number_that_exists_as_written_wins_over_its_indonesian_reading(
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO \"User\" (id) VALUES ('819012345678@c.us')")
    connection.execute("INSERT INTO \"User\" (id) VALUES ('62819012345678@c.us')")
    found = one(connection, "SELECT novabot_internal.find_client('81 90 1234 5678')")
    assert found == "819012345678@c.us"
    assert (
        one(connection, "SELECT novabot_internal.find_client('0819 0123 45678')")
        == "62819012345678@c.us"
    )


def test_a_plain_insert_is_found_at_its_own_address(connection: psycopg.Connection) -> None:
    connection.execute('INSERT INTO "User" (id) VALUES (%s)', (CLIENT,))
    connection.execute("INSERT INTO \"User\" (id) VALUES ('ID.1a2b3c')")
    rows = fetch(connection, 'SELECT alias, "userId" FROM "Alias" ORDER BY alias')
    assert [tuple(row) for row in rows] == [(PHONE, CLIENT), ("ID.1a2b3c", "ID.1a2b3c")]
    (row,) = fetch(connection, "SELECT * FROM novabot_internal.load_session(%s)", [PHONE])
    assert row.id == CLIENT


def test_a_renamed_client_moves_with_everything_and_leaves_its_old_address(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Sari", conversations=2, aliases=["ID.1a2b3c"])
    connection.execute("UPDATE \"User\" SET id = '628999@c.us'")
    rows = fetch(connection, 'SELECT alias, "userId" FROM "Alias" ORDER BY alias')
    assert [tuple(row) for row in rows] == [
        ("628999", "628999@c.us"),
        ("ID.1a2b3c", "628999@c.us"),
    ]
    (row,) = fetch(connection, "SELECT * FROM novabot_internal.load_session(%s)", ["628999"])
    assert (row.id, row.nama) == ("628999@c.us", "Sari")
    assert (
        fetch(connection, "SELECT * FROM novabot_internal.load_session(%s)", [PHONE])[0].id is None
    )
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 0
    assert one(connection, 'SELECT count(*) FROM "Reset"') == 0


def test_a_rename_under_the_replica_role_strands_nothing(connection: psycopg.Connection) -> None:
    add_client(connection, conversations=2, aliases=["ID.1a2b3c"])
    connection.execute("SET session_replication_role = replica")
    connection.execute("UPDATE \"User\" SET id = '628999@c.us'")
    for table in ("Session", "Conversation", "Alias"):
        owners = fetch(connection, f'SELECT DISTINCT "userId" FROM "{table}"')
        assert [tuple(row) for row in owners] == [("628999@c.us",)]
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 0


def test_a_new_client_takes_its_own_address_from_whoever_had_it(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, aliases=["ID.1a2b3c"])
    connection.execute("INSERT INTO \"User\" (id) VALUES ('ID.1a2b3c')")
    assert one(connection, "SELECT novabot_internal.find_client('ID.1a2b3c')") == "ID.1a2b3c"
