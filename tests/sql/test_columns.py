"""A column that is added later is decided on everywhere: merge, fence, statistics."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.database.migrating.migrations import sql_directory
from app.sessions.session import Session
from tests.sql.acts import CLIENT, PHONE, fetch, load, one, tables, take_turn

BSUID = "ID.1a2b3c"

KEPT_BY_A_MERGE = {
    "User": {
        "id": "of the kept one",
        "incarnation": "of the kept one",
        "nama": "of the one that wrote last with a name, else of the other",
        "revision": "renewed",
        "pausedAt": "paused if either was: the earlier",
        "pausedUntil": "the later",
        "profileName": "of the one that wrote last and has one",
        "createdAt": "the later: a bulk reset between the two covers both",
        "activeAt": "the later",
        "beganAt": "the earlier",
        "windowUntil": "the later",
        "absorbed": "those of both, and the incarnation of the other",
    },
    "Session": {
        "userId": "of the kept one",
        "context": "of the one that wrote last and has one",
        "revision": "renewed",
        "updatedAt": "the later, with the context",
    },
}
"""What a merge of two clients keeps of each column: decide it here, and in merge_client."""

FENCED = {
    "User": {"id", "incarnation", "nama", "pausedAt", "pausedUntil"},
    "Session": {"userId", "context", "updatedAt"},
}
"""The columns whose UPDATE sends back the turns that were begun before."""
NOT_REMEMBERED = {
    "User": {
        "revision",
        "profileName",
        "createdAt",
        "activeAt",
        "beganAt",
        "absorbed",
        "windowUntil",
    },
    "Session": {"revision"},
}

NOT_OF_A_CLIENT = {
    *("Delivery", "Forgotten", "DigestKey", "AddressLock", "Number", "AccountEvent", "OptOut"),
    "Migration",
    *("Reset", "ResetAck", "ResetIncarnations", "Bot"),
    *("Operator", "WebSession", "ApiToken", "LoginAttempt"),
}
"""Tables that hold nothing, or digests alone, of a client."""
SAYS_NOTHING_OF_A_CLIENT = {
    "Conversation": {"direction", "kind", "status"},
    "IdentityNote": {"kind"},
}
"""Text whose samples in the planner's statistics may outlive a reset."""


def columns(conn: psycopg.Connection, table: str) -> dict[str, str]:
    rows = fetch(
        conn,
        "SELECT attname, format_type(atttypid, NULL) AS type FROM pg_attribute"
        " WHERE attrelid = format('public.%%I', %s::text)::regclass"
        " AND attnum > 0 AND NOT attisdropped",
        table,
    )
    return {row.attname: row.type for row in rows}


@pytest.mark.parametrize("table", ["User", "Session"])
def test_every_column_is_decided_on(connection: psycopg.Connection, table: str) -> None:
    there = columns(connection, table).keys()
    assert KEPT_BY_A_MERGE[table].keys() == there
    assert FENCED[table] | NOT_REMEMBERED[table] == there
    assert FENCED[table] & NOT_REMEMBERED[table] == set()


def test_what_renews_a_revision_before_and_after_an_update_judges_the_same_columns(
    connection: psycopg.Connection,
) -> None:
    conditions = fetch(
        connection,
        "SELECT substring(pg_get_triggerdef(oid) FROM 'WHEN .* EXECUTE') AS text FROM pg_trigger"
        " WHERE tgname IN ('renew_revision', 'renew_revision_if_changed')"
        " AND tgrelid = 'public.\"User\"'::regclass",
    )
    assert len(conditions) == 2
    assert conditions[0].text == conditions[1].text


@pytest.mark.parametrize("table", ["User", "Session"])
def test_an_update_of_each_remembered_column_and_of_no_other_renews_the_revision(
    connection: psycopg.Connection, table: str
) -> None:
    other = {
        "text": "'other'",
        "uuid": "gen_random_uuid()",
        "uuid[]": "ARRAY[gen_random_uuid()]",
        "jsonb": "'{\"other\": true}'",
        "timestamp with time zone": "now() + interval '1 hour'",
    }
    connection.execute("INSERT INTO \"User\" (id) VALUES (%s), ('other')", (CLIENT,))
    connection.execute('INSERT INTO "Session" ("userId") VALUES (%s)', (CLIENT,))
    key = "id" if table == "User" else '"userId"'
    for column, type_ in columns(connection, table).items():
        if column == "revision":
            continue
        with connection.transaction(force_rollback=True):
            if column == "id":
                connection.execute("DELETE FROM \"User\" WHERE id = 'other'")
            before = one(connection, f"SELECT revision FROM \"{table}\" WHERE {key} = '{CLIENT}'")
            ((after,),) = connection.execute(
                f'UPDATE "{table}" SET "{column}" = {other[type_]}'
                f" WHERE {key} = '{CLIENT}' RETURNING revision".encode()
            ).fetchall()
            assert (after != before) == (column in FENCED[table]), column


@pytest.mark.parametrize("function", ["load_session", "commit_turn", "commit_turns"])
def test_what_returns_a_session_returns_what_a_session_holds(
    connection: psycopg.Connection, function: str
) -> None:
    (returned,) = fetch(
        connection,
        "SELECT array_agg(a.name ORDER BY a.position) AS names"
        " FROM pg_proc AS p, unnest(p.proargnames, p.proargmodes)"
        " WITH ORDINALITY AS a (name, mode, position)"
        " WHERE p.oid = %s::regproc AND a.mode IN ('o', 't')",
        f"novabot_internal.{function}",
    )
    beside = {"outcome", "identity", "place", "taken"}
    assert [name for name in returned.names if name not in beside] == [
        field.name for field in fields(Session)
    ]


