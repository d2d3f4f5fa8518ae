"""commit_turns: many turns at once, each with its own outcome, none waiting for a lock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.sql.acts import (
    Item,
    Known,
    Thread,
    add_client,
    fetch,
    lift_lock_timeouts,
    load,
    one,
    queue_answer,
    take_turn,
    take_turns,
    wait_until_blocked,
)

PHONES = [f"62817000000{n:02}" for n in range(20)]
BOT = uuid4()
NUMBER, DIGEST = "106540352242922", b"\x01" * 32


@pytest.fixture(autouse=True)
def _clients(connection: psycopg.Connection) -> None:
    for phone in PHONES:
        add_client(connection, f"{phone}@c.us", nama=f"Sari {phone[-2:]}", context={"n": 1})


def make_item(conn: psycopg.Connection, phone: str, **more: Any) -> Item:
    return Item(load(conn, phone), addresses=[phone], **more)


def edit(conn: psycopg.Connection, phone: str) -> None:
    done = conn.execute("UPDATE \"User\" SET nama = 'Budi' WHERE id = %s", (f"{phone}@c.us",))
    assert done.rowcount == 1


def test_each_turn_of_a_group_has_its_own_outcome(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    names = ["fine", "edited", "reset", "seen", "old", "late", "locked", "again", "unknown"]
    phones = dict(zip(names, PHONES, strict=False))
    take_turn(
        connection,
        load(connection, phones["seen"]),
        addresses=[phones["seen"]],
        message_id="wamid.seen",
    )
    connection.execute('DELETE FROM "User" WHERE id = %s', (f"{phones['late']}@c.us",))
    add_client(connection, f"{phones['late']}@c.us")
    now = datetime.now(UTC)
    items = {name: make_item(connection, phone) for name, phone in phones.items()}
    items["seen"] = replace(items["seen"], message_id="wamid.seen")
    items["old"] = replace(items["old"], written_at=now - timedelta(days=7.6))
    items["late"] = replace(items["late"], written_at=now - timedelta(minutes=5))
    items["unknown"] = replace(items["unknown"], addresses=["62899"])
    edit(connection, phones["edited"])
    connection.execute('DELETE FROM "User" WHERE id = %s', (f"{phones['reset']}@c.us",))
    second = replace(items["again"], message_id="wamid.second", body="dua")
    with other.transaction():
        edit(other, phones["locked"])
        rows = take_turns(connection, *items.values(), second)
    outcomes = dict(zip([*items, "second"], (row.outcome for row in rows), strict=True))
    assert outcomes == {
        "fine": "committed",
        "edited": "stale",
        "reset": "alone",
        "seen": "duplicate",
        "old": "too_old",
        "late": "forgotten",
        "locked": "alone",
        "again": "committed",
        "unknown": "alone",
        "second": "stale",
    }
    assert (rows[1].id, rows[1].nama, rows[1].context) == (
        f"{phones['edited']}@c.us",
        "Budi",
        {"n": 1},
    )
    # The second of one client is answered again from what the first has left.
    assert rows[-1].user_revision == rows[7].user_revision
    assert load(connection, phones["again"]).session_revision == rows[-1].session_revision
    written = fetch(
        connection, """SELECT DISTINCT "userId" FROM "Conversation" WHERE body = 'halo'"""
    )
    assert {row[0] for row in written} == {
        f"{phones[name]}@c.us" for name in ("fine", "seen", "again")
    }


def test_a_group_writes_what_its_turns_would_write_alone(connection: psycopg.Connection) -> None:
    ids = one(
        connection,
        "SELECT jsonb_agg(column_name) FROM information_schema.columns"
        " WHERE table_name IN ('User', 'Session', 'Conversation')"
        " AND data_type IN ('uuid', 'timestamp with time zone')",
    )

    def read(phone: str) -> list[Any]:
        """The client's rows without what is new at each write."""
        return [
            one(
                connection,
                f'SELECT jsonb_agg((to_jsonb(t) - %s::text[]) ORDER BY {order}) FROM "{table}" AS t'
                f" WHERE t.{column} = %s",
                [*ids, "id", "userId", "address", "waMessageId"],
                f"{phone}@c.us",
            )
            for table, column, order in (
                ("User", "id", "id"),
                ("Session", '"userId"', '"userId"'),
                ("Conversation", '"userId"', "id"),
            )
        ]

    asked: list[dict[str, Any]] = [
        {},
        {"body": "hai", "context": {"a": [1, {"b": None}]}, "learnt_name": "Dewi", "profile": "D"},
        {"outgoing": [], "learnt_name": ""},
        {"context": {"novabotWish": True}, "outgoing": [{"body": "satu"}, {"body": "dua"}]},
        {
            "outgoing": [
                {"kind": "image", "body": "", "detail": {"id": "1"}, "key": "k", "author": "api:x"},
                {"body": "once", "key": "k"},
                {"kind": "text", "body": 'quoted " \\ {} , é\n', "detail": None},
            ]
        },
        {"written_at": datetime.now(UTC) - timedelta(days=2)},
        {"written_at": datetime.now(UTC) + timedelta(days=2)},
    ]
    alone, grouped = PHONES[: len(asked)], PHONES[len(asked) : 2 * len(asked)]
    for phone in (*alone, *grouped):
        connection.execute("UPDATE \"User\" SET nama = 'Sari' WHERE id = %s", (f"{phone}@c.us",))
    for phone, fields in zip(alone, asked, strict=True):
        row = take_turn(connection, load(connection, phone), addresses=[phone], **fields)
        assert row.outcome == "committed"
    rows = take_turns(
        connection,
        *(
            make_item(connection, phone, **fields)
            for phone, fields in zip(grouped, asked, strict=True)
        ),
    )
    assert [row.outcome for row in rows] == ["committed"] * len(asked)
    for one_way, other_way, row in zip(alone, grouped, rows, strict=True):
        expected, written = read(one_way), read(other_way)
        for wish in (expected[1][0], written[1][0]):
            if "novabotWish" in wish["context"]:
                assert wish["context"].pop("novabotWish") > 1_700_000_000
        assert written == expected
        now = load(connection, other_way)
        assert (row.id, row.user_revision, row.session_revision) == (
            now.id,
            now.user_revision,
            now.session_revision,
        )


