"""Changes of numbers and BSUIDs that WhatsApp tells, in every order: rule 8 of docs/identity.md."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import psycopg
import pytest

from tests.sql.acts import NOTHING, Thread, fetch, one, remaining
from tests.sql.persons import Said, World

P1, P2, P3, P4 = "628110000001", "628110000002", "628110000003", "628110000004"
A, B, C = "ID.100000000000000001", "ID.100000000000000002", "ID.100000000000000003"

CHANGES = {
    "by number": ((P1,), (P1,), (P2,), (P2,), True),
    "by number and BSUID": ((P1, A), (A,), (B, P2), (P2, B), True),
    "by number, with one BSUID on": ((P1, A), (P1,), (P2,), (P2,), True),
    "number changed, told by BSUIDs alone": ((P1, A), (A,), (B,), (B,), True),
    "by BSUID": ((A,), (A,), (B,), (B,), False),
    "by BSUID, of a known number": ((P1, A), (A,), (B,), (P1, B), False),
}
"""Where the person writes from before, what the event names, where they write from after."""


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def live(world: World, how: str, order: tuple[str, ...], same_second: bool = False) -> Said:
    """Tells a name, changes addresses, says something, in an order of deliveries; then asks."""
    old, before, after, new, number = CHANGES[how]
    pace = 0 if same_second else 10
    for act in order:
        match act:
            case "name":
                world.say(0, *old, name="Petang", message_id="wamid.name")
            case "change":
                world.change(pace, before, after, number=number, message_id="wamid.event")
            case "text":
                world.say(2 * pace, *new, message_id="wamid.text")
            case _:
                raise AssertionError(act)
    return world.say(3 * pace, *new)


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("order", list(permutations(("name", "change", "text"))), ids="-".join)
def test_the_client_keeps_its_memory_in_whatever_order_it_is_told(
    world: World, how: str, order: tuple[str, ...]
) -> None:
    old, _, _, new, _ = CHANGES[how]
    said = live(world, how, order)
    assert (said.told, said.to) == ("Petang", new[0])
    assert list(world.names().values()) == ["Petang"]
    assert one(world.conn, 'SELECT count(*) FROM "IdentityEvent"') == 0
    # Who writes from what was left is a stranger, unless it came before the change.
    if old[0] != new[0]:
        assert world.say(40, old[0]).told is None
        assert world.say(5, old[0]).told == "Petang"
    assert world.reset(new[0]) == 1
    assert "Petang" not in world.names().values()


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("order", list(permutations(("name", "change", "text"))), ids="-".join)
def test_all_of_it_within_one_second(world: World, how: str, order: tuple[str, ...]) -> None:
    said = live(world, how, order, same_second=True)
    assert said.told == "Petang"
    assert list(world.names().values()) == ["Petang"]


@pytest.mark.parametrize("how", CHANGES)
def test_a_change_told_twice_is_one(world: World, how: str) -> None:
    _, before, after, new, number = CHANGES[how]
    live(world, how, ("name", "change", "text"))
    again = world.change(10, before, after, number=number, message_id="wamid.event")
    other = world.change(10, before, after, number=number)
    assert (again, other) == ("duplicate", "duplicate")
    assert world.say(50, *new).told == "Petang"
    assert one(world.conn, 'SELECT count(*) FROM "IdentityEvent"') == 0


@pytest.mark.parametrize("handle", ["old", "new"])
@pytest.mark.parametrize("how", CHANGES)
def test_a_reset_by_either_address_forgets_the_whole_person(
    world: World, how: str, handle: str
) -> None:
    old, before, after, new, number = CHANGES[how]
    world.say(0, *old, name="Petang")
    world.change(10, before, after, number=number)
    assert world.reset(old[-1] if handle == "old" else new[-1]) == 1
    assert remaining(world.conn) == NOTHING
    for address in {*old, *before, *after, *new}:
        assert world.say(5, address).outcome == "forgotten", address


@pytest.mark.parametrize("order", list(permutations(("A→B", "B→C", "name", "text"))), ids=" ".join)
def test_a_chain_of_changes_ends_at_its_end(world: World, order: tuple[str, ...]) -> None:
    for act in order:
        match act:
            case "name":
                world.say(0, P1, name="Petang")
            case "A→B":
                world.change(10, [P1], [P2])
            case "B→C":
                world.change(20, [P2], [P3])
            case _:
                world.say(30, P3)
    assert world.say(40, P3).told == "Petang"
    assert list(world.names().values()) == ["Petang"]
    assert world.say(50, P2).told is None
    assert world.say(50, P1).told is None


def test_a_change_older_than_a_reset_of_its_new_address_resets_the_old_one(world: World) -> None:
    world.say(0, P1, name="Petang")
    world.say(20, P2)
    assert world.forget(30, P2) == "reset"
    assert world.change(10, [P1], [P2]) == "reset"
    assert remaining(world.conn) == NOTHING
    assert world.say(5, P1).outcome == "forgotten"


def test_a_change_older_than_a_reset_of_its_old_address_resets_the_new_one(world: World) -> None:
    world.say(0, P1)
    world.say(20, P2, name="Petang")
    assert world.reset(P1) == 1
    assert world.change(10, [P1], [P2]) == "reset"
    assert remaining(world.conn) == NOTHING


def test_who_comes_after_the_reset_is_left_alone_by_an_older_change(world: World) -> None:
    world.say(0, P1, name="Petang")
    assert world.reset(P1) == 1
    world.say(10**6, P2, name="Dewi")  # counts as now
    assert world.change(10, [P1], [P2]) == "forgotten"
    assert list(world.names().values()) == ["Dewi"]


def test_a_kept_change_goes_with_a_reset_and_what_was_said_before_it_stays_forgotten(
    world: World,
) -> None:
    assert world.change(10, [P1], [P2]) == "kept"
    world.say(20, P2)
    assert world.forget(30, P2) == "reset"
    assert one(world.conn, 'SELECT count(*) FROM "IdentityEvent"') == 0
    # The name was told before the change, and is delivered after the reset.
    assert world.say(0, P1, name="Petang").outcome == "forgotten"


def test_a_kept_change_is_no_plain_address_and_ends_after_8_days(world: World) -> None:
    world.change(10, [P1, A], [P2, B])
    (row,) = fetch(world.conn, 'SELECT e::text AS text FROM "IdentityEvent" AS e')
    assert not any(address in row.text for address in (P1, P2, A, B))
    world.conn.execute('UPDATE "IdentityEvent" SET "keptAt" = now() - interval \'9 days\'')
    world.conn.execute("SELECT novabot_internal.prune_digests()")
    assert one(world.conn, 'SELECT count(*) FROM "IdentityEvent"') == 0


def test_a_reset_by_the_new_address_finds_who_has_not_written_from_it(world: World) -> None:
    world.change(10, [P1], [P2])
    world.say(0, P1, name="Petang")
    assert world.reset(P2) == 1
    assert remaining(world.conn) == NOTHING
    assert one(world.conn, 'SELECT count(*) FROM "IdentityEvent"') == 0


def test_another_person_on_the_old_number_is_not_moved_by_a_late_change(world: World) -> None:
    world.say(20, P1, name="Dewi")
    assert world.change(10, [P1], [P2]) == "kept"
    assert world.say(30, P1).told == "Dewi"
    assert world.say(30, P2).told is None
    # And is not given what was said there before.
    assert world.say(5, P1, name="Petang").outcome == "forgotten"
    assert world.say(40, P1).told == "Dewi"


def test_the_next_person_on_the_old_number_is_a_stranger(world: World) -> None:
    world.say(0, P1, A, name="Petang")
    world.change(10, [A], [B, P2])
    assert world.say(20, P1).told is None
    assert world.say(30, P1, C, name="Dewi").told == "Dewi"
    assert world.say(40, P2).told == "Petang"


def test_a_swap_by_number_alone_tells_nobody_what_the_other_one_said(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    assert world.change(10, [P1], [P2]) == "noted"
    world.change(11, [P2], [P1])
    assert world.say(20, P1).told is None
    assert world.say(20, P2).told is None
    for client in world.names():
        if world.names()[client]:
            assert world.notes(client) == ["ambiguous_change"]
    assert sorted(filter(None, world.names().values())) == ["Andi", "Budi"]


def test_both_are_still_found_by_their_numbers_until_another_has_them(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.change(10, [P1], [P2])
    assert world.reset(P1) == 1
    assert list(world.names().values()) == ["Budi"]
    assert world.reset(P2) == 1
    assert remaining(world.conn) == NOTHING


def test_a_stranger_at_the_new_number_takes_the_person_who_may_have_moved_there_along(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.change(10, [P1], [P2])
    world.say(20, P2)
    assert world.forget(30, P2) == "reset"
    assert list(world.names().values()) == ["Budi"]


@pytest.mark.parametrize("wrote", [True, False])
def test_numbers_that_change_hands_are_sorted_out_once_all_is_told(
    world: World, wrote: bool
) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, name="Budi")
    assert world.change(20, [P1], [P2]) == "noted"
    if wrote:
        assert world.say(25, P2).told is None
    # Budi had left before, which is told late.
    assert world.change(10, [P2], [P3]) == "moved"
    assert world.say(30, P3).told == "Budi"
    assert world.say(30, P2).told == "Andi"
    assert sorted(world.names().values()) == ["Andi", "Budi"]


def test_a_bsuid_that_another_client_had_before_is_given_up(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(-600, P2, B, name="Budi")
    assert world.change(10, [A], [B]) == "moved"
    assert world.say(20, B).told == "Andi"
    assert world.notes(f"{P2}@c.us") == ["earlier_owner"]


def test_a_move_that_a_trigger_keeps_is_not_done_and_is_told(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.conn.execute(
        """CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RAISE EXCEPTION ''no''; END';
           CREATE TRIGGER refuse BEFORE UPDATE OF id ON "User"
           FOR EACH ROW EXECUTE FUNCTION public.refuse()"""
    )
    assert world.change(10, [P1], [P2]) == "failed"
    assert world.notes(f"{P1}@c.us") == ["move_failed"]
    assert world.say(20, P2).told is None


def test_an_event_and_a_text_in_two_bots_at_once_end_as_one_client(
    world: World, other: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    for n in range(12):
        old, new = f"62811100{n:04}", f"62811200{n:04}"
        world.say(0, old, name="Petang")
        third = World(connect())
        acts = [
            Thread(lambda old=old, new=new: World(other).change(10, [old], [new])),
            Thread(lambda new=new, third=third: third.say(20, new)),
        ]
        for act in acts:
            act.result()
        assert world.say(30, new).told == "Petang"
    assert set(world.names().values()) == {"Petang"}
    assert len(world.names()) == 12


def test_an_event_and_the_first_text_of_its_person_at_once_are_linked(
    world: World, other: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    for n in range(12):
        old, new = f"62811100{n:04}", f"62811200{n:04}"
        third = World(connect())
        acts = [
            Thread(lambda old=old, new=new: World(other).change(10, [old], [new])),
            Thread(lambda old=old, third=third: third.say(0, old, name="Petang")),
        ]
        for act in acts:
            act.result()
        assert world.say(30, new).told == "Petang"
    assert len(world.names()) == 12


def test_who_comes_after_a_kept_change_is_not_given_what_was_said_before_it(world: World) -> None:
    assert world.change(10, [P1], [P2]) == "kept"
    assert world.say(20, P1, name="Dewi").told == "Dewi"
    assert world.say(0, P1, name="Petang").outcome == "forgotten"
    assert world.say(30, P1).told == "Dewi"


def test_who_has_come_to_a_number_by_a_kept_change_is_not_told_what_was_said_there_before(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    assert world.change(10, [P2], [P1]) == "kept"
    assert world.say(20, P1).told is None
    # And a reset by the number that was left does not take the earlier owner of the new one along.
    assert world.reset(P2) == 0
    assert "Andi" in world.names().values()


def test_a_number_that_an_event_names_with_a_kept_bsuid_leads_to_its_earlier_owner_no_more(
    world: World,
) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(0, P2, B, name="Budi")
    assert world.change(10, [A, P1], [A, P2]) == "moved"
    assert world.say(20, P2).told == "Andi"
    assert world.say(20, B).told == "Budi"


def test_a_late_change_does_not_merge_its_person_with_a_later_owner_of_the_number(
    world: World,
) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(20, P2, B, name="Budi")
    assert world.change(10, [A, P1], [A, P2]) == "moved"
    assert world.say(30, P2).told == "Budi"
    assert world.say(30, A).told == "Andi"
    assert world.say(15, P2).told == "Andi"
