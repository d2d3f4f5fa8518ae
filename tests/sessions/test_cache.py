from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sessions.cache import Cache
from app.sessions.session import Session
from tests.sessions.cache_model import Play, Step

PHONE = "6281717407674"
BSUID = "ID.4fzq0k2m9x7c1w"


def make_session(number: int = 0, nama: str | None = None) -> Session:
    return Session(id=f"{number}@c.us", incarnation=UUID(int=number + 1), nama=nama)


def make_cache(limit: int = 100, is_trusted: Callable[[], bool] = lambda: True) -> Cache:
    return Cache(limit, is_trusted)


def keep(cache: Cache, session: Session, address: str) -> None:
    assert cache.keep(session, address, cache.mark())


def test_what_was_kept_is_found_again() -> None:
    cache = make_cache()
    session = make_session()
    keep(cache, session, PHONE)
    assert cache.find(PHONE) is session
    assert cache.find("6281298765432") is None


def test_the_newer_session_of_a_client_replaces_the_older() -> None:
    cache = make_cache()
    keep(cache, make_session(nama="Petang"), PHONE)
    newer = make_session(nama="Budi")
    keep(cache, newer, PHONE)
    assert cache.find(PHONE) is newer
    assert len(cache) == 1


def test_a_client_is_found_at_every_address_it_wrote_from() -> None:
    cache = make_cache()
    session = make_session()
    keep(cache, session, PHONE)
    keep(cache, session, BSUID)
    assert cache.find(PHONE) is cache.find(BSUID) is session
    assert len(cache) == 1


def test_an_eviction_empties_every_address_of_the_client() -> None:
    cache = make_cache()
    session = make_session()
    keep(cache, session, PHONE)
    keep(cache, session, BSUID)
    assert cache.evict([UUID(int=1)]) == 1
    assert cache.find(PHONE) is None and cache.find(BSUID) is None
    assert len(cache) == 0


def test_an_address_that_moved_takes_its_old_client_along() -> None:
    cache = make_cache()
    keep(cache, make_session(1), PHONE)
    keep(cache, make_session(1), BSUID)
    newcomer = make_session(2)
    keep(cache, newcomer, PHONE)
    assert cache.find(PHONE) is newcomer
    assert cache.find(BSUID) is None


def test_another_life_of_a_client_leaves_nothing_of_the_one_before() -> None:
    cache = make_cache()
    keep(cache, make_session(), PHONE)
    keep(cache, make_session(), BSUID)
    reborn = Session(id="0@c.us", incarnation=uuid4())
    keep(cache, reborn, PHONE)
    assert cache.find(PHONE) is reborn
    assert cache.find(BSUID) is None
    assert cache.evict([UUID(int=1)]) == 0


def test_a_life_that_moved_to_another_id_is_remembered_once() -> None:
    cache = make_cache(limit=1)
    before = make_session()
    keep(cache, before, PHONE)
    renamed = Session(id=BSUID, incarnation=before.incarnation)
    keep(cache, renamed, BSUID)
    assert cache.find(PHONE) is None
    assert cache.evict([UUID(int=1)]) == 1
    assert len(cache) == 0


def test_the_least_recently_used_session_goes_first() -> None:
    cache = make_cache(limit=3)
    for number in range(3):
        keep(cache, make_session(number), str(number))
    cache.find("0")
    keep(cache, make_session(3), "3")
    assert [cache.find(str(number)) is not None for number in range(4)] == [
        True,
        False,
        True,
        True,
    ]
    assert len(cache) == 3


def test_there_are_never_more_sessions_than_the_limit() -> None:
    cache = make_cache(limit=10)
    for number in range(1_000):
        keep(cache, make_session(number), str(number))
        assert len(cache) <= 10


def test_an_eviction_by_incarnation_counts_what_it_dropped() -> None:
    cache = make_cache()
    for number in range(5):
        keep(cache, make_session(number), str(number))
    assert cache.evict([UUID(int=1), UUID(int=3), uuid4()]) == 2
    assert cache.evict([UUID(int=1)]) == 0
    assert len(cache) == 3


def test_an_eviction_by_id_drops_that_client_alone() -> None:
    cache = make_cache()
    keep(cache, make_session(1), "1")
    keep(cache, make_session(2), "2")
    assert cache.evict_client("1@c.us") == 1
    assert cache.evict_client("1@c.us") == 0
    assert cache.find("1") is None and cache.find("2") is not None


