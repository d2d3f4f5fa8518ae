"""Turns of remembered clients from one process, beside what a turn would cost without the fence.

All on one pool of the bot's size, in rounds that take turns. The plain transactions write the same
rows and nothing else: no lock, no comparison, no dedupe, no new revisions.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping

from psycopg.types.json import Jsonb

from app.bot.app import POOL_SIZE
from app.database.pool import Pool, open_pool
from app.database.retrying import deadline_from_now
from app.messages import Reply
from app.sessions.cache import Cache
from app.sessions.session import Session
from app.sessions.store import Committed, commit_turn, load_session
from app.sessions.turn import Turns, ask_at_once
from tests.benchmarks.chat import ANSWER, CONTEXT, TEXT, make_message, nova
from tests.benchmarks.figures import Section, run_side_by_side
from tests.benchmarks.server import Place, count_transactions, make_clients

AT_ONCE = (1, 16)
ROUNDS = 6
CALLS = {1: 60, 16: 300}
"""Of each kind in each round."""
MORE = 20
"""Turns of a remembered client, whose transactions are counted."""

Act = Callable[[int], Awaitable[object]]
"""Does it once for worker n, who has a client to itself."""


def measure(place: Place) -> Iterator[Section]:
    with place.clone() as url:
        phones = make_clients(url, 64)
        yield asyncio.run(_compare(url, phones))
    section = Section("turns: database transactions, counted by the server")
    counts = [_count(place, turns) for turns in (0, 1, 1 + MORE)]
    section.add("a turn of a client not remembered", [counts[1] - counts[0]], "transactions")
    section.add("a turn of a remembered one", [(counts[2] - counts[1]) / MORE], "transactions")
    yield section


def _count(place: Place, turns: int) -> int:
    """Transactions of so many turns of one client, opening the pool included."""
    with place.clone() as url:
        phone = make_clients(url, 1)[0]
        before = count_transactions(url)
        asyncio.run(_take_turns(url, phone, turns))
        return count_transactions(url, before)


async def _compare(url: str, phones: list[str]) -> Section:
    section = Section("turns: one process, one pool, fsync on; ÷ of rates")
    pool = await open_pool(url, name="bench", size=POOL_SIZE)
    plain_pool = await open_pool(url, name="bench plain", size=POOL_SIZE)
    try:
        acts = await _make_acts(pool, plain_pool, phones)
        for at_once in AT_ONCE:
            taken: dict[str, list[float]] = {name: [] for name in acts}
            seconds = dict.fromkeys(acts, 0.0)
            for _ in range(ROUNDS):
                for name, act in acts.items():
                    each, whole = await run_side_by_side(act, CALLS[at_once], at_once)
                    taken[name] += each
                    seconds[name] += whole
            base = None
            for name in acts:
                label = f"{at_once} at once: {name}"
                rate = len(taken[name]) / seconds[name]
                section.add(label, taken[name], "ms", than=base, rate=rate)
                base = base or label
    finally:
        await pool.close()
        await plain_pool.close()
    return section


async def _make_acts(pool: Pool, plain_pool: Pool, phones: list[str]) -> Mapping[str, Act]:
    cache = Cache(1_000, lambda: True)
    turns = Turns(pool, cache, ask_at_once(nova()))
    for phone in phones[:16]:
        await turns.take(make_message(phone))
    fenced: dict[int, Session] = {}
    for worker, phone in enumerate(phones[16:32]):
        fenced[worker] = await load_session(pool, make_message(phone), deadline_from_now())
    keys = itertools.count()

    async def select(_: int) -> None:
        async with pool.connection() as conn:
            await conn.execute("SELECT 1")

    async def write_by_statements(worker: int) -> None:
        client = f"{phones[32 + worker]}@c.us"
        async with plain_pool.connection() as conn, conn.transaction():
            await conn.execute(
                'INSERT INTO "Conversation" ("userId", body, "waMessageId") VALUES (%s, %s, %s)',
                (client, TEXT, f"wamid.{next(keys)}"),
            )
            await conn.execute(
                'INSERT INTO "Conversation" ("userId", direction, body, status, address)'
                " VALUES (%s, 'out', %s, 'queued', %s)",
                (client, ANSWER, phones[32 + worker]),
            )
            await conn.execute(
                'UPDATE "User" SET "activeAt" = now(), revision = gen_random_uuid() WHERE id = %s',
                (client,),
            )
            await conn.execute(
                'UPDATE "Session" SET context = %s, revision = gen_random_uuid(),'
                ' "updatedAt" = now() WHERE "userId" = %s',
                (Jsonb(CONTEXT), client),
            )

    async def write_at_once(worker: int) -> None:
        client = f"{phones[48 + worker]}@c.us"
        async with plain_pool.connection() as conn:
            await conn.execute(
                'WITH seen AS (UPDATE "User" SET "activeAt" = now(), revision = gen_random_uuid()'
                ' WHERE id = %s), remembered AS (UPDATE "Session" SET context = %s,'
                ' revision = gen_random_uuid(), "updatedAt" = now() WHERE "userId" = %s)'
                ' INSERT INTO "Conversation"'
                ' ("userId", direction, body, status, address, "waMessageId")'
                " VALUES (%s, 'in', %s, 'answered', NULL, %s), (%s, 'out', %s, 'queued', %s, NULL)",
                (
                    *(client, Jsonb(CONTEXT), client),
                    *(client, TEXT, f"wamid.{next(keys)}"),
                    *(client, ANSWER, phones[48 + worker]),
                ),
            )

    async def commit(worker: int) -> None:
        message = make_message(phones[16 + worker])
        reply = Reply(CONTEXT, (ANSWER,))
        result = await commit_turn(pool, fenced[worker], message, reply, deadline_from_now())
        assert isinstance(result, Committed)
        fenced[worker] = result.session

    async def take(worker: int) -> None:
        result = await turns.take(make_message(phones[worker]))
        assert isinstance(result, Committed)

    return {
        "SELECT 1": select,
        "no fence, five statements": write_by_statements,
        "no fence, one statement": write_at_once,
        "novabot_internal.commit_turn()": commit,
        "Turns.take, NovaBot answering": take,
    }


async def _take_turns(url: str, phone: str, count: int) -> None:
    pool = await open_pool(url, name="bench", size=1)
    await pool.wait()
    turns = Turns(pool, Cache(10, lambda: True), ask_at_once(nova()))
    for _ in range(count):
        await turns.take(make_message(phone))
    await pool.close()
