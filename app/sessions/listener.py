"""Listens for resets, and knows whether a reset would be heard.

The fence in every turn (app/sessions/turn.py) keeps answers right without any of this. The
listener makes forgetting immediate, and it decides whether memory may be used:

1. A connection of its own, direct, autocommit, to the read-write primary, does nothing but wait
   for notifications: they are delivered only between transactions, and psycopg's generator keeps
   the connection to itself.
2. Connect, LISTEN (committed), drop every session, prove, ready. What was missed before LISTEN
   is not replayed: nothing remembered means nothing to evict. The resets of the last day that are
   in the table by then, and lack this bot's acknowledgement, get it; later ones are notified.
3. The proof: a nonce is sent from the pool by NOTIFY to this bot's own channel, and has to arrive
   on the listening connection within DEADLINE. Notifications keep the order of commits, so when
   it arrives, all that was committed before it was sent has arrived too. An open socket, or TCP
   keepalives, prove nothing: a black hole acknowledges packets, and behind a transaction pooler
   LISTEN succeeds and nothing arrives. No nonce is sent to a server that only reads.
4. Memory is trusted while the last proof is younger than FRESH_FOR, judged at every use and by a
   clock that runs on while the process is stopped or the machine sleeps. A process that continues
   after SIGSTOP does not trust its memory before the next proof.
5. A reset of more than 150 clients does not name them. Until they are read from the table, nothing
   is remembered; if they cannot be at once, or are more than 10 000, every session is dropped.
6. Connection lost, proof late, or payload malformed: every session is dropped. A connection that
   doesn't prove itself is cut, not asked to cancel, and a new one starts at step 2, after a
   jittered pause.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import AsyncConnection, Notify, errors
from psycopg_pool import PoolTimeout

from app.database.connection import cut, cutting_after, ending_after
from app.database.errors import TryLater, first_line
from app.database.pool import Pool
from app.notifications import (
    ALL_CLIENTS,
    SESSION_CHANGED,
    SESSION_RESET,
    connect_listener,
    listen,
)
from app.sessions import clock
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.evictions import Eviction, read_eviction
from app.sessions.forgotten import read_forgotten
from app.telemetry.bot import (
    report_listener_gap,
    report_listener_ready,
    report_lost_notifications,
    report_malformed_notification,
)

INTERVAL = 1.0
"""Seconds between proofs."""
DEADLINE = 2.0
"""Seconds that a nonce may take to come back."""
FRESH_FOR = INTERVAL + DEADLINE + 0.5
"""Seconds for which a proof holds."""
NAME = "novabot listener"
"""The connection's application_name; `novabot doctor` looks for it."""
_READ_WITHIN = 0.5
"""Seconds for reading which clients resets took, from one nonce to the next, which waits behind."""
_PAUSES = (0.05, 2.0)
"""Seconds before a new connection: the first pause, and the longest."""


class Unproven(Exception):
    """The connection is open, and the nonce did not arrive on it."""


