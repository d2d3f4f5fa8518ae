"""Random clients, operators and DBAs, who write down what they did and what came of it."""

from __future__ import annotations

import asyncio
import random
import time

import httpx2

from app.bot.sending.outbox import LONGEST_PAUSE
from app.nova.answers import ANSWERS
from app.simulator.cloud_api import encode, new_wamid, sign
from tests.system.history.dba import Dba
from tests.system.history.linearizability import NOTHING, Kind, Operation, Seen
from tests.system.history.movers import Movers
from tests.system.history.operators import Act, Operators, id_of
from tests.system.history.record import Arrival, Record
from tests.system.history.stalls import Stalls
from tests.system.nova import APP_SECRET, PHONE_NUMBER_ID, Nova
from tests.webhook_bodies import join_bodies, text_body

REDELIVER_FOR = 40.0
"""Seconds; WhatsApp goes on for days."""
PATIENCE = 3.0
"""Seconds until a delivery without an answer is given up and made again."""


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
        self._said: dict[str, list[bytes]] = {}
        self._collected: set[int] = set()
        self._dba = Dba(nova.database_url, self.record, workers)
        self._movers = Movers(chance, self._deliver, self._dba, self.record)
        everyone = [*self._phones, *(mover.name for mover in self._movers.people)]
        self._operators = Operators(nova, chance, self.record, self._dba, self._phones, everyone)
        self._stalls = Stalls([*nova.bot_urls, nova.simulator_url])
        self.record.stalls = self._stalls.intervals
        self._http: httpx2.AsyncClient

    async def run(self, seconds: float) -> None:
        """Acts for so long, then waits until all is sent and acknowledged."""
        limits = httpx2.Limits(max_connections=200, keepalive_expiry=2)
        async with (
            httpx2.AsyncClient(timeout=PATIENCE, trust_env=False, limits=limits) as self._http,
            self._dba,
        ):
            await self._operators.log_in(self._http)
            collecting = asyncio.create_task(self._collect())
            watching = asyncio.create_task(self._stalls.watch())
            until = time.monotonic() + seconds
            actors = [asyncio.create_task(self._act(until)) for _ in range(self._workers)]
            actors.append(asyncio.create_task(self._movers.act(until)))
            try:
                await asyncio.gather(*actors)
                await self._settle()
            finally:
                for task in (collecting, watching, *actors):
                    task.cancel()
                await asyncio.gather(collecting, watching, *actors, return_exceptions=True)

    async def _act(self, until: float) -> None:
        acts: list[Act] = [
            (self._ask, 40),
            (self._tell, 26),
            (self._say_several, 8),
            (self._redeliver, 6),
            (self._reset_by_chat, 3),
            *self._operators.acts(),
        ]
        chosen = [act for act, _ in acts]
        weights = [weight for _, weight in acts]
        while time.monotonic() < until:
            (act,) = self._chance.choices(chosen, weights)
            await act(self._chance.choice(self._phones))

    # What clients do.

    async def _tell(self, phone: str) -> None:
        await self._say(phone, "tell")

    async def _ask(self, phone: str) -> None:
        await self._say(phone, "ask")

    async def _reset_by_chat(self, phone: str) -> None:
        await self._say(phone, "reset")

    async def _say_several(self, phone: str) -> None:
        """Messages that WhatsApp delivers together; one in twelve is a wish to be forgotten."""
        kinds: list[Kind] = ["ask", "tell", "reset"]
        count = self._chance.randint(2, 6)
        await self._say(phone, *self._chance.choices(kinds, [6, 5, 1], k=count))

    async def _redeliver(self, phone: str) -> None:
        """WhatsApp delivers again what it has delivered: nothing may happen."""
        said = self._said.get(phone)
        if said:
            await self._deliver(self._chance.choice(said))

    async def _say(self, phone: str, *kinds: Kind) -> None:
        """The messages of one body."""
        numbers = [next(self.record.numbers) for _ in kinds]
        raw = encode(
            join_bodies(
                text_body(
                    phone,
                    _TEXTS[kind].format(number),
                    phone_number_id=PHONE_NUMBER_ID,
                    message_id=new_wamid(phone, "in"),
                )
                for kind, number in zip(kinds, numbers, strict=True)
            )
        )
        invoked = time.monotonic()
        bot = await self._deliver(raw)
        returned = time.monotonic()
        self._said.setdefault(phone, []).append(raw)
        del self._said[phone][:-20]
        for kind, number in zip(kinds, numbers, strict=True):
            value = f"n{number}" if kind == "tell" else None
            self.record.note(phone, Operation(number, kind, value, None, invoked, returned, bot))

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

    # What is written down.

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
            if message["text"] in _EXCUSES:
                self.record.excuses += 1
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
            ((outstanding,),) = (await self._dba.read(statement)).rows
            if outstanding == 0:
                break
            told = f"{outstanding} answers or acknowledgements are outstanding"
            assert time.monotonic() < until, told
            await asyncio.sleep(0.1)  # the poll of a condition with a deadline
        for phone in self._phones:
            looked = await self._dba.read(
                """SELECT coalesce(u.nama, '-'), coalesce(s.context ->> 'last', '-')
                   FROM "User" AS u LEFT JOIN "Session" AS s ON s."userId" = u.id
                   WHERE u.id = %s""",
                id_of(phone),
            )
            (seen,) = looked.rows or (None,)
            self.record.note_write(phone, "look", looked.invoked, Seen(seen), "tables")
        unanswered = await self._dba.read(
            "SELECT body FROM \"Conversation\" WHERE status = 'unanswered'"
        )
        self.record.unanswered = {int(body.removeprefix("F ")) for (body,) in unanswered.rows}
        orphans = await self._dba.read("SELECT orphans FROM novabot_internal.count_orphans()")
        self.record.orphans = sum(number for (number,) in orphans.rows)
        # Of two that arrived together, the first may have been accepted after the second.
        await self._collect_since(0, wait=0)


_EXCUSES = {answers.not_forgotten for answers in ANSWERS.values()}
_TEXTS = {"tell": "T {0} n{0}", "ask": "A {0}", "reset": "F {0}"}
UNKNOWN = (NOTHING, NOTHING)
