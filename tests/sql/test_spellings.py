"""National spellings of one number are one address, in SQL as in Python."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.addresses import canonical, is_bsuid, is_phone
from app.database.migrating.migrations import migrate
from tests.sql.acts import (
    NOTHING,
    STRANGER,
    add_client,
    counts,
    fetch,
    last_reset,
    load,
    one,
    remaining,
    take_turn,
)

PAIRS = {
    "5215512345678": "525512345678",
    "541123456789": "5491123456789",
    "551187654321": "5511987654321",
}
"""What a country also writes, and the canonical form."""
ALONE = (
    "525512345678",
    "5491123456789",
    "5511987654321",
    "551147654321",  # a landline in São Paulo
    "5511547654321",
    "55118765432",
    "521551234567",
    "52155123456789",
    "54112345678",
    "5411234567890",
    "6281717407674",
    "ID.1a2b3c",
    "5215512345678@c.us",
)
NUMBERS = st.one_of(
    st.from_regex(r"(52|521|54|549|55)[0-9]{8,12}", fullmatch=True),
    st.from_regex(r"[0-9]{4,21}", fullmatch=True),
)
ADDRESSES = st.one_of(
    NUMBERS,
    st.from_regex(r"[A-Za-z]{1,3}\.([Ee][Nn][Tt]\.)?[A-Za-z0-9_]{0,4}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)


def test_a_number_has_one_canonical_form(connection: psycopg.Connection) -> None:
    for address, wanted in [*PAIRS.items(), *((alone, alone) for alone in ALONE)]:
        assert canonical(address) == wanted
        assert one(connection, "SELECT novabot_internal.canonical_address(%s)", address) == wanted
        spellings = one(connection, "SELECT novabot_internal.spellings_of(%s)", address)
        assert spellings[0] == wanted
        assert address in spellings
        assert {canonical(spelling) for spelling in spellings} == {wanted}


def test_python_and_sql_agree_on_every_address(connection: psycopg.Connection) -> None:
    statement = (
        "SELECT novabot_internal.canonical_address(%s), novabot_internal.is_phone(%s),"
        " novabot_internal.is_bsuid(%s)"
    )

    @given(ADDRESSES)
    def agree(address: str) -> None:
        (said,) = connection.execute(statement, (address,) * 3).fetchall()
        assert said == (canonical(address), is_phone(address), is_bsuid(address))
        assert canonical(canonical(address)) == canonical(address)

    agree()


@pytest.mark.parametrize(("other", "number"), PAIRS.items())
def test_one_client_whatever_the_spelling_and_answers_go_to_the_one_that_wrote(
    connection: psycopg.Connection, other: str, number: str
) -> None:
    for first, second in ((other, number), (number, other)):
        turn = take_turn(connection, STRANGER, addresses=[first], learnt_name="Joko")
        assert (turn.outcome, turn.id) == ("committed", f"{first}@c.us")
        known = load(connection, second)
        assert known.id == f"{first}@c.us"
        take_turn(connection, known, addresses=[second])
        asked = fetch(
            connection, "SELECT address FROM \"Conversation\" WHERE direction = 'out' ORDER BY id"
        )
        assert [row.address for row in asked] == [first, second]
        assert one(connection, "SELECT clients FROM reset_client(%s)", second) == 1
        assert remaining(connection) == NOTHING
        late = last_reset(connection).at - timedelta(minutes=10)
        for spelling in (first, second):
            said = take_turn(connection, STRANGER, addresses=[spelling], written_at=late)
            assert said.outcome == "forgotten"
        connection.execute('TRUNCATE "Forgotten", "Delivery"')


@pytest.mark.parametrize(("other", "number"), PAIRS.items())
def test_a_reset_takes_both_clients_that_stand_under_one_number(
    connection: psycopg.Connection, other: str, number: str
) -> None:
    for handle in (other, number, f"{other}@c.us", f"+{number}"):
        add_client(connection, f"{other}@c.us", nama="Joko", conversations=1)
        add_client(connection, f"{number}@c.us", nama="Ana", conversations=2)
        assert one(connection, "SELECT clients FROM reset_client(%s)", handle) == 2
        assert remaining(connection) == NOTHING
        assert counts(connection)[-1] == (2, 2, 3)


def test_migrating_joins_what_0_1_kept_apart(connection: psycopg.Connection) -> None:
    connection.execute('ALTER TABLE "Alias" DISABLE TRIGGER make_canonical')
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER a_own_alias_on_insert')
    for other, number in PAIRS.items():
        for spelling, nama in ((number, None), (other, f"Joko {other}")):
            client = f"{spelling}@c.us"
            add_client(connection, client, nama=nama, conversations=1, aliases=[spelling])
    add_client(connection, "541187654321@c.us", nama="Sola", aliases=["541187654321"])
    migrate(connection, force=True)
    clients = dict(connection.execute('SELECT id, nama FROM "User"').fetchall())
    assert clients == {
        **{f"{number}@c.us": f"Joko {other}" for other, number in PAIRS.items()},
        "541187654321@c.us": "Sola",
    }
    for other, number in PAIRS.items():
        assert load(connection, other).id == f"{number}@c.us"
        assert one(
            connection, 'SELECT count(*) FROM "Conversation" WHERE "userId" = %s', f"{number}@c.us"
        )
    sola = fetch(connection, 'SELECT alias, spelling FROM "Alias" WHERE "userId" ~ \'^54118\'')
    assert [tuple(row) for row in sola] == [("5491187654321", "541187654321")]
    assert one(connection, 'SELECT count(*) FROM "Forgotten"') == 0


def test_a_pair_that_cannot_be_joined_stays_two_clients_and_is_still_reset_as_one(
    connection: psycopg.Connection,
) -> None:
    other, number = next(iter(PAIRS.items()))
    connection.execute('ALTER TABLE "Alias" DISABLE TRIGGER make_canonical')
    connection.execute('ALTER TABLE "User" DISABLE TRIGGER a_own_alias_on_insert')
    for spelling in (other, number):
        add_client(connection, f"{spelling}@c.us", aliases=[spelling])
    connection.execute(
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RAISE EXCEPTION ''no''; END';
           CREATE TRIGGER refuse BEFORE DELETE ON "User" FOR EACH ROW EXECUTE FUNCTION refuse()"""
    )
    migrate(connection, force=True)
    assert one(connection, 'SELECT count(*) FROM "User"') == 2
    connection.execute('DROP TRIGGER refuse ON "User"')
    assert one(connection, "SELECT clients FROM reset_client(%s)", other) == 2
    assert remaining(connection) == NOTHING
