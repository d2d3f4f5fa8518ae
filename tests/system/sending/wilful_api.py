"""A Cloud API with a will of its own: it throttles, refuses, lies and stops, and keeps the truth.

It runs in a thread of the test, on real sockets. What it accepted is what the client's phone has
got, whatever it told the bot; the judge compares that with what the bot's rows say.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Self

from app.simulator.cloud_api import new_wamid

HANG: Final = 30.0
"""Seconds without an answer: longer than a bot waits for one."""

Lie = str

MIXTURE: Final[Mapping[Lie, float]] = {
    "slow": 0.03,
    "accept, 500 as a page": 0.005,
    "accept, 502 as a page": 0.005,
    "accept, reset": 0.01,
    "accept, cut": 0.01,
    "accept, empty": 0.005,
    "accept, malformed": 0.005,
    "accept, hang": 0.001,
    "503 as a page": 0.01,
    "reset": 0.01,
    "hang": 0.001,
    "refuse 131000 as 500": 0.02,
    "refuse 131016 as 503": 0.01,
    "refuse 131000 as 200": 0.005,
    "refuse 131056": 0.005,
    "refuse 131026": 0.01,
    "refuse 130497": 0.005,
    "refuse 987654": 0.002,
}
"""How often each happens; everything else is taken and answered as it should be."""
CLOSES_IDLE: Final = 0.05
"""How often a connection is closed within a tenth of a second of idleness, without a word."""


@dataclass(frozen=True, slots=True)
class Attempt:
    token: str
    address: str
    at: float
    told: str
    accepted: bool


@dataclass
class WilfulApi:
    """Serves `POST /v24.0/{number}/messages`; use it as a context manager.

    `report` is given the message id, the address and the token of each accepted message: the
    delivered status, which WhatsApp delivers until it is taken.
    """

    report: Callable[[str, str, str], None]
    mixture: Mapping[Lie, float]
    seed: int
    per_second: float = 60.0
    """Beyond this rate 130429 is answered."""
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    expired: threading.Event = field(default_factory=threading.Event)
    """While it is set, the token is refused (190)."""
    orders: dict[str, Lie] = field(default_factory=dict[str, Lie])
    """What an address gets, whatever the mixture."""

    def __enter__(self) -> Self:
        self._chance = random.Random(self.seed)
        self._lies = list(self.mixture)
        self._weights = [*self.mixture.values(), 1 - sum(self.mixture.values())]
        self._budget, self._budget_at = self.per_second, time.monotonic()
        self._reports = ThreadPoolExecutor(4)
        self._reported: list[Future[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._reports.shutdown(wait=True, cancel_futures=True)

    def wait_reported(self) -> None:
        """Returns when every status of what was accepted until now has been delivered."""
        for report in list(self._reported):
            report.result()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._start_serving, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v24.0"
        self._listening.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start_serving(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                patience = None
                if self._chance.random() < CLOSES_IDLE:
                    patience = self._chance.random() * 0.1
                async with asyncio.timeout(patience):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0])
                request = json.loads(await reader.readexactly(length))
                if not await self._answer(request, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # the bot closed the connection, or was killed; or it was idle for too long
        finally:
            writer.close()

    async def _answer(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Answers one send as it likes; False closes the connection."""
        token = request["biz_opaque_callback_data"]
        address = request.get("to") or request["recipient"]

        def note(told: str, accepted: bool) -> str:
            self.attempts.append(Attempt(token, address, time.monotonic(), told, accepted))
            message_id = new_wamid(address, "out")
            if accepted:
                reporting = self._reports.submit(self.report, message_id, address, token)
                self._reported.append(reporting)
            return message_id

        if self.expired.is_set():
            note("refuse 190", False)
            await _write(writer, 401, _error(190))
            return True
        if not self._has_budget():
            note("refuse 130429", False)
            await _write(writer, 400, _error(130429))
            return True
        lie = self.orders.get(address) or self._choose_lie()
        accepted = lie.startswith(("accept", "slow"))
        message_id = note(lie, accepted)
        good = json.dumps(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": address, "wa_id": address}],
                "messages": [{"id": message_id}],
            }
        ).encode()
        match lie.removeprefix("accept, ").split():
            case ["accept"]:
                await _write(writer, 200, good)
                return True
            case ["slow"]:
                await asyncio.sleep(self._chance.uniform(0.2, 3))
                await _write(writer, 200, good)
                return True
            case [status, "as", "a", "page"]:
                await _write(writer, int(status), b"<html>Sorry</html>")
                return True
            case ["reset"]:
                writer.transport.abort()
                return False
            case ["cut"]:
                await _write(writer, 200, good[: len(good) // 2], length=len(good))
                return False
            case ["empty"]:
                await _write(writer, 200, b"")
                return True
            case ["malformed"]:
                await _write(writer, 200, good[:-5])
                return True
            case ["hang"]:
                await asyncio.sleep(HANG)
                return False
            case ["refuse", code, *rest]:
                await _write(writer, int(rest[1]) if rest else 400, _error(int(code)))
                return True
            case _:
                raise AssertionError(lie)

    def _choose_lie(self) -> Lie:
        return self._chance.choices([*self._lies, "accept"], self._weights)[0]

    def _has_budget(self) -> bool:
        now = time.monotonic()
        refill = (now - self._budget_at) * self.per_second
        self._budget, self._budget_at = min(self.per_second, self._budget + refill), now
        if self._budget < 1:
            return False
        self._budget -= 1
        return True


def _error(code: int) -> bytes:
    error = {"message": f"(#{code}) Ordered by a test", "type": "OAuthException", "code": code}
    return json.dumps({"error": error}).encode()


async def _write(
    writer: asyncio.StreamWriter, status: int, body: bytes, length: int | None = None
) -> None:
    writer.write(
        b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (status, len(body) if length is None else length, body)
    )
    await writer.drain()
