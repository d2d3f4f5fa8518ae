"""Random clients, operators and DBAs, who write down what they did and what came of it."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from app.bot.outbox import LONGEST_PAUSE
from app.simulator.cloud_api import encode, new_wamid, sign
from tests.system.history.linearizability import NOTHING, Kind, Operation, Seen
from tests.system.history.movers import Movers
from tests.system.history.stalls import Stalls
from tests.system.nova import APP_SECRET, PASSWORD, PHONE_NUMBER_ID, Nova
from tests.webhook_bodies import text_body

REDELIVER_FOR = 40.0
"""Seconds; WhatsApp goes on for days."""
PATIENCE = 3.0
"""Seconds until a delivery without an answer is given up and made again."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that the Cloud API accepted."""

    number: int
    """Of the operation it answers."""
    read: tuple[str, str]
    at: float
    to: str = ""


@dataclass
class Record:
    """Everything that happened."""

    histories: dict[str, list[Operation]] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    refused: int = 0
    """Deliveries that had to be made again."""
    owners: dict[int, str] = field(default_factory=dict)
    """Which person made an operation, of those whose addresses change."""
    moved: int = 0
    """Changes of addresses that were carried out."""
    had: dict[str, set[str]] = field(default_factory=dict)
    """The addresses that such a person ever had."""
    retried: int = 0
    """SQL statements of ours that a deadlock, a lock or a cut connection ended."""
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """From when until when a service stood still."""

    def count(self) -> int:
        return sum(len(history) for history in self.histories.values())


