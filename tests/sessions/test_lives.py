"""Generated lives: nobody is told what another one said, and what is forgotten is told no more.

People change numbers and BSUIDs, numbers change owners, WhatsApp tells late, twice, in any order or
never, and resets come between. Two bots that hear no notification answer on a real PostgreSQL. What
cannot be known is not asked for: lives.py says what that is.

The same lives each time; `NOVABOT_LIVES` asks for so many other ones. With `NOVABOT_LIVES_SHRUNK`,
a life that fails is made as short as it can be, which takes minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from app.database.pool import open_pool
from tests.sessions.playing_lives import Life, empty

ASKED_FOR = os.environ.get("NOVABOT_LIVES")
LIVES = int(ASKED_FOR or "80")
PHASES = [
    phase for phase in Phase if phase != Phase.shrink or os.environ.get("NOVABOT_LIVES_SHRUNK")
]

_PEOPLE = st.integers(0, 3)
_SHOWN = st.sampled_from(["both", "both", "number", "id"])
ACTS = st.one_of(
    st.tuples(st.just("tell"), _PEOPLE, _SHOWN, st.booleans()),
    st.tuples(st.just("ask"), _PEOPLE, _SHOWN, st.booleans()),
    st.tuples(
        st.just("move"),
        _PEOPLE,
        st.integers(0, 3),
        st.sampled_from(["both", "numbers", "ids", "never"]),
        st.booleans(),
        st.booleans(),
    ),
    st.tuples(st.just("leave"), _PEOPLE),
    st.tuples(st.just("newcomer"), _PEOPLE, st.booleans(), _SHOWN),
    st.tuples(
        st.just("settler"), st.integers(0, 3), st.sampled_from(["tell", "ask"]), st.booleans()
    ),
    st.tuples(st.just("heir"), _PEOPLE, _PEOPLE),
    st.tuples(st.just("new id"), _PEOPLE, st.booleans(), st.booleans()),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
    st.tuples(st.just("deliver"), st.integers(0, 5)),
    st.tuples(st.just("again"), st.integers(0, 9)),
    st.tuples(st.just("forget"), _PEOPLE, _SHOWN),
    st.tuples(st.just("reset"), _PEOPLE, st.sampled_from(["number", "id"])),
)
KINDS = st.lists(st.sampled_from(["both", "both", "number", "id"]), min_size=3, max_size=3)

Play = Callable[[list[str], list[tuple[Any, ...]]], None]


@pytest.fixture
def play(database_url: str, connection: psycopg.Connection) -> Iterator[Play]:
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(database_url, name="test"))

        async def live(kinds: list[str], acts: list[tuple[Any, ...]]) -> None:
            life = Life(connection, pool, kinds)
            for act in acts:
                await life.act(act)
            await life.end()

        def run(kinds: list[str], acts: list[tuple[Any, ...]]) -> None:
            empty(connection)
            runner.run(live(kinds, acts))

        try:
            yield run
        finally:
            runner.run(pool.close())


def test_the_next_owner_of_a_number_is_told_nothing(play: Play) -> None:
    @settings(phases=[Phase.explicit])
    @given(kinds=KINDS, acts=st.lists(ACTS))
    @example(kinds=["both"] * 3, acts=[("tell", 0, "both", True), ("newcomer", 0, True, "both")])
    @example(
        kinds=["both"] * 3,
        acts=[
            ("tell", 0, "both", True),
            ("tell", 0, "number", False),
            ("newcomer", 0, True, "both"),
            ("deliver", 0),
            ("ask", 3, "number", True),
        ],
    )
    def check(kinds: list[str], acts: list[tuple[Any, ...]]) -> None:
        play(kinds, acts)

    check()


@pytest.mark.timeout(120 + 2 * LIVES)
def test_nobody_is_told_what_another_one_said_or_what_is_forgotten(play: Play) -> None:
    @settings(max_examples=LIVES, phases=PHASES, derandomize=ASKED_FOR is None)
    @given(kinds=KINDS, acts=st.lists(ACTS, min_size=6, max_size=30))
    def check(kinds: list[str], acts: list[tuple[Any, ...]]) -> None:
        play(kinds, acts)

    check()
