"""Bots and the emulated Cloud API, each a real server in this process's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from app.bot.app import Bot
from app.bot.whatsapp.cloud_api import CloudApi
from app.database.pool import open_pool
from app.server import HttpServer
from app.sessions.session import Responder
from app.settings import load_settings
from app.simulator.app import Simulator, create_app, create_server
from app.simulator.cloud_api import JsonValue, encode, sign
from app.simulator.endpoint.faults import Fault
from tests.sessions.waiting import until
from tests.webhook_bodies import text_body

NUMBER_ID = "106540352242922"
ACCESS_TOKEN = "the-token"
APP_SECRET = "the app's secret"
POOL_SIZE = 10
VERIFY_TOKEN = "the verify token"


class StoppableServer(HttpServer):
    """Takes no signals: several run in one process, which has its own use for them."""

    latest: StoppableServer

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        StoppableServer.latest = self

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@dataclass
class RunningBot:
    url: str
    bot: Bot
    client: httpx2.AsyncClient
    _server: StoppableServer
    _running: asyncio.Task[None]

    async def deliver(self, body: JsonValue) -> int:
        """Posts a body as Meta does; returns the HTTP status."""
        return (await self.post(encode(body))).status_code

    async def post(self, raw: bytes, signature: str | None = "") -> httpx2.Response:
        """`signature` is made when it is empty, and left out when it is None."""
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["X-Hub-Signature-256"] = signature or sign(raw, APP_SECRET)
        return await self.client.post("/webhook", content=raw, headers=headers)

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path)

    async def say(self, text: str, sender: str, **more: Any) -> int:
        return await self.deliver(text_body(sender, text, phone_number_id=NUMBER_ID, **more))

    async def until_ready(self, seconds: float = 15) -> None:
        async def is_ready() -> bool:
            return (await self.get("/ready")).status_code == 200

        await until(is_ready, "ready", seconds)

    async def stop(self) -> float:
        """Stops as SIGTERM does; returns the seconds that it took."""
        begun = time.monotonic()
        self._server.stop()
        await self._running
        return time.monotonic() - begun


@asynccontextmanager
async def run_bot(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    api_url: str,
    responder: Responder,
    *,
    listen_url: str = "",
    join_seconds: float | None = 0,
) -> AsyncGenerator[RunningBot]:
    """A bot that serves HTTP; not yet ready. It listens by `listen_url`, else by the other.

    Messages get an answer each; several one with `join_seconds`, whose None leaves out the setting.
    """
    monkeypatch.setattr("app.bot.app.HttpServer", StoppableServer)
    settings = load_settings(
        database_url=database_url,
        listen_database_url=listen_url,
        whatsapp_phone_number_id=NUMBER_ID,
        whatsapp_app_secret=APP_SECRET,
        whatsapp_verify_token=VERIFY_TOKEN,
        join_seconds="" if join_seconds is None else str(join_seconds),
    )
    async with AsyncExitStack() as stack:
        pool = await open_pool(database_url, name="novabot bot", size=POOL_SIZE)
        stack.push_async_callback(pool.close, timeout=1)
        api = await stack.enter_async_context(CloudApi.open(api_url, NUMBER_ID, ACCESS_TOKEN))
        bot = Bot(settings, pool, api, responder)
        running = asyncio.create_task(bot.run("127.0.0.1", 0))
        await asyncio.sleep(0)
        server = StoppableServer.latest
        url = f"http://127.0.0.1:{server.port}"
        client = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=url, timeout=60, trust_env=False)
        )
        found = RunningBot(url, bot, client, server, running)
        try:
            await until(lambda: server.started or running.done(), "serving")
            yield found
        finally:
            await found.stop()


@dataclass
class Api:
    """The emulated Cloud API, and what the bots sent to it."""

    url: str
    simulator: Simulator

    def order(self, **fault: Any) -> None:
        self.simulator.simulation.faults.add(Fault(**fault))

    def release(self) -> None:
        self.simulator.simulation.faults.release()

    def recipients(self) -> list[str]:
        """To whom each accepted message went."""
        return [
            received.to or ""
            for received in self.simulator.simulation.requests._requests
            if received.outcome == "accepted"
        ]

    def texts(self, to: str | None = None, outcome: str | None = "accepted") -> list[str]:
        """What was sent, in the order of arrival."""
        return [
            received.text or ""
            for received in self.simulator.simulation.requests._requests
            if to in (None, received.to) and outcome in (None, received.outcome)
        ]

    async def until_sent(self, count: int, to: str | None = None) -> list[str]:
        await until(lambda: len(self.texts(to)) >= count, f"{count} messages sent")
        return self.texts(to)


@asynccontextmanager
async def run_api(port: int = 0) -> AsyncGenerator[Api]:
    """Without webhooks for the status callbacks, until a bot's is added."""
    simulator = create_app(
        bots=[],
        app_secret=APP_SECRET,
        phone_number_id=NUMBER_ID,
        access_token=ACCESS_TOKEN,
        retry_gaps=(0.05,) * 200,
    )
    server = create_server(simulator, "127.0.0.1", port)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or serving.done(), "the simulator")
        yield Api(f"http://127.0.0.1:{server.port}/v24.0", simulator)
    finally:
        server.stop()
        await serving
