"""The server under the services, ended and started again while an event loop runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from app.local.embedded import EmbeddedServer
from tests.system.faults.servers import end_server


class Restarts:
    """Restarts a durable server, once at a time. A server that does not start fails the history."""

    def __init__(self, server: EmbeddedServer, thread: ThreadPoolExecutor) -> None:
        self._server = server
        self._thread = thread

    async def restart(self, order: signal.Signals) -> None:
        """Ends it as `end_server` does, and returns once it answers again."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._restart, order)

    def _restart(self, order: signal.Signals) -> None:
        end_server(self._server, order)
        self._server.start()


@contextmanager
def restarting(server: EmbeddedServer) -> Iterator[Restarts]:
    """Linux ends a server with the thread that started it, which here stays until the end."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        yield Restarts(server, thread)
