"""Receipts: who asked for a reset, which bots have acknowledged it, and who is missing."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from tests.sql.acts import (
    CLIENT,
    PHONE,
    Listening,
    Notices,
    Thread,
    add_client,
    add_many,
    fetch,
    last_reset,
    one,
    wait_until,
)


def start_bot(conn: psycopg.Connection, host: str = "here") -> UUID:
    bot = uuid4()
    conn.execute("SELECT novabot_internal.report_bot(%s, %s, 4711, true, 3)", (bot, host))
    return bot


def missing(conn: psycopg.Connection, reset: int) -> list[UUID]:
    return [
        row.id
        for row in fetch(
            conn, "SELECT id FROM novabot_internal.bots_missing(%s) ORDER BY id", reset
        )
    ]


def reset_a_client(conn: psycopg.Connection) -> int:
    return one(conn, "SELECT id FROM reset_client(%s)", PHONE)


def test_a_plain_delete_names_the_role_and_the_program(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute("SET application_name = 'psql'")
    connection.execute('DELETE FROM "User"')
    reset = last_reset(connection)
    assert (reset.actor, reset.source) == (connection.info.user, "psql")


def test_a_program_without_a_name_is_called_sql(connection: psycopg.Connection) -> None:
    add_client(connection)
    connection.execute("SET application_name = ''")
    connection.execute('DELETE FROM "User"')
    assert last_reset(connection).source == "sql"


def test_reset_client_names_the_operator_and_leaves_nothing_of_that_for_the_next(
    connection: psycopg.Connection,
) -> None:
    add_many(connection, 3)
    connection.execute("SET application_name = 'psql'")
    with connection.transaction():
        connection.execute("SELECT reset_client('1@c.us', 'Sari', 'dashboard')")
        connection.execute("DELETE FROM \"User\" WHERE id = '2@c.us'")
    connection.execute("SELECT reset_client('3@c.us')")
    rows = fetch(connection, 'SELECT actor, source FROM "Reset" ORDER BY id')
    me = connection.info.user
    assert [tuple(row) for row in rows] == [("Sari", "dashboard"), (me, "psql"), (me, "psql")]


def test_a_receipt_has_who_acknowledged_and_who_has_not(connection: psycopg.Connection) -> None:
    swift, slow = start_bot(connection), start_bot(connection)
    reset = reset_a_client(connection)
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (swift, [reset], [7])
    )
    (receipt,) = fetch(connection, "SELECT * FROM reset_receipt(%s)", reset)
    assert (receipt.id, receipt.clients, receipt.actor) == (reset, 0, connection.info.user)
    assert [(ack["bot"], ack["evicted"]) for ack in receipt.acks] == [(str(swift), 7)]
    assert receipt.missing == [str(slow)]
    assert fetch(connection, "SELECT * FROM reset_receipt(%s)", reset + 1) == []


def test_a_receipt_without_bots_has_empty_lists(connection: psycopg.Connection) -> None:
    reset = reset_a_client(connection)
    (receipt,) = fetch(connection, "SELECT * FROM reset_receipt(%s)", reset)
    assert (receipt.acks, receipt.missing) == ([], [])


def test_missing_are_the_bots_alive_at_the_reset_that_have_not_acknowledged(
    connection: psycopg.Connection,
) -> None:
    alive = start_bot(connection)
    stopped = start_bot(connection)
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (stopped,))
    silent_long_before = start_bot(connection)
    connection.execute(
        'UPDATE "Bot" SET "startedAt" = now() - interval \'1 hour\','
        " \"seenAt\" = now() - interval '1 minute' WHERE id = %s",
        (silent_long_before,),
    )
    silent_just_now = start_bot(connection)
    connection.execute(
        'UPDATE "Bot" SET "startedAt" = now() - interval \'1 hour\','
        " \"seenAt\" = now() - interval '9 seconds' WHERE id = %s",
        (silent_just_now,),
    )
    reset = reset_a_client(connection)
    started_later = start_bot(connection)
    assert missing(connection, reset) == sorted([alive, silent_just_now])
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (silent_just_now,))
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (alive, [reset], [0])
    )
    assert missing(connection, reset) == []
    assert started_later not in missing(connection, reset)


def silent(conn: psycopg.Connection, reset: int) -> list[UUID]:
    query = "SELECT id FROM novabot_internal.receipt_bots(%s) WHERE silent_since IS NOT NULL"
    return [row.id for row in fetch(conn, query, reset)]


def test_silent_are_the_bots_of_the_last_day_that_have_not_stopped_and_nobody_waits_for_them(
    connection: psycopg.Connection, notices: Notices
) -> None:
    bots = {age: start_bot(connection) for age in ("9 s", "16 s", "23 h", "25 h", "stopped")}
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (bots["stopped"],))
    for age, bot in bots.items():
        connection.execute(
            'UPDATE "Bot" SET "startedAt" = now() - interval \'2 days\','
            ' "seenAt" = now() - %s::interval WHERE id = %s',
            ("1 h" if age == "stopped" else age, bot),
        )
    reset = reset_a_client(connection)
    assert missing(connection, reset) == [bots["9 s"]]
    assert silent(connection, reset) == [bots["23 h"], bots["16 s"]]
    (listed,) = fetch(connection, "SELECT * FROM novabot_internal.list_resets(NULL, 1)")
    assert (listed.acknowledged, listed.missing, listed.silent) == (0, 1, 2)
    # One that stood still goes on: it is waited for until it acknowledges.
    woken = bots["16 s"]
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0)", (woken,))
    assert missing(connection, reset) == sorted([bots["9 s"], woken])
    for bot in (bots["9 s"], woken):
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, [reset], [0])
        )
    notices.texts.clear()
    connection.execute("CALL wait_for_acks(%s, '1 s')", (reset,))
    assert notices.texts == [f"reset {reset}: acknowledged by all (2)"]
    assert silent(connection, reset) == [bots["23 h"]]
    # It may acknowledge before it renews its row.
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bots["23 h"], [reset], [0])
    )
    assert silent(connection, reset) == []


def test_waiting_ends_when_the_last_bot_acknowledges(
    connection: psycopg.Connection, other: psycopg.Connection, notices: Notices
) -> None:
    first, second = start_bot(connection), start_bot(connection)
    reset = reset_a_client(connection)
    notices.texts.clear()
    waiting = Thread(lambda: connection.execute("CALL wait_for_acks(%s, '10 s')", (reset,)))
    wait_until(
        lambda: one(other, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
        "a session to wait for acknowledgements",
    )
    for bot in (first, second):
        other.execute("SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, [reset], [1]))
    waiting.result()
    assert notices.texts == [f"reset {reset}: acknowledged by all (2)"]


def test_waiting_in_vain_warns_of_who_is_missing(
    connection: psycopg.Connection, notices: Notices
) -> None:
    swift, slow = start_bot(connection), start_bot(connection, "far")
    reset = reset_a_client(connection)
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (swift, [reset], [1])
    )
    notices.texts.clear()
    connection.execute("CALL wait_for_acks(%s, '20 ms')", (reset,))
    (warning,) = notices.texts
    assert warning == f"reset {reset}: acknowledged by 1, still missing: {slow} (far, pid 4711)"


def test_waiting_for_a_reset_that_never_was_is_an_error(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.DatabaseError) as raised:
        connection.execute("CALL wait_for_acks(42)")
    assert raised.value.sqlstate == "ST002"


def test_an_acknowledgement_counts_once_and_tells_the_receipt_pages(
    connection: psycopg.Connection, listening: Listening
) -> None:
    bot = start_bot(connection)
    reset = reset_a_client(connection)
    (row,) = fetch(
        connection,
        "SELECT * FROM novabot_internal.acknowledge_resets(%s, %s, %s)",
        bot,
        [reset],
        [5],
    )
    assert row.reset == reset
    assert 0 <= row.seconds < 10
    again = fetch(
        connection,
        "SELECT * FROM novabot_internal.acknowledge_resets(%s, %s, %s)",
        bot,
        [reset],
        [9],
    )
    assert again == []
    assert one(connection, 'SELECT evicted FROM "ResetAck"') == 5
    assert json.loads(listening.heard("reset_acknowledged")[0]) == {"reset": reset}


def test_many_acknowledgements_are_told_as_one(
    connection: psycopg.Connection, listening: Listening
) -> None:
    bot = start_bot(connection)
    resets = [reset_a_client(connection) for _ in range(51)]
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, resets, [0] * 51)
    )
    assert one(connection, 'SELECT count(*) FROM "ResetAck"') == 51
    assert [json.loads(payload) for payload in listening.heard("reset_acknowledged")] == [
        {"reset": "*"}
    ]


def test_a_reset_that_never_was_is_acknowledged_nowhere(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    reset = reset_a_client(connection)
    rows = fetch(
        connection,
        "SELECT * FROM novabot_internal.acknowledge_resets(%s, %s, %s)",
        bot,
        [reset, 999_999, -1, reset],
        [1, 1, 1, 1],
    )
    assert [row.reset for row in rows] == [reset]
    assert one(connection, 'SELECT count(*) FROM "ResetAck"') == 1


def test_an_unknown_bot_acknowledges_nothing(connection: psycopg.Connection) -> None:
    reset = reset_a_client(connection)
    with pytest.raises(errors.ForeignKeyViolation):
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (uuid4(), [reset], [1])
        )


def test_a_bot_that_dropped_everything_acknowledges_what_it_missed_in_the_last_day(
    connection: psycopg.Connection, listening: Listening
) -> None:
    bot = start_bot(connection)
    old, known, fresh = (reset_a_client(connection) for _ in range(3))
    connection.execute(
        "UPDATE \"Reset\" SET at = now() - interval '25 hours' WHERE id = %s", (old,)
    )
    connection.execute(
        "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, [known], [4])
    )
    listening.heard()
    missed = one(connection, "SELECT novabot_internal.missed_resets(%s)", bot)
    assert missed == [fresh]
    connection.execute("SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, missed, [0]))
    rows = fetch(connection, 'SELECT "resetId", evicted FROM "ResetAck" ORDER BY 1')
    assert [tuple(row) for row in rows] == [(known, 4), (fresh, 0)]
    assert len(listening.heard("reset_acknowledged")) == 1
    assert one(connection, "SELECT novabot_internal.missed_resets(%s)", bot) == []


def test_a_bot_reports_itself_and_retires(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    connection.execute("SELECT novabot_internal.report_bot(%s, 'elsewhere', 1, false, 9)", (bot,))
    (row,) = fetch(connection, 'SELECT * FROM "Bot"')
    assert (row.host, row.pid, row.listening, row.sessions) == ("here", 4711, False, 9)
    assert one(connection, "SELECT novabot_internal.is_alive(%s)", bot)
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (bot,))
    (row,) = fetch(connection, 'SELECT * FROM "Bot"')
    assert row.stoppedAt is not None
    assert not one(connection, "SELECT novabot_internal.is_alive(%s)", bot)
    assert not one(connection, "SELECT novabot_internal.is_alive(%s)", uuid4())


def test_without_track_counts_the_reset_is_whole_and_the_counts_are_zero(
    connection: psycopg.Connection, listening: Listening
) -> None:
    add_client(connection, conversations=3)
    connection.execute("SET track_counts = off")
    connection.execute('DELETE FROM "User" WHERE id = %s', (CLIENT,))
    reset = last_reset(connection)
    assert (reset.clients, reset.sessions, reset.conversations) == (1, 0, 0)
    assert len(listening.heard("session_reset")) == 1
    assert one(connection, 'SELECT count(*) FROM "Conversation"') == 0


def test_milliseconds_run_to_the_eviction_and_lie_between_the_reset_and_now(
    connection: psycopg.Connection,
) -> None:
    """A bot's clock may be wrong: the receipt is neither negative nor in the future."""
    exact, early, late, unknown = (start_bot(connection) for _ in range(4))
    reset = reset_a_client(connection)
    connection.execute("SELECT pg_sleep(0.02)")
    for bot, moment in (
        (exact, "r.at + interval '2 milliseconds'"),
        (early, "r.at - interval '1 second'"),
        (late, "r.at + interval '1 hour'"),
        (unknown, "NULL"),
    ):
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets("
            f"%s, ARRAY[r.id], '{{1}}', ARRAY[{moment}]::timestamptz[])"
            ' FROM "Reset" AS r WHERE r.id = %s',
            (bot, reset),
        )
    rows = {
        row.id: row
        for row in fetch(connection, "SELECT * FROM novabot_internal.receipt_bots(%s)", reset)
    }
    assert rows[exact].milliseconds == 2
    assert rows[early].milliseconds == 0
    assert rows[late].evicted_at <= rows[late].acked_at
    assert rows[unknown].evicted_at is None
    assert rows[unknown].milliseconds is None
    (receipt,) = fetch(connection, "SELECT * FROM reset_receipt(%s)", reset)
    assert [ack["evictedAt"] is None for ack in receipt.acks] == [False, False, False, True]


