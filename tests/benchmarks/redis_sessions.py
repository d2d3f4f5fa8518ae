"""Sessions in a shared Redis instead of in each bot: no signal, and two more round trips a turn.

Debian's redis-server on loopback, writing nothing to disk, spoken to by RESP over a socket. The
turn itself is the same in both, so the difference is Redis alone. Skipped where there is none.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg

from app.bot.app import POOL_SIZE
from app.database.pool import Pool, open_pool
from app.database.retrying import deadline_from_now
from app.sessions.cache import Cache
from app.sessions.session import InstantResponder, Session
from app.sessions.store import Committed, commit_turn, load_session
from app.sessions.turn import Turns, ask_at_once
from tests.benchmarks.chat import make_message, nova
from tests.benchmarks.figures import Section, run_side_by_side
from tests.benchmarks.server import Place, make_clients

AT_ONCE = (1, 16)
ROUNDS = 4
CALLS = {1: 60, 16: 300}
RACES = 100


class Redis:
    """One connection, one command at a time: https://redis.io/docs/latest/develop/reference/protocol-spec/"""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def call(self, *words: str) -> str | None:
        parts = [f"*{len(words)}\r\n"]
        parts += [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
        self._writer.write("".join(parts).encode())
        head = (await self._reader.readuntil(b"\r\n")).decode().strip()
        if head.startswith("-"):
            raise OSError(head)
        if not head.startswith("$") or head == "$-1":
            return None if head == "$-1" else head[1:]
        return (await self._reader.readexactly(int(head[1:]) + 2))[:-2].decode()

    def close(self) -> None:
        self._writer.close()


def measure(place: Place) -> Iterator[Section]:
    section = Section("sessions in a shared Redis: the price of a turn; ÷ of rates")
    program = shutil.which("redis-server")
    if program is None:
        section.note("skipped: redis-server is not installed (apt-get install redis-server)")
    else:
        with place.clone() as url:
            phones = make_clients(url, 48)
            asyncio.run(_compare(section, program, url, phones))
    yield section


@asynccontextmanager
async def _run_redis(program: str) -> AsyncIterator[list[Redis]]:
    """A server of our own, and as many connections as workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(  # noqa: ASYNC220 - before anything runs
        [program, *arguments], stdout=subprocess.DEVNULL
    )
    connections: list[Redis] = []
    try:
        while len(connections) < max(AT_ONCE) + 1:
            try:
                connections.append(Redis(*await asyncio.open_connection("127.0.0.1", port)))
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)  # until it listens
        yield connections
    finally:
        for connection in connections:
            connection.close()
        process.kill()
        process.wait()


async def _compare(section: Section, program: str, url: str, phones: list[str]) -> None:
    pool = await open_pool(url, name="bench", size=POOL_SIZE)
    responder = nova()
    turns = Turns(pool, Cache(1_000, lambda: True), ask_at_once(responder))
    for phone in phones[:16]:
        await turns.take(make_message(phone))
    async with _run_redis(program) as redis:
        for worker, phone in enumerate(phones[16:32]):
            session = await load_session(pool, make_message(phone), deadline_from_now())
            await redis[worker].call("SET", phone, _write(session))

        async def get_and_set(worker: int) -> None:
            phone = phones[16 + worker]
            text = await redis[worker].call("GET", phone)
            await redis[worker].call("SET", phone, text or "")

        async def take(worker: int) -> None:
            await turns.take(make_message(phones[worker]))

        async def take_with_redis(worker: int) -> None:
            await _take(pool, redis[worker], responder, phones[16 + worker])

        acts = {
            "session in memory (ours)": take,
            "session in Redis": take_with_redis,
            "GET and SET alone": get_and_set,
        }
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
        came_back = await _race(url, pool, redis, responder, phones[32])
    section.note(
        f"{RACES} resets (DELETE, then DEL) at a random moment of a turn: after {came_back} of them"
        " Redis held the old session again, which the turn's SET had put back"
    )
    await pool.close()


async def _take(pool: Pool, redis: Redis, responder: InstantResponder, phone: str) -> None:
    """A turn as bots would take it; what commits is what ours commits."""
    session = _read(await redis.call("GET", phone) or "{}")
    message = make_message(phone)
    reply = responder(session, message)
    result = await commit_turn(pool, session, message, reply, deadline_from_now())
    if isinstance(result, Committed):
        session = result.session
    await redis.call("SET", phone, _write(session))


async def _race(
    url: str, pool: Pool, redis: list[Redis], responder: InstantResponder, phone: str
) -> int:
    """How often the old life of a client, reset during a turn, is in Redis afterwards."""
    came_back = 0
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        for _ in range(RACES):
            await conn.execute(
                'INSERT INTO "User" (id, nama) VALUES (%s, %s) ON CONFLICT DO NOTHING',
                (f"{phone}@c.us", "Petang"),
            )
            session = await load_session(pool, make_message(phone), deadline_from_now())
            await redis[0].call("SET", phone, _write(session))

            async def reset() -> None:
                await asyncio.sleep(random.uniform(0, 0.003))
                await conn.execute('DELETE FROM "User" WHERE id = %s', (f"{phone}@c.us",))
                await redis[1].call("DEL", phone)

            await asyncio.gather(_take(pool, redis[0], responder, phone), reset())
            kept = await redis[0].call("GET", phone)
            came_back += kept is not None and _read(kept).nama == "Petang"
    return came_back


def _write(session: Session) -> str:
    fields = (session.id, session.incarnation, session.nama, dict(session.context))
    return json.dumps([*fields, session.user_revision, session.session_revision], default=str)


def _read(text: str) -> Session:
    fields = json.loads(text)
    if not fields:
        return Session()
    client, incarnation, nama, context, user_revision, session_revision = fields
    session = Session(id=client, nama=nama, context=context)
    return replace(
        session,
        incarnation=incarnation,
        user_revision=user_revision,
        session_revision=session_revision,
    )
