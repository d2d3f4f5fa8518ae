"""Bots as the replaced system had or might have had them: a plain dict, and another signal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

POLL = 5.0
"""Seconds between two looks into the folder, as it was there."""


class FileReaders:
    """One poller a bot, all at the same folder."""

    def __init__(self, queue: Path) -> None:
        self._queue = queue
        self._memories: list[dict[str, object]] = []
        self._evicted: dict[str, float] = {}
        self._polling: list[asyncio.Task[None]] = []

    async def start(self, bots: int) -> None:
        for _ in range(bots):
            memory: dict[str, object] = {}
            self._memories.append(memory)
            self._polling.append(asyncio.create_task(self._poll(memory)))

    async def remember(self, clients: Sequence[str]) -> None:
        for memory in self._memories:
            memory.update(dict.fromkeys(clients))

    async def collect(self) -> dict[str, float]:
        return self._evicted

    async def count_remembered(self) -> int:
        return sum(len(memory) for memory in self._memories)

    def stop(self) -> None:
        for task in self._polling:
            task.cancel()

    async def _poll(self, memory: dict[str, object]) -> None:
        while True:
            await asyncio.sleep(POLL)
            for path in sorted(self._queue.glob("reset-*.json")):
                client = path.read_text()
                memory.pop(client, None)
                self._evicted[client] = time.monotonic()
                path.unlink()


@asynccontextmanager
async def open_file_readers(queue: Path) -> AsyncIterator[FileReaders]:
    readers = FileReaders(queue)
    yield readers
    readers.stop()


class Socket:
    """A WebSocket server in the bot; a frame is the id of a client to forget."""

    def __init__(self) -> None:
        from websockets.asyncio.server import Server

        self._memory: dict[str, object] = {}
        self._evicted: dict[str, float] = {}
        self._server: Server | None = None

    async def open(self) -> None:
        from websockets.asyncio.server import ServerConnection, serve

        async def take(connection: ServerConnection) -> None:
            async for frame in connection:
                client = str(frame)
                self._memory.pop(client, None)
                self._evicted[client] = time.monotonic()

        self._server = await serve(take, "127.0.0.1", 0, compression=None)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def url(self) -> str:
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()
        return f"ws://{host}:{port}"

    async def remember(self, clients: Sequence[str]) -> None:
        self._memory.update(dict.fromkeys(clients))

    async def collect(self) -> dict[str, float]:
        return self._evicted

    async def count_remembered(self) -> int:
        return len(self._memory)


@asynccontextmanager
async def open_socket() -> AsyncIterator[Socket]:
    socket = Socket()
    await socket.open()
    yield socket
    await socket.close()
