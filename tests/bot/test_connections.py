"""The Cloud API client's connections: TLS, proxies, and answers of every length."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from app.bot.whatsapp.answers import Accepted, NotSent, Uncertain
from app.bot.whatsapp.cloud_api import CloudApi, Timeouts
from app.messages import Outgoing
from tests.bot.misbehaving_servers import (
    NUMBER_ID,
    PHONE,
    Answer,
    accepting,
    answering,
    read_request,
    send,
    send_to,
    serve,
)
from tests.streams import close_stream, serve_streams

TOKEN = b"a-token"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext:
    """The server's side of TLS for localhost; the client trusts the authority."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@dataclass
class Meta:
    """A Cloud API that accepts everything, behind TLS."""

    port: int = 0
    requests: int = 0
    connections: int = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/v1"


@asynccontextmanager
async def serve_meta(context: ssl.SSLContext) -> AsyncIterator[Meta]:
    meta = Meta()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meta.connections += 1
        while await read_request(reader):
            meta.requests += 1
            await accepting()(reader, writer)
        await close_stream(writer)

    async with await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context) as server:
        meta.port = server.sockets[0].getsockname()[1]
        yield meta


@dataclass
class Proxy:
    port: int = 0
    asked: list[str] = field(default_factory=list[str])
    """What it was asked, each up to the empty line."""
    seen: bytearray = field(default_factory=bytearray)
    """All that it passed on to the server."""


@asynccontextmanager
async def serve_proxy(to: int, context: ssl.SSLContext | None) -> AsyncIterator[Proxy]:
    """Connects to one port, whatever it is asked for."""
    proxy = Proxy()

    async def pump(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: bytearray
    ) -> None:
        while data := await reader.read(65_536):
            seen += data
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        proxy.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        upstream, onward = await asyncio.open_connection("127.0.0.1", to)
        writer.write(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
        await asyncio.gather(
            pump(reader, onward, proxy.seen),
            pump(upstream, writer, bytearray()),
            return_exceptions=True,
        )
        await close_stream(onward)
        await close_stream(writer)

    async with await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy


async def test_tls_is_spoken_on_a_connection_that_is_kept(trusted: ssl.SSLContext) -> None:
    async with serve_meta(trusted) as meta, CloudApi.open(meta.url, NUMBER_ID, "a-token") as api:
        for _ in range(5):
            assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
    assert (meta.requests, meta.connections) == (5, 1)


async def test_a_certificate_of_another_host_is_not_trusted(
    trusted: ssl.SSLContext, authority: trustme.CA
) -> None:
    del trusted  # the client trusts the authority all the same
    other = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("graph.invalid").configure_cert(other)
    async with serve_meta(other) as meta:
        outcome = await send(meta.url)
    assert isinstance(outcome, NotSent) and "certificate" in outcome.text.lower()
    assert meta.requests == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_connects_and_sees_no_token(
    scheme: str, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serve_meta(trusted) as meta,
        serve_proxy(meta.port, trusted if scheme == "https" else None) as proxy,
    ):
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://ana:s%40fe@localhost:{proxy.port}")
        async with CloudApi.open(meta.url, NUMBER_ID, "a-token") as api:
            for _ in range(3):
                assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
    (asked,) = proxy.asked
    credentials = base64.b64encode(b"ana:s@fe").decode()
    assert asked.startswith(f"CONNECT localhost:{meta.port} HTTP/1.1\r\n")
    assert f"\r\nProxy-Authorization: Basic {credentials}\r\n" in asked
    assert TOKEN not in asked.encode() and TOKEN not in proxy.seen and len(proxy.seen) > 100
    assert (meta.requests, meta.connections) == (3, 1)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.invalid\r\n\r\n")
    await reader.read()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("behave", "text"),
    [(hang_up, "closed"), (greet, "answered"), (hang, "no connection within 0.2 s")],
)
async def test_a_proxy_that_does_not_connect_sent_nothing(
    behave: Answer, text: str, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve_streams(behave) as port:
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("HTTPS_PROXY", f"http://localhost:{port}")
        times = Timeouts(connect=0.2) if behave is hang else Timeouts()
        outcome = await send("https://graph.invalid/v1", timeouts=times)
    assert isinstance(outcome, NotSent) and text in outcome.text


ACCEPTED = b'{"messages":[{"id":"wamid.QUJD"}]}'


def saying(*parts: bytes, then_close: bool = False) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then_close:
            writer.close()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"HTTP/1.1 200 OK\r\n\r\n" + ACCEPTED, then_close=True),
        saying(b"HTTP/1.0 200 OK\r\ncontent-length: 34\r\n\r\n" + ACCEPTED),
        saying(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"14\r\n" + ACCEPTED[:20] + b"\r\n",
            b"e\r\n" + ACCEPTED[20:] + b"\r\n0\r\n\r\n",
        ),
        saying(
            b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 34\r\n\r\n" + ACCEPTED,
        ),
        saying(b"HT", b"TP/1.1 200 OK\r\ncontent-le", b"ngth: 34\r\n\r\n" + ACCEPTED),
    ],
)
async def test_an_answer_ends_where_http_says(answer: Answer) -> None:
    assert await send_to(answer) == Accepted("wamid.QUJD")