async def test_all_sessions_can_be_evicted() -> None:
    cache = make_cache()
    for number in range(5):
        keep(cache, make_session(number), str(number))
    assert cache.evict_all() == 5
    assert cache.evict_all() == 0
    assert len(cache) == 0 and cache.find("1") is None


@pytest.mark.parametrize(
    "evict",
    [
        lambda cache: cache.evict([UUID(int=1)]),
        lambda cache: cache.evict([uuid4()]),
        lambda cache: cache.evict([]),
        lambda cache: cache.evict_client("0@c.us"),
        lambda cache: cache.evict_client("unknown"),
        lambda cache: cache.evict_all(),
    ],
    ids=["this incarnation", "another incarnation", "none", "this id", "another id", "all"],
)
def test_what_any_eviction_overtook_is_not_kept(evict: Callable[[Cache], int]) -> None:
    cache = make_cache()
    mark = cache.mark()
    evict(cache)
    assert not cache.keep(make_session(), PHONE, mark)
    assert cache.find(PHONE) is None
    assert cache.keep(make_session(), PHONE, cache.mark())


def test_a_stranger_is_not_remembered() -> None:
    cache = make_cache()
    assert not cache.keep(Session(), PHONE, cache.mark())
    assert len(cache) == 0


def test_a_cache_that_is_not_trusted_drops_all_sessions_at_the_next_use() -> None:
    trusted = True
    cache = make_cache(is_trusted=lambda: trusted)
    keep(cache, make_session(1), "1")
    keep(cache, make_session(2), "2")
    mark = cache.mark()
    trusted = False
    assert cache.find("1") is None
    assert len(cache) == 0
    assert not cache.keep(make_session(1), "1", cache.mark())
    trusted = True
    assert cache.find("1") is None and cache.find("2") is None
    assert not cache.keep(make_session(1), "1", mark)


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage collection, whose own pauses would be measured."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collection")
async def test_dropping_a_million_sessions_does_not_hold_up_the_loop() -> None:
    cache = make_cache(limit=1_000_000)
    for number in range(1_000_000):
        cache.keep(make_session(number), str(number), 0)
    assert len(cache) == 1_000_000
    # The time that this thread was at work: a busy machine is no fault of the cache.
    begun = time.thread_time()
    assert cache.evict_all() == 1_000_000
    swapping = time.thread_time() - begun
    assert len(cache) == 0 and cache.find("7") is None
    rounds: list[float] = []
    for _ in range(600):
        begun = time.thread_time()
        await asyncio.sleep(0)
        rounds.append(time.thread_time() - begun)
    assert swapping < 0.02
    assert sum(rounds) > 0.1, "nothing was freed in slices"
    # Cold caches and the host's other guests stretch single rounds: not one may be most of it,
    # and nearly all are short.
    assert max(rounds) < sum(rounds) / 4, "the loop stood still for most of the work"
    assert sorted(rounds)[-10] < 0.05, f"the loop stood still for {sorted(rounds)[-10]:.3f} s"


KINDS = ("find", "keep", "keep late", "evict", "evict id", "evict all", "distrust")
STEPS = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    client=st.integers(0, 5),
    incarnation=st.integers(0, 17),
    address=st.integers(0, 8),
    name=st.sampled_from([None, "Petang", "Budi"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_the_cache_does_what_its_model_does(steps: list[Step]) -> None:
    play = Play()
    for step in steps:
        play.take(step)
    play.compare()


@pytest.mark.parametrize("seed", range(4))
def test_the_cache_does_what_its_model_does_for_a_hundred_thousand_steps(seed: int) -> None:
    dice = random.Random(seed)
    weights = [40, 40, 6, 6, 3, 1, 1]
    play = Play()
    for number in range(50_000):
        client = dice.randrange(6)
        play.take(
            Step(
                dice.choices(KINDS, weights)[0],
                client=client,
                # Mostly a client's own incarnations, now and then one that has moved to another id.
                incarnation=3 * client + dice.randrange(3)
                if dice.random() < 0.9
                else dice.randrange(18),
                address=client if dice.random() < 0.7 else dice.randrange(9),
            )
        )
        if number % 500 == 0:
            play.compare()
    play.compare()
