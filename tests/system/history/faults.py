"""What goes wrong while the clients write."""

from __future__ import annotations

import asyncio
import math
import random
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import psycopg
from psycopg import AsyncConnection

from tests.system.history import keepers
from tests.system.history.dba import is_lost
from tests.system.history.record import Keeper, Record
from tests.system.history.restarts import Restarts
from tests.system.nova import Nova, wait_for

PATIENCE = 60.0
"""Seconds until a server that was ended has to answer again."""
RESTARTS = ("the server restarted", "the server crashed")
"""Faults that need a server of the history's own, which keeps what it has committed."""


class Faults:
    """Strikes for a while; then everything is whole again."""

    def __init__(
        self, nova: Nova, chance: random.Random, record: Record, restarts: Restarts | None = None
    ) -> None:
        """Without `restarts`, none of RESTARTS can strike."""
        self._nova = nova
        self._chance = chance
        self._record = record
        self._triggers = asyncio.Lock()
        """Held by faults that disable our triggers, or make others."""
        self._restarts = restarts
        self.struck: dict[str, int] = {}

    async def run(self, names: list[str], seconds: float) -> None:
        """Strikes with these faults, side by side, for so long."""
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._repeat(name, until) for name in names))
        async with httpx2.AsyncClient(trust_env=False) as http:
            await http.delete(f"{self._nova.simulator_url}/control/faults")

    async def _repeat(self, name: str, until: float) -> None:
        strike, pause = FAULTS[name]
        while True:
            wait = self._chance.uniform(0.2, 1.0) * pause
            if time.monotonic() + wait > until:
                return
            await asyncio.sleep(wait)  # the faults' own rhythm
            try:
                await strike(self)
            except psycopg.errors.DeadlockDetected:
                continue  # with a reset, which was undone or went on
            except psycopg.Error as error:
                if self._restarts is None or not is_lost(error):
                    raise
                continue  # the server was ended under it
            self.struck[name] = self.struck.get(name, 0) + 1

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._nova.database_url, autocommit=True, application_name="fault"
        )

    async def _surely(self, statement: str) -> None:
        """Executes what ends a fault; again if the server was ended under it."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                async with await self._connect() as conn:
                    await conn.execute(statement.encode())
                return
            except psycopg.errors.DeadlockDetected:
                continue
            except psycopg.Error as error:
                if not is_lost(error) or time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)  # until the server answers again

    async def restart_server(self) -> None:
        await self._end_server(signal.SIGINT)

    async def crash_server(self) -> None:
        """An immediate shutdown, or the end of the postmaster alone: recovery from the WAL."""
        await self._end_server(self._chance.choice([signal.SIGQUIT, signal.SIGKILL]))

    async def _end_server(self, order: signal.Signals) -> None:
        assert self._restarts is not None, f"{RESTARTS} need a server of the history's own"
        await self._restarts.restart(order)

    async def cut_listeners(self) -> None:
        await self._cut("novabot listener")

    async def cut_pools(self) -> None:
        await self._cut("novabot bot")

    async def cut_dashboard(self) -> None:
        await self._cut("novabot dashboard")

    async def _cut(self, application: str) -> None:
        async with await self._connect() as conn:
            cursor = await conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
                " AND datname = current_database()",
                (application,),
            )
            pids = [pid for (pid,) in await cursor.fetchall()]
            if pids:
                await conn.execute("SELECT pg_terminate_backend(%s)", (self._chance.choice(pids),))

    async def stop_a_bot(self) -> None:
        bot = self._chance.randrange(len(self._nova.bots))
        process = self._nova.bots[bot]
        if process is None or process.popen.poll() is not None:
            return
        process.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._chance.choice([0.05, 0.3, 2.0, 5.0]))
        finally:
            if process.popen.poll() is None:
                process.send(signal.SIGCONT)

    async def kill_a_bot(self) -> None:
        bot = self._chance.randrange(len(self._nova.bots))
        process = self._nova.bots[bot]
        if process is None:
            return
        if process.popen.poll() is None:
            process.send(signal.SIGCONT)
        await asyncio.to_thread(process.kill)
        self._nova.start_bot(bot)
        ready = f"{self._nova.bot_urls[bot]}/ready"
        # Longer than alone: what the other faults do to the database keeps it unready meanwhile.
        await asyncio.to_thread(
            wait_for, lambda: self._nova.ask(ready) == 200, f"{ready} to be 200", PATIENCE
        )

    async def hold_rows(self) -> None:
        """A DBA's open transaction over some clients."""
        async with await self._connect() as conn, conn.transaction(force_rollback=True):
            await conn.execute(
                'SELECT 1 FROM (SELECT id FROM "User" ORDER BY random() LIMIT 3) AS u'
                ' JOIN "User" USING (id) FOR UPDATE OF "User"'
            )
            await asyncio.sleep(self._chance.uniform(0.1, 1.5))

    async def lose_signals(self) -> None:
        """Resets happen, and no notification is sent: only the fence is left."""
        async with self._triggers:
            try:
                async with await self._connect() as conn:
                    await conn.execute('ALTER TABLE "User" DISABLE TRIGGER reset_deleted')
                    await asyncio.sleep(self._chance.uniform(0.2, 1.0))
            finally:
                await self._surely('ALTER TABLE "User" ENABLE ALWAYS TRIGGER reset_deleted')

    async def keep_rows(self) -> None:
        """A DBA's trigger that keeps rows. Not while ours is disabled, which notices it."""
        table = self._chance.choice(keepers.TABLES)
        kind = self._chance.choice(list(keepers.BODIES))
        async with self._triggers:
            begun = time.monotonic()
            made = gone = math.inf
            try:
                async with await self._connect() as conn:
                    await conn.execute(keepers.make(table, kind).encode())
                made = time.monotonic()
                await asyncio.sleep(self._chance.uniform(0.3, 1.5))
                gone = time.monotonic()
            finally:
                await self._surely(keepers.drop(table))
                keeper = Keeper(table, kind, begun, made, gone, time.monotonic())
                self._record.keepers.append(keeper)

    async def send_malformed_signals(self) -> None:
        async with await self._connect() as conn:
            for payload in ("", "{", '{"reset": 1}', "*", "x" * 7999, '{"clients": 7, "reset": 1}'):
                await conn.execute("SELECT pg_notify('session_reset', %s)", (payload,))

    async def trouble_the_cloud_api(self) -> None:
        fault = self._chance.choice(
            [
                {"status": 503, "times": 20},
                {"status": 500, "times": 20},
                {"drop": "before", "times": 10},
                {"drop": "after", "times": 10},
                {"delay_seconds": 0.5, "times": 10},
            ]
        )
        async with httpx2.AsyncClient(trust_env=False) as http:
            # One at a time: on a slow machine they would heap up, and all sending fail for good.
            await http.delete(f"{self._nova.simulator_url}/control/faults")
            await http.post(f"{self._nova.simulator_url}/control/faults", json=fault)


FAULTS: dict[str, tuple[Callable[[Faults], Awaitable[None]], float]] = {
    "listeners cut": (Faults.cut_listeners, 0.4),
    "pool connections cut": (Faults.cut_pools, 2.0),
    "dashboard connections cut": (Faults.cut_dashboard, 3.0),
    "a bot stopped": (Faults.stop_a_bot, 8.0),
    "a bot killed": (Faults.kill_a_bot, 15.0),
    "rows held": (Faults.hold_rows, 4.0),
    "signals lost": (Faults.lose_signals, 6.0),
    "signals malformed": (Faults.send_malformed_signals, 3.0),
    "the Cloud API in trouble": (Faults.trouble_the_cloud_api, 5.0),
    "a trigger that keeps rows": (Faults.keep_rows, 5.0),
    "the server restarted": (Faults.restart_server, 20.0),
    "the server crashed": (Faults.crash_server, 20.0),
}
"""Each with the longest pause between two strikes, in seconds."""
