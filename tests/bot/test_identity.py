"""Who a person is, through the webhook of one bot and of two: what the client is answered."""

from __future__ import annotations

import asyncio
import time
from itertools import permutations
from typing import Any

import psycopg
import pytest

from app.nova import nova
from app.simulator.cloud_api import JsonObject, envelope
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api, RunningBot
from tests.sessions.waiting import until
from tests.webhook_bodies import text_body

P1, P2 = "628110000001", "628110000002"
A, B = "ID.100000000000000001", "ID.100000000000000002"
NOW = int(time.time())
ASK = "siapa nama saya?"


def says(
    text: str, phone: str | None = None, bsuid: str | None = None, at: int = NOW
) -> JsonObject:
    sender = phone or bsuid
    assert sender is not None
    return text_body(sender, text, phone_number_id=NUMBER_ID, bsuid=bsuid, timestamp=at)


def changes(kind: str, at: int = NOW, sender: str | None = None, **fields: str) -> JsonObject:
    message: JsonObject = {
        "id": f"wamid.SYS{at}",
        "timestamp": str(at),
        "type": "system",
        "system": {"type": kind, **fields},
    }
    if sender is not None:
        message["from"] = sender
    metadata: JsonObject = {"display_phone_number": "1555", "phone_number_id": NUMBER_ID}
    return envelope({"metadata": metadata, "messages": [message]})


def join(*bodies: JsonObject) -> JsonObject:
    """One body with the changes of all, in their order."""
    parts: list[Any] = [body["entry"][0]["changes"][0] for body in bodies]  # type: ignore[index,call-overload]
    first: Any = bodies[0]
    entry = {**first["entry"][0], "changes": parts}
    return {**first, "entry": [entry]}


CASES = {
    "number": (
        says("nama saya Petang", P1),
        changes("user_changed_number", sender=P1, wa_id=P2),
        says(ASK, P2),
    ),
    "number and BSUID": (
        says("nama saya Petang", P1, A),
        changes("user_changed_number", previous_user_id=A, user_id=B, wa_id=P2),
        says(ASK, P2, B),
    ),
    "BSUID": (
        says("nama saya Petang", None, A),
        changes("user_changed_user_id", previous_user_id=A, user_id=B),
        says(ASK, None, B),
    ),
}


async def answer(bot: RunningBot, api: Api, body: JsonObject) -> str:
    """The answer to one message, wherever it went."""
    before = len(api.texts())
    assert await bot.deliver(body) == 200
    await until(lambda: len(api.texts()) > before, "an answer")
    return api.texts()[before]