def make_chain(conn: psycopg.Connection, phone: str, *asked: dict[str, Any]) -> list[Item]:
    """The last has the name that the chain leaves."""
    first, *others = [make_item(conn, phone, **fields) for fields in asked]
    others[-1] = replace(others[-1], learnt_name=others[-1].learnt_name or f"Sari {phone[-2:]}")
    return [first, *(replace(item, chained=True) for item in others)]


def test_a_chain_writes_what_its_turns_would_write_one_after_the_other(
    connection: psycopg.Connection,
) -> None:
    now = datetime.now(UTC)
    asked: list[dict[str, Any]] = [
        {"body": "satu", "learnt_name": "Dewi", "profile": "D", "written_at": now},
        {"body": "dua", "outgoing": [], "written_at": now - timedelta(days=2)},
        {"body": "tiga", "outgoing": [{"body": "x"}, {"body": "y", "key": "k"}]},
        {"body": "empat", "outgoing": [{"body": "z", "key": "k"}], "context": {"n": 5}},
    ]
    alone, together, after = PHONES[:3]
    for fields in asked:
        row = take_turn(connection, load(connection, alone), addresses=[alone], **fields)
        assert row.outcome == "committed"
    chain = make_chain(connection, together, *asked)
    chain[-1] = replace(chain[-1], learnt_name="Dewi", profile="D")
    rows = take_turns(connection, *chain, make_item(connection, after, body="sesudah"))
    assert [row.outcome for row in rows] == ["committed"] * 5
    assert len({(row.id, row.user_revision, row.session_revision) for row in rows[:4]}) == 1

    def read(phone: str) -> list[Any]:
        return fetch(
            connection,
            """SELECT u.nama, u."profileName", s.context, c.direction, c.body, c.status, c.key,
                c.at <= now() - interval '1 day' AS is_old,
                u."beganAt" <= now() - interval '1 day' AS began_early,
                u."windowUntil" > now() + interval '23 hours' AS is_open
            FROM "User" AS u JOIN "Session" AS s ON s."userId" = u.id
            JOIN "Conversation" AS c ON c."userId" = u.id
            WHERE u.id = %s ORDER BY c.id""",
            f"{phone}@c.us",
        )

    assert read(together) == read(alone)
    assert len(read(after)) == 2


def test_of_a_chain_and_refused_messages_nothing_is_committed(
    connection: psycopg.Connection,
) -> None:
    seen, beside, locked_out = PHONES[:3]
    take_turn(connection, load(connection, seen), addresses=[seen], message_id="wamid.seen")
    chain = make_chain(
        connection, seen, {"body": "baru"}, {"message_id": "wamid.seen"}, {"body": "baru"}
    )
    stale = make_chain(connection, locked_out, {"body": "baru"}, {"body": "baru"})
    edit(connection, locked_out)
    rows = take_turns(connection, *chain, *stale, make_item(connection, beside))
    assert [row.outcome for row in rows] == [
        *("alone", "duplicate", "alone"),
        *("stale", "stale"),
        "committed",
    ]
    assert one(connection, """SELECT count(*) FROM "Conversation" WHERE body = 'baru'""") == 0
    assert [row.outcome for row in take_turns(connection, *chain[::2])] == ["committed"] * 2