class Listener:
    """One per bot. `evict` is called in the order of commits, and returns how many sessions it
    dropped; within `suspend` nothing is remembered. `note_state` is called whenever `is_fresh()`
    may have changed, `note_reconnection` when the connection is gone. While `find_obstacle` has a
    reason, no nonce is sent."""

    def __init__(
        self,
        url: str,
        pool: Pool,
        bot: UUID,
        evict: Callable[[Eviction], int],
        acknowledgements: Acknowledgements,
        *,
        suspend: Callable[[], AbstractContextManager[None]],
        note_state: Callable[[], None] = lambda: None,
        note_reconnection: Callable[[], None] = lambda: None,
        find_obstacle: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._url = url
        self._pool = pool
        self._bot = bot
        self._channel = f"novabot_{bot.hex}"
        self._evict = evict
        self._acknowledgements = acknowledgements
        self._suspend = suspend
        self._note_state = note_state
        self._note_reconnection = note_reconnection
        self._find_obstacle = find_obstacle
        self._proven_at: float | None = None
        self._expected: str | None = None
        self._arrived = asyncio.Event()
        self._reading_left = _READ_WITHIN

    def is_fresh(self) -> bool:
        """Whether memory may be used now."""
        return self._proven_at is not None and clock.now() - self._proven_at < FRESH_FOR

    async def run(self) -> None:
        """Listens until it is cancelled."""
        pause = _PAUSES[0]
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, Unproven, PoolTimeout) as error:
                if self._proven_at is not None:
                    pause = _PAUSES[0]
                report_listener_gap(first_line(error))
            finally:
                self._proven_at = None
                self._evict(Eviction("gap", ALL_CLIENTS))
                self._note_state()
                self._note_reconnection()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _PAUSES[1])

    async def _listen(self) -> None:
        async with connect_listener(self._url, NAME) as conn:
            with cutting_after(conn, DEADLINE):
                await listen(conn, (SESSION_RESET, SESSION_CHANGED, self._channel))
                self._evict(Eviction("gap", ALL_CLIENTS))
                self._acknowledgements.database_clock.forget()
                await self._measure_clock(conn)
                missed = await conn.execute(
                    "SELECT unnest(novabot_internal.missed_resets(%s, %s))",
                    (self._bot, self._acknowledgements.tells),
                )
            self._acknowledgements.add_missed([reset for (reset,) in await missed.fetchall()])
            receiving = asyncio.create_task(self._receive(conn))
            proving = asyncio.create_task(self._prove())
            try:
                await asyncio.wait({receiving, proving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                proving.cancel()
                receiving.cancel()
                cut(conn)
                ended = await asyncio.gather(receiving, proving, return_exceptions=True)
            errors_met = [error for error in ended if isinstance(error, Exception)]
            unproven = [error for error in errors_met if isinstance(error, Unproven)]
            raise (unproven or errors_met)[0]

    async def _receive(self, conn: AsyncConnection[tuple[Any, ...]]) -> None:
        async for notification in conn.notifies():
            await self._take(notification)
        raise Unproven("the server ended the listening connection")

    async def _take(self, notification: Notify) -> None:
        if notification.channel == self._channel:
            if notification.payload == self._expected:
                self._arrived.set()
                self._reading_left = _READ_WITHIN
            return
        eviction = read_eviction(notification.channel, notification.payload)
        if eviction.cause == "malformed":
            report_malformed_notification(notification.channel, len(notification.payload))
        if eviction.reset is None:
            self._evict(eviction)
        elif isinstance(eviction.clients, frozenset):
            dropped = self._evict(eviction)
            self._acknowledgements.add(eviction.reset, dropped, eviction.clients)
        else:
            with self._suspend():
                try:
                    forgotten = await self._read_forgotten(eviction.reset)
                except BaseException:
                    self._evict(eviction)
                    raise
                named = eviction if forgotten is None else replace(eviction, clients=forgotten)
                dropped = self._evict(named)
            self._acknowledgements.add(eviction.reset, dropped, forgotten)

    async def _read_forgotten(self, reset: int) -> frozenset[UUID] | None:
        """The incarnations that this reset took; None if too many, or not known in time."""
        if self._reading_left <= 0:
            return None
        began_at = time.monotonic()
        try:
            found = await read_forgotten(self._pool, [reset], began_at + self._reading_left)
        except TryLater:
            return None
        finally:
            self._reading_left -= time.monotonic() - began_at
        return found.get(reset)

    async def _prove(self) -> None:
        while True:
            if (obstacle := self._find_obstacle()) is not None:
                raise Unproven(f"no proof is sent: {obstacle}")
            self._expected = uuid4().hex
            self._arrived.clear()
            sent_at = clock.now()
            # The deadline covers sending as well: a NOTIFY that is still waiting proves nothing.
            notifying = asyncio.create_task(self._notify(self._expected))
            try:
                async with asyncio.timeout(DEADLINE):
                    await self._arrived.wait()
                    await notifying
            except TimeoutError:
                done = notifying.done() and not notifying.cancelled()
                error = notifying.exception() if done else None
                raise self._explain(error) from error
            finally:
                notifying.cancel()
            if self._proven_at is None:
                report_listener_ready()
            self._proven_at = sent_at
            self._note_state()
            await asyncio.sleep(INTERVAL)

    async def _notify(self, nonce: str) -> None:
        async with (
            self._pool.connection(timeout=DEADLINE) as conn,
            ending_after(conn, DEADLINE),
        ):
            try:
                sent = await self._send(conn, nonce)
            except errors.ProgramLimitExceeded:
                # A full queue stays full, even when all listeners have read it, until this
                # function is called.
                await conn.execute("SELECT pg_notification_queue_usage()")
                sent = await self._send(conn, nonce)
            await self._measure_clock(conn)
        if not sent:
            # This server was the primary and still runs: all connections have to move.
            await self._pool.drain()
            raise errors.ReadOnlySqlTransaction("the server only reads now")

    async def _send(self, conn: AsyncConnection[tuple[Any, ...]], nonce: str) -> bool:
        sent = await conn.execute(
            "SELECT pg_notify(%s, %s) WHERE current_setting('transaction_read_only') = 'off'",
            (self._channel, nonce),
        )
        return sent.rowcount == 1

    async def _measure_clock(self, conn: AsyncConnection[tuple[Any, ...]]) -> None:
        asked_at = clock.now()
        told = await (await conn.execute("SELECT clock_timestamp()")).fetchone()
        if told is not None:
            self._acknowledgements.database_clock.measure(asked_at, told[0], clock.now())

    def _explain(self, error: BaseException | None) -> Unproven:
        if error is not None:
            return Unproven(f"no proof could be sent: {first_line(error)}")
        if self._proven_at is not None:
            return Unproven(f"nothing arrived for {DEADLINE:g} s, though the connection is open")
        report_lost_notifications()
        return Unproven(
            "LISTEN was accepted, and nothing arrives: a transaction pooler such as PgBouncer"
            " is in the way; set LISTEN_DATABASE_URL to a direct connection"
        )
