"""Moves and merges that another transaction or a trigger keeps: rule 10."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.sql.acts import one
from tests.sql.persons import World

P1, P2 = "628110000001", "628110000002"


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def refuse(conn: psycopg.Connection, what: str) -> Callable[[], None]:
    """A trigger of the DBA's that keeps rows of "User"; the function drops it."""
    conn.execute(
        f"""CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''no''; END';
            CREATE TRIGGER refuse BEFORE {what} ON "User"
            FOR EACH ROW EXECUTE FUNCTION public.refuse()""".encode()
    )
    return lambda: conn.execute('DROP TRIGGER refuse ON "User"') and None


def retry(world: World) -> list[str]:
    return one(world.conn, "SELECT novabot_internal.retry_events()")


@pytest.mark.parametrize("what", ["UPDATE OF id", "DELETE"])
def test_a_kept_change_that_a_trigger_keeps_does_not_fail_the_turn(world: World, what: str) -> None:
    world.change(10, [P1], [P2])
    if what == "DELETE":
        world.say(20, P2)
    drop = refuse(world.conn, what)
    said = world.say(0, P1, name="Petang")
    assert (said.outcome, said.told) == ("committed", "Petang")
    assert world.identities == ["move_failed"]
    assert world.notes(said.id or "") == ["move_failed"]
    assert retry(world) == []
    drop()
    assert retry(world) == (["merged"] if what == "DELETE" else ["moved"])
    assert retry(world) == []
    assert world.say(30, P1).told is None
    assert world.say(30, P2).told == "Petang"


def test_a_move_that_a_trigger_kept_is_made_once_the_trigger_is_gone(world: World) -> None:
    world.say(0, P1, name="Andi")
    drop = refuse(world.conn, "UPDATE OF id")
    assert world.change(10, [P1], [P2]) == "failed"
    assert world.say(20, P2).told is None
    assert retry(world) == []
    drop()
    assert retry(world) == ["merged"]
    assert list(world.names().values()) == ["Andi"]
    assert world.say(30, P2).told == "Andi"
    assert world.say(30, P1).told is None


@pytest.mark.parametrize("wrote", [True, False])
def test_a_move_behind_another_transactions_lock_is_made_once_that_has_ended(
    world: World, other: psycopg.Connection, wrote: bool
) -> None:
    world.say(0, P1, name="Andi")
    other.execute("BEGIN")
    other.execute("SELECT FROM \"User\" WHERE nama = 'Andi' FOR KEY SHARE")
    assert world.change(10, [P1], [P2]) == "failed"
    assert world.notes(f"{P1}@c.us") == ["move_failed"]
    if wrote:
        assert world.say(20, P2).told is None
    assert retry(world) == []
    other.execute("COMMIT")
    assert retry(world) == (["merged"] if wrote else ["moved"])
    assert world.say(30, P2).told == "Andi"
    assert world.say(30, P1).told is None


def test_what_the_next_owner_said_is_not_told_by_a_move_that_is_made_later(
    world: World, other: psycopg.Connection
) -> None:
    world.say(0, P1, name="Andi")
    world.say(20, P1, name="Budi")
    other.execute("BEGIN")
    other.execute('SELECT FROM "User" FOR KEY SHARE')
    assert world.change(10, [P1], [P2]) == "failed"
    other.execute("COMMIT")
    assert retry(world) == ["moved"]
    written = 'SELECT count(*) FROM "Conversation" WHERE direction = %s AND "userId" = %s'
    assert one(world.conn, written, "in", f"{P1}@c.us") == 1
    assert world.say(30, P2).told is None
    assert world.say(40, P1).told is None
    assert sorted(world.names()) == [f"{P1}@c.us", f"{P2}@c.us"]


def test_an_answer_does_not_go_to_the_old_number_when_the_move_fails(world: World) -> None:
    world.change(10, [P1], [P2])
    world.say(0, P1, name="Petang")
    refuse(world.conn, "UPDATE OF id")
    said = world.say(20, P2)
    assert (said.outcome, said.told, said.to) == ("committed", "Petang", P2)


def test_a_reset_of_either_side_of_a_move_that_failed_forgets_both(world: World) -> None:
    world.say(0, P1, name="Andi")
    drop = refuse(world.conn, "UPDATE OF id")
    world.change(10, [P1], [P2])
    world.say(20, P2)
    drop()
    assert world.reset(P1) == 1
    assert world.names() == {}
