"""What WhatsApp told of the account: once an event, what of it is still wrong, and pruning."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.acts import fetch, one

Connection = psycopg.Connection


def note(
    connection: Connection,
    event: str,
    severity: str,
    *,
    field: str = "account_update",
    subject: str = "",
    at: str = "2026-01-01",
    key: str | None = None,
) -> bool:
    return one(
        connection,
        "SELECT novabot_internal.note_account_event('900', %s, %s, %s, %s, '{}', %s, %s)",
        *(field, event, subject, severity, at, key or f"{field} {event} {subject} {at}"),
    )


def read_events(connection: Connection, source: str) -> list[str]:
    return [row.event for row in fetch(connection, f"SELECT event FROM {source}")]


def read_open(connection: Connection) -> list[str]:
    return read_events(connection, "novabot_internal.open_account_events()")


def test_an_event_is_kept_once_and_its_time_is_no_later_than_now(connection: Connection) -> None:
    assert note(connection, "BAN", "fault", at="2199-01-01", key="a")
    assert not note(connection, "BAN", "fault", at="2199-01-01", key="a")
    assert note(connection, "BAN", "fault", at="2026-01-01", key="b")
    (first, second) = fetch(connection, 'SELECT at <= "receivedAt" AS past FROM "AccountEvent"')
    assert first.past
    assert second.past


@pytest.mark.parametrize(
    ("told", "still_wrong"),
    [
        ([("BAN", "fault", "", "01")], ["BAN"]),
        ([("BAN", "fault", "", "01"), ("BACK", "over", "", "02")], []),
        ([("BACK", "over", "", "02"), ("BAN", "fault", "", "01")], []),  # delivered late
        ([("BACK", "over", "", "01"), ("BAN", "fault", "", "02")], ["BAN"]),
        ([("BAN", "fault", "", "01"), ("SEEN", "note", "", "02")], ["BAN"]),
        ([("BAN", "fault", "", "01"), ("BACK", "over", "other", "02")], ["BAN"]),
        ([("BAN", "fault", "", "01"), ("BAN", "fault", "", "02")], ["BAN"]),
        ([("SLOW", "warning", "", "02"), ("BAN", "fault", "", "01")], ["BAN", "SLOW"]),
    ],
)
def test_what_is_still_wrong_is_what_no_later_event_has_ended(
    connection: Connection, told: list[tuple[str, str, str, str]], still_wrong: list[str]
) -> None:
    for event, severity, subject, day in told:
        note(connection, event, severity, subject=subject, at=f"2026-01-{day}")
    assert read_open(connection) == still_wrong


def test_an_old_event_is_no_longer_said_to_be_wrong_and_then_pruned(connection: Connection) -> None:
    for days, event, severity in ((6, "A", "warning"), (8, "B", "warning"), (29, "C", "fault"),
                                  (31, "D", "fault"), (91, "E", "fault")):  # fmt: skip
        note(connection, event, severity)
        connection.execute(
            'UPDATE "AccountEvent" SET "receivedAt" = now() - make_interval(days => %s)'
            " WHERE event = %s",
            (days, event),
        )
    assert read_open(connection) == ["C", "A"]
    connection.execute("SELECT novabot_internal.prune_digests()")
    assert read_events(connection, "novabot_internal.list_account_events(9)") == [
        "D",
        "C",
        "B",
        "A",
    ]
    # "A" has the id 1, "B" 2: with a latest of 10 001 and then 10 002, the first and then both go.
    for latest, rest in ((10_001, ["B"]), (10_002, [])):
        connection.execute("DELETE FROM \"AccountEvent\" WHERE event IN ('C', 'D', 'last')")
        insert = """INSERT INTO "AccountEvent" (id, field, event, severity)
            VALUES (%s, 'security', 'last', 'note')"""
        connection.execute(insert.encode(), (latest,))
        connection.execute("SELECT novabot_internal.prune_digests()")
        assert read_events(connection, '"AccountEvent" ORDER BY id') == [*rest, "last"]
