"""A simulator and echo bots, each on a real server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
import uvicorn

from app.simulator.app import create_app, create_server
from tests.simulator.servers import (
    ACCESS_TOKEN,
    APP_SECRET,
    PHONE_NUMBER_ID,
    SECONDS,
    EchoBot,
    Running,
    Servers,
    StartSimulator,
)


@pytest.fixture
def start_simulator() -> Iterator[StartSimulator]:
    """Starts echo bots and a simulator before them: `start(bots=2, **create_app's)`."""
    servers = Servers()
    with ExitStack() as stack:
        stack.callback(servers.stop)

        def start(
            bots: int | list[EchoBot] = 2, retry_gaps: tuple[float, ...] = (0.01,) * 300
        ) -> Running:
            echoes = [EchoBot() for _ in range(bots)] if isinstance(bots, int) else bots
            for bot in echoes:
                if not bot.url:
                    config = uvicorn.Config(bot.app, port=0, access_log=False, log_config=None)
                    bot.url = f"http://127.0.0.1:{servers.start(uvicorn.Server(config))}"
            app = create_app(
                bots=[bot.url for bot in echoes],
                app_secret=APP_SECRET,
                phone_number_id=PHONE_NUMBER_ID,
                access_token=ACCESS_TOKEN,
                retry_gaps=retry_gaps,
            )
            server = create_server(app, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{servers.start(server)}"
            for bot in echoes:
                bot.api_url = f"{url}/v24.0/{PHONE_NUMBER_ID}/messages"
            client = httpx2.Client(base_url=url, timeout=SECONDS, trust_env=False)
            stack.enter_context(client)
            return Running(url, client, echoes, server)

        yield start


@pytest.fixture
def simulator(start_simulator: StartSimulator) -> Running:
    """A simulator before two echo bots."""
    return start_simulator(2)
