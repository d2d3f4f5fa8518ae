"""A TCP way to a PostgreSQL on a Unix socket, in a thread of its own, that can be made bad."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


class Proxy:
    """Passes bytes on, until it is told to do otherwise; every attribute may be set at any time.

    `swallowing`: bytes are taken and acknowledged and go nowhere, the sockets stay open.
    `latency`: seconds that every piece is held. `piecemeal`: a byte a segment. `refusing`: new
    connections are ended at once.
    """

    def __init__(self, upstream: Path) -> None:
        self.swallowing = False
        self.latency = 0.0
        self.piecemeal = False
        self.refusing = False
        self._cut_before: bytes | None = None
        self._cut_after: bytes | None = None
        self._refuse_after_cut = False
        self._is_silent = False
        self.connections = 0
        self.bytes_swallowed = 0
        self.port = 0
        self._upstream = upstream
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._stopped: asyncio.Event

    def reset_connections(self) -> None:
        """Ends every connection by a TCP reset, as a host that has lost its memory does."""
        self._loop.call_soon_threadsafe(self._reset)

    def cut_before(self, statement: bytes, *, refuse: bool = False) -> None:
        """Loses every connection, once, when this statement is sent: it does not arrive. Then
        refuses further ones, if told to."""
        self._cut_before, self._refuse_after_cut = statement, refuse

    def lose_silently_before(self, statement: bytes, *, refuse: bool = False) -> None:
        """As `cut_before`, and the server is not told: its side stays open."""
        self._cut_before, self._refuse_after_cut = statement, refuse
        self._is_silent = True

    def cut_after(self, statement: bytes, *, refuse: bool = False) -> None:
        """The same when the server has done the statement: its answer does not arrive."""
        self._cut_after, self._refuse_after_cut = statement, refuse

    async def serve(self, started: threading.Event) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopped.wait()
        server.close()
        self._reset()

    def run(self, started: threading.Event) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self.serve(started))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            theirs, ours = await asyncio.open_unix_connection(self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(ours)
        is_done = asyncio.Event()
        """Set once the statement is sent after whose answer the connections are lost."""
        await asyncio.gather(
            self._pump(reader, ours, lambda data: self._judge_sent(data, is_done)),
            self._pump(theirs, writer, lambda _: is_done.is_set()),
        )

    def _judge_sent(self, data: bytes, is_done: asyncio.Event) -> bool:
        if self._cut_after is not None and self._cut_after in data:
            is_done.set()
        return self._cut_before is not None and self._cut_before in data

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        is_last: Callable[[bytes], bool],
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if is_last(data):
                    self._cut_before = self._cut_after = None
                    self.refusing = self._refuse_after_cut
                    self._reset(clients_only=self._is_silent)
                    self._is_silent = False
                    return
                if self.swallowing:
                    self.bytes_swallowed += len(data)
                    continue
                if self.latency:
                    await asyncio.sleep(self.latency)
                pieces = [bytes([byte]) for byte in data] if self.piecemeal else [data]
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except ConnectionError:
            return  # either side may go at any time
        finally:
            writer.close()
            self._writers.discard(writer)

    def _reset(self, *, clients_only: bool = False) -> None:
        for writer in self._writers:
            peer = writer.get_extra_info("socket")
            if peer.family == socket.AF_INET:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif clients_only:
                continue
            writer.transport.abort()


@contextmanager
def run_proxy(url: str) -> Iterator[tuple[str, Proxy]]:
    """The URL of the same database by way of the proxy, and the proxy."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    proxy = Proxy(Path(parts["host"]) / ".s.PGSQL.5432")
    started = threading.Event()
    thread = threading.Thread(target=proxy.run, args=(started,))
    thread.start()
    try:
        assert started.wait(10)
        login = f"{quote(parts['user'])}:{quote(parts['password'])}"
        yield f"postgresql://{login}@127.0.0.1:{proxy.port}/{parts['dbname']}", proxy
    finally:
        proxy.stop()
        thread.join(10)
        assert not thread.is_alive()
