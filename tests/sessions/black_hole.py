"""A TCP door to a PostgreSQL that listens on a Unix socket, which can become a black hole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.streams import close_stream, serve_streams


class Door:
    """`swallowing`: bytes are taken, acknowledged, and go nowhere; the sockets stay open."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path
        self.swallowing = False
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        server_reader, server_writer = await asyncio.open_unix_connection(self._socket_path)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, server_writer))
                group.create_task(self._pump(server_reader, writer))
        finally:
            await close_stream(server_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if not self.swallowing:
                    writer.write(data)
                    await writer.drain()
        except ConnectionError:
            pass  # either side may go at any time
        finally:
            writer.close()


@asynccontextmanager
async def open_door(url: str) -> AsyncGenerator[tuple[str, Door]]:
    """The URL of the same database through the door, and the door."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    door = Door(Path(parts["host"]) / ".s.PGSQL.5432")
    login = f"{quote(parts['user'])}:{quote(parts['password'])}"
    async with serve_streams(door.serve) as port:
        yield f"postgresql://{login}@127.0.0.1:{port}/{parts['dbname']}", door
