"""The whole way: a signed POST to a real bot process, until its 200, which means committed, and
until the answer has been accepted; beside a bare handler that writes the same rows (bare.py).

The load comes from this process over sockets that stay open. The bot sends its answers to a
server in a third process, which accepts everything at once.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import psycopg
import uvloop
from typing_extensions import override

from app.simulator.cloud_api import encode, new_wamid, sign
from tests.benchmarks.asking import Process, run_process
from tests.benchmarks.bare import open_bare
from tests.benchmarks.chat import TEXT
from tests.benchmarks.figures import Section, run_side_by_side
from tests.benchmarks.server import Place, count_transactions, make_clients
from tests.system.nova import APP_SECRET, PHONE_NUMBER_ID, Nova, wait_for
from tests.webhook_bodies import join_bodies, text_body

AT_ONCE = (1, 16, 64)
ROUNDS = 5
CALLS = {1: 300, 16: 1_500, 64: 1_500}
CLIENTS = 500
MANY, ALONE = 1_000, 100
IDLE = 3.0
"""Seconds of a bot that has nothing to do, whose transactions are counted."""
_PATIENCE = 30.0


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
        self.taken = 0

    async def url(self) -> str:
        assert self.server is not None
        host, port = self.server.sockets[0].getsockname()
        return f"http://{host}:{port}/v24.0"

    async def count(self) -> int:
        return self.taken


class _Taking(asyncio.Protocol):
    """One connection to the sink; as little as it can do, for it runs beside what is measured."""

    def __init__(self, sink: AnswerSink) -> None:
        self._sink = sink
        self._transport: asyncio.Transport
        self._read = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, rest = self._read.partition(b"\r\n\r\n")
        if not end or len(rest) < int(head.rpartition(b"Content-Length: ")[2].split(b"\r\n")[0]):
            return
        self._read = b""
        self._sink.taken += 1
        to = json.loads(rest).get("to", "")
        body = (
            f'{{"messaging_product":"whatsapp","contacts":[{{"input":"{to}","wa_id":"{to}"}}],'
            f'"messages":[{{"id":"{new_wamid(to, "out")}"}}]}}'
        ).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )


@asynccontextmanager
async def open_sink() -> AsyncIterator[AnswerSink]:
    sink = AnswerSink()
    loop = asyncio.get_running_loop()
    sink.server = await loop.create_server(lambda: _Taking(sink), "127.0.0.1", 0)
    yield sink
    sink.server.close()


@dataclass
class Receiver:
    """What is posted to, and what it has cost until now."""

    name: str
    url: str
    pid: int
    phones: list[str]
    wait_answered: Callable[[int], None]
    """Waits until so many messages, since it was made, have been answered."""
    posted: int = 0
    taken: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    processor: list[float] = field(default_factory=list[float])
    """Seconds of its process a message, in each round; of the server's in the next."""
    server: list[float] = field(default_factory=list[float])


def measure(place: Place) -> Iterator[Section]:
    directory = place.directory / "webhook"
    directory.mkdir(exist_ok=True)
    with place.clone() as url, place.clone() as bare_url, run_process(open_sink) as sink:
        phones = make_clients(url, CLIENTS)
        bare_phones = make_clients(bare_url, CLIENTS)
        before, bare_before = count_transactions(url), count_transactions(bare_url)
        idle = _run_bot(url, directory, sink.ask("url"), lambda _url, _pid: time.sleep(IDLE))
        spent_idle = count_transactions(url, before)
        sections: list[Section] = []
        turns = 0

        def compare(bot: str, pid: int) -> None:
            nonlocal turns
            with run_process(open_bare, bare_url, APP_SECRET) as bare:
                receivers = [
                    Receiver("bare", bare.ask("url"), bare.ask("pid"), bare_phones, lambda _: None),
                    Receiver("bot", bot, pid, phones, lambda count: _wait_sent(sink, count)),
                ]
                sections.extend(_compare(place, receivers))
                turns = receivers[1].posted

        busy = _run_bot(url, directory, sink.ask("url"), compare)
        spent = count_transactions(url, before + spent_idle)
        bare_spent = count_transactions(bare_url, bare_before)
        sent = sink.ask("count")

        def measure_bodies(bot: str, pid: int) -> None:
            sections.append(_measure_bodies(Receiver("bot", bot, pid, phones, lambda _: None)))

        _run_bot(url, directory, sink.ask("url"), measure_bodies)
    own = spent_idle / idle
    sections[-2].note(
        f"{turns:,} turns answered by {sent:,} messages:"
        f" {(spent - own * busy) / turns:.2f} transactions a turn with its sending,"
        f" beside {own:.1f} a second of an idle bot; bare: {bare_spent / turns:.2f}"
    )
    yield from sections


def _wait_sent(sink: Process, count: int) -> None:
    wait_for(lambda: sink.ask("count") >= count, f"{count} answers sent", _PATIENCE)


def _run_bot(url: str, directory: Path, api: str, act: Callable[[str, int], object]) -> float:
    """One bot from its start to its end, with the act in between; its seconds."""
    with ExitStack() as stack:
        nova = Nova(url, directory, bots=1, WHATSAPP_API_URL=api)
        stack.callback(nova.close)
        started = time.monotonic()
        bot = nova.start_bot(0)
        nova.wait_ready(nova.bot_urls[0])
        act(nova.bot_urls[0], bot.pid)
        bot.stop()
        return time.monotonic() - started


