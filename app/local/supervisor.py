"""Keeps child processes running: starts them, tells when all are ready, restarts, stops them.

A child's output goes to its log file, with a line at each start and end; what is not plain
information shows on the terminal too. Each child holds one end of a pipe on its standard input and
ends when the other end is gone, so that none outlives this process, however it ends.
"""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app.local.log_files import LogFile

ATTEMPTS = 3
"""Failed starts in a row after which everything ends."""
PROBE_TIMEOUT = 2.0
"""Seconds that a child has to answer a probe."""
STOP_TIMEOUT = 1.8
"""Seconds that children have to stop before they are killed."""

_LOG_TIMEOUT = 0.5
"""Seconds for the last lines of children that have ended."""
_POLL = 0.05
_LEVEL = re.compile(rb'\[(\w+) *\]|"level": ?"(\w+)"')
_QUIET = {b"debug", b"info"}
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")


class ServiceFailedError(Exception):
    """A service failed at every start; the text ends with its last lines."""


@dataclass(frozen=True, slots=True)
class Service:
    """A child process that answers 200 at `http://127.0.0.1:{port}/ready` once it is ready."""

    name: str
    command: tuple[str, ...]
    port: int


class Supervisor:
    """Runs services until it is told to stop."""

    def __init__(
        self,
        services: Sequence[Service],
        environment: Mapping[str, str],
        logs: Path,
        show: Callable[[str], None],
    ) -> None:
        """`logs` is the folder of their log files; `show` prints a line to the terminal."""
        self._services = services
        self._environment = environment
        self._logs = logs
        self._show = show
        self._ready: set[str] = set()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = False

    async def run(self, stop: asyncio.Event, when_ready: Callable[[], Awaitable[None]]) -> None:
        """Returns once `stop` is set and all children are gone. Raises ServiceFailedError."""
        stopped = asyncio.create_task(stop.wait())
        keepers = [asyncio.create_task(self._keep(service)) for service in self._services]
        announcer = asyncio.create_task(self._announce(when_ready))
        try:
            waiting = {stopped, announcer, *keepers}
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if done != {announcer} or announcer.exception() is not None:
                    break
        finally:
            self._stopping = True
            announcer.cancel()
            stopped.cancel()
            await self._stop_all()
            await self._finish(keepers)
            ends = await asyncio.gather(announcer, *keepers, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _finish(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        """Lets the logs of children that have ended be written to their end."""
        for service, keeper in zip(self._services, keepers, strict=True):
            if service.name not in self._running:
                # Between two starts: it has no child that could end.
                keeper.cancel()
        await asyncio.wait(keepers, timeout=_LOG_TIMEOUT)
        for keeper in keepers:
            keeper.cancel()

    async def _keep(self, service: Service) -> None:
        """Starts the service again whenever it ends."""
        failures = 0
        while True:
            lines: deque[str] = deque(maxlen=12)
            with LogFile(self._logs / f"{service.name}.log") as log:
                code = await self._run_once(service, log, lines)
                log.write(_make_mark(f"ended ({_describe_end(code)})"))
            if self._stopping:
                return
            failures = 1 if service.name in self._ready else failures + 1
            self._ready.discard(service.name)
            if failures >= ATTEMPTS:
                raise ServiceFailedError(
                    "\n".join((f"{service.name} does not start ({_describe_end(code)}):", *lines))
                )
            self._show(f"{service.name} ended ({_describe_end(code)}); starting it again")
            if failures > 1 and lines:
                self._show(f"{service.name}: {lines[-1]}")
            await asyncio.sleep(0.2 * 4 ** (failures - 1))

    async def _run_once(self, service: Service, log: LogFile, lines: deque[str]) -> int:
        process = await asyncio.create_subprocess_exec(
            *service.command,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C is for this process, which stops them in order.
            start_new_session=True,
        )
        self._running[service.name] = process
        log.write(_make_mark(f"started as process {process.pid}"))
        prober = asyncio.create_task(self._probe(service))
        try:
            if self._stopping:
                process.terminate()
            await self._pump(service, process, log, lines)
            return await process.wait()
        finally:
            prober.cancel()
            del self._running[service.name]

    async def _pump(
        self,
        service: Service,
        process: asyncio.subprocess.Process,
        log: LogFile,
        lines: deque[str],
    ) -> None:
        if process.stdout is None:
            return
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                # Longer than asyncio's limit; the buffer was dropped.
                continue
            if not line:
                return
            log.write(line)
            text = _COLOURS.sub(b"", line).decode(errors="replace").rstrip()
            lines.append(text)
            level = _find_level(line)
            # Before it is ready, plain lines are kept for the report of a failed start.
            if level not in _QUIET and (level or service.name in self._ready):
                self._show(f"{service.name}: {text}")

    async def _probe(self, service: Service) -> None:
        """Notes when the service is ready for the first time since its start."""
        url = f"http://127.0.0.1:{service.port}/ready"
        async with httpx2.AsyncClient(timeout=PROBE_TIMEOUT, trust_env=False) as client:
            while True:
                # It does not listen yet, or no longer: _keep sees it end.
                with suppress(httpx2.TransportError):
                    if (await client.get(url)).status_code == 200:
                        self._ready.add(service.name)
                        return
                await asyncio.sleep(_POLL)

    async def _announce(self, when_ready: Callable[[], Awaitable[None]]) -> None:
        told = time.monotonic()
        while missing := [s.name for s in self._services if s.name not in self._ready]:
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self._show(f"still waiting for {', '.join(missing)}; see {self._logs}")
            await asyncio.sleep(_POLL)
        await when_ready()

    async def _stop_all(self) -> None:
        processes = list(self._running.values())
        for order in (signal.SIGTERM, signal.SIGKILL):
            for process in processes:
                if process.returncode is None:
                    process.send_signal(order)
            waits = [asyncio.create_task(process.wait()) for process in processes]
            if waits:
                await asyncio.wait(waits, timeout=STOP_TIMEOUT)


def _find_level(line: bytes) -> bytes:
    """The level of a log line; empty for anything else, as a traceback's lines."""
    found = _LEVEL.search(_COLOURS.sub(b"", line))
    return (found[1] or found[2]) if found is not None else b""


def _make_mark(event: str) -> bytes:
    return f"--- {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {event}\n".encode()


def _describe_end(code: int) -> str:
    return f"exit {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