def taken(conn: psycopg.Connection) -> Any:
    (row,) = fetch(conn, 'SELECT * FROM "ResetIncarnations" ORDER BY "resetId" DESC LIMIT 1')
    assert row.resetId == last_reset(conn).id
    return row


@pytest.mark.parametrize(
    "statement",
    [
        'DELETE FROM "User" WHERE id = %s',
        "SELECT reset_client(%s)",
        'TRUNCATE "User" CASCADE',
        'SET session_replication_role = replica; DELETE FROM "User" WHERE id = \'' + CLIENT + "'",
    ],
)
def test_every_reset_records_whom_it_took(connection: psycopg.Connection, statement: str) -> None:
    add_client(connection)
    life = one(connection, 'SELECT incarnation FROM "User" WHERE id = %s', CLIENT)
    absorbed = [uuid4(), uuid4()]
    connection.execute('UPDATE "User" SET absorbed = %s', (absorbed,))
    connection.execute(statement.encode(), (CLIENT,) if "%s" in statement else None)
    row = taken(connection)
    assert (row.incarnations, row.mergedInto) == ([life, *absorbed], None)


def test_a_reset_of_very_many_records_them_all(connection: psycopg.Connection) -> None:
    add_many(connection, 10_001)
    lives = {row.incarnation for row in fetch(connection, 'SELECT incarnation FROM "User"')}
    connection.execute('DELETE FROM "User"')
    assert set(taken(connection).incarnations) == lives
    # The bots do not read so many.
    assert (
        fetch(
            connection,
            "SELECT * FROM novabot_internal.incarnations_of_resets(%s)",
            [last_reset(connection).id],
        )
        == []
    )


