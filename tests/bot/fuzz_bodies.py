"""`make fuzz`: many bodies at the reader, and a fiftieth as many at a bot over HTTP.

They are the bodies of test_kinds.py, changed at random, and a fiftieth as many that hypothesis
makes up. NOVABOT_FUZZ_BODIES says how many, NOVABOT_FUZZ_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.nova import nova
from app.simulator.cloud_api import encode
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID
from tests.bot.test_kinds import TABLE, make_one
from tests.unit.whatsapp.read_bodies import PHONE, USER_ID
from tests.unit.whatsapp.test_payload import VALUES, try_to_read, try_to_read_raw

BODIES = int(os.environ.get("NOVABOT_FUZZ_BODIES", "100000"))
SEED = int(os.environ.get("NOVABOT_FUZZ_SEED", "0")) or secrets.randbelow(2**32)
GROWTH = 40
"""MiB that a process may grow between the fifth of a run and its end."""
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1e308, "", "\0", "\ud800", "x" * 70_000, [], {}, [[[]]], {"": {}},
    "messages", "text", "system", "edit", PHONE, USER_ID, "0", "99999999999999", NUMBER_ID,
    {"\udfff": "\udfff"}, "حبيبي", "👍🏽", "hapus data saya", "YA HAPUS",
)  # fmt: skip

pytestmark = pytest.mark.timeout(3600)


def test_no_body_makes_the_reader_raise_or_grow() -> None:
    print(f"NOVABOT_FUZZ_SEED={SEED}")
    before = 0.0
    for place, raw in enumerate(make_bodies(BODIES)):
        if place == BODIES // 5:
            before = read_memory()
        try_to_read_raw(raw, NUMBER_ID)
    assert read_memory() - before < GROWTH


@settings(max_examples=BODIES // 50, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_no_value_that_hypothesis_makes_up_makes_the_reader_raise(value: dict[str, Any]) -> None:
    for field in ("messages", "standby", "calls", "messaging_handovers"):
        entry = {"changes": [{"field": field, "value": value}]}
        try_to_read({"object": "whatsapp_business_account", "entry": [entry]})


async def test_a_bot_answers_every_body_and_does_not_grow(start_bot: StartBot) -> None:
    print(f"NOVABOT_FUZZ_SEED={SEED}")
    bot = await start_bot(nova())
    count = BODIES // 50
    before = 0.0
    for place, raw in enumerate(make_bodies(count)):
        if place == count // 5:
            before = read_memory()
        answer = await bot.post(raw)
        assert answer.status_code in (200, 400), raw[:4000]
    assert (await bot.get("/ready")).status_code == 200
    assert read_memory() - before < GROWTH


def make_bodies(count: int) -> Iterator[bytes]:
    chance = random.Random(SEED)
    for number in range(count):
        expected = chance.choice(TABLE)
        body: Any = deepcopy(make_one(expected, f"62813{number % 500:08}", str(number)))
        for _ in range(chance.randrange(5)):
            change_somewhere(body, chance)
        raw = encode(body)
        if chance.random() < 0.1:
            raw = change_bytes(raw, chance)
        yield raw


def change_somewhere(body: Any, chance: random.Random) -> None:
    """One value becomes another one, goes, or comes twice."""
    places = [
        (holder, key)
        for holder in walk(body)
        for key in (list(holder) if isinstance(holder, dict) else range(len(holder)))
    ]
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        case 2 if isinstance(holder, dict):
            holder[chance.choice(("text", "type", "id", "edit", "\ud800"))] = deepcopy(holder[key])
        case 3:
            other, where = chance.choice(places)
            holder[key] = deepcopy(other[where])
        case _:
            holder[key] = deepcopy(chance.choice(ODD))


def walk(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) and value:
        yield value
        for inner in list(value.values()) if isinstance(value, dict) else list(value):
            yield from walk(inner)


def change_bytes(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(changed))
        if chance.random() < 0.5:
            changed[place] = chance.randrange(256)
        else:
            del changed[place : place + chance.randrange(1, 20)]
        if not changed:
            return b""
    return bytes(changed)


def read_memory() -> float:
    """MiB that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
