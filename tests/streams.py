"""Servers of raw bytes on loopback, for faults that no HTTP server would commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serve_streams(handle: Handle) -> AsyncIterator[int]:
    """The port. Afterwards all connections are closed, and their handlers have ended."""
    running: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await handle(reader, writer)
        finally:
            await close_stream(writer)

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def close_stream(writer: asyncio.StreamWriter) -> None:
    """Closes it, and waits until it is: a loop that ended before would leave its socket open."""
    writer.close()
    try:
        async with asyncio.timeout(1):
            await writer.wait_closed()
    except TimeoutError:
        writer.transport.abort()  # the peer reads no more, and has not gone
    except OSError:
        pass  # the peer was faster