async def test_an_answer_longer_than_any_of_metas_is_uncertain() -> None:
    endless = b" " * 300_000 + ACCEPTED
    assert isinstance(await send_to(answering(200, endless)), Uncertain)


@pytest.mark.parametrize(
    "answer",
    [
        saying(
            b"HTTP/1.1 200 OK\r\ncontent-length: 34\r\n\r\n" + ACCEPTED + b"HTTP/1.1 200 OK\r\n"
        ),
        saying(
            b"HTTP/1.1 200 OK\r\ncontent-length: 34\r\nconnection: close\r\n\r\n" + ACCEPTED,
        ),
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 34\r\n\r\n" + ACCEPTED + b"nonsense"),
    ],
)
async def test_a_connection_that_may_carry_no_other_request_is_not_kept(answer: Answer) -> None:
    async with serve(answer) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        for _ in range(2):
            assert await api.send(PHONE, Outgoing("halo"), "1") == Accepted("wamid.QUJD")
    assert server.connections == 2


async def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bot.whatsapp.connections._KEPT_FOR", 0.05)
    closed = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_request(reader):
            await accepting()(reader, writer)
        closed.set()

    async with serve_streams(handle) as port:
        async with CloudApi.open(f"http://127.0.0.1:{port}", NUMBER_ID, "t") as api:
            assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
            async with asyncio.timeout(5):
                await closed.wait()
            closed.clear()
            assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
        async with asyncio.timeout(5):
            await closed.wait()


async def test_without_a_descriptor_nothing_is_sent_and_what_comes_after_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OSError(24, "Too many open files")

    async with serve(accepting()) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        with monkeypatch.context() as patch:
            patch.setattr("app.bot.whatsapp.tcp.socket.fromfd", fail)
            outcome = await api.send(PHONE, Outgoing("halo"), "1")
        assert isinstance(outcome, NotSent) and "Too many open files" in outcome.text
        assert isinstance(await api.send(PHONE, Outgoing("halo"), "2"), Accepted)
    assert [message["biz_opaque_callback_data"] for _, _, message in server.requests] == ["2"]


async def test_many_connections_ask_once_for_the_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    look_up, asked = loop.getaddrinfo, list[object]()

    class Resolver:
        """The loop, with a resolver that is slow."""

        def __getattr__(self, name: str) -> object:
            return getattr(loop, name)

        async def getaddrinfo(self, *arguments: Any, **more: Any) -> Any:
            asked.append(arguments)
            await asyncio.sleep(0.05)  # the resolver's time
            return await look_up(*arguments, **more)

    monkeypatch.setattr("app.bot.whatsapp.connections.asyncio.get_running_loop", Resolver)
    async with serve(accepting()) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        outcomes = await asyncio.gather(
            *(api.send(PHONE, Outgoing("halo"), str(n)) for n in range(40))
        )
    assert all(isinstance(outcome, Accepted) for outcome in outcomes) and len(asked) == 1