@pytest.mark.parametrize("noted", [slice(1, 2), slice(None)], ids=["one", "all"])
def test_of_a_chain_and_noted_messages_nothing_is_committed(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection], noted: slice
) -> None:
    other, watching = connect(), connect()
    lift_lock_timeouts(connection)
    chain = make_chain(connection, PHONES[0], *({"body": "bersama"} for _ in range(3)))
    pid = one(connection, "SELECT pg_backend_pid()")
    with other.transaction():
        for item in chain[noted]:
            other.execute(
                'INSERT INTO "Delivery" (digest, "seenAt")'
                " VALUES (novabot_internal.digest_of('message:' || %s), now())",
                (item.message_id,),
            )
        taking = Thread(lambda: take_turns(connection, *chain))
        wait_until_blocked(watching, pid)
    with pytest.raises(psycopg.errors.SerializationFailure, match="seen elsewhere"):
        taking.result()
    assert one(connection, """SELECT count(*) FROM "Conversation" WHERE body = 'bersama'""") == 0


def test_the_first_answer_of_a_chain_is_begun_and_no_other(
    connection: psycopg.Connection,
) -> None:
    first, second, third = make_chain(connection, PHONES[0], {"outgoing": []}, {}, {})
    rows = take_turns(
        connection,
        first,
        replace(second, token=uuid4()),
        third,
        bot=BOT,
        number=NUMBER,
        digest=DIGEST,
    )
    assert [row.taken is not None for row in rows] == [False, True, False]
    assert [status for status, *_ in read_answers(connection)] == ["sending", "queued"]


def test_messages_and_answers_stand_in_their_order(connection: psycopg.Connection) -> None:
    items = [
        make_item(
            connection, phone, body=phone, outgoing=[{"body": f"{phone} {n}"} for n in range(5)]
        )
        for phone in reversed(PHONES)
    ]
    take_turns(connection, *items)
    bodies = [row[0] for row in fetch(connection, 'SELECT body FROM "Conversation" ORDER BY id')]
    assert bodies == [
        body for item in items for body in (item.body, *(o["body"] for o in item.outgoing))
    ]


