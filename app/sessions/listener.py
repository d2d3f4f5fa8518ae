"""Hearing of resets, and knowing whether we would.

The fence in every turn (app/sessions/turn.py) keeps answers right without any of this. The
listener makes forgetting immediate, and it is the one who says whether memory may be used:

1. A connection of its own, direct, autocommit, to the read-write primary, does nothing but wait
   for notifications: they are delivered only between transactions, and psycopg's generator keeps
   the connection to itself.
2. Connect, LISTEN (committed), drop every session, prove, ready. What was missed before LISTEN
   is not replayed: nothing remembered means nothing to evict. The resets of the last day that are
   in the table by then, and lack this bot's acknowledgement, get it; later ones will be heard.
3. The proof: a nonce goes from the pool by NOTIFY to this bot's own channel, and has to arrive
   on the listening connection within DEADLINE. Notifications keep the order of commits, so when
   it arrives, all that committed before it was sent has arrived too. A socket that is open, or
   TCP keepalives, prove nothing: a black hole acknowledges packets, and behind a transaction
   pooler LISTEN succeeds and hears nothing. None is sent to a server that only reads.
4. Memory is trusted while the last proof is younger than FRESH_FOR, judged at every use and by a
   clock that runs on while the process is stopped or the machine sleeps. A process that wakes
   after SIGSTOP does not trust itself before it has proven again.
5. Connection lost, proof late, or payload garbled: every session is dropped. A connection that
   doesn't prove itself is cut, not asked to cancel, and a new one starts at step 2, after a
   jittered pause.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import AsyncConnection, Notify, errors, sql
from psycopg_pool import PoolTimeout

from app.database.connection import KEEP_OPEN, cut, cutting_after, mend_settings_async
from app.database.pool import Pool, connection_parameters
from app.sessions import clock
from app.sessions.acknowledgement import Acknowledgements
from app.sessions.signals import CHANGED, EVERYBODY, RESET, Eviction, read_signal
from app.telemetry import (
    report_deafness,
    report_garbled_signal,
    report_listener_gap,
    report_listener_ready,
)

INTERVAL = 1.0
"""Seconds between proofs."""
DEADLINE = 2.0
"""Seconds that a nonce may take to come back."""
FRESH_FOR = INTERVAL + DEADLINE + 0.5
"""Seconds that a proof is worth."""
_PAUSES = (0.05, 2.0)
"""Seconds before a new connection: the first pause, and the longest."""


class Deaf(Exception):
    """The connection is open, and what was sent to it did not arrive."""


class Listener:
    """One per bot. `evict` is called in the order of commits, and returns how many it dropped.

    `note_state` is called whenever `is_fresh()` may have changed.
    """

    def __init__(
        self,
        url: str,
        pool: Pool,
        bot: UUID,
        evict: Callable[[Eviction], int],
        acknowledgements: Acknowledgements,
        *,
        note_state: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._pool = pool
        self._bot = bot
        self._channel = f"novabot_{bot.hex}"
        self._evict = evict
        self._acknowledgements = acknowledgements
        self._note_state = note_state
        self._proven_at: float | None = None
        self._expected: str | None = None
        self._arrived = asyncio.Event()

    def is_fresh(self) -> bool:
        """Whether memory may be used now."""
        return self._proven_at is not None and clock.now() - self._proven_at < FRESH_FOR

    async def run(self) -> None:
        """Listens until it is cancelled."""
        pause = _PAUSES[0]
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, Deaf, PoolTimeout) as error:
                if self._proven_at is not None:
                    pause = _PAUSES[0]
                report_listener_gap(str(error).partition("\n")[0])
            finally:
                self._proven_at = None
                self._evict(Eviction("gap", EVERYBODY))
                self._note_state()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _PAUSES[1])

    async def _listen(self) -> None:
        conn = await self._connect()
        try:
            with cutting_after(conn, DEADLINE):
                await mend_settings_async(conn)
                await conn.execute(KEEP_OPEN)
                for channel in (RESET, CHANGED, self._channel):
                    await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                self._evict(Eviction("gap", EVERYBODY))
                missed = await conn.execute("SELECT unnest(missed_resets(%s))", (self._bot,))
            self._acknowledgements.add_missed([reset for (reset,) in await missed.fetchall()])
            hearing = asyncio.create_task(self._hear(conn))
            proving = asyncio.create_task(self._prove())
            try:
                await asyncio.wait({hearing, proving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                proving.cancel()
                cut(conn)
                ended = await asyncio.gather(hearing, proving, return_exceptions=True)
            deaf = next((error for error in ended if isinstance(error, Deaf)), None)
            raise deaf or next(error for error in ended if error is not None)
        finally:
            cut(conn)
            await conn.close()

    async def _connect(self) -> AsyncConnection[tuple[Any, ...]]:
        conn = await AsyncConnection[tuple[Any, ...]].connect(
            self._url, **connection_parameters(self._url, "novabot listener")
        )
        conn.prepare_threshold = None
        return conn

    async def _hear(self, conn: AsyncConnection[tuple[Any, ...]]) -> None:
        async for notification in conn.notifies():
            self._take(notification)
        raise Deaf("the server ended the listening connection")

    def _take(self, notification: Notify) -> None:
        if notification.channel == self._channel:
            if notification.payload == self._expected:
                self._arrived.set()
            return
        eviction = read_signal(notification.channel, notification.payload)
        if eviction.cause == "garbled":
            report_garbled_signal(notification.channel, len(notification.payload))
        dropped = self._evict(eviction)
        if eviction.reset is not None:
            self._acknowledgements.add(eviction.reset, dropped)

    async def _prove(self) -> None:
        while True:
            self._expected = uuid4().hex
            self._arrived.clear()
            sent_at = clock.now()
            # The deadline holds for both ways: it is no proof that our NOTIFY waits somewhere.
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
        async with self._pool.connection(timeout=DEADLINE) as conn:
            with cutting_after(conn, DEADLINE):
                try:
                    sent = await self._send(conn, nonce)
                except errors.ProgramLimitExceeded:
                    # A full queue stays full, even once all has been read, until this is asked.
                    await conn.execute("SELECT pg_notification_queue_usage()")
                    sent = await self._send(conn, nonce)
        if not sent:
            # A primary that was replaced and left up: all connections have to move.
            await self._pool.drain()
            raise errors.ReadOnlySqlTransaction("the server only reads now")

    async def _send(self, conn: AsyncConnection[tuple[Any, ...]], nonce: str) -> bool:
        sent = await conn.execute(
            "SELECT pg_notify(%s, %s) WHERE current_setting('transaction_read_only') = 'off'",
            (self._channel, nonce),
        )
        return sent.rowcount == 1

    def _explain(self, error: BaseException | None) -> Deaf:
        if error is not None:
            return Deaf(f"no proof could be sent: {str(error).partition(chr(10))[0]}")
        if self._proven_at is not None:
            return Deaf(f"nothing was heard for {DEADLINE:g} s, though the connection is open")
        report_deafness()
        return Deaf(
            "LISTEN was accepted, and nothing arrives: a transaction pooler such as PgBouncer"
            " is in the way; set LISTEN_DATABASE_URL to a direct connection"
        )
