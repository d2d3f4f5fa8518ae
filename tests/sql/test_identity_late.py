"""What is delivered late, and what a kept change means for a reset: rules 3, 6 and 8."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.acts import NOTHING, fetch, one, remaining
from tests.sql.persons import World, second

P1, P2, P3, P4 = "628110000001", "628110000002", "628110000003", "628110000004"
A, B, C = "ID.100000000000000001", "ID.100000000000000002", "ID.100000000000000003"


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def test_the_earlier_owner_of_a_number_is_met_after_the_present_one(world: World) -> None:
    world.say(10, P1, B, name="Budi")
    said = world.say(0, P1, A, name="Andi")
    assert (said.told, said.to, said.id) == ("Andi", A, A)
    assert world.names() == {f"{P1}@c.us": "Budi", A: "Andi"}
    assert world.say(20, P1).told == "Budi"
    assert world.say(20, A).told == "Andi"
    assert world.say(1, P1).told == "Andi"


def test_an_earlier_owner_who_asks_late_to_be_forgotten_takes_no_later_one_along(
    world: World,
) -> None:
    world.say(10, P1, B, name="Budi")
    assert world.forget(0, P1, A) == "reset"
    assert world.names() == {f"{P1}@c.us": "Budi"}
    assert world.say(20, P1).told == "Budi"


def test_a_late_message_from_an_earlier_number_moves_nobody_back(world: World) -> None:
    world.say(10, P1, A, name="Andi")
    world.say(0, P4, A)
    assert list(world.names()) == [f"{P1}@c.us"]
    assert world.say(20, P4).told is None
    assert world.say(20, P1).told == "Andi"


def test_who_had_a_number_before_is_no_half_of_another_client(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(0, P2, B, name="Budi")
    world.say(10, P2, C, name="Cici")
    assert world.say(20, P1, B).told == "Budi"
    assert sorted(filter(None, world.names().values())) == ["Andi", "Budi", "Cici"]


def test_who_comes_after_a_kept_change_is_not_given_what_was_said_before_it(world: World) -> None:
    assert world.change(10, [P1], [P2]) == "kept"
    world.say(20, P1, name="Dewi")
    assert world.say(0, P1, name="Petang").outcome == "forgotten"
    assert world.say(30, P1).told == "Dewi"


@pytest.mark.parametrize("writes_first", ["from the old number", "from the new number"])
def test_who_wrote_from_the_old_number_before_the_change_was_told_is_another_client(
    world: World, writes_first: str
) -> None:
    world.say(0, P1, name="Andi")
    world.send(f"{P1}@c.us", "to Andi", P1)
    assert world.say(20, P1).told == "Andi"  # nothing tells yet that it is another person
    world.say(30, P1, name="Budi")
    if writes_first == "from the new number":
        world.say(35, P2)
    assert world.change(10, [P1], [P2]) in ("moved", "merged")
    assert world.say(40, P2).told is None
    assert world.say(40, P1).told is None
    assert world.waiting("to Andi") == ("queued", P2)
    said = (
        'SELECT count(*) FROM "Conversation" WHERE "userId" = %s AND direction = \'in\''
        " AND at BETWEEN %s AND %s"
    )
    assert one(world.conn, said, f"{P1}@c.us", second(20), second(30)) == 2
    assert one(world.conn, said, f"{P2}@c.us", second(20), second(30)) == 0
    assert world.reset(P1) == 1
    assert one(world.conn, said, f"{P2}@c.us", second(0), second(0)) == 1


def test_a_number_that_was_left_again_is_not_taken_by_a_late_change(world: World) -> None:
    world.say(15, P2)
    assert world.change(20, [P2], [P3]) == "moved"
    world.say(0, P1, name="Petang")
    assert world.change(10, [P1], [P2]) == "merged"
    assert world.say(30, P3).told == "Petang"
    assert world.say(30, P2).told is None


def test_an_earlier_change_told_last_does_not_take_the_last_number(world: World) -> None:
    world.say(30, P3)
    world.change(20, [P2], [P3])
    world.say(15, P2)
    world.change(10, [P1], [P2])
    world.say(0, P1, name="Petang")
    assert world.say(40, P3).told == "Petang"
    assert world.say(40, P2).told is None
    # What came from there before was another person's.
    assert world.say(5, P3).outcome == "forgotten"


@pytest.mark.parametrize("order", ["0123", "2301", "3201"])
def test_who_comes_back_to_the_first_number_keeps_its_memory(world: World, order: str) -> None:
    for act in order:
        match act:
            case "0":
                world.say(0, P1, name="Petang")
            case "1":
                world.change(10, [P1], [P2])
            case "2":
                world.change(20, [P2], [P3])
            case _:
                world.change(30, [P3], [P1])
    assert world.say(40, P1).told == "Petang"
    assert world.say(50, P2).told is None
    assert world.say(50, P3).told is None


def test_who_comes_to_a_number_after_a_kept_change_from_it_is_not_its_source(
    world: World,
) -> None:
    world.say(30, P3, name="Yuli")
    world.say(0, P1, name="Andi")
    assert world.change(10, [P2], [P3]) == "kept"
    assert world.change(20, [P1], [P2]) == "moved"
    assert world.say(40, P2).told == "Andi"
    assert world.say(40, P3).told == "Yuli"


def test_a_kept_change_is_carried_out_when_a_known_bsuid_shows_its_number(world: World) -> None:
    world.say(-5, A, name="Petang")
    assert world.change(10, [P1], [P2]) == "kept"
    assert world.say(0, P1, A).told == "Petang"
    assert world.say(20, P1).told is None
    assert world.say(20, P2).told == "Petang"


@pytest.mark.parametrize("named", [True, False])
def test_the_wish_from_a_new_number_forgets_who_has_not_written_from_it(
    world: World, named: bool
) -> None:
    world.change(10, [P1], [P2])
    world.say(0, P1, name="Petang" if named else None)
    assert world.forget(20, P2) == "reset"
    assert remaining(world.conn) == NOTHING
    assert world.say(5, P1).outcome == "forgotten"
    assert world.say(15, P2).outcome == "forgotten"


def test_a_reset_of_the_stranger_at_a_new_number_covers_its_old_one(world: World) -> None:
    world.change(10, [P1], [P2])
    world.say(20, P2)
    assert world.reset(P2) == 1
    assert world.say(0, P1, name="Petang").outcome == "forgotten"


def test_a_reset_covers_the_new_number_also_where_the_old_one_is_another_clients(
    world: World,
) -> None:
    world.change(10, [P1], [P2])
    world.say(0, P1, name="Petang")
    world.say(20, P1, name="Dewi")
    assert world.reset(P2) == 1
    assert list(world.names().values()) == ["Dewi"]
    assert world.say(15, P2, name="Petang").outcome == "forgotten"


def test_each_receipt_counts_its_own_rows_where_a_reset_takes_another_client_along(
    world: World,
) -> None:
    for at in range(3):
        world.say(at, P1, name="Andi")
    world.say(0, P2, name="Budi")
    world.change(10, [P1], [P2])
    world.say(20, P2)
    world.say(21, P2)
    one(world.conn, "SELECT r FROM reset_client(%s, 'ana', 'dashboard') AS r", P2)
    receipts = fetch(
        world.conn,
        'SELECT clients, sessions, conversations, actor, source FROM "Reset" ORDER BY id',
    )
    assert [tuple(receipt) for receipt in receipts] == [
        (1, 1, 6, "ana", "dashboard"),
        (1, 1, 4, "ana", "dashboard"),
    ]


def test_what_waits_for_a_client_with_an_id_of_its_own_follows_it(world: World) -> None:
    world.conn.execute("INSERT INTO \"User\" (id, nama) VALUES ('walk-in #7', 'Ana')")
    world.conn.execute('INSERT INTO "Alias" (alias, "userId") VALUES (%s, \'walk-in #7\')', (P1,))
    world.say(10, P1, A)
    world.send("walk-in #7", "Halo Ana", P1)
    world.say(20, P1, B)
    assert world.waiting("Halo Ana") == ("queued", A)


@pytest.mark.parametrize("bsuid", [A, None])
def test_an_answer_refused_for_now_is_not_sent_again_to_the_next_owner(
    world: World, bsuid: str | None
) -> None:
    world.say(0, *filter(None, (P1, bsuid)), name="Dewi")
    world.conn.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE direction = 'out'")
    world.send(f"{P1}@c.us", "Halo Dewi", P1)
    bot = one(world.conn, "SELECT gen_random_uuid()")
    token = one(
        world.conn,
        "SELECT token FROM novabot_internal.start_sending(%s, %s)",
        f"{P1}@c.us",
        bot,
    )
    if bsuid is None:
        world.silence(f"{P1}@c.us", 91)
    world.say(30, P1, C)
    settled = "SELECT novabot_internal.settle_unsent(%s, %s, 'queued', 1, 'busy')"
    assert one(world.conn, settled, token, bot)
    status, address = world.waiting("Halo Dewi")
    assert (status, address) == (("queued", A) if bsuid else ("failed", P1))


@pytest.mark.parametrize("ids", [[B], []])
@pytest.mark.parametrize("order", ["known first", "change first"])
def test_a_reset_of_the_earlier_owner_takes_nobody_along_who_comes_to_the_number(
    world: World, order: str, ids: list[str]
) -> None:
    world.say(0, P1, name="Andi")
    if order == "known first":
        world.say(0, P3, *ids, name="Budi")
    assert world.change(10, [P1], [P2]) == "moved"
    if order == "change first":
        assert world.change(20, [P3, *ids], [P1, *ids]) == "kept"
    assert world.reset(P2) == 1
    if order == "known first":
        assert world.change(20, [P3, *ids], [P1, *ids]) == "moved"
    else:
        world.say(0, P3, *ids, name="Budi")
    assert world.say(30, P1, *ids).told == "Budi"
    assert world.say(5, P1).outcome == "forgotten"


def test_what_the_next_owner_wrote_is_answered_when_it_comes_after_a_reset_of_the_earlier_one(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    world.change(10, [P1], [P2])
    world.reset(P2)
    assert world.say(9, P1).outcome == "forgotten"
    assert world.say(10, P1, name="Budi").outcome == "committed"


@pytest.mark.parametrize("door", ["reset", "chat", "chat of a stranger"])
def test_a_reset_of_the_next_owner_does_not_take_the_earlier_one_along(
    world: World, door: str
) -> None:
    assert world.change(10, [P1], [P2]) == "kept"
    world.say(20, P2, name="Andi")
    if door != "chat of a stranger":
        world.say(30, P1, name="Dewi")
    if door == "reset":
        assert world.reset(P1) == 1
    else:
        assert world.forget(40, P1) == "reset"
    assert world.names() == {f"{P2}@c.us": "Andi"}
    assert world.say(50, P2).told == "Andi"


def test_a_late_change_of_the_earlier_owner_is_older_than_the_one_who_was_reset(
    world: World,
) -> None:
    world.say(0, P1, A, name="Andi")
    world.say(12, P2, A)
    world.say(15, P1, name="Dewi")
    assert world.reset(P1) == 1
    assert world.change(10, [P1, A], [P2, A]) == "duplicate"
    assert world.say(20, P2, A).told == "Andi"


@pytest.mark.parametrize("ids", [[A], []])
def test_a_late_message_is_not_answered_at_a_number_that_another_person_is_said_to_have(
    world: World, ids: list[str]
) -> None:
    assert world.change(20, [P2, B], [P1, B]) == "kept"
    said = world.say(0, P1, *ids, name="Andi")
    if ids:
        assert (said.told, said.to, said.id) == ("Andi", A, A)
    else:
        assert (said.told, said.to, (said.id or "")[:13]) == ("Andi", None, f"{P1}#")
    assert world.say(30, P1, B).told is None
    assert world.say(5, P2, B, name="Budi").told == "Budi"
    assert world.say(40, P1, B).told == "Budi"


@pytest.mark.parametrize("ids", [[A], []])
def test_a_wish_from_a_number_that_another_person_is_said_to_have_forgets_its_writer_alone(
    world: World, ids: list[str]
) -> None:
    assert world.change(20, [P2, B], [P1, B]) == "kept"
    world.say(0, P1, *ids, name="Andi")
    assert world.forget(5, P1, *ids) == "reset"
    assert world.names() == {}
    assert world.say(3, P1, *ids, name="Andi").outcome == "forgotten"
    assert world.say(21, P1, B, name="Budi").told == "Budi"
    assert world.say(30, P1, B).told == "Budi"


def test_a_bsuid_that_a_change_keeps_still_leads_to_who_is_met_at_the_number_alone(
    world: World,
) -> None:
    assert world.change(10, [P1, A], [P2, A]) == "kept"
    world.say(0, P1, A, name="Andi")
    assert world.say(20, P2).told == "Andi"
    assert world.say(30, A).told == "Andi"


def test_who_came_to_a_number_after_the_person_of_a_kept_change_keeps_it(world: World) -> None:
    world.say(80, P4, B, name="Budi")
    assert world.change(30, [P1, A], [P4, C]) == "kept"
    assert world.say(40, P4, C, name="Andi").to == C
    assert world.say(180, P4).told == "Budi"
    assert world.say(180, C).told == "Andi"


def test_who_comes_to_the_old_number_of_a_kept_change_is_not_its_client(world: World) -> None:
    world.say(0, P2, B, name="Budi")
    assert world.change(20, [P1, A], [P4, C]) == "kept"
    world.say(30, P4, C, name="Andi")
    assert world.change(60, [P4, C], [P2, C]) == "moved"
    assert world.say(70, P1, B).told == "Budi"
    assert world.say(80, P2, C).told == "Andi"
    assert world.say(90, P1, B).told == "Budi"


def test_who_was_met_by_another_bsuid_is_not_the_client_of_a_kept_change(world: World) -> None:
    world.say(0, B, name="Budi")
    assert world.change(20, [P1, A], [P4, C]) == "kept"
    assert world.say(70, P1, B).told == "Budi"
    assert world.say(30, P4, C, name="Andi").told == "Andi"
    assert world.say(80, P1, B).told == "Budi"
    assert world.say(90, P4, C).told == "Andi"


@pytest.mark.parametrize("order", ["owner, client", "client, owner"])
def test_who_has_another_bsuid_at_the_new_number_is_not_the_client_of_a_kept_change(
    world: World, order: str
) -> None:
    assert world.change(20, [P1, A], [P4, C]) == "kept"
    for who in order.split(", "):
        if who == "owner":
            assert world.say(30, P4, B, name="Budi").told == "Budi"
        else:
            assert world.say(0, P1, A, name="Andi").told == "Andi"
    assert world.say(40, P4, B).told == "Budi"
    assert world.say(50, C).told == "Andi"
    assert world.say(60, P4).told == "Budi"


def test_what_was_written_before_a_reset_goes_when_a_change_tells_whose_it_was(
    world: World,
) -> None:
    assert world.reset(B) == 0
    world.say(0, P1, A, name="Andi")
    assert world.change(10, [A], [B], number=False) == "reset"
    assert world.say(5, P1, A).outcome == "forgotten"
    assert world.names() == {}


def test_who_has_the_old_number_is_not_forgotten_with_who_left_it_and_was_reset(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    assert world.reset(P2) == 0
    assert world.change(10, [P1], [P2]) == "reset"
    assert world.say(9, P1).outcome == "forgotten"
    assert world.say(20, P1, B, name="Budi").told == "Budi"


def test_a_late_message_tells_that_the_present_number_was_not_the_writers_then(
    world: World,
) -> None:
    world.say(50, P1, B)
    world.say(10, P2, B, name="Budi")
    assert world.say(20, P1, A, name="Andi").to == A
    assert world.say(60, P1).told == "Budi"
    assert world.say(70, A).told == "Andi"


def test_a_number_that_is_shown_later_than_another_was_written_from_is_the_newer_one(
    world: World,
) -> None:
    world.say(0, B, name="Budi")
    world.say(50, P1, B)
    assert world.say(10, P2, B).to in (B, P1)
    assert (world.say(60, P1).told, world.say(60, P1).to) == ("Budi", P1)
    assert one(world.conn, 'SELECT count(*) FROM "Alias" WHERE alias = %s', P2) == 0


def test_who_had_a_number_for_a_while_is_not_who_wrote_from_it_before(world: World) -> None:
    world.say(50, P1, name="Cici")
    assert world.change(60, [P1], [P4]) == "moved"
    assert world.say(10, P1, A, name="Andi").to == A
    assert world.say(70, P4).told == "Cici"
    assert world.say(70, A).told == "Andi"


def test_who_moved_to_a_number_later_is_not_the_client_of_an_earlier_change_to_it(
    world: World,
) -> None:
    world.say(50, P1, name="Cici")
    assert world.change(30, [P1, A], [P2, C]) == "kept"
    assert world.change(70, [P1], [P2]) == "moved"
    assert world.say(10, P1, A, name="Andi").to in (A, None)
    assert world.say(80, P2).told == "Cici"
    assert world.say(80, C).told == "Andi"


def test_a_client_whose_new_bsuid_is_not_shown_yet_is_not_met_by_another_one(
    world: World,
) -> None:
    world.say(20, P4, A, name="Andi")
    assert world.change(70, [A], [B], number=False) == "moved"
    assert world.say(50, P4, C).told is None
    world.change(80, [B], ["ID.100000000000000009"], number=False)
    assert world.say(90, C).told is None


def test_a_second_reset_by_a_number_does_not_take_its_earlier_owner(world: World) -> None:
    world.say(0, P1, name="Andi")
    assert world.change(10, [P1], [P2]) == "moved"
    world.say(20, P1, name="Budi")
    assert world.reset(P1) == 1
    assert world.reset(P1) == 0
    assert list(world.names().values()) == ["Andi"]
    assert world.reset(P2) == 1


def test_a_number_left_after_an_earlier_reset_of_it_still_finds_its_client(world: World) -> None:
    assert world.reset(P1) == 0
    world.conn.execute('UPDATE "Forgotten" SET at = %s', (second(-100),))
    world.say(0, P1, name="Andi")
    assert world.change(10, [P1], [P2]) == "moved"
    assert world.reset(P1) == 1


def test_a_reset_goes_on_along_the_kept_changes_when_the_one_before_them_is_told(
    world: World,
) -> None:
    assert world.change(20, [P2], [P3]) == "kept"
    assert world.change(25, [P3], [P4]) == "kept"
    world.say(0, P1, name="Andi")
    assert world.reset(P1) == 1
    assert world.change(10, [P1], [P2]) == "forgotten"
    assert world.say(22, P3, name="Andi").outcome == "forgotten"
    assert world.say(30, P4, name="Andi").outcome == "forgotten"
    assert world.names() == {}
    # Who came to the numbers that it left is another person.
    assert world.say(23, P2, name="Budi").outcome == "committed"
    assert world.say(30, P3, name="Cici").outcome == "committed"


def test_a_reset_goes_on_to_the_client_whom_a_kept_change_meets(world: World) -> None:
    assert world.change(20, [P2], [P3]) == "kept"
    world.say(30, P3, name="Andi")
    world.say(0, P1, name="Andi")
    assert world.reset(P1) == 1
    assert world.change(10, [P1], [P2]) == "reset"
    assert world.names() == {}


def test_a_reset_goes_on_along_no_kept_change_of_another_bsuid(world: World) -> None:
    assert world.change(20, [P2, B], [P3, B]) == "kept"
    world.say(0, P1, A, name="Andi")
    assert world.reset(P1) == 1
    world.change(10, [P1, A], [P2, A])
    assert world.say(30, P3, B, name="Budi").outcome == "committed"


def test_an_earlier_owner_of_a_number_is_not_reset_with_who_comes_to_it(world: World) -> None:
    world.say(0, P1, name="Andi")
    world.say(1, P3, name="Budi")
    assert world.reset(P3) == 1
    assert world.change(20, [P3], [P1]) == "forgotten"
    assert list(world.names().values()) == ["Andi"]
    # As without a reset, the number is not Andi's any more.
    assert world.say(30, P1, name="Budi").outcome == "forgotten"
    (client,) = world.names()
    assert world.notes(client) == ["earlier_owner"]
    # Nor is Andi reset by a change of its own from before.
    assert world.change(10, [P1], [P2]) == "moved"
    assert world.say(40, P2).told == "Andi"


def test_a_reset_by_a_kept_change_spares_the_earlier_owner_of_its_new_number(world: World) -> None:
    world.say(0, P1, name="Andi")
    assert world.change(20, [P3], [P1]) == "kept"
    world.say(1, P3, name="Budi")
    assert world.reset(P3) == 1
    assert world.change(10, [P1], [P2]) == "moved"
    assert world.say(40, P2).told == "Andi"


def test_who_comes_back_after_a_kept_change_keeps_number_and_memory(world: World) -> None:
    assert world.change(10, [P1], [P2]) == "kept"
    world.say(0, P1, name="Andi")
    assert world.change(20, [P2], [P1]) == "moved"
    assert world.say(30, P1).told == "Andi"
    # From where it was between, and from there before that.
    assert world.say(15, P2).told == "Andi"
    assert world.say(5, P1).told == "Andi"
    assert list(world.names()) == [f"{P1}@c.us"]
    assert world.reset(P1) == 1
    assert world.say(16, P2).outcome == "forgotten"


def test_messages_are_parted_from_the_next_owners_by_the_senders_time(world: World) -> None:
    world.say(25, P1, name="Budi")
    assert world.say(0, P1, name="Andi").outcome == "committed"
    world.say(26, P1, name="Cici")
    assert world.change(10, [P1], [P2]) == "moved"
    said = fetch(
        world.conn,
        """SELECT "userId", count(*) FILTER (WHERE direction = 'in'), array_agg(body ORDER BY id)
            FILTER (WHERE direction = 'out') FROM "Conversation" GROUP BY 1 ORDER BY 1""",
    )
    heard = {row[0]: (row[1], [answer.split()[-1] for answer in row[2]]) for row in said}
    # What was answered goes with what it answers.
    assert heard == {f"{P1}@c.us": (2, ["Budi", "Cici"]), f"{P2}@c.us": (1, ["Andi"])}
    assert one(world.conn, 'SELECT "beganAt" FROM "User" WHERE id = %s', f"{P1}@c.us") == second(25)


def test_a_reset_of_who_came_back_covers_the_number_when_the_first_change_is_told_last(
    world: World,
) -> None:
    assert world.change(20, [P2], [P1]) == "kept"
    lost = world.say(0, P1).id
    world.say(25, P1, name="Andi")
    assert lost is not None
    assert world.reset(lost) == 1
    assert world.change(10, [P1], [P2]) == "reset"
    assert world.say(26, P1).told is None


def test_a_reset_of_an_earlier_owner_keeps_what_is_set_aside_of_the_present_one(
    world: World,
) -> None:
    world.say(0, P1, name="Andi")
    assert world.change(10, [P1], [P2]) == "moved"
    world.say(20, P1, name="Budi")
    world.conn.execute(
        'INSERT INTO "SetAside" (address, item, reason) VALUES (%s, %s, %s)', (P1, f"of {P1}", "")
    )
    assert world.reset(P2) == 1
    assert one(world.conn, 'SELECT count(*) FROM "SetAside"') == 1
    assert world.say(30, P1).told == "Budi"


def test_a_number_that_another_person_is_said_to_have_since_leads_to_nobody(world: World) -> None:
    a0, a4, c0, c2 = (f"ID.1000000000000000{n}" for n in (10, 14, 20, 22))
    p1, p3, p4 = (f"62811000000{n}" for n in (1, 3, 4))
    world.say(1, p3, c0, name="Andi")
    assert world.change(6, [a0, p1], [a4, p4]) == "kept"
    assert world.change(4, [c0, p3], [c2, p4]) == "moved"
    assert world.say(8, p4).told is None
    assert world.say(9, c2).told == "Andi"
    assert world.say(5, p4, c2).outcome == "committed"
    assert world.say(10, p4, a4).told is None