def test_no_statistics_are_kept_of_what_says_something_of_a_client(
    connection: psycopg.Connection,
) -> None:
    kept = fetch(
        connection,
        "SELECT c.relname, a.attname"
        " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped"
        " AND c.relname <> ALL (%s)"
        " AND c.relkind = 'r' AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)"
        " AND coalesce(a.attstattarget, -1) <> 0",
        sorted(NOT_OF_A_CLIENT),
    )
    found: dict[str, set[str]] = {}
    for row in kept:
        found.setdefault(row.relname, set()).add(row.attname)
    assert found == SAYS_NOTHING_OF_A_CLIENT


@pytest.mark.parametrize("subject", ["resets", "kept"])
def test_a_reset_deletes_from_every_table_of_a_client_and_looks_for_kept_rows(
    connection: psycopg.Connection, subject: str
) -> None:
    code = (sql_directory() / f"{subject}.sql").read_text()
    missing = {
        table
        for table in tables(connection)
        if f'"{table}"' not in code and f"'{table}'" not in code
    }
    assert missing <= NOT_OF_A_CLIENT


def add(conn: psycopg.Connection, client: str, context: dict[str, Any], **values: str) -> None:
    names = "".join(f', "{name}"' for name in values)
    given = "".join(f", {value}" for value in values.values())
    conn.execute(f'INSERT INTO "User" (id{names}) VALUES (%s{given})'.encode(), (client,))
    conn.execute(
        'INSERT INTO "Session" ("userId", context) VALUES (%s, %s)', (client, Jsonb(context))
    )


def merge(conn: psycopg.Connection) -> Any:
    """The client that a message from both addresses makes of two."""
    both = (PHONE, BSUID)
    turn = take_turn(conn, load(conn, *both), addresses=both, context={"new": True})
    assert turn.outcome == "stale"
    (row,) = fetch(
        conn, 'SELECT u.*, s.context FROM "User" AS u LEFT JOIN "Session" AS s ON s."userId" = u.id'
    )
    assert (turn.nama, turn.context or {}) == (row.nama, row.context or {})
    assert turn.paused == (row.pausedAt is not None or row.pausedUntil is not None)
    return row


EARLY, LATE = "'2030-01-01 00:00Z'::timestamptz", "'2030-01-02 00:00Z'::timestamptz"


@pytest.mark.parametrize("column", ["pausedAt", "pausedUntil"])
@pytest.mark.parametrize("paused", [CLIENT, BSUID])
def test_a_merge_leaves_a_client_paused_whichever_was(
    connection: psycopg.Connection, paused: str, column: str
) -> None:
    for client in (CLIENT, BSUID):
        add(connection, client, {}, **{column: LATE if client == paused else "NULL"})
    assert getattr(merge(connection), column) is not None
    # The message is stored, and not answered by the bot.
    both = (PHONE, BSUID)
    turn = take_turn(connection, load(connection, *both), addresses=both, answers=())
    assert (turn.outcome, turn.paused) == ("committed", True)


@pytest.mark.parametrize("last", [CLIENT, BSUID])
def test_a_merge_keeps_what_was_told_last(connection: psycopg.Connection, last: str) -> None:
    for client in (CLIENT, BSUID):
        add(
            connection,
            client,
            {"from": client},
            nama=f"'{client}'",
            profileName=f"'profile of {client}'",
            activeAt=LATE if client == last else EARLY,
            createdAt=EARLY if client == last else LATE,
            pausedAt=EARLY if client == last else LATE,
        )
    row = merge(connection)
    assert (row.id, row.nama, row.profileName) == (CLIENT, last, f"profile of {last}")
    assert row.context == {"from": last}
    same = f'SELECT "activeAt" = {LATE} AND "createdAt" = {LATE} AND "pausedAt" = {EARLY}'
    assert one(connection, f'{same} FROM "User"')


@pytest.mark.parametrize("client", [CLIENT, BSUID])
def test_a_merge_keeps_what_only_one_has(connection: psycopg.Connection, client: str) -> None:
    silent = BSUID if client == CLIENT else CLIENT
    add(connection, client, {"from": client}, nama="'Petang'", profileName="'P'", activeAt=EARLY)
    connection.execute(
        f'INSERT INTO "User" (id, "activeAt") VALUES (%s, {LATE})'.encode(), (silent,)
    )
    row = merge(connection)
    assert (row.id, row.nama, row.profileName) == (CLIENT, "Petang", "P")
    assert row.context == {"from": client}


def test_a_merge_renews_the_revisions_so_that_no_turn_begun_before_commits(
    connection: psycopg.Connection,
) -> None:
    add(connection, CLIENT, {"from": CLIENT})
    add(connection, BSUID, {"from": BSUID}, nama="'Petang'", activeAt=LATE)
    before = {address: load(connection, address) for address in (PHONE, BSUID)}
    merge(connection)
    for address, known in before.items():
        assert take_turn(connection, known, addresses=(address,)).outcome == "stale"


def test_a_merge_keeps_the_messages_of_both_and_a_key_once(
    connection: psycopg.Connection,
) -> None:
    for client in (CLIENT, BSUID):
        add(connection, client, {})
        connection.execute(
            'INSERT INTO "Conversation" ("userId", direction, body, key)'
            " VALUES (%(id)s, 'out', 'both', 'same'), (%(id)s, 'out', 'own', %(id)s)",
            {"id": client},
        )
    merge(connection)
    rows = fetch(connection, 'SELECT "userId", key FROM "Conversation" ORDER BY id')
    assert [tuple(row) for row in rows] == [
        (CLIENT, "same"),
        (CLIENT, CLIENT),
        (CLIENT, None),
        (CLIENT, BSUID),
    ]
