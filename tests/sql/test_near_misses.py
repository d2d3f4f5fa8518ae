"""Near misses: what a handle that leads to no client may have been meant for."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.acts import PHONE, add_client, fetch, one
from tests.sql.persons import World


def near(connection: psycopg.Connection, handle: str, most: int = 5) -> list[tuple[str, str]]:
    rows = fetch(
        connection,
        "SELECT address, likeness FROM novabot_internal.near_misses(%s, %s)",
        handle,
        most,
    )
    return [(row.address, row.likeness) for row in rows]


@pytest.mark.parametrize(
    ("handle", "likeness"),
    [
        ("0817-1740-7675", "slip"),
        ("0817-1740-767", "slip"),
        ("0817-1740-76744", "slip"),
        ("0817-1740-7647", "slip"),
        ("9281717407674", "slip"),
        ("817 17407674", "same"),
        ("81717407674", "spelling"),
        ("0852-4750-7674", None),
        ("0852-1740-7674", "ending"),
        ("+1 650 740 7774", None),
        ("+44 7711 740 7674", "ending"),
        ("0817-1740-7765", None),
        ("0817-1740-7754", None),
        ("7407674", None),
        ("ID.1a2b3c", None),
    ],
)
def test_a_number_is_near_to_one_with_another_country_code_a_slip_away_or_the_same_ending(
    connection: psycopg.Connection, handle: str, likeness: str | None
) -> None:
    add_client(connection)
    assert near(connection, handle) == ([] if likeness is None else [(PHONE, likeness)])


def test_a_number_is_near_to_the_same_without_the_country_code(
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO \"User\" (id) VALUES ('81717407674@c.us')")
    assert near(connection, "0817-1740-7674") == [("81717407674", "spelling")]


def test_a_bsuid_is_near_to_the_same_letters_in_the_other_case(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, aliases=["ID.1a2b3C"])
    assert near(connection, "id.1A2B3c") == [("ID.1a2b3C", "letter_case")]
    assert near(connection, "ID.1a2b3d") == []


def test_each_client_is_named_once_by_its_nearest_address_and_the_nearest_come_first(
    connection: psycopg.Connection,
) -> None:
    add_client(connection, aliases=["6281717407699"])
    connection.execute(
        """INSERT INTO "User" (id) VALUES
        ('81717407675@c.us'), ('6285217407675@c.us'), ('6285317407675@c.us')"""
    )
    expected = [
        ("81717407675", "spelling"),
        (PHONE, "slip"),
        ("6285217407675", "ending"),
        ("6285317407675", "ending"),
    ]
    assert near(connection, "0817-1740-7675") == expected
    assert near(connection, "0817-1740-7675", 2) == expected[:2]


def test_a_former_address_is_named_as_such(connection: psycopg.Connection) -> None:
    world = World(connection)
    world.say(0, PHONE, "ID.9f3c", name="Petang")
    world.change(10, [PHONE], ["6285211112222"])
    slip = "SELECT * FROM novabot_internal.near_misses('081717407675', 5)"
    assert [tuple(row) for row in fetch(connection, slip)] == [(PHONE, "slip", True)]
    world.say(20, PHONE, "ID.5d1e", name="Sari")
    # The present owner before the earlier one.
    rows = [(PHONE, "slip", False), (PHONE, "slip", True)]
    assert [tuple(row) for row in fetch(connection, slip)] == rows


def test_a_number_in_its_other_national_spelling_is_near_to_one_a_slip_away(
    connection: psycopg.Connection,
) -> None:
    World(connection).say(0, "5215512345678")
    for handle in ("+52 55 1234 5679", "+52 1 55 1234 5679"):
        assert near(connection, handle) == [("525512345678", "slip")]


def test_what_cannot_be_read_is_near_to_no_client(connection: psycopg.Connection) -> None:
    add_client(connection)
    with pytest.raises(psycopg.DatabaseError) as raised:
        near(connection, "Petang")
    assert raised.value.sqlstate == "ST001"


def test_one_slip_changes_adds_drops_or_swaps_one_digit(connection: psycopg.Connection) -> None:
    slips = one(connection, "SELECT novabot_internal.one_digit_off('6281')")
    assert len(slips) == len(set(slips))
    for slip in ("6282", "0281", "628", "281", "62881", "06281", "62810", "2681", "6218"):
        assert slip in slips
    for other in ("6281", "62", "6283 ", "8126", "628111"):
        assert other not in slips
