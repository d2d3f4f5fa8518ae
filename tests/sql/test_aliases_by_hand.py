"""What a DBA's edits of "Alias" mean: the person goes with the address, and with no other one."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import psycopg
import pytest

from tests.sql.acts import one
from tests.sql.persons import START, World

P1, P2, P3, P4 = (f"62811000000{n}" for n in range(1, 5))
B1 = "ID.1a2b3c"
GIVE = """
    INSERT INTO "Alias" (alias, "userId") VALUES (%s, %s)
    ON CONFLICT (alias) DO UPDATE SET "userId" = excluded."userId"
"""
TAKE = 'DELETE FROM "Alias" WHERE alias = %s'


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def later() -> float:
    """A second of the senders' clock that begins after what was done so far."""
    second = int(time.time()) + 1
    return datetime.fromtimestamp(second, UTC).timestamp() - START.timestamp()


def id_of(world: World, name: str) -> str:
    return one(world.conn, 'SELECT id FROM "User" WHERE nama = %s', name)


@pytest.mark.parametrize("deferred", ["", " DEFERRABLE INITIALLY DEFERRED"])
def test_a_foreign_key_of_another_program_keeps_an_id_and_no_turn(
    world: World, deferred: str
) -> None:
    world.conn.execute(
        f'CREATE TABLE note (u text REFERENCES "User" ON DELETE CASCADE{deferred})'.encode()
    )
    note = 'INSERT INTO note SELECT id FROM "User" WHERE nama = %s'
    world.say(0, B1, name="Andi")
    world.conn.execute(note, ("Andi",))
    assert world.say(1, P1, B1).outcome == "committed"
    assert world.say(2, P1).told == "Andi"
    assert id_of(world, "Andi") == B1
    world.say(3, P2, name="Budi")
    world.conn.execute(note, ("Budi",))
    world.conn.execute('UPDATE "Alias" SET alias = %s WHERE alias = %s', (P3, P2))
    # A stranger at the number that Budi's id says is not told what Budi said, nor answered.
    with pytest.raises(psycopg.Error) as caught:
        world.say(later(), P2)
    assert caught.value.sqlstate == "ST004"
    assert world.say(later(), P3).told == "Budi"


def test_an_address_that_is_overwritten_by_hand_is_not_dated_before_its_last_owner_left(
    world: World,
) -> None:
    world.say(0, P1, B1, name="Andi")
    world.say(1, P2, name="Budi")
    world.say(100, P3, B1)  # Andi has left P1
    world.conn.execute('UPDATE "Alias" SET alias = %s WHERE alias = %s', (P1, P2))
    since = one(world.conn, 'SELECT since FROM "Alias" WHERE alias = %s', P1)
    assert since == one(world.conn, 'SELECT until FROM "FormerAlias" WHERE alias = %s', P1)


@pytest.mark.parametrize("order", ["give first", "take first", "overwrite"])
def test_who_gets_a_number_that_was_taken_by_hand_is_told_nothing(world: World, order: str) -> None:
    world.say(0, P1, name="Andi")
    if order == "overwrite":
        world.conn.execute('UPDATE "Alias" SET alias = %s WHERE alias = %s', (P2, P1))
    else:
        give = (GIVE, (P2, id_of(world, "Andi")))
        take = (TAKE, (P1,))
        for statement, parameters in (give, take) if order == "give first" else (take, give):
            world.conn.execute(statement.encode(), parameters)
    assert world.say(later(), P2).told == "Andi"
    assert world.forget(later(), P1) == "reset"
    assert world.say(later(), P1).told is None
    assert world.say(later(), P2).told == "Andi"
    assert world.reset(P2) == 1
    assert world.say(later() + 1, P2).told is None


def test_a_number_given_to_another_client_leads_back_to_nobody(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.conn.execute(GIVE.encode(), (P1, id_of(world, "Budi")))
    assert world.say(later(), P1).told == "Budi"
    # Budi leaves it again: the next owner is neither of them.
    assert world.change(later(), [P1], [P3]) == "moved"
    assert world.say(later() + 2, P1).told is None
    assert world.say(later() + 2, P3).told == "Budi"
    assert sorted(filter(None, world.names().values())) == ["Andi", "Budi"]


def test_what_was_written_before_an_address_was_given_away_is_not_told_to_its_next_client(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.conn.execute(GIVE.encode(), (P1, id_of(world, "Budi")))
    late = world.say(10, P1, name="Petang")
    assert (late.outcome, late.to) == ("committed", None)
    assert world.say(later(), P1).told == "Budi"


def test_what_was_written_before_an_address_was_taken_makes_no_client_for_its_next_owner(
    world: World,
) -> None:
    world.say(0, P1, B1, name="Andi")
    world.conn.execute(TAKE.encode(), (P1,))
    before = time.time() - 5 - START.timestamp()
    assert world.say(before, P1, name="Petang").to in (None, B1)
    assert world.say(later(), P1).told is None
    assert world.say(later(), B1).told == "Petang"


def test_an_address_that_is_inserted_by_hand_leads_to_its_client_since_it_was_given_up(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.change(10, [P1], [P3])
    world.conn.execute(GIVE.encode(), (P1, id_of(world, "Budi")))
    assert world.say(5, P1).told == "Andi"
    assert world.say(20, P1).told == "Budi"


def test_a_person_with_a_bsuid_is_reset_by_a_number_that_was_taken_by_hand(world: World) -> None:
    world.say(0, P1, B1, name="Andi")
    world.conn.execute(TAKE.encode(), (P1,))
    assert world.reset(P1) == 1
    assert world.names() == {}


def test_a_client_whose_address_was_taken_is_deleted_by_the_id_that_it_had(world: World) -> None:
    world.say(0, P1, B1, name="Andi")
    world.conn.execute(TAKE.encode(), (P1,))
    assert world.conn.execute('DELETE FROM "User" WHERE id = %s', (f"{P1}@c.us",)).rowcount == 1
    assert world.say(later(), B1).told is None


def test_since_says_whose_a_late_message_is(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.conn.execute('UPDATE "Alias" SET since = now()')
    assert world.say(10, P1, name="Petang").outcome == "forgotten"
    assert world.say(later(), P1).told == "Andi"


def test_a_client_made_at_a_number_of_another_one_takes_it(world: World) -> None:
    world.say(0, P1, B1, name="Andi")
    world.conn.execute(GIVE.encode(), (P2, id_of(world, "Andi")))
    world.conn.execute(f"INSERT INTO \"User\" (id, nama) VALUES ('{P2}@c.us', 'Budi')".encode())
    assert world.say(later(), P2).told == "Budi"
    assert world.say(10, P2, name="Petang").to != P2
    assert world.say(later(), P2).told == "Budi"


def test_the_next_owner_of_a_number_is_not_taken_for_the_client_whose_id_says_it(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Citra")
    world.conn.execute('UPDATE "Alias" SET alias = %s WHERE alias = %s', (P3, P1))
    world.conn.execute(GIVE.encode(), (P1, id_of(world, "Citra")))
    left_at = time.time() - START.timestamp()
    # Dewi writes from there before WhatsApp tells that Citra has left.
    world.say(later(), P1, name="Dewi")
    assert world.change(left_at, [P1], [P4]) == "moved"
    written = """SELECT count(*) FROM "Conversation" AS c JOIN "User" AS u ON u.id = c."userId"
                 WHERE c.direction = 'in' AND u.nama = 'Andi'"""
    assert one(world.conn, written) == 1
    assert world.say(later(), P1).told is None
    assert world.say(later(), P3).told == "Andi"
