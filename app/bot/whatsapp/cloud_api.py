"""The Cloud API client: one POST a message, and what may be known of it afterwards.

The question it must answer rightly is whether the message may be on its way. `NotSent`: the API
received nothing, it may be sent again. `ApiRefusal`: Meta said no. `Uncertain`: something was
written and no answer could be read; only a status webhook, found by our token, can tell. A sender
that repeats an uncertain message may deliver it twice.

A kept connection that the server closes without having received the request is no reason for
`Uncertain`: it is looked at right before the first byte, and if it breaks off, the kernel is asked
what the peer acknowledged (`tcp.py`). Only where it acknowledged nothing does the message go out on
another connection. No redirect is followed.

At most CONNECTIONS sends are under way at a time, and at most one a client (app/bot/workers.py): so
many clients' sends have to hang before the next waits, for no longer than `Timeouts.pool`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from app.bot.whatsapp.answers import (
    NotSent,
    Outcome,
    Uncertain,
    Unsendable,
    Withdrawn,
    read_answer,
)
from app.bot.whatsapp.cleaning import mask_ids
from app.bot.whatsapp.connection import Answer, Connection
from app.bot.whatsapp.connections import Connections
from app.bot.whatsapp.outbound import UnsendableError, build_read_mark, build_request
from app.messages import Outgoing
from app.way_out import find_proxy, load_certificates

CONNECTIONS: Final = 512
"""Sends under way at a time."""

MayWrite = Callable[[], Awaitable[bool]]
_MARK_TIMEOUT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that each step may take, and all of them together.

    Writing has none of its own: a message fits into the socket's buffers.
    """

    pool: float = 5
    connect: float = 3
    read: float = 20
    whole: float = 45


class CloudApi:
    """One number's sending side; open it once a process, with `async with CloudApi.open(…)`."""

    def __init__(self, connections: Connections, head: bytes, timeouts: Timeouts) -> None:
        """`head`: of every request, up to the number of its body's bytes."""
        self._connections = connections
        self._head = head
        self._timeouts = timeouts
        self._places = asyncio.Semaphore(CONNECTIONS)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        timeouts: Timeouts | None = None,
    ) -> AsyncGenerator[CloudApi]:
        """Raises ValueError for a token that no HTTP header can carry, and WayOutError.

        The environment's proxy is the way to Meta, not to a simulator on this machine.
        """
        if not access_token.isascii() or not access_token.isprintable() or " " in access_token:
            raise ValueError("the access token holds characters that no token has")
        server = urlsplit(f"{api_url.rstrip('/')}/{phone_number_id}/messages")
        leads_out = server.scheme == "https"
        connections = Connections(
            server,
            load_certificates() if leads_out else None,
            find_proxy(api_url) if leads_out else None,
        )
        try:
            yield cls(connections, _write_head(server, access_token), timeouts or Timeouts())
        finally:
            await connections.close()

    async def send(
        self, address: str, message: Outgoing, token: str, may_write: MayWrite | None = None
    ) -> Outcome:
        """Sends to phone digits or a BSUID; `token` comes back in every status of the message.

        `may_write` is asked when there is a connection, right before the first byte, and again for
        each further connection; what it raises is raised, and nothing was written. Cancelled in the
        middle, it leaves what `Uncertain` means.
        """
        try:
            body = msgspec.json.encode(build_request(address, message, token))
        except UnsendableError as error:
            return Unsendable(str(error))
        if self._places.locked():
            try:
                async with asyncio.timeout(self._timeouts.pool):
                    await self._places.acquire()
            except TimeoutError:
                return NotSent(f"no connection was free within {self._timeouts.pool:g} s")
        else:
            await self._places.acquire()  # at once
        try:
            while (outcome := await self._post(body, may_write)) is None:
                pass
        finally:
            self._places.release()
        return read_answer(outcome) if isinstance(outcome, Answer) else outcome

    async def _post(
        self, body: bytes, may_write: MayWrite | None
    ) -> Answer | NotSent | Uncertain | Withdrawn | None:
        """None if a kept connection was closed, and the API received nothing by it."""
        connection = self._connections.find_idle()
        if connection is None:
            try:
                async with asyncio.timeout(self._timeouts.connect):
                    connection = await self._connections.open()
            except TimeoutError:
                return NotSent(f"no connection within {self._timeouts.connect:g} s")
            except OSError as error:
                return NotSent(f"no connection: {_describe(error)}")
        try:
            if may_write is not None and not await may_write():
                return Withdrawn()
            return await self._ask(connection, body)
        finally:
            self._connections.give_back(connection)

    async def _ask(
        self, connection: Connection, body: bytes
    ) -> Answer | NotSent | Uncertain | None:
        is_kept = connection.has_been_used
        if not connection.may_ask() or (is_kept and connection.has_anything()):
            connection.close()
            return None if is_kept else NotSent("no connection: closed before the first byte")
        times = self._timeouts
        try:
            return await connection.ask(
                b"%b%d\r\n\r\n%b" % (self._head, len(body), body),
                silence=times.read,
                whole=times.whole,
            )
        except OSError as error:
            if connection.has_lost_it_all():
                return None if is_kept else NotSent("closed before the request arrived")
            if isinstance(error, TimeoutError):
                return Uncertain(f"no answer within {min(times.read, times.whole):g} s")
            return Uncertain(f"no answer: {_describe(error)}")

    async def mark_read(self, message_id: str, *, typing: bool) -> bool:
        """Marks a message of a client as read, or shows the bot typing too; whether Meta took it.

        Tried for 5 s: nothing depends on it.
        """
        body = msgspec.json.encode(build_read_mark(message_id, typing=typing))
        try:
            async with asyncio.timeout(_MARK_TIMEOUT):
                while (answer := await self._post(body, None)) is None:
                    pass
        except TimeoutError:
            return False
        return isinstance(answer, Answer) and answer.status == 200


def _write_head(server: SplitResult, access_token: str) -> bytes:
    path = f"{server.path}?{server.query}" if server.query else server.path
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {server.netloc.rpartition('@')[2]}",
        f"Authorization: Bearer {access_token}",
        "Content-Type: application/json",
        "Accept: */*",
        "Accept-Encoding: identity",
        "User-Agent: novabot",
        "Content-Length: ",
    ]
    return "\r\n".join(lines).encode()


def _describe(error: Exception) -> str:
    return mask_ids(f"{type(error).__name__}: {error}".rstrip(": "))