def _compare(place: Place, receivers: list[Receiver]) -> Iterator[Section]:
    """A table for each number of connections; the receivers take turns."""
    for receiver in receivers:  # both have met their clients
        uvloop.run(_post(receiver, CLIENTS, 16))
        receiver.wait_answered(receiver.posted)
    for at_once in AT_ONCE:
        for receiver in receivers:
            receiver.taken, receiver.seconds = [], []
            receiver.processor, receiver.server = [], []
        for _ in range(ROUNDS):
            for receiver in receivers:
                _run_round(place, receiver, at_once)
        yield _make_section(at_once, receivers)


def _run_round(place: Place, receiver: Receiver, at_once: int) -> None:
    count = CALLS[at_once]
    own, server = _processor_seconds(receiver.pid), _server_seconds(place)
    began = time.perf_counter()
    receiver.taken += uvloop.run(_post(receiver, count, at_once))
    receiver.wait_answered(receiver.posted)
    receiver.seconds.append(time.perf_counter() - began)
    receiver.processor.append((_processor_seconds(receiver.pid) - own) / count)
    receiver.server.append((_server_seconds(place) - server) / count)


def _make_section(at_once: int, receivers: list[Receiver]) -> Section:
    section = Section(
        f"webhook, {at_once} at once: until 200; rate until every answer is accepted; fsync on"
    )
    for what in ("POST", "processor", "server"):
        base = None
        for receiver in receivers:
            name = f"{receiver.name}: {what}"
            if what == "POST":
                rate = len(receiver.taken) / sum(receiver.seconds)
                section.add(name, receiver.taken, "ms", than=base, rate=rate)
            else:
                each = receiver.processor if what == "processor" else receiver.server
                section.add(name, each, "ms", than=base)
            base = base or name
    return section


def _measure_bodies(receiver: Receiver) -> Section:
    """Bodies of MANY messages, and how long other clients' messages take meanwhile."""
    section = Section(
        f"webhook, a body of {MANY:,} messages: until its 200; answers not waited for"
    )
    alone = uvloop.run(_post(receiver, ALONE, 1))
    section.add("bot: POST of one message alone", alone, "ms")
    for clients in (1, 50):
        body, meanwhile = uvloop.run(_post_body(receiver, clients))
        who = "one client" if clients == 1 else f"{clients} clients"
        section.add(f"bot: body of {who}", [body], "ms")
        section.add(
            "bot: POST of others meanwhile", meanwhile, "ms", than="bot: POST of one message alone"
        )
    return section


async def _post_body(receiver: Receiver, clients: int) -> tuple[float, list[float]]:
    """Seconds until the 200 of the body, and of the other POSTs, one after the other."""
    phones, others = receiver.phones[:clients], receiver.phones[clients:]
    joined = join_bodies(
        text_body(phones[place % clients], TEXT, phone_number_id=PHONE_NUMBER_ID)
        for place in range(MANY)
    )
    line, side = await _open_line(receiver.url), await _open_line(receiver.url)
    taken: list[float] = []
    try:
        started = time.perf_counter()
        posting = asyncio.create_task(line.ask(_sign_request(encode(joined))))
        while not posting.done():
            begun = time.perf_counter()
            assert await side.ask(_make_request(others[len(taken) % len(others)])) == 200
            taken.append(time.perf_counter() - begun)
        assert await posting == 200
        seconds = time.perf_counter() - started
    finally:
        line.close()
        side.close()
    receiver.posted += MANY + len(taken)
    return seconds, taken


async def _post(receiver: Receiver, count: int, at_once: int) -> list[float]:
    """So many messages over as many new connections; seconds of each until its 200."""
    places = list(range(receiver.posted, receiver.posted + count))
    requests = [_make_request(receiver.phones[place % len(receiver.phones)]) for place in places]
    lines = [await _open_line(receiver.url) for _ in range(at_once)]
    statuses: Counter[int] = Counter()

    async def ask(worker: int) -> None:
        statuses[await lines[worker].ask(requests.pop())] += 1

    try:
        taken, _ = await run_side_by_side(ask, count, at_once)
    finally:
        for line in lines:
            line.close()
    receiver.posted += statuses[200]
    if statuses[200] != count:
        raise AssertionError(f"other answers than 200: {statuses}")
    return taken


def _processor_seconds(pid: int) -> float:
    """User and system time of a process, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _server_seconds(place: Place) -> float:
    """The same of the PostgreSQL server with all its processes."""
    pid = _find_postmaster(place)
    running = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = _processor_seconds(pid)
    for child in running:
        try:
            total += _processor_seconds(int(child))
        except FileNotFoundError:
            continue  # it has ended, and is in its parent's account next time
    return total


async def _open_line(url: str) -> Line:
    target = urlsplit(url)
    return Line(*await asyncio.open_connection(target.hostname, target.port))


def _make_request(phone: str) -> bytes:
    return _sign_request(encode(text_body(phone, TEXT, phone_number_id=PHONE_NUMBER_ID)))


def _sign_request(raw: bytes) -> bytes:
    return (
        b"POST /webhook HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n"
        b"X-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (sign(raw, APP_SECRET).encode(), len(raw), raw)
    )


@functools.cache
def _find_postmaster(place: Place) -> int:
    """The parent of every server process."""
    with psycopg.connect(place.server.url()) as conn:
        stat = Path(f"/proc/{conn.info.backend_pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])
