"""A change of addresses waits for another transaction: what it found before is judged anew."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.acts import Thread, lift_lock_timeouts, one, remaining, wait_until_blocked
from tests.sql.persons import World

P1, P2, P5, P9 = "628110000001", "628110000002", "628110000005", "628110000009"
A, B = "ID.100000000000000001", "ID.100000000000000002"


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


@pytest.fixture
def second(other: psycopg.Connection) -> World:
    return World(other)


def ghosts(conn: psycopg.Connection) -> int:
    """Rows of clients that are not there."""
    return sum(
        one(
            conn,
            f"""SELECT count(*) FROM "{table}" AS t
                WHERE t."{column}" IS NOT NULL
                AND NOT EXISTS (SELECT FROM "User" AS u WHERE u.id = t."{column}")""",
        )
        for table, column in (
            ("FormerAlias", "userId"),
            ("IdentityNote", "userId"),
            ("IdentityEvent", "source"),
            ("IdentityEvent", "target"),
        )
    )


def test_a_client_that_gets_another_id_meanwhile_is_the_one_that_moves(
    world: World, second: World
) -> None:
    world.change(15, [P2], [P9])
    world.say(20, P2, name="Dewi")
    world.say(0, P1, A, name="Andi")
    lift_lock_timeouts(world.conn)
    second.conn.execute("BEGIN")
    second.say(30, P5, A)
    change = Thread(lambda: world.change(10, [P1, A], [P2, A]))
    wait_until_blocked(second.conn, world.conn.info.backend_pid)
    second.conn.execute("COMMIT")
    assert change.result() == "moved"
    assert ghosts(world.conn) == 0
    assert world.say(12, P2).told == "Andi"
    assert world.say(40, P5, A).told == "Andi"
    assert world.say(40, P2).told == "Dewi"


@pytest.mark.parametrize("side", [P1, P2])
def test_a_person_who_is_reset_at_one_side_meanwhile_is_reset_at_the_other(
    world: World, second: World, side: str
) -> None:
    world.say(0, P1, name="Andi")
    world.say(20, P2)
    lift_lock_timeouts(world.conn)
    second.conn.execute("BEGIN")
    second.reset(side)
    change = Thread(lambda: world.change(10, [P1], [P2]))
    wait_until_blocked(second.conn, world.conn.info.backend_pid)
    second.conn.execute("COMMIT")
    assert change.result() == "reset"
    assert remaining(world.conn)["User"] == 0
    assert ghosts(world.conn) == 0
    assert world.say(5, P1).outcome == "forgotten"
    assert world.say(15, P2).outcome == "forgotten"


def test_a_reset_that_holds_up_a_change_too_long_still_covers_both_sides(
    world: World, second: World
) -> None:
    world.say(0, P1, name="Andi")
    world.say(20, P2)
    second.conn.execute("BEGIN")
    second.reset(P1)
    assert world.change(10, [P1], [P2]) == "failed"
    second.conn.execute("COMMIT")
    one(world.conn, "SELECT novabot_internal.retry_events()")
    assert remaining(world.conn)["User"] == 0
    assert ghosts(world.conn) == 0


def test_no_note_is_written_on_a_client_that_is_being_deleted(world: World, second: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(0, P2, B, name="Budi")
    second.conn.execute("BEGIN")
    second.reset(P1)
    assert world.say(10, P1, B).told == "Budi"
    second.conn.execute("COMMIT")
    assert list(world.names().values()) == ["Budi"]
    assert ghosts(world.conn) == 0
