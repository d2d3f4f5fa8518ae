"""Sending the answers that turns have queued: rows of "Conversation" (sql/outbox.sql).

`start_sending` commits `sending` before every attempt: a reset that came first has deleted the
row, and nothing is sent; one that comes later comes after the sending began. An answer is sent
again only when nothing was written to the socket, or Meta refused it for a passing reason. One
that may have gone out becomes `uncertain`, and a status callback settles it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, LiteralString, assert_never
from uuid import UUID, uuid4

from app.bot.whatsapp.cloud_api import Accepted, CloudApi, NotSent, Refused, Uncertain, Withdrawn
from app.bot.workers import Workers
from app.database.errors import Busy, TryLater
from app.database.pool import Pool
from app.database.retrying import deadline_from_now, fetch_row, fetch_rows
from app.sessions import clock
from app.telemetry import count_sending, report_sending_paused, report_unsettled

HELD_UP: Final = 0.5
"""Seconds after which it is asked again, right before the first byte, whether it may be sent:
the process may have stood still, or waited for a connection."""
GIVE_UP_AFTER: Final = 40
"""Attempts, about half an hour with the pauses between them."""
LONGEST_PAUSE: Final = 60.0
"""Seconds before an answer that was not sent is tried again, at the most."""
_PAUSE_ALL = 30.0
_SETTLE_TRIES = 30
_LOOK_AGAIN = 1.0
_ASKS = 3


class Outbox:
    """The sending side of one bot."""

    def __init__(self, pool: Pool, api: CloudApi, bot: UUID) -> None:
        self._pool = pool
        self._api = api
        self._bot = bot
        self._resume_at = 0.0
        self._posted: set[UUID] = set()
        """What may be on its way, until it is written down what became of it."""
        self._workers = Workers(self._send_all)
        self._farewells: set[asyncio.Task[None]] = set()

    def wake(self, client: str) -> None:
        """This client has an answer to be sent."""
        self._workers.wake(client)

    def say_farewell(self, address: str, texts: Sequence[str]) -> None:
        """Tells somebody who is nobody's client any more; kept nowhere, tried once."""
        task = asyncio.create_task(self._say_farewell(address, texts))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def finish(self, seconds: float) -> None:
        """Ends what is being sent; what is queued stays for another bot."""
        await self._workers.finish(seconds)
        if self._farewells:
            await asyncio.wait(self._farewells, timeout=seconds)

    async def _send_all(self, client: str) -> None:
        while time.monotonic() >= self._resume_at:
            asked_at = clock.now()
            try:
                rows = await self._ask(
                    "SELECT * FROM start_sending(%s, %s, %s::uuid[])",
                    client,
                    self._bot,
                    list(self._posted),
                )
                if not rows:
                    return
                _, address, body, message, attempts = rows[0]
                await self._send(message, address, body, attempts, asked_at)
            except TryLater:
                # The row may be ours, by a reply that got lost: only we would take it again.
                asyncio.get_running_loop().call_later(_LOOK_AGAIN, self.wake, client)
                return

    async def _send(
        self, message: UUID, address: str, body: str, attempts: int, asked_at: float
    ) -> None:
        """`message` is the token of its row: unlike an id, it never comes back."""

        async def may_write() -> bool:
            nonlocal asked_at
            for _ in range(_ASKS):
                if clock.now() - asked_at <= HELD_UP:
                    break
                asked_at = clock.now()
                if not (await self._ask("SELECT is_sending(%s, %s)", message, self._bot))[0][0]:
                    return False
            else:
                raise Busy("the database is too slow to be sure that it may still be sent")
            self._posted.add(message)
            return True

        outcome = await self._api.send_text(address, body, str(message), may_write)
        match outcome:
            case Withdrawn():
                count_sending("withdrawn")
            case Accepted(message_id):
                count_sending("sent")
                await self._settle("SELECT settle_sent(%s, %s)", message, message_id)
            case Uncertain(text):
                count_sending("uncertain")
                await self._settle_unsent(message, "uncertain", None, text)
            case NotSent(text):
                count_sending("not_sent")
                await self._try_again(message, attempts, None, text, 0.5 * 2 ** (attempts - 1))
            case Refused(code, text, action):
                count_sending("refused")
                await self._take_refusal(message, attempts, code, text, action)
            case _:
                assert_never(outcome)

    async def _take_refusal(
        self, message: UUID, attempts: int, code: int, text: str, action: str
    ) -> None:
        match action:
            case "retry":
                await self._try_again(message, attempts, code, text, 0.5 * 2 ** (attempts - 1))
            case "slow_client":
                await self._try_again(message, attempts, code, text, 4.0 ** min(attempts, 5))
            case "pause_all" | "stop":
                self._resume_at = time.monotonic() + _PAUSE_ALL
                report_sending_paused(code, text, _PAUSE_ALL)
                await self._settle_unsent(message, "queued", code, text, _PAUSE_ALL)
            case _:
                await self._settle_unsent(message, "failed", code, text)

    async def _try_again(
        self, message: UUID, attempts: int, code: int | None, text: str, pause: float
    ) -> None:
        if attempts >= GIVE_UP_AFTER:
            await self._settle_unsent(message, "failed", code, text)
        else:
            await self._settle_unsent(message, "queued", code, text, min(pause, LONGEST_PAUSE))

    async def _settle_unsent(
        self, message: UUID, status: str, code: int | None, text: str, pause: float = 0.0
    ) -> None:
        await self._settle(
            "SELECT settle_unsent(%s, %s, %s, %s, %s, %s)",
            message,
            self._bot,
            status,
            code,
            text,
            timedelta(seconds=pause),
        )

    async def _settle(self, statement: LiteralString, message: UUID, *parameters: Any) -> None:
        """Writes what became of an attempt; a database that is away is asked for a while."""
        for left in reversed(range(_SETTLE_TRIES)):
            try:
                await fetch_row(self._pool, statement, (message, *parameters), deadline_from_now())
            except TryLater as error:
                if left == 0:
                    report_unsettled(str(error))
                    return
                await asyncio.sleep(1.0)
            else:
                self._posted.discard(message)
                return

    async def _ask(self, statement: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
        return await fetch_rows(self._pool, statement, parameters, deadline_from_now())

    async def _say_farewell(self, address: str, texts: Sequence[str]) -> None:
        for text in texts:
            outcome = await self._api.send_text(address, text, str(uuid4()))
            count_sending("sent" if isinstance(outcome, Accepted) else "uncertain")
