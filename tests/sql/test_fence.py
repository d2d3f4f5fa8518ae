"""The fence: a turn commits only from the session that is in the database, or writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.sql.acts import (
    CLIENT,
    PHONE,
    STRANGER,
    Known,
    Thread,
    add_client,
    contents,
    fetch,
    lift_lock_timeouts,
    load,
    one,
    take_turn,
    wait_until_blocked,
)

pytestmark = pytest.mark.usefixtures("each_way")


def test_a_stranger_becomes_a_client_and_the_turn_returns_what_is_now_known(
    connection: psycopg.Connection,
) -> None:
    row = take_turn(
        connection,
        STRANGER,
        addresses=[PHONE, "ID.1a2b3c"],
        message_id="wamid.1",
        body="Hai, nama saya John",
        context={"step": 1},
        learnt_name="John",
        answers=["Hai John", "Apa kabar?"],
        profile="Johnny",
    )
    assert (row.outcome, row.id, row.nama, row.paused) == ("committed", CLIENT, "John", False)
    assert row.context == {"step": 1}
    assert load(connection) == Known(CLIENT, row.user_revision, row.session_revision)
    assert load(connection, "ID.1a2b3c").id == CLIENT
    (client,) = fetch(connection, 'SELECT * FROM "User"')
    assert (client.nama, client.profileName, client.incarnation) == (
        "John",
        "Johnny",
        row.incarnation,
    )
    rows = fetch(
        connection, 'SELECT direction, body, status, address FROM "Conversation" ORDER BY id'
    )
    assert [tuple(row) for row in rows] == [
        ("in", "Hai, nama saya John", "answered", None),
        ("out", "Hai John", "queued", PHONE),
        ("out", "Apa kabar?", "queued", PHONE),
    ]


def test_a_client_met_by_its_bsuid_alone_has_that_as_its_id(connection: psycopg.Connection) -> None:
    assert take_turn(connection, STRANGER, addresses=["ID.1a2b3c"]).id == "ID.1a2b3c"
    row = take_turn(connection, load(connection, "ID.1a2b3c"), addresses=["ID.1a2b3c"])
    assert (row.outcome, row.id) == ("committed", "ID.1a2b3c")


def test_a_turn_that_learns_nothing_keeps_the_name(connection: psycopg.Connection) -> None:
    take_turn(connection, STRANGER, learnt_name="John", profile="J")
    row = take_turn(connection, load(connection), context={"step": 2}, answers=[])
    assert (row.outcome, row.nama, row.context) == ("committed", "John", {"step": 2})
    assert one(connection, 'SELECT "profileName" FROM "User"') == "J"


def forge_user(known: Known) -> Known:
    return replace(known, user_revision=uuid4())


def forge_session(known: Known) -> Known:
    return replace(known, session_revision=uuid4())


def forge_client(known: Known) -> Known:
    return replace(known, id="628999@c.us")


def forget_session(known: Known) -> Known:
    return replace(known, session_revision=None)


def forget_everything(known: Known) -> Known:
    return STRANGER


@pytest.mark.parametrize(
    "forge", [forge_user, forge_session, forge_client, forget_session, forget_everything]
)
def test_a_turn_from_anything_but_the_current_session_writes_nothing_and_is_told_the_truth(
    connection: psycopg.Connection, forge: Callable[[Known], Known]
) -> None:
    add_client(connection, nama="Petang", context={"a": 1}, conversations=2)
    known = load(connection)
    before = contents(connection)
    row = take_turn(
        connection,
        forge(known),
        addresses=[PHONE, "ID.1a2b3c"],
        learnt_name="John",
        context={"b": 2},
        profile="J",
    )
    assert contents(connection) == before
    assert (row.outcome, row.nama, row.context) == ("stale", "Petang", {"a": 1})
    assert Known(row.id, row.user_revision, row.session_revision) == known


CHANGES = {
    "the name was edited": "UPDATE \"User\" SET nama = 'Sari'",
    "the bot was paused": 'UPDATE "User" SET "pausedAt" = now()',
    "the id was edited": "UPDATE \"User\" SET id = '628999@c.us'",
    "the session was edited": 'UPDATE "Session" SET context = \'{"c": 3}\'',
    "the session was touched": 'UPDATE "Session" SET "updatedAt" = now()',
    "the session was deleted": 'DELETE FROM "Session"',
    "the sessions were truncated": 'TRUNCATE "Session"',
    "the session was made again": 'DELETE FROM "Session"; INSERT INTO "Session"'
    " (\"userId\", context) VALUES ('6281717407674@c.us', '{\"a\": 1}')",
    "the client was reset": 'DELETE FROM "User"',
    "all clients were reset": 'TRUNCATE "User" CASCADE',
    "the client was reset and made again": 'DELETE FROM "User";'
    " INSERT INTO \"User\" (id, nama) VALUES ('6281717407674@c.us', 'Petang');"
    ' INSERT INTO "Session" ("userId", context) VALUES (\'6281717407674@c.us\', \'{"a": 1}\')',
    "the client was deleted with triggers off": 'ALTER TABLE "User" DISABLE TRIGGER ALL;'
    ' DELETE FROM "User"; ALTER TABLE "User" ENABLE TRIGGER ALL',
    "the address was taken away": 'DELETE FROM "Alias"',
    "the address leads to another": "INSERT INTO \"User\" (id) VALUES ('ID.other');"
    " UPDATE \"Alias\" SET \"userId\" = 'ID.other' WHERE alias = '6281717407674'",
    "another turn came first": "SELECT novabot_internal.commit_turn(ARRAY['6281717407674'],"
    " u.id, u.revision, s.revision, 'wamid.other', 'text', '', NULL, now(), NULL, s.context, NULL,"
    " NULL, NULL)"
    ' FROM "User" AS u JOIN "Session" AS s ON s."userId" = u.id',
}


def test_whatever_changed_since_the_load_the_turn_is_stale_and_writes_nothing(
    connection: psycopg.Connection,
) -> None:
    for what, statements in CHANGES.items():
        connection.execute('TRUNCATE "User" CASCADE')
        connection.execute('TRUNCATE "Delivery"')
        add_client(connection, nama="Petang", context={"a": 1})
        known = load(connection)
        connection.execute(statements.encode())
        before = contents(connection)
        row = take_turn(connection, known, learnt_name="Petang", context={"a": 1})
        assert row.outcome == "stale", what
        assert contents(connection) == before, what
        assert Known(row.id, row.user_revision, row.session_revision) == load(connection), what


def test_a_stranger_who_appeared_meanwhile_makes_the_turn_stale(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Sari")
    before = contents(connection)
    row = take_turn(connection, STRANGER, learnt_name="John")
    assert (row.outcome, row.nama) == ("stale", "Sari")
    assert contents(connection) == before


def test_a_client_without_a_session_gets_one_and_is_then_compared_by_it(
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO \"User\" (id, nama) VALUES (%s, 'Sari')", (CLIENT,))
    known = load(connection)
    assert known.session_revision is None
    assert take_turn(connection, known, context={"a": 1}).outcome == "committed"
    assert take_turn(connection, known).outcome == "stale"


def test_a_client_whose_address_was_lost_is_found_again_by_its_id(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, nama="Sari")
    connection.execute('DELETE FROM "Alias"')
    assert load(connection) == STRANGER
    row = take_turn(connection, STRANGER, learnt_name="John")
    assert (row.outcome, row.nama) == ("stale", "Sari")
    assert one(connection, 'SELECT count(*) FROM "User"') == 1
    assert take_turn(connection, load(connection)).outcome == "committed"


def test_a_message_is_answered_once_also_across_resets(connection: psycopg.Connection) -> None:
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "committed"
    connection.execute('DELETE FROM "User"')
    before = contents(connection)
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "duplicate"
    assert contents(connection) == before
    connection.execute('TRUNCATE "User" CASCADE')
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "duplicate"
    row = take_turn(connection, STRANGER, message_id="wamid.2")
    assert row.outcome == "committed"
    assert take_turn(connection, load(connection), message_id="wamid.1").outcome == "duplicate"
    assert take_turn(connection, load(connection), message_id="wamid.2").outcome == "duplicate"


def test_two_bots_that_meet_a_stranger_at_once_make_one_client(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    lift_lock_timeouts(connection)
    connection.execute("BEGIN")
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "committed"
    loser = Thread(lambda: take_turn(other, STRANGER, message_id="wamid.2", learnt_name="John"))
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        wait_until_blocked(third, other.info.backend_pid)
    connection.execute("COMMIT")
    row = loser.result()
    assert row.outcome == "stale"
    assert Known(row.id, row.user_revision, row.session_revision) == load(connection)
    assert one(connection, 'SELECT count(*) FROM "User"') == 1
    assert one(connection, 'SELECT count(*) FROM "Delivery"') == 1


def test_the_same_message_at_two_bots_at_once_is_stored_once(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    lift_lock_timeouts(connection)
    connection.execute("BEGIN")
    assert take_turn(connection, STRANGER, message_id="wamid.1").outcome == "committed"
    loser = Thread(
        lambda: take_turn(other, STRANGER, message_id="wamid.1", addresses=["ID.1a2b3c"])
    )
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        wait_until_blocked(third, other.info.backend_pid)
    connection.execute("COMMIT")
    with pytest.raises(psycopg.DatabaseError) as raised:
        loser.result()
    assert raised.value.sqlstate == "ST003"
    assert one(connection, 'SELECT count(*) FROM "User"') == 1
    again = take_turn(other, STRANGER, message_id="wamid.1", addresses=["ID.1a2b3c"])
    assert again.outcome == "duplicate"


@pytest.mark.parametrize("known_by_number", [False, True])
@pytest.mark.parametrize("first", ["by both", "by BSUID"])
def test_a_client_met_at_once_by_its_number_and_by_its_bsuid_is_one_client(
    connection: psycopg.Connection, other: psycopg.Connection, first: str, known_by_number: bool
) -> None:
    if known_by_number:
        take_turn(connection, STRANGER, addresses=[PHONE])
    turns: dict[str, Callable[[psycopg.Connection], Any]] = {
        "by both": lambda conn: take_turn(
            conn,
            load(conn, PHONE),
            addresses=[PHONE, "ID.1a2b3c"],
            message_id="wamid.both",
            learnt_name="Sari",
        ),
        "by BSUID": lambda conn: take_turn(
            conn, STRANGER, addresses=["ID.1a2b3c"], message_id="wamid.bsuid"
        ),
    }
    (second,) = turns.keys() - {first}
    lift_lock_timeouts(connection)
    connection.execute("BEGIN")
    assert turns[first](connection).outcome == "committed"
    later = Thread(lambda: turns[second](other))
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        wait_until_blocked(third, other.info.backend_pid)
    connection.execute("COMMIT")
    # As a bot does: the same call again, if it is told to; then from what is the session now.
    try:
        outcome = later.result().outcome
    except psycopg.DatabaseError as error:
        if error.sqlstate != "ST003":
            raise
        outcome = turns[second](other).outcome
    assert outcome == "stale"
    assert one(connection, 'SELECT count(*) FROM "Delivery"') == 1 + known_by_number
    addresses = [PHONE, "ID.1a2b3c"] if second == "by both" else ["ID.1a2b3c"]
    for _ in range(2):
        again = take_turn(other, load(other, *addresses), addresses=addresses, learnt_name="Sari")
        if again.outcome != "stale":  # it is once more where the two become one only now
            break
    assert (again.outcome, again.id, again.nama) == ("committed", CLIENT, "Sari")
    assert one(connection, 'SELECT array_agg(id) FROM "User"') == [CLIENT]
    assert load(connection, "ID.1a2b3c") == load(connection, PHONE)


def test_a_hundred_strangers_at_four_bots_become_a_hundred_clients(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    bots = [connect() for _ in range(4)]

    def answer_all(bot: psycopg.Connection) -> list[str]:
        outcomes: list[str] = []
        for number in range(100):
            try:
                row = take_turn(bot, STRANGER, addresses=[f"62{number:08}"], answers=None)
            except errors.LockNotAvailable:
                outcomes.append("late")
            else:
                outcomes.append(row.outcome)
        return outcomes

    threads = [Thread(lambda bot=bot: answer_all(bot)) for bot in bots]
    outcomes = [outcome for thread in threads for outcome in thread.result()]
    assert set(outcomes) <= {"committed", "stale", "late"}
    assert outcomes.count("committed") == 100
    assert one(connection, 'SELECT count(*) FROM "User"') == 100
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 100


def test_a_turn_waits_briefly_behind_a_dba_and_the_others_go_on(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    add_client(connection, "628999@c.us")
    known, neighbour = load(connection), load(connection, "628999")
    other.execute("BEGIN")
    other.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    before = contents(connection)
    waited = one(connection, "SELECT clock_timestamp()")
    with pytest.raises(errors.LockNotAvailable):
        take_turn(connection, known)
    waited = one(connection, "SELECT clock_timestamp()") - waited
    assert 0.04 < waited.total_seconds() < 2
    assert contents(connection) == before
    assert take_turn(connection, neighbour, addresses=["628999"]).outcome == "committed"
    assert load(connection) == known
    other.execute("ROLLBACK")
    assert take_turn(connection, known).outcome == "committed"


def test_a_turn_that_waited_for_a_delete_sees_that_the_client_is_gone(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection, nama="Petang")
    lift_lock_timeouts(connection)
    known = load(connection)
    other.execute("BEGIN")
    other.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    turn = Thread(lambda: take_turn(connection, known, learnt_name="Petang"))
    wait_until_blocked(other, connection.info.backend_pid)
    other.execute("COMMIT")
    assert turn.result().outcome == "stale"
    assert one(connection, 'SELECT count(*) FROM "User"') == 0


def test_a_delete_waits_for_the_turn_under_way_and_takes_what_it_wrote(
    connection: psycopg.Connection, other: psycopg.Connection
) -> None:
    add_client(connection)
    connection.execute("BEGIN")
    assert take_turn(connection, load(connection), answers=["a", "b"]).outcome == "committed"
    reset = Thread(lambda: fetch(other, "SELECT * FROM reset_client(%s)", PHONE)[0])
    with psycopg.connect(connection.info.dsn, password=connection.info.password) as third:
        wait_until_blocked(third, other.info.backend_pid)
    connection.execute("COMMIT")
    receipt = reset.result()
    assert (receipt.clients, receipt.sessions, receipt.conversations) == (1, 1, 3)
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 0


def test_a_nul_is_the_callers_to_remove_and_writes_nothing(connection: psycopg.Connection) -> None:
    before = contents(connection)
    with pytest.raises(psycopg.DataError):
        take_turn(connection, STRANGER, body="a\0b")
    with pytest.raises(psycopg.DataError):
        take_turn(connection, STRANGER, context={"a": "b\0"})
    assert contents(connection) == before


def test_a_client_met_by_its_bsuid_gets_the_id_of_its_number_once_that_is_known(
    connection: psycopg.Connection,
) -> None:
    take_turn(connection, STRANGER, addresses=["ID.1a2b3c"], learnt_name="Petang")
    known = load(connection, "ID.1a2b3c")
    incarnation = one(connection, 'SELECT incarnation FROM "User"')
    done = take_turn(connection, known, addresses=[PHONE, "ID.1a2b3c"], message_id="wamid.2")
    assert (done.outcome, done.id, done.nama) == ("committed", CLIENT, "Petang")
    assert done.incarnation == incarnation
    now = load(connection, PHONE)
    assert now == load(connection, "ID.1a2b3c")
    assert take_turn(connection, now, message_id="wamid.3").outcome == "committed"
    assert one(connection, 'SELECT array_agg(id) FROM "User"') == [CLIENT]
    assert one(connection, 'SELECT count(*) FROM "Conversation" WHERE "userId" = %s', CLIENT) >= 3