def test_of_more_than_10_000_together_bots_read_none(connection: psycopg.Connection) -> None:
    resets = []
    for count in (5_000, 5_000, 1):
        add_many(connection, count)
        connection.execute('DELETE FROM "User"')
        resets.append(last_reset(connection).id)
    read = "SELECT reset FROM novabot_internal.incarnations_of_resets(%s) ORDER BY 1"
    assert [row.reset for row in fetch(connection, read, resets[:2])] == resets[:2]
    assert fetch(connection, read, resets) == []


def test_a_truncate_that_cannot_see_all_clients_records_none(
    connection: psycopg.Connection, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute('SELECT FROM "User"')
        add_client(other)
        connection.execute('TRUNCATE "User" CASCADE')
        connection.execute("COMMIT")
    reset = last_reset(connection)
    assert reset.clients == 0
    read = "SELECT * FROM novabot_internal.incarnations_of_resets(%s)"
    assert fetch(connection, read, [reset.id]) == []
    connection.execute("SELECT reset_client('628999')")
    (row,) = fetch(connection, read, [last_reset(connection).id])
    assert row.incarnations == []


def test_a_merge_is_recorded_as_one(connection: psycopg.Connection) -> None:
    add_client(connection, "ID.1a2b3c")
    add_client(connection)
    lives = dict(connection.execute('SELECT id, incarnation FROM "User"').fetchall())
    connection.execute("SELECT novabot_internal.merge_client(%s, %s)", ("ID.1a2b3c", CLIENT))
    row = taken(connection)
    assert (row.incarnations, row.mergedInto) == ([lives[CLIENT]], lives["ID.1a2b3c"])
    connection.execute('DELETE FROM "User"')
    row = taken(connection)
    assert (row.incarnations, row.mergedInto) == ([lives["ID.1a2b3c"], lives[CLIENT]], None)


def test_receipts_are_kept_for_400_days(connection: psycopg.Connection) -> None:
    bot = start_bot(connection)
    old, kept = [], []
    for days, resets in ((401, old), (399, kept)):
        add_client(connection)
        connection.execute('DELETE FROM "User"')
        resets.append(last_reset(connection).id)
        connection.execute(
            "SELECT novabot_internal.acknowledge_resets(%s, %s, %s)", (bot, resets, [1])
        )
        connection.execute(
            'UPDATE "Reset" SET at = at - make_interval(days => %s) WHERE id = %s',
            (days, resets[0]),
        )
    connection.execute("SELECT novabot_internal.prune_receipts()")
    for column, table in (
        ("id", "Reset"),
        ("resetId", "ResetAck"),
        ("resetId", "ResetIncarnations"),
    ):
        rows = connection.execute(f'SELECT "{column}" FROM "{table}"'.encode()).fetchall()
        assert rows == [(kept[0],)], table
