"""The whole way: a signed POST to a real bot process, until its 200, which means committed.

The load comes from this process over sockets that stay open. The bot sends its answers to a
server in a third process, which accepts everything at once.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app.simulator.cloud_api import encode, new_wamid, sign
from tests.benchmarks.asking import run_process
from tests.benchmarks.chat import TEXT
from tests.benchmarks.figures import Section, run_side_by_side
from tests.benchmarks.server import Place, count_transactions, make_clients
from tests.system.nova import APP_SECRET, PHONE_NUMBER_ID, Nova
from tests.webhook_bodies import text_body

AT_ONCE = (1, 4, 16, 64)
ROUNDS = 3
CALLS = {1: 80, 4: 240, 16: 480, 64: 640}
CLIENTS = 64
GET, POST = "GET /live", "POST /webhook"
_GET = b"GET /live HTTP/1.1\r\nHost: bot\r\n\r\n"


class Line:
    """One open connection to the bot, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> int:
        """The status of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        self._writer.close()


class AnswerSink:
    """Takes what the bot sends, as the Cloud API would answer a good request."""

    def __init__(self) -> None:
        self.server: asyncio.Server | None = None
        self._taken = 0

    async def url(self) -> str:
        assert self.server is not None
        host, port = self.server.sockets[0].getsockname()
        return f"http://{host}:{port}/v24.0"

    async def count(self) -> int:
        return self._taken

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                to = json.loads(await reader.readexactly(length)).get("to", "")
                self._taken += 1
                body = json.dumps(
                    {
                        "messaging_product": "whatsapp",
                        "contacts": [{"input": to, "wa_id": to}],
                        "messages": [{"id": new_wamid(to, "out")}],
                    }
                ).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def open_sink() -> AsyncIterator[AnswerSink]:
    sink = AnswerSink()
    sink.server = await asyncio.start_server(sink.take, "127.0.0.1", 0)
    yield sink
    sink.server.close()


def measure(place: Place) -> Iterator[Section]:
    section = Section("webhook: POST until 200, a real bot process, fsync on; ÷ of rates")
    directory = place.directory / "webhook"
    directory.mkdir(exist_ok=True)
    with place.clone() as url, run_process(open_sink) as sink:
        phones = make_clients(url, CLIENTS)
        before = count_transactions(url)
        idle = _run_bot(url, directory, sink.ask("url"), _wait_idle)
        spent_idle = count_transactions(url, before)

        def load(bot: str) -> int:
            return asyncio.run(_load(section, bot, phones))

        turns = 0

        def load_and_wait(bot: str) -> None:
            nonlocal turns
            turns = load(bot)
            deadline = time.monotonic() + 20
            while sink.ask("count") < turns and time.monotonic() < deadline:
                time.sleep(0.05)

        busy = _run_bot(url, directory, sink.ask("url"), load_and_wait)
        spent = count_transactions(url, before + spent_idle)
        sent = sink.ask("count")
    own = spent_idle / idle
    section.note(
        f"{turns:,} turns answered by {sent:,} messages:"
        f" {(spent - own * busy) / turns:.2f} transactions a turn with its sending,"
        f" beside {own:.1f} a second of an idle bot"
    )
    yield section


def _run_bot(url: str, directory: Path, api: str, act: Callable[[str], object]) -> float:
    """One bot from its start to its end, with the act in between; its seconds."""
    with ExitStack() as stack:
        nova = Nova(url, directory, bots=1, WHATSAPP_API_URL=api)
        stack.callback(nova.close)
        started = time.monotonic()
        bot = nova.start_bot(0)
        nova.wait_ready(nova.bot_urls[0])
        act(nova.bot_urls[0])
        bot.stop()
        return time.monotonic() - started


def _wait_idle(_: str) -> None:
    time.sleep(3)


async def _load(section: Section, url: str, phones: list[str]) -> int:
    """Adds the figures; how many turns were committed."""
    statuses: Counter[int] = Counter()

    async def run(name: str, requests: list[list[bytes]], count: int) -> tuple[list[float], float]:
        """So many requests over as many new connections as there are lists of requests."""
        lines = [await _open_line(url) for _ in requests]

        async def ask(worker: int) -> None:
            status = await lines[worker].ask(requests[worker].pop() if name == POST else _GET)
            if name == POST:
                statuses[status] += 1

        try:
            return await run_side_by_side(ask, count, len(lines))
        finally:
            for line in lines:
                line.close()

    await run(POST, [[_make_request(phone)] for phone in phones], len(phones))
    for at_once in AT_ONCE:
        taken: dict[str, list[float]] = {GET: [], POST: []}
        seconds = dict.fromkeys(taken, 0.0)
        for _ in range(ROUNDS):
            for name in taken:
                requests = [
                    [_make_request(phone) for _ in range(CALLS[at_once])]
                    for phone in phones[:at_once]
                ]
                each, whole = await run(name, requests, CALLS[at_once])
                taken[name] += each
                seconds[name] += whole
        base = None
        for name, each in taken.items():
            label = f"{at_once} at once: {name}"
            section.add(label, each, "ms", than=base, rate=len(each) / seconds[name])
            base = label
    refused = {status: count for status, count in statuses.items() if status != 200}
    if refused:
        section.note(f"other answers than 200: {refused}")
    return statuses[200]


async def _open_line(url: str) -> Line:
    target = urlsplit(url)
    return Line(*await asyncio.open_connection(target.hostname, target.port))


def _make_request(phone: str) -> bytes:
    raw = encode(text_body(phone, TEXT, phone_number_id=PHONE_NUMBER_ID))
    return (
        b"POST /webhook HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n"
        b"X-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (sign(raw, APP_SECRET).encode(), len(raw), raw)
    )