class Driver:
    """Runs `workers` concurrent actors on `clients` phones. All chance comes from `chance`."""

    def __init__(
        self, nova: Nova, chance: random.Random, *, clients: int = 12, workers: int = 12
    ) -> None:
        self.record = Record()
        self._nova = nova
        self._chance = chance
        self._phones = [f"62817000{i:05}" for i in range(clients)]
        self._workers = workers
        self._numbers = count(1)
        self._said: dict[str, list[bytes]] = {}
        self._collected: set[int] = set()
        self._token = nova.command("token", "create", "history").stdout.strip().splitlines()[-1]
        nova.command("operator", "add", "history", stdin=f"{PASSWORD}\n")
        self._movers = Movers(chance, self._deliver, self._execute, self._note, self._numbers)
        self.record.owners, self.record.had = self._movers.owners, self._movers.had
        self._stalls = Stalls([*nova.bot_urls, nova.simulator_url])
        self.record.stalls = self._stalls.intervals
        self._http: httpx2.AsyncClient
        self._pool: AsyncConnectionPool[AsyncConnection[Any]]

    async def run(self, seconds: float) -> None:
        """Acts for so long, then waits until all is sent and acknowledged."""
        limits = httpx2.Limits(max_connections=200, keepalive_expiry=2)
        async with (
            httpx2.AsyncClient(timeout=PATIENCE, trust_env=False, limits=limits) as self._http,
            AsyncConnectionPool(
                self._nova.database_url,
                kwargs={"autocommit": True, "application_name": "dba"},
                min_size=4,
                max_size=self._workers,
                open=False,
            ) as self._pool,
        ):
            await self._log_in()
            collecting = asyncio.create_task(self._collect())
            watching = asyncio.create_task(self._stalls.watch())
            until = time.monotonic() + seconds
            actors = [asyncio.create_task(self._act(until)) for _ in range(self._workers)]
            actors.append(asyncio.create_task(self._movers.act(until)))
            try:
                await asyncio.gather(*actors)
                self.record.moved = self._movers.moved
                await self._settle()
            finally:
                for task in (collecting, watching, *actors):
                    task.cancel()
                await asyncio.gather(collecting, watching, *actors, return_exceptions=True)

    async def _act(self, until: float) -> None:
        actions: list[tuple[Callable[[str], Awaitable[None]], float]] = [
            (self._ask, 40),
            (self._tell, 26),
            (self._redeliver, 6),
            (self._edit, 5),
            (self._drop_session, 5),
            (self._delete, 6),
            (self._delete_many, 2),
            (self._call_reset_client, 3),
            (self._reset_by_chat, 3),
            (self._reset_by_api, 3),
            (self._reset_by_page, 3),
            (self._reset_by_command, 0.3),
            (self._remake, 3),
            (self._truncate, 0.4),
        ]
        chosen = [action for action, _ in actions]
        weights = [weight for _, weight in actions]
        while time.monotonic() < until:
            (action,) = self._chance.choices(chosen, weights)
            await action(self._chance.choice(self._phones))

    # What clients do.

    async def _tell(self, phone: str) -> None:
        number = next(self._numbers)
        name = f"n{number}"
        invoked = time.monotonic()
        bot = await self._say(phone, f"T {number} {name}")
        self._note(phone, Operation(number, "tell", name, None, invoked, time.monotonic(), bot))

    async def _ask(self, phone: str) -> None:
        number = next(self._numbers)
        invoked = time.monotonic()
        bot = await self._say(phone, f"A {number}")
        self._note(phone, Operation(number, "ask", None, None, invoked, time.monotonic(), bot))

    async def _reset_by_chat(self, phone: str) -> None:
        number = next(self._numbers)
        invoked = time.monotonic()
        bot = await self._say(phone, f"F {number}")
        self._note(phone, Operation(number, "reset", None, None, invoked, time.monotonic(), bot))

    async def _redeliver(self, phone: str) -> None:
        """WhatsApp delivers again what it has delivered: nothing may happen."""
        said = self._said.get(phone)
        if said:
            await self._deliver(self._chance.choice(said))

    async def _say(self, phone: str, text: str) -> str:
        body = text_body(
            phone, text, phone_number_id=PHONE_NUMBER_ID, message_id=new_wamid(phone, "in")
        )
        raw = encode(body)
        bot = await self._deliver(raw)
        self._said.setdefault(phone, []).append(raw)
        del self._said[phone][:-20]
        return bot

    async def _deliver(self, raw: bytes) -> str:
        """Until a bot has taken it, as WhatsApp does; which one."""
        headers = {"X-Hub-Signature-256": sign(raw, APP_SECRET), "Content-Type": "application/json"}
        until = time.monotonic() + REDELIVER_FOR
        while time.monotonic() < until:
            bot = self._chance.randrange(len(self._nova.bot_urls))
            url = f"{self._nova.bot_urls[bot]}/webhook"
            try:
                answer = await self._http.post(url, content=raw, headers=headers)
            except httpx2.TransportError:
                status = None
            else:
                status = answer.status_code
            if status == 200:
                return f"bot {bot}"
            assert status in (None, 503), f"bot {bot} answered {status}"
            self.record.refused += 1
            await asyncio.sleep(0.05)  # WhatsApp's pause before it delivers again
        raise AssertionError(f"no bot took a message for {REDELIVER_FOR:g} s")

    # What operators and DBAs do.

    async def _reset_by_api(self, phone: str) -> None:
        url = f"{self._nova.dashboard_url}/api/clients/{phone}"
        invoked = time.monotonic()
        answer = await self._http.delete(
            url, headers={"Authorization": f"Bearer {self._token}"}, timeout=20
        )
        assert answer.status_code in (200, 404, 409, 503), answer.text
        if answer.status_code in (200, 404):
            gone = 1 if answer.status_code == 200 else 0
            self._note_write(phone, "reset", invoked, gone, "api")
        elif answer.status_code == 503:
            self._note_write(phone, "perhaps reset", invoked, None, "api")

    async def _log_in(self) -> None:
        answer = await self._http.post(
            f"{self._nova.dashboard_url}/login",
            data={"username": "history", "password": PASSWORD},
            timeout=20,
        )
        assert answer.status_code == 303, answer.text

    async def _reset_by_page(self, phone: str) -> None:
        """Reads the page that asks, then confirms: the life shown there is what is reset."""
        url = f"{self._nova.dashboard_url}/clients/{_id(phone)}/reset"
        page = await self._http.get(url, timeout=20)
        assert page.status_code in (200, 404, 503), page.text
        if page.status_code != 200:
            return
        life = re.search(r'name="incarnation" value="([^"]+)"', page.text)
        assert life is not None, page.text
        invoked = time.monotonic()
        answer = await self._http.post(url, data={"incarnation": life[1]}, timeout=20)
        assert answer.status_code in (303, 200, 404, 409, 503), answer.text
        if answer.status_code == 303:
            self._note_write(phone, "reset", invoked, None, "page")
        elif answer.status_code == 503:
            self._note_write(phone, "perhaps reset", invoked, None, "page")

    async def _reset_by_command(self, phone: str) -> None:
        invoked = time.monotonic()
        done = await asyncio.to_thread(self._nova.command, "reset", phone)
        receipt = re.match(r"reset \d+: (\d+) client", done.stdout)
        if receipt is None:
            assert done.stderr.startswith(f"novabot: {phone}: nothing was reset: deadlock"), (
                done.stdout + done.stderr
            )
            self.record.retried += 1
        else:
            self._note_write(phone, "reset", invoked, int(receipt[1]), "command")

    async def _delete(self, phone: str) -> None:
        await self._write(phone, "reset", 'DELETE FROM "User" WHERE id = %s', _id(phone))

    async def _drop_session(self, phone: str) -> None:
        await self._write(
            phone, "drop session", 'DELETE FROM "Session" WHERE "userId" = %s', _id(phone)
        )

    async def _edit(self, phone: str) -> None:
        name = f"e{next(self._numbers)}"
        await self._write(
            phone, "edit", 'UPDATE "User" SET nama = %s WHERE id = %s', name, _id(phone), value=name
        )

    async def _call_reset_client(self, phone: str) -> None:
        invoked, cursor = await self._execute(
            "SELECT clients FROM reset_client(%s)", f"0{phone[2:]}"
        )
        row = await cursor.fetchone()
        assert row is not None
        self._note_write(phone, "reset", invoked, row[0], "reset_client")

    async def _delete_many(self, phone: str) -> None:
        phones = sorted({phone, *self._chance.sample(self._phones, 4)})
        invoked, _ = await self._execute(
            'DELETE FROM "User" WHERE id = ANY (%s)', [_id(p) for p in phones]
        )
        for each in phones:
            self._note_write(each, "reset", invoked, None, "delete of many")

    async def _truncate(self, _: str) -> None:
        invoked, _cursor = await self._execute('TRUNCATE "User" RESTART IDENTITY CASCADE')
        for each in [*self._phones, *(mover.name for mover in self._movers.people)]:
            self._note_write(each, "reset", invoked, None, "truncate")

    async def _remake(self, phone: str) -> None:
        """Deleted and made again in one transaction: the same id, another life."""

        async def work(conn: AsyncConnection[Any]) -> None:
            async with conn.transaction():
                await conn.execute('DELETE FROM "User" WHERE id = %s', (_id(phone),))
                await conn.execute(
                    'INSERT INTO "User" (id) VALUES (%s) ON CONFLICT DO NOTHING', (_id(phone),)
                )

        invoked = time.monotonic()
        while True:
            try:
                async with self._pool.connection() as conn:
                    await work(conn)
                break
            except psycopg.errors.DeadlockDetected:
                self.record.retried += 1
                invoked = time.monotonic()
        # Two operations: PostgreSQL lets a statement that waited for the old row find none.
        self._note_write(phone, "reset", invoked, None, "delete and insert")
        self._note_write(phone, "remake", invoked, None, "delete and insert")

    async def _write(
        self, phone: str, kind: Kind, statement: str, *parameters: Any, value: str | None = None
    ) -> None:
        invoked, cursor = await self._execute(statement, *parameters)
        result = None if kind == "drop session" else cursor.rowcount
        self._note_write(phone, kind, invoked, result, "sql", value)

    async def _execute(
        self, statement: str, *parameters: Any
    ) -> tuple[float, psycopg.AsyncCursor[Any]]:
        """When it was invoked, and its cursor. A deadlock's victim has done nothing."""
        while True:
            invoked = time.monotonic()
            try:
                async with self._pool.connection() as conn:
                    return invoked, await conn.execute(statement.encode(), parameters)
            except psycopg.errors.DeadlockDetected:
                self.record.retried += 1

    # What is written down.

    def _note(self, phone: str, operation: Operation) -> None:
        self.record.histories.setdefault(phone, []).append(operation)

    def _note_write(
        self,
        phone: str,
        kind: Kind,
        invoked: float,
        result: object,
        how: str,
        value: str | None = None,
    ) -> None:
        number = next(self._numbers)
        self._note(phone, Operation(number, kind, value, result, invoked, time.monotonic(), how))

    async def _collect(self) -> None:
        """Follows what the Cloud API accepts."""
        while True:
            await self._collect_since(max(self._collected, default=0), wait=1)

    async def _collect_since(self, after: int, wait: float) -> None:
        query = {"after": after, "wait": wait, "outcome": "accepted"}
        url = f"{self._nova.simulator_url}/control/messages"
        answer = await self._http.get(url, params=query, timeout=60)
        for message in answer.json()["messages"]:
            if message["sequence"] in self._collected:
                continue
            self._collected.add(message["sequence"])
            if message["kind"] != "message":
                continue
            number, nama, last = message["text"].split("|")
            self.record.arrivals.append(
                Arrival(int(number), (nama, last), message["monotonic"], message["to"])
            )

    async def _settle(self) -> None:
        """Until everything is sent, every living bot has acknowledged, and all is looked at."""
        until = time.monotonic() + LONGEST_PAUSE + 30
        statement = """
            SELECT
                (SELECT count(*) FROM "Conversation" WHERE status IN ('queued', 'sending'))
                + (SELECT count(*) FROM "Reset" AS r, novabot_internal.bots_missing(r.id) AS b
                    WHERE novabot_internal.is_alive(b.id))
        """
        while True:
            _, cursor = await self._execute(statement)
            row = await cursor.fetchone()
            if row is not None and row[0] == 0:
                break
            assert time.monotonic() < until, f"{row} answers or acknowledgements are outstanding"
            await asyncio.sleep(0.1)  # the poll of a condition with a deadline
        for phone in self._phones:
            invoked, cursor = await self._execute(
                """SELECT coalesce(u.nama, '-'), coalesce(s.context ->> 'last', '-')
                   FROM "User" AS u LEFT JOIN "Session" AS s ON s."userId" = u.id
                   WHERE u.id = %s""",
                _id(phone),
            )
            self._note_write(phone, "look", invoked, Seen(await cursor.fetchone()), "tables")
        # Of two that arrived together, the first may have been accepted after the second.
        await self._collect_since(0, wait=0)


def _id(phone: str) -> str:
    return f"{phone}@c.us"


UNKNOWN = (NOTHING, NOTHING)
