"""People whose numbers and BSUIDs change, as actors of the history.

A mover is one person, and has one register wherever it writes from: what it said goes with it, and
a reset by any of its addresses forgets it. Numbers go round: one that a mover has left is taken by
the next, who must be told nothing. WhatsApp tells of each change by an event, twice, to any of the
bots, before, after or beside the first text from the new address, and delivers what was written
before the change after it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from psycopg import errors

from app.simulator.cloud_api import JsonObject, encode, envelope, new_wamid
from tests.system.history.dba import Dba
from tests.system.history.linearizability import Kind, Operation
from tests.system.history.record import Record
from tests.system.nova import PHONE_NUMBER_ID
from tests.webhook_bodies import text_body

PATIENCE = 5.0
"""Seconds for which a change that a lock or a trigger keeps is tried; both end sooner."""
REPEAT_FOR = 60.0
"""Seconds for which a DBA repeats an edit that failed; a server that ends is back sooner."""
Deliver = Callable[[bytes], Awaitable[str]]


@dataclass(eq=False)
class Mover:
    """A person: where they write from now."""

    name: str
    number: str
    user_id: str | None
    wrote_at: int = 0
    """The sender's time of the last message, in whole seconds."""
    said: list[bytes] = field(default_factory=list[bytes])


class Movers:
    """Acts for each person, one act after the other; `record` is where it is written down."""

    def __init__(
        self,
        chance: random.Random,
        deliver: Deliver,
        dba: Dba,
        record: Record,
        people: int = 6,
    ) -> None:
        self._chance = chance
        self._deliver = deliver
        self._dba = dba
        self._record = record
        self._free = [f"62818000{n:05}" for n in range(people, people + 3)]
        self.people = [
            Mover(f"mover {n}", f"62818000{n:05}", f"ID.{n}x0" if n % 2 else None)
            for n in range(people)
        ]
        record.had = {m.name: {m.number, m.user_id or m.number} for m in self.people}

    async def act(self, until: float) -> None:
        await asyncio.gather(*(self._live(mover, until) for mover in self.people))

    async def _live(self, mover: Mover, until: float) -> None:
        acts: list[tuple[Callable[[Mover], Awaitable[None]], float]] = [
            (self._tell, 30),
            (self._ask, 40),
            (self._move, 10),
            (self._forget, 5),
            (self._reset, 5),
            (self._again, 5),
            (self._move_by_hand, 4),
            (self._lose_address, 3),
            (self._date_address, 3),
        ]
        while time.monotonic() < until:
            (act,) = self._chance.choices([a for a, _ in acts], [w for _, w in acts])
            await act(mover)

    async def _tell(self, mover: Mover) -> None:
        number = next(self._record.numbers)
        await self._say(mover, number, "tell", f"T {number} n{number}", f"n{number}")

    async def _ask(self, mover: Mover) -> None:
        number = next(self._record.numbers)
        await self._say(mover, number, "ask", f"A {number}")

    async def _forget(self, mover: Mover) -> None:
        number = next(self._record.numbers)
        await self._say(mover, number, "reset", f"F {number}")

    async def _reset(self, mover: Mover) -> None:
        handle = mover.user_id if mover.user_id and self._chance.random() < 0.5 else mover.number
        answer = await self._dba.execute("SELECT clients FROM reset_client(%s)", handle)
        if answer.outcome == "refused":
            self._record.note_refusal("reset_client", answer.sqlstate, answer.invoked)
            return
        is_done = answer.outcome == "done"
        self._write_down(mover, "reset", answer.invoked, "reset_client", certain=is_done)

    async def _again(self, mover: Mover) -> None:
        if mover.said:
            await self._deliver(self._chance.choice(mover.said))

    async def _move(self, mover: Mover) -> None:
        """To a number that another person may have had, told of by an event."""
        if not self._free:
            return
        number = self._free.pop(self._chance.randrange(len(self._free)))
        before = mover.number, mover.user_id
        late = next(self._record.numbers)
        unread = self._write(mover, f"A {late}")
        # From the second of a change on, the address is the next owner's.
        changed_at = await self._reach(mover.wrote_at + 1)
        mover.number = number
        if mover.user_id and self._chance.random() < 0.7:
            mover.user_id = f"{mover.user_id.partition('x')[0]}x{late}"
        self._record.had[mover.name] |= {number, mover.user_id or number}
        event = encode(_change_body(changed_at, before, (mover.number, mover.user_id)))
        first = next(self._record.numbers)
        invoked = time.monotonic()
        await self._reach(changed_at + 1)
        text = self._write(mover, f"A {first}")
        deliveries = [event, event, text]
        self._chance.shuffle(deliveries)
        if self._chance.random() < 0.5:
            await asyncio.gather(*map(self._deliver, deliveries))
        else:
            for delivery in deliveries:
                await self._deliver(delivery)
        # Until both have come, the bot cannot know the person: it may be a stranger.
        self._write_down(mover, "meet", invoked, "first text", number=first)
        await self._deliver(unread)
        self._write_down(mover, "late ask", invoked, "late text", number=late)
        if await self._is_outstanding(changed_at, before[0]):
            # The person was not known, or the change is still kept: what was said before may stay
            # where it was. The number is not reused.
            self._write_down(mover, "loss", invoked, "kept", certain=False)
            self._free.append(f"62819{next(self._record.numbers):08}")
            await self._reset(mover)
        else:
            self._free.append(before[0])
            self._record.moved += 1

    async def _move_by_hand(self, mover: Mover) -> None:
        """To another number, which a DBA writes down, and WhatsApp tells nothing of."""
        if not self._free:
            return
        old = mover.number
        if not (await self._dba.read('SELECT FROM "Alias" WHERE alias = %s', old)).rows:
            return  # the DBA finds nothing to move
        number = self._free.pop(self._chance.randrange(len(self._free)))
        late = next(self._record.numbers)
        unread = self._write(mover, f"A {late}")
        invoked = time.monotonic()
        give = (
            """INSERT INTO "Alias" (alias, "userId", since)
               SELECT %s, a."userId", date_trunc('second', clock_timestamp())
               FROM "Alias" AS a WHERE a.alias = %s
               ON CONFLICT (alias) DO UPDATE
               SET "userId" = excluded."userId", since = excluded.since""",
            (number, old),
        )
        take = ('DELETE FROM "Alias" WHERE alias = %s', (old,))
        at_once = self._chance.random() < 0.5
        until = time.monotonic() + REPEAT_FOR
        # A trigger may keep it, or its answer be lost: a DBA looks, and does it again.
        if not at_once:
            while (await self._dba.transact(give)).outcome != "done":
                assert time.monotonic() < until, f"{number} cannot be given to {mover.name}"
        while (await self._dba.read('SELECT FROM "Alias" WHERE alias = %s', old)).rows:
            assert time.monotonic() < until, f"{old} cannot be taken from {mover.name}"
            await self._dba.transact(*([give, take] if at_once else [take]))
        mover.number = number
        self._record.had[mover.name].add(number)
        self._record.by_hand += 1
        self._free.append(old)
        await self._deliver(unread)
        self._write_down(mover, "late ask", invoked, "late text", number=late)
        self._lose(mover, invoked)
        # Until the person is met there, a reset by the number is one of its last owner (rule 9).
        await self._ask(mover)

    async def _lose_address(self, mover: Mover) -> None:
        """A DBA deletes the number: its person may be a stranger there."""
        invoked = time.monotonic()
        await self._dba.execute('DELETE FROM "Alias" WHERE alias = %s', mover.number)
        self._record.by_hand += 1
        self._lose(mover, invoked)
        await self._ask(mover)

    async def _date_address(self, mover: Mover) -> None:
        """A DBA says that the number was another person's until now."""
        invoked = time.monotonic()
        await self._dba.execute(
            """UPDATE "Alias" SET since = date_trunc('second', clock_timestamp())
               WHERE alias = %s""",
            mover.number,
        )
        self._record.by_hand += 1
        self._lose(mover, invoked)

    def _lose(self, mover: Mover, invoked: float) -> None:
        """An edit may cost a person's memory; nobody else may be told what it said."""
        self._write_down(mover, "loss", invoked, "by hand", certain=False)

    async def _is_outstanding(self, changed_at: int, number: str) -> bool:
        """Whether a change is still kept after the bots' upkeep has tried it for a while."""
        until = time.monotonic() + PATIENCE
        while True:
            answer = await self._dba.read(
                """SELECT count(*), count(*) FILTER (WHERE e.source IS NOT NULL AND NOT e.ambiguous)
                   FROM "IdentityEvent" AS e
                   WHERE e.at = to_timestamp(%s)
                   AND e."fromDigests" && novabot_internal.address_digests(ARRAY[%s])""",
                changed_at,
                number,
            )
            ((kept, can_be_tried),) = answer.rows
            if not can_be_tried or time.monotonic() > until:
                return kept > 0
            with suppress(errors.LockNotAvailable):  # a lock may keep it for longer
                await self._dba.execute("SELECT novabot_internal.retry_events()")
            await asyncio.sleep(0.1)  # the poll of a condition with a deadline

    async def _reach(self, second: int) -> int:
        """Waits until the sender's clock shows this second; which it then shows."""
        await asyncio.sleep(max(0.0, second - time.time()))  # until the phone's clock shows it
        return max(second, int(time.time()))

    def _write(self, mover: Mover, text: str) -> bytes:
        mover.wrote_at = max(mover.wrote_at, int(time.time()))
        return encode(
            text_body(
                mover.number,
                text,
                phone_number_id=PHONE_NUMBER_ID,
                message_id=new_wamid(mover.number, "in"),
                timestamp=mover.wrote_at,
                bsuid=mover.user_id,
            )
        )

    async def _say(
        self, mover: Mover, number: int, kind: Kind, text: str, value: str | None = None
    ) -> None:
        raw = self._write(mover, text)
        invoked = time.monotonic()
        bot = await self._deliver(raw)
        mover.said = [*mover.said[-10:], raw]
        self._write_down(mover, kind, invoked, bot, number=number, value=value)

    def _write_down(
        self,
        mover: Mover,
        kind: Kind,
        invoked: float,
        how: str,
        *,
        number: int | None = None,
        value: str | None = None,
        certain: bool = True,
    ) -> None:
        returned = time.monotonic()
        number = number or next(self._record.numbers)
        self._record.owners[number] = mover.name
        how = f"{how}, {mover.number}, {mover.user_id}"
        operation = Operation(number, kind, value, None, invoked, returned, how, certain)
        self._record.note(mover.name, operation)


def _change_body(
    at: int, before: tuple[str, str | None], after: tuple[str, str | None]
) -> JsonObject:
    system: JsonObject = {"type": "user_changed_number", "wa_id": after[0]}
    if before[1] and after[1]:
        system |= {"previous_user_id": before[1], "user_id": after[1]}
    message: JsonObject = {
        "from": before[0],
        "id": new_wamid(before[0], "in"),
        "timestamp": str(at),
        "type": "system",
        "system": system,
    }
    metadata: JsonObject = {"display_phone_number": "1555", "phone_number_id": PHONE_NUMBER_ID}
    return envelope({"metadata": metadata, "messages": [message]})