@pytest.mark.parametrize("case", CASES)
async def test_the_client_keeps_its_memory_at_its_new_address(
    start_bot: StartBot, api: Api, connection: psycopg.Connection, case: str
) -> None:
    bot = await start_bot(nova())
    name, change, ask = CASES[case]
    await answer(bot, api, name)
    assert await bot.deliver(change) == 200
    assert "Petang" in await answer(bot, api, ask)
    clients = connection.execute('SELECT nama FROM "User"').fetchall()
    assert clients == [("Petang",)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_one_body_ends_the_same_in_every_order(
    start_bot: StartBot, api: Api, connection: psycopg.Connection, case: str, order: tuple[int, ...]
) -> None:
    bot = await start_bot(nova())
    bodies = CASES[case]
    assert await bot.deliver(join(*(bodies[place] for place in order))) == 200
    assert connection.execute('SELECT nama FROM "User"').fetchall() == [("Petang",)]
    again = says(ASK, P2 if "number" in case else None, None if case == "number" else B, NOW + 1)
    assert "Petang" in await answer(bot, api, again)


@pytest.mark.parametrize("case", CASES)
async def test_a_text_before_its_event_in_one_body_is_answered_after_it(
    start_bot: StartBot, api: Api, case: str
) -> None:
    bot = await start_bot(nova())
    name, change, ask = CASES[case]
    await answer(bot, api, name)
    assert "Petang" in await answer(bot, api, join(ask, change))


async def test_a_contact_is_found_in_another_spelling_of_its_number(
    start_bot: StartBot, api: Api
) -> None:
    bot = await start_bot(nova())
    body: Any = says("nama saya Joko", "5511987654321")
    contact = {"profile": {"name": "Jo"}, "wa_id": "551187654321", "user_id": "BR.1"}
    body["entry"][0]["changes"][0]["value"]["contacts"] = [contact]
    await answer(bot, api, body)
    assert "Joko" in await answer(bot, api, says(ASK, None, "BR.1"))


async def test_two_bots_share_what_an_event_says(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    one, other = await start_bot(nova()), await start_bot(nova())
    name, change, ask = CASES["number"]
    await answer(one, api, name)
    await answer(other, api, says("halo", P1))
    # The event comes to one bot while the other, which remembers the client, hears the next person.
    assert await one.deliver(change) == 200
    assert "Petang" not in await answer(other, api, says(ASK, P1, at=NOW + 1))
    assert "Petang" in await answer(other, api, ask)
    assert "Petang" in await answer(one, api, says(ASK, P2, at=NOW + 1))


async def test_an_event_and_the_text_after_it_in_two_bots_at_once(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    one, other = await start_bot(nova()), await start_bot(nova())
    name, change, ask = CASES["number and BSUID"]
    await answer(one, api, name)
    assert await asyncio.gather(one.deliver(change), other.deliver(ask)) == [200, 200]
    assert "Petang" in await answer(one, api, says(ASK, P2, B, at=NOW + 1))
    assert connection.execute('SELECT nama FROM "User"').fetchall() == [("Petang",)]


async def test_the_next_person_on_a_number_is_told_nothing(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(nova())
    await answer(bot, api, says("nama saya Andi", P1, A))
    assert "Andi" not in await answer(bot, api, says(ASK, P1, B))
    assert "Andi" in await answer(bot, api, says(ASK, None, A))
    ids = dict(connection.execute('SELECT id, nama FROM "User"').fetchall())
    assert ids == {A: "Andi", f"{P1}@c.us": None}


async def test_where_number_and_bsuid_disagree_the_answer_goes_to_the_bsuid(
    start_bot: StartBot, api: Api
) -> None:
    bot = await start_bot(nova())
    await answer(bot, api, says("nama saya Andi", P1))
    await answer(bot, api, says("nama saya Budi", P2, B))
    assert "Budi" in await answer(bot, api, says(ASK, P1, B))
    assert api.simulator.simulation.requests._requests[-1].to == B
    assert "Budi" in await answer(bot, api, says(ASK, P2))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("5511987654321", "551187654321"),
        ("5215512345678", "525512345678"),
        ("541123456789", "5491123456789"),
    ],
)
async def test_one_number_in_two_spellings_is_one_client(
    start_bot: StartBot, api: Api, connection: psycopg.Connection, first: str, second: str
) -> None:
    bot = await start_bot(nova())
    await answer(bot, api, says("nama saya Joko", first))
    assert "Joko" in await answer(bot, api, says(ASK, second))
    assert api.texts(second) != []
    connection.execute("SELECT reset_client(%s)", (second,))
    assert "Joko" not in await answer(bot, api, says(ASK, first, at=int(time.time())))


async def test_the_wish_from_the_new_number_forgets_what_was_said_from_the_old_one(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(nova())
    await answer(bot, api, says("nama saya Petang", P1))
    assert await bot.deliver(CASES["number"][1]) == 200
    await answer(bot, api, says("hapus data saya", P2))
    await answer(bot, api, says("YA HAPUS", P2))
    assert connection.execute('SELECT count(*) FROM "User"').fetchall() == [(0,)]
    assert "Petang" not in await answer(bot, api, says(ASK, P1, at=int(time.time())))


async def test_a_move_that_a_trigger_kept_is_made_by_the_next_upkeep(
    start_bot: StartBot, api: Api, connection: psycopg.Connection
) -> None:
    bot = await start_bot(nova())
    name, change, _ = CASES["number"]
    await answer(bot, api, name)
    connection.execute(
        """CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN RAISE EXCEPTION ''no''; END';
           CREATE TRIGGER refuse BEFORE UPDATE OF id ON "User"
           FOR EACH ROW EXECUTE FUNCTION public.refuse()"""
    )
    assert await bot.deliver(change) == 200
    assert "Petang" not in await answer(bot, api, says(ASK, P2))
    connection.execute('DROP TRIGGER refuse ON "User"')
    await start_bot(nova())

    def is_moved() -> bool:
        return connection.execute('SELECT nama FROM "User"').fetchall() == [("Petang",)]

    await until(is_moved, "the move")
    assert "Petang" in await answer(bot, api, says(ASK, P2, at=NOW + 1))
    assert "Petang" not in await answer(bot, api, says(ASK, P1, at=NOW + 1))
