"""A TCP way to a PostgreSQL on a Unix socket, in a thread of its own, that can be made bad."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


class Proxy:
    """Passes bytes on, until it is told to do otherwise; every attribute may be set at any time.

    `swallowing`: bytes are taken and acknowledged and go nowhere, the sockets stay open.
    `latency`: seconds that every piece is held. `piecemeal`: a byte a segment.
    """

    def __init__(self, upstream: Path) -> None:
        self.swallowing = False
        self.latency = 0.0
        self.piecemeal = False
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
        self._writers.add(writer)
        try:
            theirs, ours = await asyncio.open_unix_connection(self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(ours)
        await asyncio.gather(self._pump(reader, ours), self._pump(theirs, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
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

    def _reset(self) -> None:
        for writer in self._writers:
            peer = writer.get_extra_info("socket")
            if peer.family == socket.AF_INET:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
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
