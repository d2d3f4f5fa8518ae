"""A database that was migrated answers and forgets like a fresh one, also whom it knew before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from app.database.migrating.migrations import migrate
from tests.sql.acts import (
    NOTHING,
    Known,
    Listening,
    Notices,
    counts,
    fetch,
    last_reset,
    load,
    one,
    remaining,
    take_turn,
)
from tests.upgrade.make_release import BAGUS, OF_BAGUS, PASSER_BY, SARI

CLIENT = f"{SARI}@c.us"


@pytest.fixture
def listening(old_url: str) -> Iterator[Listening]:
    with (
        psycopg.connect(old_url, autocommit=True) as listener,
        psycopg.connect(old_url, autocommit=True) as speaker,
    ):
        yield Listening.open(listener, speaker)


def test_what_a_bot_remembered_before_the_upgrade_commits_after_it(
    old: psycopg.Connection, listening: Listening
) -> None:
    (row,) = fetch(
        old,
        'SELECT u.id, u.revision, s.revision AS session FROM "User" AS u'
        ' JOIN "Session" AS s ON s."userId" = u.id WHERE u.id = %s',
        CLIENT,
    )
    migrate(old)
    assert listening.heard("session_reset", "session_changed") == []
    before = one(old, 'SELECT count(*) FROM "Conversation" WHERE "userId" = %s', CLIENT)
    turn = take_turn(old, Known(row.id, row.revision, row.session), addresses=[SARI])
    assert (turn.outcome, turn.id, turn.nama) == ("committed", CLIENT, "Sari Dewi")
    after = one(old, 'SELECT count(*) FROM "Conversation" WHERE "userId" = %s', CLIENT)
    assert after == before + 2
    again = take_turn(old, Known(row.id, row.revision, row.session), addresses=[SARI])
    assert again.outcome == "stale"


def test_a_message_seen_before_the_upgrade_is_a_duplicate_after_it(
    upgraded: psycopg.Connection,
) -> None:
    seen = one(
        upgraded,
        'SELECT max("waMessageId") FROM "Conversation" WHERE "userId" = %s AND direction = \'in\'',
        CLIENT,
    )
    known = load(upgraded, SARI)
    turn = take_turn(upgraded, known, addresses=[SARI], message_id=seen)
    assert turn.outcome == "duplicate"


def test_a_message_from_before_an_old_reset_stays_forgotten(upgraded: psycopg.Connection) -> None:
    at = one(upgraded, 'SELECT min(at) FROM "Reset"')
    late = take_turn(upgraded, Known(), addresses=[PASSER_BY], written_at=at - timedelta(minutes=2))
    assert late.outcome == "forgotten"
    assert take_turn(upgraded, Known(), addresses=[PASSER_BY]).outcome == "committed"


def test_addresses_lead_where_they_led(upgraded: psycopg.Connection) -> None:
    assert load(upgraded, OF_BAGUS) == load(upgraded, BAGUS)
    assert load(upgraded, BAGUS).id == f"{BAGUS}@c.us"


def test_old_receipts_can_be_read(upgraded: psycopg.Connection) -> None:
    (receipt,) = fetch(upgraded, "SELECT * FROM reset_receipt(1)")
    assert (receipt.clients, receipt.sessions, receipt.source) == (1, 1, "psql")
    assert len(receipt.acks) == 3
    assert receipt.missing == []
    notices = Notices.of(upgraded)
    upgraded.execute("CALL wait_for_acks(1, '1 s')")
    assert notices.texts == ["reset 1: acknowledged by all (3)"]


@pytest.mark.parametrize(
    "statement",
    [
        f"""DELETE FROM "User" WHERE id = '{CLIENT}'""",
        f"""WITH gone AS (DELETE FROM "User" WHERE id = '{CLIENT}' RETURNING 1) SELECT FROM gone""",
        f"SELECT * FROM reset_client('+{SARI}')",
        f"SET session_replication_role = replica; DELETE FROM \"User\" WHERE id = '{CLIENT}'",
    ],
)
def test_a_client_of_the_release_is_reset_by_every_door(
    upgraded: psycopg.Connection, listening: Listening, statement: str
) -> None:
    (client,) = fetch(
        upgraded,
        'SELECT incarnation, (SELECT count(*) FROM "Conversation" WHERE "userId" = u.id) AS said'
        ' FROM "User" AS u WHERE id = %s',
        CLIENT,
    )
    before, notices = remaining(upgraded), Notices.of(upgraded)
    upgraded.execute(statement.encode())
    reset = last_reset(upgraded)
    assert (reset.clients, reset.sessions, reset.conversations) == (1, 1, client.said)
    (payload,) = listening.heard("session_reset", "session_changed")
    assert json.loads(payload) == {"reset": reset.id, "clients": [str(client.incarnation)]}
    assert len(notices.resets()) == 1
    assert remaining(upgraded) == {
        "User": before["User"] - 1,
        "Session": before["Session"] - 1,
        "Alias": before["Alias"] - 1,
        "Conversation": before["Conversation"] - client.said,
    }
    assert load(upgraded, SARI) == Known()


def test_truncate_resets_all_clients_of_the_release(
    upgraded: psycopg.Connection, listening: Listening
) -> None:
    before = remaining(upgraded)
    upgraded.execute('TRUNCATE "User" CASCADE')
    assert remaining(upgraded) == NOTHING
    assert counts(upgraded)[-1] == (before["User"], before["Session"], before["Conversation"])
    (payload,) = listening.heard("session_reset")
    assert json.loads(payload)["clients"] == "*"