def test_a_group_waits_for_no_row_that_another_transaction_holds(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    items = [make_item(connection, phone) for phone in PHONES[:4]]
    connection.execute("SET lock_timeout = '1ms'")  # the function sets its own; to be sure
    with other.transaction():
        other.execute('SELECT FROM "User" WHERE id = %s FOR UPDATE', (f"{PHONES[0]}@c.us",))
        other.execute(
            'SELECT FROM "Session" WHERE "userId" = %s FOR UPDATE', (f"{PHONES[1]}@c.us",)
        )
        rows = take_turns(connection, *items)
    assert [row.outcome for row in rows] == ["alone", "alone", "committed", "committed"]


def test_one_message_twice_in_a_group_is_written_once(connection: psycopg.Connection) -> None:
    items = [
        make_item(connection, phone, message_id="wamid.same", body="sama") for phone in PHONES[:3]
    ]
    rows = take_turns(connection, *items)
    assert [row.outcome for row in rows] == ["committed", "alone", "alone"]
    assert one(connection, """SELECT count(*) FROM "Conversation" WHERE body = 'sama'""") == 1


def test_a_message_that_another_bot_stores_meanwhile_fails_the_group_and_nothing_is_written(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    items = [make_item(connection, phone, body="bersama") for phone in PHONES[:3]]
    with other.transaction():
        other.execute(
            'INSERT INTO "Delivery" (digest, "seenAt")'
            " VALUES (novabot_internal.digest_of('message:' || %s), now())",
            (items[1].message_id,),
        )
        with pytest.raises(psycopg.errors.LockNotAvailable):
            take_turns(connection, *items)
    assert one(connection, """SELECT count(*) FROM "Conversation" WHERE body = 'bersama'""") == 0
    assert [row.outcome for row in take_turns(connection, *items)] == [
        "committed",
        "duplicate",
        "committed",
    ]


def test_a_message_that_another_bot_notes_meanwhile_is_not_written(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    other, watching = connect(), connect()
    lift_lock_timeouts(connection)
    items = [make_item(connection, phone, body="bersama") for phone in PHONES[:3]]
    pid = one(connection, "SELECT pg_backend_pid()")
    with other.transaction():
        other.execute(
            'INSERT INTO "Delivery" (digest, "seenAt")'
            " VALUES (novabot_internal.digest_of('message:' || %s), now())",
            (items[1].message_id,),
        )
        taking = Thread(lambda: take_turns(connection, *items))
        wait_until_blocked(watching, pid)
    assert [row.outcome for row in taking.result()] == ["committed", "alone", "committed"]
    assert one(connection, """SELECT count(*) FROM "Conversation" WHERE body = 'bersama'""") == 2


def test_a_writer_whose_address_leads_elsewhere_is_not_judged(
    connection: psycopg.Connection,
) -> None:
    item = make_item(connection, PHONES[0])
    rows = take_turns(
        connection,
        replace(item, addresses=[PHONES[0], "ID.new"]),  # a BSUID that it shows first now
        replace(make_item(connection, PHONES[1]), addresses=[PHONES[1], PHONES[2]]),
        replace(make_item(connection, PHONES[3]), addresses=[PHONES[4]]),
    )
    assert [row.outcome for row in rows] == ["alone", "alone", "stale"]
    assert rows[2].id == f"{PHONES[4]}@c.us"


def test_without_what_was_expected_sessions_are_only_loaded(connection: psycopg.Connection) -> None:
    rows = take_turns(
        connection,
        *(Item(Known(), addresses=[phone], outgoing=[]) for phone in (*PHONES[:2], "62899")),
    )
    assert [row.outcome for row in rows] == ["stale", "stale", "alone"]
    assert Known(rows[1].id, rows[1].user_revision, rows[1].session_revision) == load(
        connection, PHONES[1]
    )


# The first answer, which the bot begins to send


def take_first(
    conn: psycopg.Connection, phone: str = PHONES[0], *, is_paced: bool = False, **more: Any
) -> Any:
    item = make_item(conn, phone, token=uuid4(), **more)
    (row,) = take_turns(conn, item, bot=BOT, number=NUMBER, digest=DIGEST, is_paced=is_paced)
    assert row.outcome == "committed"
    if row.taken is not None:
        assert row.taken["token"] == str(item.token)
    return row.taken


def read_answers(conn: psycopg.Connection, phone: str = PHONES[0]) -> list[tuple[Any, ...]]:
    return conn.execute(
        'SELECT status, attempts, "claimedBy" FROM "Conversation"'
        " WHERE \"userId\" = %s AND direction = 'out' ORDER BY id",
        (f"{phone}@c.us",),
    ).fetchall()


def test_the_first_answer_is_committed_as_begun(connection: psycopg.Connection) -> None:
    taken = take_first(connection, outgoing=[{"body": "satu"}, {"body": "dua"}])
    assert (taken["body"], taken["kind"], taken["address"]) == ("satu", "text", PHONES[0])
    assert read_answers(connection) == [("sending", 1, BOT), ("queued", 0, None)]
    # Another turn's first answer waits behind it.
    assert take_first(connection) is None
    assert [status for status, *_ in read_answers(connection)] == ["sending", "queued", "queued"]


def stop_number(conn: psycopg.Connection) -> None:
    conn.execute(
        'INSERT INTO "Number" (id, token, state, "stoppedAt", code, reason, "byHand")'
        " VALUES (%s, '', 'stopped', now(), 368, 'blocked', false)",
        (NUMBER,),
    )


def queue_one(conn: psycopg.Connection) -> None:
    queue_answer(conn, f"{PHONES[0]}@c.us")


@pytest.mark.parametrize("hinder", [stop_number, queue_one])
def test_it_is_not_begun_while_start_sending_would_not_give_it_out(
    connection: psycopg.Connection, hinder: Callable[[psycopg.Connection], None]
) -> None:
    hinder(connection)
    assert take_first(connection) is None
    assert {status for status, *_ in read_answers(connection)} == {"queued"}


def test_it_is_not_begun_once_the_window_has_closed(connection: psycopg.Connection) -> None:
    assert take_first(connection, written_at=datetime.now(UTC) - timedelta(hours=25)) is None


def test_a_client_who_has_had_too_many_waits(connection: psycopg.Connection) -> None:
    begun = 0
    for _ in range(47):
        if take_first(connection, is_paced=True) is None:
            break
        begun += 1
        connection.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE status = 'sending'")
    assert begun == 45


def test_an_answer_that_was_queued_under_its_key_before_is_not_begun(
    connection: psycopg.Connection,
) -> None:
    keyed = [{"body": "sekali", "key": "k"}]
    assert take_first(connection, outgoing=keyed) is not None
    connection.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE status = 'sending'")
    assert take_first(connection, outgoing=keyed) is None
    assert len(read_answers(connection)) == 1


# What a DBA adds


def make_trigger(conn: psycopg.Connection, when: str, statement: str) -> None:
    conn.execute(
        "CREATE FUNCTION of_the_dba() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN {statement}; RETURN NEW; END $$".encode()
    )
    conn.execute(
        f"CREATE TRIGGER of_the_dba {when} FOR EACH ROW EXECUTE FUNCTION of_the_dba()".encode()
    )


@pytest.mark.parametrize(
    "when",
    [
        'AFTER UPDATE OF "activeAt" ON "User"',
        'AFTER UPDATE OF context ON "Session"',
        'AFTER INSERT ON "Conversation"',
    ],
)
def test_the_answer_to_a_client_whom_a_trigger_deletes_is_not_begun(
    connection: psycopg.Connection, when: str
) -> None:
    client = "id" if "User" in when else '"userId"'
    make_trigger(
        connection,
        when,
        f"""DELETE FROM public."User" WHERE id = NEW.{client} AND nama = 'Sari 00'""",
    )
    items = [make_item(connection, phone, token=uuid4()) for phone in PHONES[:2]]
    rows = take_turns(connection, *items, bot=BOT, number=NUMBER, digest=DIGEST)
    assert [row.outcome for row in rows] == ["committed", "committed"]
    assert [row.id for row in rows] == [None, f"{PHONES[1]}@c.us"]
    assert rows[0].taken is None
    assert rows[1].taken["token"] == str(items[1].token)
    assert load(connection, PHONES[0]) == Known()


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_what_a_trigger_makes_of_the_session_is_returned(
    connection: psycopg.Connection, when: str
) -> None:
    make_trigger(
        connection,
        f'{when} UPDATE OF "activeAt" ON "User"',
        """UPDATE public."Session" SET context = '{"n": 2}' WHERE "userId" = NEW.id;"""
        """ UPDATE public."User" SET nama = 'Budi' WHERE id = NEW.id AND nama <> 'Budi'"""
        if when == "AFTER"
        else """UPDATE public."Session" SET "updatedAt" = now() WHERE "userId" = NEW.id""",
    )
    rows = take_turns(connection, *(make_item(connection, phone) for phone in PHONES[:2]))
    for phone, row in zip(PHONES, rows, strict=False):
        assert row.outcome == "committed"
        assert Known(row.id, row.user_revision, row.session_revision) == load(connection, phone)
        assert row.nama == ("Budi" if when == "AFTER" else f"Sari {phone[-2:]}")


def test_a_column_of_the_dbas_may_have_any_name(connection: psycopg.Connection) -> None:
    functions = ("find_known_writers", "find_takable", "commit_turns")
    source = "".join(
        one(connection, "SELECT prosrc FROM pg_proc WHERE proname = %s", name) for name in functions
    )
    declared = re.findall(
        r"^    (\w+) (?:CONSTANT )?\w+(?:\[\])?(?: :=.*)?;?$", source, re.MULTILINE
    )
    arguments = one(
        connection,
        "SELECT array_agg(DISTINCT n) FROM pg_proc, unnest(proargnames) AS n"
        " WHERE proname = ANY (%s)",
        list(functions),
    )
    assert {"locked", "chosen"} <= {*declared}
    for table in ("User", "Session", "Conversation", "Alias", "Delivery"):
        for column in {*declared, *arguments}:
            connection.execute(
                f'ALTER TABLE "{table}" ADD COLUMN IF NOT EXISTS "{column}" text'.encode()
            )
    assert take_first(connection, is_paced=True) is not None


def test_a_turn_reads_no_more_of_a_client_who_has_said_much(
    connection: psycopg.Connection,
) -> None:
    connection.execute(
        'INSERT INTO "Conversation" ("userId") SELECT id FROM "User", generate_series(1, 500)'
    )
    queue_answer(connection, f"{PHONES[0]}@c.us", status="sent")
    connection.execute('VACUUM ANALYZE "Conversation"')
    with connection.transaction():
        assert take_first(connection, is_paced=True) is not None
        read = one(
            connection,
            """SELECT pg_stat_get_xact_tuples_fetched('"Conversation"'::regclass)"""
            """ + pg_stat_get_xact_tuples_returned('"Conversation"'::regclass)""",
        )
    assert read < 20
