"""Who writes, and to whom an address leads when: rules 2 to 7, 9 and 10 of docs/identity.md."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest

from tests.sql.acts import NOTHING, Thread, one, remaining, wait_until_blocked
from tests.sql.persons import World, refuse

P1, P2, P3 = "628110000001", "628110000002", "628110000003"
A, B, C = "ID.100000000000000001", "ID.100000000000000002", "ID.100000000000000003"
PARENT = "ID.ENT.9"


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def test_a_number_that_comes_with_another_bsuid_belongs_to_another_person(world: World) -> None:
    assert world.say(0, P1, A, name="Andi").id == f"{P1}@c.us"
    said = world.say(10, P1, B)
    assert (said.told, said.to, said.id) == (None, P1, f"{P1}@c.us")
    assert world.names() == {A: "Andi", f"{P1}@c.us": None}
    assert world.notes(A) == ["earlier_owner"]
    # Each by its own BSUID; the number alone is the new owner's from then on, and was the earlier
    # one's before: a late message changes nothing, and is answered where that one is now.
    assert world.say(20, A).told == "Andi"
    assert world.say(20, P1, B, name="Budi").told == "Budi"
    assert world.say(30, P1).told == "Budi"
    late = world.say(5, P1)
    assert (late.told, late.to, late.id) == ("Andi", A, A)
    assert world.say(6, P1, A).to == A


def test_what_waits_to_be_sent_follows_its_client_and_never_reaches_the_new_owner(
    world: World,
) -> None:
    world.say(0, P1, A, name="Andi")
    world.send(f"{P1}@c.us", "Halo Andi", P1)
    world.say(10, P1, B)
    assert world.waiting("Halo Andi") == ("queued", A)
    world.say(20, P2, name="Dewi")
    world.send(f"{P2}@c.us", "Halo Dewi", P2)
    world.silence(f"{P2}@c.us", 91)
    world.say(30, P2, C)
    assert world.waiting("Halo Dewi")[0] == "failed"


def test_an_earlier_client_without_a_bsuid_gets_an_id_of_its_own(world: World) -> None:
    world.say(0, P1, name="Andi")
    life = one(world.conn, 'SELECT incarnation FROM "User"')
    world.silence(f"{P1}@c.us", 91)
    assert world.say(10, P1, B).told is None
    assert world.names() == {f"{P1}#{life}": "Andi", f"{P1}@c.us": None}
    earlier = world.conn.execute(
        "SELECT id, incarnation FROM novabot_internal.earlier_clients(%s)", (P1,)
    ).fetchall()
    assert earlier == [(f"{P1}#{life}", life)]
    late = world.say(5, P1)
    assert (late.id, late.told, late.to) == (f"{P1}#{life}", "Andi", None)
    assert world.reset(P1) == 1
    assert list(world.names().values()) == ["Andi"]
    # Another client has had it since: the number finds who had it before no more.
    assert world.reset(P1) == 0
    assert world.reset(f"{P1}#{life}") == 1
    assert remaining(world.conn) == NOTHING


@pytest.mark.parametrize("days", [89, 91])
def test_a_known_number_gets_a_first_bsuid_if_it_wrote_within_90_days(
    world: World, days: int
) -> None:
    world.say(0, P1, name="Andi")
    world.silence(f"{P1}@c.us", days)
    assert world.say(10, P1, A).told == ("Andi" if days < 90 else None)
    assert world.say(20, A).told == ("Andi" if days < 90 else None)


def test_the_bsuid_decides_where_it_and_the_number_disagree(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, P2, B, name="Budi")
    said = world.say(20, P1, B)
    assert (said.told, said.to) == ("Budi", B)
    assert world.names() == {f"{P1}@c.us": "Andi", f"{P2}@c.us": "Budi"}
    assert world.notes(f"{P1}@c.us") == ["ids_disagree"]
    assert world.notes(f"{P2}@c.us") == ["ids_disagree"]
    world.say(21, P1, B)
    assert world.notes(f"{P2}@c.us") == ["ids_disagree"]
    assert world.say(30, P2).told == "Budi"
    assert world.say(30, P1).told == "Andi"
    assert world.forget(40, P1, B) == "reset"
    assert world.names() == {f"{P1}@c.us": "Andi"}


def test_a_note_names_addresses_of_its_own_client_alone(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(0, P2, B, name="Budi")
    world.say(10, P1, B)
    world.say(20, P1, C)
    world.conn.execute('DELETE FROM "User" WHERE nama = %s', ("Budi",))
    left = one(world.conn, "SELECT string_agg(n::text, '') FROM \"IdentityNote\" AS n")
    assert P2 not in left
    assert B not in left


def test_two_bsuids_of_two_accounts_do_not_disagree(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    assert world.say(10, P1, B, account="2").told == "Andi"
    assert world.say(20, B, account="2").told == "Andi"
    assert world.say(30, P1, C, account="2").told is None


def test_what_0_1_stored_without_an_account_counts_in_every_one(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.conn.execute('UPDATE "Alias" SET account = NULL')
    assert world.say(10, P1, B).told is None


def test_the_same_parent_means_the_same_person(world: World) -> None:
    world.say(0, P1, A, PARENT, name="Andi")
    assert world.say(10, P1, B, PARENT, account="2").told == "Andi"
    assert world.say(20, C, PARENT, account="3").told == "Andi"
    assert world.say(30, C).told == "Andi"


def test_complementary_halves_become_one_client(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A)
    said = world.say(20, P1, A)
    assert (said.told, said.id) == ("Andi", f"{P1}@c.us")
    assert world.names() == {f"{P1}@c.us": "Andi"}
    assert world.notes(f"{P1}@c.us") == ["merged"]
    absorbed = one(world.conn, 'SELECT absorbed FROM "User"')
    assert len(absorbed) == 1
    assert world.say(30, A).told == "Andi"
    assert world.reset(A) == 1
    assert remaining(world.conn) == NOTHING


def test_a_half_that_has_been_silent_for_long_is_another_person(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A, name="Budi")
    world.silence(f"{P1}@c.us", 91)
    assert world.say(20, P1, A).told == "Budi"
    assert sorted(filter(None, world.names().values())) == ["Andi", "Budi"]
    assert world.say(30, P1).told == "Budi"


def test_clients_of_one_kind_are_never_merged(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(0, P2, B, name="Budi")
    for addresses in ((P1, B), (P2, A), (P1, B), (P2, A)):
        world.say(10, *addresses)
    assert sorted(world.names().values()) == ["Andi", "Budi"]


def test_a_merge_never_switches_the_bot_on(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A, name="Andi")
    world.conn.execute('UPDATE "User" SET "pausedAt" = now() WHERE id = %s', (A,))
    world.say(20, P1, A)
    assert one(world.conn, 'SELECT "pausedAt" IS NOT NULL FROM "User"')


def test_a_reset_signals_every_life_that_was_merged_into_it(
    world: World, connect: Callable[[], psycopg.Connection]
) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A)
    lives = {row[0] for row in world.conn.execute('SELECT incarnation FROM "User"').fetchall()}
    world.say(20, P1, A)
    ear = connect()
    ear.execute("LISTEN session_reset")
    world.reset(P1)
    heard = next(ear.notifies(timeout=10)).payload
    assert all(str(life) in heard for life in lives)


def test_who_writes_from_a_new_number_with_its_own_bsuid_has_left_the_old_one(
    world: World,
) -> None:
    world.say(0, P1, A, name="Andi")
    said = world.say(10, P2, A)
    assert (said.told, said.id) == ("Andi", f"{P2}@c.us")
    assert world.notes(f"{P2}@c.us") == ["number_changed"]
    assert world.say(20, P1).told is None
    assert world.say(5, P1).told == "Andi"
    # Older than the move, and from yet another number: that one was left as well.
    world.say(8, P3, A)
    assert world.say(21, P3).told is None


def test_a_former_number_still_finds_its_client_until_another_has_it(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(10, P2, A)
    assert one(world.conn, "SELECT novabot_internal.find_client(%s)", P1) == f"{P2}@c.us"
    assert world.reset(P1) == 1
    assert remaining(world.conn) == NOTHING
    assert world.say(5, P1).outcome == "forgotten"


def test_a_message_whose_owner_is_gone_is_not_given_to_the_next_one(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(10, P1, B, name="Budi")
    assert world.reset(A) == 1
    world.conn.execute('TRUNCATE "Forgotten"')
    late = world.say(5, P1)
    assert (late.outcome, late.told) == ("forgotten", None)


def test_a_reset_leaves_no_watermark_on_a_number_of_another_client(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(10, P1, B, name="Budi")
    assert world.reset(A) == 1
    assert world.say(20, P1).told == "Budi"


def test_a_stranger_who_asks_to_be_forgotten_takes_no_earlier_owner_along(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    assert world.forget(10, P1, B) == "reset"
    assert world.names() == {A: "Andi"}
    assert world.say(20, P1).told is None
    assert one(world.conn, 'SELECT count(*) FROM "Reset" WHERE source = %s', "chat") == 1


def test_an_own_kind_of_id_stays(world: World) -> None:
    world.conn.execute("INSERT INTO \"User\" (id, nama) VALUES ('walk-in #7', 'Ana')")
    world.conn.execute('INSERT INTO "Alias" (alias, "userId") VALUES (%s, \'walk-in #7\')', (P1,))
    assert world.say(10, P1, A).id == "walk-in #7"
    assert world.say(20, P1, B).told is None
    assert world.names()["walk-in #7"] == "Ana"


def test_when_the_business_moves_to_another_portfolio_nothing_more_is_split(world: World) -> None:
    for n in range(30):
        world.say(0, f"62811000{n:04}", f"ID.a{n}", name=f"Nama {n}")
    told = [world.say(10, f"62811000{n:04}", f"ID.b{n}").told for n in range(30)]
    assert told == [None] * 20 + [f"Nama {n}" for n in range(20, 30)]
    assert len(world.names()) == 50
    assert world.identities == ["portfolio_moved"] * 10
    assert world.notes("628110000029@c.us") == ["portfolio_moved"]
    # Known by the new one from then on, and never split for it.
    world.conn.execute('UPDATE "IdentityNote" SET "notedAt" = now() - interval \'2 hours\'')
    assert world.say(20, "628110000029", "ID.b29").told == "Nama 29"


def test_conflicts_of_another_account_do_not_count(world: World) -> None:
    for n in range(25):
        world.say(0, f"62811000{n:04}", f"ID.a{n}")
        world.say(10, f"62811000{n:04}", f"ID.b{n}")
    world.say(0, "628119999999", "ID.c1", name="Andi", account="another")
    assert world.say(10, "628119999999", "ID.c2", account="another").told is None
    assert world.names()["ID.c1"] == "Andi"


def test_two_bots_that_meet_a_new_person_on_a_number_at_once_make_one_client(
    world: World, other: psycopg.Connection
) -> None:
    world.say(0, P1, A, name="Andi")
    other.execute("BEGIN")
    assert World(other).say(10, P1, B, name="Budi").told == "Budi"
    for function in ("commit_turn", "load_session"):
        ((signature,),) = other.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = %s"
            " AND pronamespace = 'novabot_internal'::regnamespace",
            (function,),
        ).fetchall()
        world.conn.execute(f"ALTER FUNCTION {signature} RESET lock_timeout".encode())
    second = Thread(lambda: world.say(11, P1, B))
    wait_until_blocked(other, world.conn.info.backend_pid)
    other.execute("COMMIT")
    assert second.result().told == "Budi"
    assert sorted(filter(None, world.names().values())) == ["Andi", "Budi"]


def test_a_merge_that_a_trigger_keeps_is_not_done_and_the_turn_goes_on(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A, name="Budi")
    refuse(world.conn, "DELETE")
    said = world.say(20, P1, A)
    assert (said.outcome, said.told, said.to) == ("committed", "Budi", A)
    assert world.identities == ["merge_failed"]
    assert world.notes(A) == world.notes(f"{P1}@c.us") == ["merge_failed"]
    assert sorted(world.names().values()) == ["Andi", "Budi"]


def test_a_merge_behind_another_transactions_lock_is_not_done_and_the_turn_goes_on(
    world: World, other: psycopg.Connection
) -> None:
    world.say(0, P1, name="Andi")
    world.say(10, A, name="Budi")
    other.execute("BEGIN")
    other.execute("SELECT FROM \"User\" WHERE nama = 'Andi' FOR KEY SHARE")
    said = world.say(20, P1, A)
    assert (said.outcome, said.told) == ("committed", "Budi")
    assert world.identities == ["merge_failed"]
    other.execute("COMMIT")
    assert world.say(30, P1, A).told == "Budi"
    assert list(world.names().values()) == ["Budi"]


def test_a_number_that_cannot_be_given_up_is_not_and_the_turn_goes_on(world: World) -> None:
    world.say(0, P1, A, name="Andi")
    refuse(world.conn, "UPDATE OF id")
    said = world.say(10, P1, B)
    assert (said.outcome, said.told, said.to, said.id) == ("committed", None, B, B)
    assert world.identities == ["move_failed"]
    assert world.say(20, A).told == "Andi"


def test_ids_follow_what_find_writer_says(world: World) -> None:
    world.say(0, A, name="Andi")
    assert world.say(10, P1, A).id == f"{P1}@c.us"
    world.say(20, P2, A)
    assert list(world.names()) == [f"{P2}@c.us"]
    assert all(re.fullmatch(r"\d+@c\.us", client) for client in world.names())


def test_an_earlier_owner_whose_message_comes_late_does_not_take_the_number_back(
    world: World,
) -> None:
    world.say(20, P1, B, name="Budi")
    assert world.say(0, P1, A, name="Andi").to == A
    assert world.say(30, P1).told == "Budi"
    assert world.say(30, A).told == "Andi"
    assert world.say(10, P1).told == "Andi"
    assert world.say(5, P1, "ID.100000000000000009").told is None
    # A wish to be forgotten that comes as late forgets its writer alone.
    assert world.forget(6, P1, "ID.100000000000000008") == "reset"
    assert world.say(40, P1).told == "Budi"
