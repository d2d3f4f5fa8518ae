"""Not a row is lost or changed by an upgrade."""

from __future__ import annotations

from typing import Any

import psycopg

from app.database.migrating.migrations import migrate
from tests.sql.acts import fetch, one, tables

NEW_COLUMNS: dict[str, dict[str, Any]] = {
    "Conversation": {"author": None, "key": None, "paidUntil": None},
    "User": {"beganAt": None, "absorbed": [], "windowUntil": None, "pausedUntil": None},
    "Bot": {"wants": 0},
    "ResetAck": {"evictedAt": None, "error": None},
    "Alias": {"account": None, "spelling": None, "since": "-infinity"},
    "Forgotten": {"since": "-infinity", "until": "infinity"},
}
"""What a row that is older than a column of its table holds in it."""

Rows = dict[str, list[dict[str, Any]]]


def test_the_release_left_rows_in_every_table(old: psycopg.Connection) -> None:
    empty = [table for table, rows in read_rows(old).items() if not rows]
    assert empty == []


def test_every_row_is_as_it_was(old: psycopg.Connection) -> None:
    before = read_rows(old)
    migrate(old)
    after = read_rows(old)
    for table, rows in before.items():
        if table != "Migration":
            assert_kept(table, rows, after[table])
    # A table that is new may have rows of its own; the files applied before are not noted anew.
    files = [row for row in before["Migration"] if row["name"] != "sql/*.sql"]
    assert [row for row in after["Migration"] if row in files] == files


def assert_kept(table: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    new = NEW_COLUMNS.get(table, {})
    added = after[0].keys() - before[0].keys()
    assert added <= new.keys(), f"say in NEW_COLUMNS what old rows of {table} hold in {added}"
    wanted = [row | {column: new[column] for column in added} for row in before]
    lost = [row for row in wanted if row not in after]
    assert not lost, f"{table} lost or changed {lost}"
    assert len(after) == len(before), f"{table} has {len(after)} rows, not {len(before)}"


def test_sequences_go_on_where_they_were(old: psycopg.Connection) -> None:
    positions = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
    before = dict(old.execute(positions).fetchall())
    assert len(before) >= 4
    migrate(old)
    after = dict(old.execute(positions).fetchall())
    assert {name: after[name] for name in before} == before
    newest = one(old, 'SELECT max(id) FROM "Reset"')
    assert one(old, "SELECT (reset_client('628005550199')).id") == newest + 1


def read_rows(conn: psycopg.Connection) -> Rows:
    """Every row of every table of ours, as JSON."""
    return {
        table: [row.row for row in fetch(conn, f'SELECT to_jsonb(t) AS row FROM "{table}" AS t')]
        for table in tables(conn)
    }
