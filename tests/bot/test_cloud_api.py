"""The client against servers that misbehave: what may be known after a send."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

import pytest

from app.bot.whatsapp.answers import Accepted, NotSent, Uncertain
from app.bot.whatsapp.cloud_api import CloudApi, Timeouts
from app.messages import Outgoing
from tests.bot.misbehaving_servers import (
    NUMBER_ID,
    PHONE,
    UNHURRIED,
    USER_ID,
    Answer,
    accepting,
    answering,
    send,
    send_to,
    serve,
)
from tests.streams import serve_streams


async def test_a_text_goes_out_as_the_cloud_api_documents_it() -> None:
    async with serve(accepting()) as server:
        assert await send(f"{server.url}/") == Accepted("wamid.QUJD")
    ((line, headers, message),) = server.requests
    assert line == f"POST /v1/{NUMBER_ID}/messages HTTP/1.1"
    assert headers["authorization"] == "Bearer a-token"
    assert headers["content-type"] == "application/json"
    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PHONE,
        "type": "text",
        "text": {"body": "halo é", "preview_url": False},
        "biz_opaque_callback_data": "row-7",
    }


async def test_a_user_id_is_a_recipient_and_no_number() -> None:
    async with serve(accepting()) as server:
        await send(server.url, USER_ID)
    assert server.requests[0][2]["recipient"] == USER_ID
    assert "to" not in server.requests[0][2]


async def test_an_acceptance_need_not_name_the_number() -> None:
    assert await send_to(answering(200, b'{"messages":[{"id":"x"}]}')) == Accepted("x")


async def test_one_connection_serves_many_messages() -> None:
    async with serve(accepting()) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        for _ in range(5):
            assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
        await asyncio.gather(*(api.send(PHONE, Outgoing("halo"), "1") for _ in range(8)))
    assert len(server.requests) == 13
    assert server.connections <= 8


# Not sent


async def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        outcome = await send(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(outcome, NotSent) and outcome.text.startswith("no connection: ")


async def test_an_unknown_host_sent_nothing() -> None:
    outcome = await send("http://unknown.invalid", timeouts=Timeouts())
    assert isinstance(outcome, NotSent)


async def test_a_connection_that_never_opens_sent_nothing() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # Nothing accepts: once the backlog is full, the kernel leaves connections unanswered.
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        outcome = await send(url, timeouts=Timeouts(connect=0.2))
        for one in waiting:
            one.close()
    assert outcome == NotSent("no connection within 0.2 s")


async def test_a_failed_tls_handshake_sent_nothing() -> None:
    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 400 Speak plainly\r\n\r\n")

    heard: list[bytes] = []
    async with serve_streams(hear) as port:
        outcome = await send(f"https://127.0.0.1:{port}", timeouts=Timeouts())
    assert isinstance(outcome, NotSent)
    assert b"a-token" not in b"".join(heard)


async def test_a_proxy_that_refuses_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    heard: list[bytes] = []
    async with serve_streams(refuse) as port:
        proxy = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        outcome = await send("https://graph.invalid", timeouts=Timeouts())
        async with serve(accepting()) as simulator:
            assert isinstance(await send(simulator.url), Accepted)
    assert isinstance(outcome, NotSent)
    assert len(heard) == 1 and heard[0].startswith(b"CONNECT") and b"a-token" not in heard[0]


async def test_a_wait_for_a_free_connection_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bot.whatsapp.cloud_api.CONNECTIONS", 1)
    timeouts = Timeouts(pool=0.1)
    arrived = asyncio.Event()
    release = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await release.wait()
        await accepting()(reader, writer)

    async with serve(wait) as server, CloudApi.open(server.url, NUMBER_ID, "t", timeouts) as api:
        first = asyncio.create_task(api.send(PHONE, Outgoing("halo"), "1"))
        await arrived.wait()
        second = await api.send(PHONE, Outgoing("halo"), "2")
        release.set()
        assert isinstance(await first, Accepted)
    assert second == NotSent("no connection was free within 0.1 s")
    assert len(server.requests) == 1


# Uncertain


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Closing with a linger of zero seconds sends RST, where abort() may send FIN."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer of which a byte always comes in time, and which never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n")
    while not reader.at_eof() and not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.05)


async def talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"220 mail.invalid ready for {PHONE}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("answer", "timeouts"),
    [
        (close, UNHURRIED),
        (reset, UNHURRIED),
        (fall_silent, Timeouts(read=0.2)),
        (drip, Timeouts(whole=1)),
        (talk_nonsense, UNHURRIED),
    ],
)
async def test_whatever_happens_after_writing_is_uncertain(
    answer: Answer, timeouts: Timeouts
) -> None:
    begin = time.monotonic()
    outcome = await send_to(answer, timeouts)
    assert isinstance(outcome, Uncertain) and outcome.text and PHONE not in outcome.text
    assert time.monotonic() - begin < UNHURRIED.read


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b'{"messages":[]}', b'{"messages":[{"id":""}]}', b'{"messages":[7]}'],
)
async def test_a_success_without_a_message_id_is_uncertain(body: bytes) -> None:
    assert await send_to(answering(200, body)) == Uncertain(
        "HTTP 200 without a readable message id"
    )


async def test_a_success_that_breaks_off_is_uncertain() -> None:
    assert isinstance(await send_to(answering(200, b'{"mess', claimed=99)), Uncertain)


async def test_a_gateway_that_waited_in_vain_leaves_it_uncertain() -> None:
    assert isinstance(await send_to(answering(504, b"<html>")), Uncertain)


async def test_a_server_that_stops_reading_leaves_it_uncertain() -> None:
    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.wait_for(gone.wait(), 10)
        writer.close()

    gone = asyncio.Event()
    async with await asyncio.start_server(ignore, "127.0.0.1", 0, limit=64) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        timeouts = Timeouts(whole=0.5)
        async with CloudApi.open(url, NUMBER_ID, "t", timeouts) as api:
            outcome = await api.send(PHONE, Outgoing("x"), "1" * 30_000_000)
        gone.set()
    assert outcome == Uncertain("no answer within 0.5 s")


async def test_a_kept_connection_that_breaks_under_the_next_message_is_uncertain() -> None:
    """The bytes went out, so their fate is unknown; above all it is not sent a second time."""

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 1:
            await accepting()(reader, writer)
        else:
            await reset(reader, writer)

    async with (
        serve(answer_once) as server,
        CloudApi.open(server.url, NUMBER_ID, "t", UNHURRIED) as api,
    ):
        assert isinstance(await api.send(PHONE, Outgoing("1"), "1"), Accepted)
        assert isinstance(await api.send(PHONE, Outgoing("2"), "2"), Uncertain)
    assert [message["text"]["body"] for _, _, message in server.requests] == ["1", "2"]
    assert server.connections == 1


async def test_a_kept_connection_seen_to_be_closed_is_not_used_again() -> None:
    async def answer_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepting()(reader, writer)
        writer.close()
        await writer.wait_closed()
        closed.set()

    closed = asyncio.Event()
    async with serve(answer_and_close) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        for _ in range(3):
            closed.clear()
            assert isinstance(await api.send(PHONE, Outgoing("halo"), "1"), Accepted)
            await asyncio.wait_for(closed.wait(), 5)
    assert server.connections == 3


async def test_a_cancelled_send_leaves_the_client_usable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        if len(server.requests) > 1:
            await accepting()(reader, writer)

    arrived = asyncio.Event()
    async with serve(answer) as server, CloudApi.open(server.url, NUMBER_ID, "t") as api:
        task = asyncio.create_task(api.send(PHONE, Outgoing("1"), "1"))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(await api.send(PHONE, Outgoing("2"), "2"), Accepted)


@pytest.mark.parametrize("token", ["a\nb", "a b", "é", "a\r"])
async def test_a_token_that_no_header_can_carry_is_refused_at_once(token: str) -> None:
    with pytest.raises(ValueError, match="access token") as caught:
        async with CloudApi.open("http://127.0.0.1:1", NUMBER_ID, token):
            pass
    assert token not in str(caught.value)
