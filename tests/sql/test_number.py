"""The number's state: what slows or stops it, what lets it go on, and what expires meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.sql.acts import CLIENT, add_client, fetch, one, queue_answer
from tests.sql.test_outbox import message, start_bot

NUMBER, OLD_TOKEN, NEW_TOKEN = "105550001", b"\x01" * 32, b"\x02" * 32
OTHER = "628999@c.us"


def state(
    conn: psycopg.Connection,
    token: bytes = OLD_TOKEN,
    per_second: float = 80,
    bot: UUID | None = None,
) -> Any:
    query = "SELECT * FROM novabot_internal.number_state(%s, %s, %s, %s)"
    return fetch(conn, query, NUMBER, token, bot, per_second)[0]


def refuse(
    conn: psycopg.Connection,
    action: str,
    *,
    code: int = 190,
    client: str = CLIENT,
    token: bytes = OLD_TOKEN,
    by_hand: bool = False,
    begun_ago: float = 0,
    retry_after: float | None = None,
    per_second: float = 80,
) -> str:
    return one(
        conn,
        "SELECT novabot_internal.note_refusal(%s, %s, %s, %s, 'no', %s, %s,"
        " %s * interval '1 second', %s, %s)",
        *(NUMBER, token, action, code, by_hand, client, begun_ago, retry_after, per_second),
    )


def pass_time(conn: psycopg.Connection, seconds: float) -> None:
    """As if the row had been written so much earlier."""
    conn.execute(
        'UPDATE "Number" SET "dueAt" = "dueAt" - %(s)s * interval \'1 second\','
        " since = since - %(s)s * interval '1 second',"
        ' "stoppedAt" = "stoppedAt" - %(s)s * interval \'1 second\'',
        {"s": seconds},
    )


def send(
    conn: psycopg.Connection,
    bot: UUID,
    client: str = CLIENT,
    *,
    token: bytes = OLD_TOKEN,
    is_try: bool = False,
    is_paced: bool = False,
    kept_for: str = "1 hour",
) -> list[Any]:
    return fetch(
        conn,
        "SELECT * FROM novabot_internal.start_sending(%s, %s, '{}', NULL, %s, %s, %s, %s, %s)",
        *(client, bot, NUMBER, token, is_try, is_paced, kept_for),
    )


@pytest.fixture
def bot(connection: psycopg.Connection) -> UUID:
    add_client(connection)
    add_client(connection, OTHER)
    return start_bot(connection)


def test_nothing_refused_is_running_at_the_rate_that_is_set(
    connection: psycopg.Connection, bot: UUID
) -> None:
    assert (state(connection, bot=bot).state, state(connection, bot=bot).share) == ("running", 80)
    assert state(connection, per_second=0, bot=bot).share is None
    assert one(connection, 'SELECT count(*) FROM "Number"') == 0


# Slowed


def test_all_bots_pause_together_and_climb_back(connection: psycopg.Connection, bot: UUID) -> None:
    queue_answer(connection)
    assert refuse(connection, "slow_number", code=130429) == "slowed"
    slowed = state(connection, NEW_TOKEN, bot=bot)
    assert (slowed.state, slowed.code) == ("slowed", 130429)
    assert 0 < slowed.due_in <= 0.5
    assert send(connection, bot) == send(connection, bot, token=NEW_TOKEN) == []
    pass_time(connection, 0.6)
    assert 39 < state(connection, bot=bot).share < 45
    assert len(send(connection, bot)) == 1
    pass_time(connection, 5)
    assert 71 < state(connection, bot=bot).share < 74
    pass_time(connection, 6)
    assert state(connection, bot=bot).state == "running"


def test_refusals_of_what_was_begun_before_the_pause_do_not_make_it_longer(
    connection: psycopg.Connection,
) -> None:
    refuse(connection, "slow_number")
    before = fetch(connection, 'SELECT * FROM "Number"')
    assert refuse(connection, "slow_number", begun_ago=0.1) == "slowed"
    assert fetch(connection, 'SELECT * FROM "Number"') == before


def test_a_limit_that_stays_makes_pauses_grow_to_a_minute_and_leaves_a_trickle(
    connection: psycopg.Connection, bot: UUID
) -> None:
    pauses = []
    for _ in range(12):
        refuse(connection, "slow_number")
        pauses.append(state(connection, bot=bot).due_in)
        pass_time(connection, pauses[-1] + 0.01)
    assert [round(pause, 1) for pause in pauses] == [0.5, 1, 2, 4, 8, 16, 32, *[60] * 5]
    assert state(connection, bot=bot).share < 1


def test_a_pause_is_as_long_as_whatsapp_asks_for(connection: psycopg.Connection, bot: UUID) -> None:
    refuse(connection, "slow_number", retry_after=17)
    assert 16 < state(connection, bot=bot).due_in <= 17


def test_without_a_rate_of_our_own_the_one_that_was_sent_counts(
    connection: psycopg.Connection, bot: UUID
) -> None:
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0, 40)", (bot,))
    refuse(connection, "slow_number", per_second=0)
    pass_time(connection, 0.6)
    assert 19 < state(connection, per_second=0, bot=bot).share < 23


def test_each_bot_has_a_share_by_what_it_had_to_send(
    connection: psycopg.Connection, bot: UUID
) -> None:
    busy = start_bot(connection)
    connection.execute("SELECT novabot_internal.report_bot(%s, 'here', 1, true, 0, 77)", (busy,))
    assert state(connection, bot=busy).share == pytest.approx(80 * 78 / 79)
    assert state(connection, bot=bot).share == pytest.approx(80 / 79)
    connection.execute("SELECT novabot_internal.retire_bot(%s)", (busy,))
    assert state(connection, bot=bot).share == 80


# Stopped


def test_a_refused_token_stops_the_bots_that_have_it_and_no_others(
    connection: psycopg.Connection, bot: UUID
) -> None:
    queue_answer(connection)
    assert refuse(connection, "stop_now") == "stopped"
    assert state(connection, bot=bot).state == "stopped"
    assert state(connection, NEW_TOKEN, bot=bot).state == "running"
    assert send(connection, bot) == []
    assert len(send(connection, bot, token=NEW_TOKEN)) == 1


def test_a_refusal_of_one_client_stops_nothing_and_that_of_a_second_one_everything(
    connection: psycopg.Connection, bot: UUID
) -> None:
    for _ in range(3):
        assert refuse(connection, "stop_if_confirmed", code=131031) == "suspected"
    assert state(connection, bot=bot).is_suspected
    assert state(connection, bot=bot).state == "running"
    gone = refuse(connection, "stop_if_confirmed", code=131031, client="nobody@c.us")
    assert gone == "suspected"
    assert (
        refuse(connection, "stop_if_confirmed", code=131031, client=OTHER, by_hand=True)
        == "stopped"
    )
    stopped = state(connection, NEW_TOKEN, bot=bot)
    assert (stopped.state, stopped.by_hand, stopped.code) == ("stopped", True, 131031)


def test_a_suspicion_ends_with_the_next_message_that_is_taken_or_after_an_hour(
    connection: psycopg.Connection, bot: UUID
) -> None:
    note = "SELECT novabot_internal.note_acceptance(%s, %s, %s * interval '1 second')"
    refuse(connection, "stop_if_confirmed", code=10)
    assert not one(connection, note, NUMBER, OLD_TOKEN, 60)  # begun before it
    assert one(connection, note, NUMBER, OLD_TOKEN, 0)
    assert refuse(connection, "stop_if_confirmed", code=10, client=OTHER) == "suspected"
    pass_time(connection, 3700)
    assert refuse(connection, "stop_if_confirmed", code=10) == "suspected"


def test_a_number_that_was_slowed_long_ago_is_suspected_from_now_on(
    connection: psycopg.Connection, bot: UUID
) -> None:
    refuse(connection, "slow_number", code=130429)
    pass_time(connection, 7200)
    assert refuse(connection, "stop_if_confirmed", code=131042) == "suspected"
    assert not one(
        connection,
        "SELECT novabot_internal.note_acceptance(%s, %s, '10 seconds')",
        NUMBER,
        OLD_TOKEN,
    )
    assert refuse(connection, "stop_if_confirmed", code=131042, client=OTHER) == "stopped"


def test_a_number_slowed_anew_is_slowed_since_now(connection: psycopg.Connection) -> None:
    refuse(connection, "slow_number", code=130429)
    pass_time(connection, 7200)
    refuse(connection, "slow_number", code=130429)
    assert one(connection, "SELECT now() - since < '1 minute' FROM \"Number\"")


def test_a_refusal_of_a_client_who_was_reset_meanwhile_says_nothing_more(
    connection: psycopg.Connection,
) -> None:
    add_client(connection)
    refuse(connection, "stop_if_confirmed", code=10)
    before = fetch(connection, 'SELECT * FROM "Number"')
    assert refuse(connection, "stop_if_confirmed", code=10, client="gone@c.us") == "suspected"
    assert fetch(connection, 'SELECT * FROM "Number"') == before


def test_a_suspicion_is_renewed_by_its_client_and_ended_by_hand(
    connection: psycopg.Connection, bot: UUID
) -> None:
    refuse(connection, "stop_if_confirmed", code=10)
    pass_time(connection, 3700)
    refuse(connection, "stop_if_confirmed", code=10)
    assert refuse(connection, "stop_if_confirmed", code=10, client=OTHER) == "stopped"
    one(connection, "SELECT novabot_internal.resume_numbers()")
    refuse(connection, "stop_if_confirmed", code=10)
    assert one(connection, "SELECT novabot_internal.resume_numbers()") == 1
    assert not state(connection, bot=bot).is_suspected


def test_a_suspicion_is_seen_beside_a_token_that_was_stopped_before(
    connection: psycopg.Connection, bot: UUID
) -> None:
    refuse(connection, "stop_now")
    one(connection, "SELECT novabot_internal.resume_numbers()")
    refuse(connection, "stop_if_confirmed", code=10)
    assert state(connection, bot=bot).is_suspected


def test_one_bot_at_a_time_tries_a_stop_at_growing_distances(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]
) -> None:
    claim = "SELECT novabot_internal.claim_try(%s, %s)"
    other = connect()
    assert not one(connection, claim, NUMBER, OLD_TOKEN)
    refuse(connection, "stop_now")
    assert not one(connection, claim, NUMBER, OLD_TOKEN)
    distances = []
    for _ in range(9):
        pass_time(connection, 601)
        with connection.transaction():
            assert one(connection, claim, NUMBER, OLD_TOKEN)
            assert not one(other, claim, NUMBER, OLD_TOKEN)  # nobody waits for the row
        assert not one(other, claim, NUMBER, OLD_TOKEN)
        distances.append(round(state(connection).due_in))
    assert distances == [10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_what_only_a_person_can_mend_is_not_tried_and_goes_on_by_hand(
    connection: psycopg.Connection, bot: UUID
) -> None:
    queue_answer(connection)
    refuse(connection, "stop_if_confirmed", code=131042, by_hand=True)
    refuse(connection, "stop_if_confirmed", code=131042, by_hand=True, client=OTHER)
    pass_time(connection, 3600)
    assert not one(connection, "SELECT novabot_internal.claim_try(%s, %s)", NUMBER, OLD_TOKEN)
    note = "SELECT novabot_internal.note_acceptance(%s, %s, '0')"
    assert not one(connection, note, NUMBER, OLD_TOKEN)
    (listed,) = fetch(connection, "SELECT * FROM novabot_internal.list_numbers()")
    assert (listed.state, listed.by_hand, listed.has_token) == ("stopped", True, False)
    assert send(connection, bot) == []
    assert one(connection, "SELECT novabot_internal.resume_numbers()") == 1
    assert fetch(connection, "SELECT * FROM novabot_internal.list_numbers()") == []
    assert len(send(connection, bot)) == 1


def test_a_try_is_given_out_while_the_number_is_stopped(
    connection: psycopg.Connection, bot: UUID
) -> None:
    queue_answer(connection)
    refuse(connection, "stop_now")
    assert send(connection, bot) == []
    assert len(send(connection, bot, is_try=True)) == 1


def test_an_open_transaction_on_the_row_stops_nobody_from_sending(
    connection: psycopg.Connection, connect: Callable[[], psycopg.Connection], bot: UUID
) -> None:
    queue_answer(connection)
    refuse(connection, "slow_number")
    pass_time(connection, 30)
    dba = connect()
    dba.execute("BEGIN")
    dba.execute('UPDATE "Number" SET reason = reason')
    assert state(connection, bot=bot).state == "running"
    assert len(send(connection, bot)) == 1
    with pytest.raises(psycopg.errors.LockNotAvailable):
        refuse(connection, "slow_number")


# A client's own limit


def test_a_client_gets_45_messages_at_once_and_then_one_in_six_seconds(
    connection: psycopg.Connection, bot: UUID
) -> None:
    numbers = [queue_answer(connection) for _ in range(47)]
    for number in numbers[:45]:
        (given,) = send(connection, bot, is_paced=True)
        connection.execute("SELECT novabot_internal.settle_sent(%s, 'w')", (given.token,))
        assert message(connection, number).status == "sent"
    assert send(connection, bot, is_paced=True) == []
    waits = message(connection, numbers[45])
    due = one(
        connection,
        'SELECT extract(EPOCH FROM "dueAt" - now()) FROM "Conversation" WHERE id = %s',
        numbers[45],
    )
    assert (waits.status, waits.attempts) == ("queued", 0) and 4 < due <= 6
    assert send(connection, bot, is_paced=True) == []
    connection.execute(
        'UPDATE "Conversation" SET "dueAt" = now(), "paidUntil" = "paidUntil" - interval \'6 s\''
    )
    assert len(send(connection, bot, is_paced=True)) == 1
    queue_answer(connection, OTHER)
    assert len(send(connection, bot, OTHER, is_paced=True)) == 1


# Too old to be said


@pytest.mark.parametrize(("author", "status"), [("bot", "expired"), ("operator:ana", "sending")])
def test_a_bots_answer_that_waited_too_long_expires_and_its_message_needs_a_person(
    connection: psycopg.Connection, bot: UUID, author: str, status: str
) -> None:
    add_inbound(connection)
    old, new = queue_answer(connection), queue_answer(connection)
    connection.execute(
        "UPDATE \"Conversation\" SET at = now() - interval '61 minutes', author = %s WHERE id = %s",
        (author, old),
    )
    (given,) = send(connection, bot)
    assert message(connection, old).status == status
    assert given.token == message(connection, new if status == "expired" else old).token
    inbound = one(connection, "SELECT status FROM \"Conversation\" WHERE direction = 'in'")
    assert inbound == ("unanswered" if status == "expired" else "answered")


def test_the_time_during_which_the_number_was_stopped_does_not_count(
    connection: psycopg.Connection, bot: UUID
) -> None:
    first, second = queue_answer(connection), queue_answer(connection)
    connection.execute("UPDATE \"Conversation\" SET at = now() - interval '3 hours'")
    refuse(connection, "stop_now")
    pass_time(connection, 9_000)
    assert len(send(connection, bot, is_try=True)) == 1
    connection.execute(
        "SELECT novabot_internal.settle_sent(token, 'w') FROM \"Conversation\""
        " WHERE status = 'sending'"
    )
    one(connection, "SELECT novabot_internal.note_acceptance(%s, %s, '0')", NUMBER, OLD_TOKEN)
    # A suspicion, or a pause, since then takes nothing back.
    refuse(connection, "slow_number")
    pass_time(connection, 0.6)
    connection.execute('UPDATE "Number" SET "stoppedAt" = "stoppedAt" + interval \'0.6 s\'')
    assert len(send(connection, bot)) == 1
    assert {message(connection, n).status for n in (first, second)} == {"sent", "sending"}


@pytest.mark.parametrize("author", ["bot", "operator:ana"])
def test_nothing_is_sent_once_the_window_has_closed(
    connection: psycopg.Connection, bot: UUID, author: str
) -> None:
    number = queue_answer(connection)
    connection.execute('UPDATE "Conversation" SET author = %s', (author,))
    connection.execute('UPDATE "User" SET "windowUntil" = now() - interval \'1 second\'')
    assert send(connection, bot) == []
    assert message(connection, number).status == "expired"


def add_inbound(conn: psycopg.Connection) -> None:
    conn.execute('INSERT INTO "Conversation" ("userId", body) VALUES (%s, \'hai\')', (CLIENT,))
