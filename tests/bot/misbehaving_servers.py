"""Servers that really listen on a socket and answer as told, and one send to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.bot.whatsapp.answers import Outcome
from app.bot.whatsapp.cloud_api import CloudApi, Timeouts
from app.messages import Outgoing
from tests.streams import Handle, serve_streams

PHONE = "6281234567890"
USER_ID = "ID.4a5b6c7d8e9f"
NUMBER_ID = "105550001"
UNHURRIED = Timeouts()
"""For servers that answer, however busy the machine is."""

Answer = Handle
"""What a server does with a connection once it has read a request."""


@dataclass
class Server:
    url: str
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list[Any])
    connections: int = 0


@asynccontextmanager
async def serve(answer: Answer) -> AsyncIterator[Server]:
    """Reads each request whole, then lets `answer` do what it likes with the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        while request := await read_request(reader):
            found.requests.append(request)
            await answer(reader, writer)

    async with serve_streams(handle) as port:
        found = Server(f"http://127.0.0.1:{port}/v1")
        yield found


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], Any] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    line, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
    return line, headers, json.loads(await reader.readexactly(int(headers["content-length"])))


def answering(
    status: int,
    body: bytes,
    *,
    claimed: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A complete answer, or with `claimed` one that announces more bytes than come."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = len(body) if claimed is None else claimed
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([f"HTTP/1.1 {status} X", f"content-length: {length}", *lines])
        writer.write(f"{head}\r\n\r\n".encode() + body)
        await writer.drain()
        if claimed is not None:
            writer.close()

    return answer


def refusing(status: int, code: int, **error: Any) -> Answer:
    return answering(status, json.dumps({"error": {"code": code, **error}}).encode())


def accepting(identifier: str = "wamid.QUJD") -> Answer:
    answer = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": f"+{PHONE}", "wa_id": PHONE}],
        "messages": [{"id": identifier}],
    }
    return answering(200, json.dumps(answer).encode())


async def send(url: str, address: str = PHONE, timeouts: Timeouts = UNHURRIED) -> Outcome:
    async with CloudApi.open(url, NUMBER_ID, "a-token", timeouts) as api:
        return await api.send(address, Outgoing("halo é"), "row-7")


async def send_to(answer: Answer, timeouts: Timeouts = UNHURRIED) -> Outcome:
    """What one send makes of this answer; whatever it is, the server has seen one request."""
    async with serve(answer) as server:
        outcome = await send(server.url, timeouts=timeouts)
        assert len(server.requests) == 1
    return outcome
