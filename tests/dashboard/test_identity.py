"""What happened to clients' addresses, as pages tell it: rules 2, 5, 9 of docs/identity.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote

import httpx2 as httpx
import psycopg
import pytest

from app.dashboard.web.i18n import LOCALES, load_language
from tests.dashboard.running import shown_ids
from tests.sessions.turns import find_everywhere
from tests.sql.acts import one
from tests.sql.persons import World, refuse

P1, P2 = "6281717407674", "6281717407675"
A, B = "ID.100000000000000001", "ID.100000000000000002"


@pytest.fixture
def world(connection: psycopg.Connection) -> World:
    return World(connection)


def change_number(world: World) -> None:
    world.say(0, P1, A, name="Petang")
    world.change(10, [P1], [P2])


def change_user_id(world: World) -> None:
    world.say(0, A, name="Petang")
    world.change(10, [A], [B], number=False)


def give_number_to_another(world: World) -> None:
    world.say(0, P1, A, name="Petang")
    world.say(10, P1, B, name="Sari")


def join_halves(world: World) -> None:
    world.say(0, P1, name="Petang")
    world.say(5, A)
    world.say(10, P1, A)


def disagree(world: World) -> None:
    world.say(0, P1, A, name="Petang")
    world.say(5, P2, B, name="Sari")
    world.say(10, P2, A)


def change_to_a_known_number(world: World) -> None:
    world.say(0, P1, name="Petang")
    world.say(5, P2, name="Sari")
    world.change(10, [P1], [P2])


def fail_to_move(world: World) -> None:
    world.say(0, P1, A, name="Petang")
    refuse(world.conn, "UPDATE OF id")
    world.say(10, P1, B, name="Sari")


def fail_to_merge(world: World) -> None:
    world.say(0, P1, name="Petang")
    world.say(5, A, name="Petang")
    refuse(world.conn, "DELETE")
    world.say(10, P1, A)


def move_portfolio(world: World) -> None:
    for n in range(20):
        world.say(0, f"62811000{n:04}", f"ID.a{n}")
    world.say(0, P1, A, name="Petang")
    for n in range(20):
        world.say(10, f"62811000{n:04}", f"ID.b{n}")
    world.say(10, P1, B)


HAPPENINGS = [
    ("number_changed", change_number, "Before: +62 817-1740-7674 · After: +62 817-1740-7675"),
    ("user_id_changed", change_user_id, f"Before: {A} · After: {B}"),
    ("earlier_owner", give_number_to_another, "Address: +62 817-1740-7674"),
    ("merged", join_halves, ""),
    ("ids_disagree", disagree, f"Address: {A}"),
    ("ambiguous_change", change_to_a_known_number, ""),
    ("move_failed", fail_to_move, ""),
    ("merge_failed", fail_to_merge, ""),
    ("portfolio_moved", move_portfolio, ""),
]


@pytest.mark.parametrize(("kind", "happen", "addresses"), HAPPENINGS)
def test_the_page_says_in_both_languages_what_happened_to_the_addresses(
    ana: httpx.Client,
    world: World,
    kind: str,
    happen: Callable[[World], None],
    addresses: str,
) -> None:
    happen(world)
    client = one(world.conn, "SELECT id FROM \"User\" WHERE nama = 'Petang' ORDER BY id LIMIT 1")
    page = f"/clients/{quote(client, safe='')}"
    for locale in LOCALES:
        answer = ana.get(page, headers={"Accept-Language": locale})
        assert answer.status_code == 200
        texts = load_language(locale).texts
        shown = read_text(answer.text)
        assert texts["client.notes"] in shown
        assert texts[f"note.{kind}"] in shown
    assert addresses in read_text(ana.get(page).text)
    # The page does not need its notes.
    world.conn.execute('DELETE FROM "IdentityNote"')
    bare = ana.get(page)
    assert bare.status_code == 200
    assert load_language("en").texts["client.notes"] not in bare.text


def read_text(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_latest_note_comes_first_and_a_kind_of_a_later_release_is_named(
    ana: httpx.Client, world: World
) -> None:
    change_number(world)
    world.conn.execute('ALTER TABLE "IdentityNote" DROP CONSTRAINT kind_is_known')
    world.conn.execute(
        'INSERT INTO "IdentityNote" ("userId", kind, at, detail)'
        """ VALUES (%s, 'sim_swapped', 'infinity', '{"x": "<b>"}')""",
        [f"{P2}@c.us"],
    )
    html = ana.get(f"/clients/{P2}@c.us").text
    assert html.index("(sim_swapped)") < html.index("another phone number now")
    assert "<b>" not in html


def test_a_reset_of_a_client_leaves_nothing_of_what_happened_to_it(
    ana: httpx.Client, world: World
) -> None:
    change_number(world)
    assert {*find_everywhere(world.conn, P1)} == {"FormerAlias", "IdentityNote"}
    confirm = read_text(ana.get(f"/clients/{P2}@c.us/reset").text)
    assert f"1 earlier address: {P1}" in confirm
    answer = ana.post(f"/clients/{P2}@c.us/reset")
    assert answer.headers["location"].startswith("/resets/")
    for word in (P1, P2, A, "Petang"):
        assert find_everywhere(world.conn, word) == [], word


def test_pages_list_the_earlier_clients_of_a_number(ana: httpx.Client, world: World) -> None:
    give_number_to_another(world)
    owner, earlier = f"/clients/{P1}@c.us", f"/clients/{A}"
    link = f'<a href="{earlier}"><bdi>Petang</bdi></a>'
    for page in (owner, f"{owner}/reset"):
        assert link in ana.get(page).text
    assert "Earlier addresses +62 817-1740-7674" in read_text(ana.get(earlier).text)
    assert "Earlier clients" not in ana.get(earlier).text
    # A reset of the one leaves the other, as its page says.
    ana.post(f"{owner}/reset")
    assert world.names() == {A: "Petang"}
    ana.post(f"{earlier}/reset")
    for word in (P1, A, B, "Petang", "Sari"):
        assert find_everywhere(world.conn, word) == [], word


def test_an_earlier_client_without_any_address_is_told_from_the_owner_of_its_number(
    ana: httpx.Client, world: World
) -> None:
    world.say(0, P1)
    incarnation = str(one(world.conn, 'SELECT incarnation FROM "User"'))
    world.silence(f"{P1}@c.us", 91)
    world.say(10, P1, B)
    earlier = f"/clients/{P1}%23{incarnation}"
    label = f"+62 817-1740-7674 #{incarnation[:8]}"
    html = ana.get(f"/clients/{P1}@c.us").text
    assert f'<a href="{earlier}"><bdi>{label}</bdi></a>' in html
    page = ana.get(earlier)
    assert page.status_code == 200
    assert f"<h1><bdi>{label}</bdi></h1>" in page.text
    assert f"Reset {label}?" in read_text(ana.get(f"{earlier}/reset").text)
    ana.post(f"{earlier}/reset", data={"incarnation": incarnation})
    assert list(world.names()) == [f"{P1}@c.us"]


def test_a_search_by_a_number_finds_its_earlier_clients_too(
    ana: httpx.Client, world: World
) -> None:
    give_number_to_another(world)
    world.say(20, P2, name="Dewi")
    for typed in ("0817-1740-7674", "817 1740 7674", "17407674"):
        found = shown_ids(ana.get("/clients", params={"q": typed}).text)
        assert sorted(found) == [f"{P1}@c.us", A], typed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("5215512345678", ["+52 55 1234 5678", "+52 1 55 1234 5678", "+52 1 55", "5255"]),
        ("525512345678", ["+52 55 1234 5678", "+52 1 55 1234 5678", "5255"]),
        ("5491112345678", ["+54 9 11 1234 5678", "+54 11 1234 5678", "54911"]),
        ("541112345678", ["+54 9 11 1234 5678", "+54 11 1234 5678", "+54 11 12"]),
        ("5511987654321", ["+55 11 98765-4321", "+55 11 8765-4321", "551198"]),
        ("551187654321", ["+55 11 98765-4321", "+55 11 8765-4321", "+55 11 87"]),
    ],
)
def test_a_search_finds_a_number_by_its_other_national_spelling(
    ana: httpx.Client, world: World, written: str, typed: list[str]
) -> None:
    world.say(0, written, name="Ana")
    world.say(0, P2, name="Dewi")
    for number in typed:
        found = shown_ids(ana.get("/clients", params={"q": number}).text)
        assert found == [f"{written}@c.us"], number


def test_the_bots_page_says_that_the_number_moved_to_another_portfolio(
    ana: httpx.Client, world: World
) -> None:
    english, indonesian = "were split in two", "terpisah menjadi dua"
    assert english not in ana.get("/bots").text
    move_portfolio(world)
    assert english in ana.get("/bots").text
    assert indonesian in ana.get("/bots", headers={"Accept-Language": "id"}).text
    world.conn.execute('UPDATE "IdentityNote" SET "notedAt" = now() - interval \'8 days\'')
    assert english not in ana.get("/bots").text
