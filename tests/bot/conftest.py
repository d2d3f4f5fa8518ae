from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
import pytest

from app.bot.sending.outbox import Outbox
from app.bot.whatsapp.cloud_api import CloudApi
from app.database.pool import Pool
from app.sessions import listener
from app.sessions.session import Responder
from tests.bot.outboxes import open_outbox
from tests.bot.running_bots import ACCESS_TOKEN, NUMBER_ID, Api, RunningBot, run_api, run_bot
from tests.sessions.turns import Asked

StartBot = Callable[..., Awaitable[RunningBot]]


@pytest.fixture
def asked() -> Asked:
    """The responder of `bot` and `start_bot`."""
    return Asked()


@pytest.fixture
async def start_bot(
    monkeypatch: pytest.MonkeyPatch, database_url: str, api: Api, asked: Asked
) -> AsyncIterator[StartBot]:
    """Starts a ready bot whose status callbacks come from `api`."""
    async with AsyncExitStack() as stack:

        async def start(
            responder: Responder | None = None,
            *,
            url: str = database_url,
            listen_url: str = "",
            ready: bool = True,
            join_seconds: float | None = 0,
        ) -> RunningBot:
            running = await stack.enter_async_context(
                run_bot(
                    monkeypatch,
                    url,
                    api.url,
                    responder or asked.make(),
                    listen_url=listen_url,
                    join_seconds=join_seconds,
                )
            )
            api.simulator.simulation.delivery._webhooks.append(f"{running.url}/webhook")
            if ready:
                await running.until_ready()
            return running

        yield start


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with run_api() as running:
        yield running


@pytest.fixture
async def bot(start_bot: StartBot) -> RunningBot:
    return await start_bot()


@pytest.fixture
async def cloud(api: Api) -> AsyncIterator[CloudApi]:
    async with CloudApi.open(api.url, NUMBER_ID, ACCESS_TOKEN) as opened:
        yield opened


@pytest.fixture
async def outbox(
    pool: Pool, cloud: CloudApi, connection: psycopg.Connection
) -> AsyncIterator[Outbox]:
    async with open_outbox(pool, cloud, connection) as opened:
        yield opened


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Closed while it is clear: no listener connects."""
    opened = asyncio.Event()
    opened.set()
    connect = listener.connect_listener

    @asynccontextmanager
    async def connect_when_open(url: str, name: str) -> AsyncGenerator[Any]:
        await opened.wait()
        async with connect(url, name) as conn:
            yield conn

    monkeypatch.setattr(listener, "connect_listener", connect_when_open)
    return opened
