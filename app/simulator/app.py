"""The simulator's composition root."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.server import HttpServer, RequestLog, list_probes
from app.settings import Settings, SettingsError
from app.simulator.chats import Chats
from app.simulator.control import Control
from app.simulator.delivery import RETRY_GAPS, Delivery
from app.simulator.endpoint.callers import Credentials
from app.simulator.endpoint.drop_connection import DroppingProtocol
from app.simulator.endpoint.faults import Faults
from app.simulator.endpoint.media import MediaEndpoint
from app.simulator.endpoint.messages import MessagesEndpoint
from app.simulator.endpoint.request_log import RecordedRequests
from app.simulator.files import Files
from app.simulator.guard import Guard
from app.simulator.pages import Pages
from app.simulator.phones import Phones
from app.simulator.state import SimulatorState
from app.simulator.statuses import Statuses
from app.telemetry.logs import configure_logging
from app.telemetry.simulator import REGISTRY, REQUESTS

STOP_TIMEOUT = 1
"""Seconds that running requests get at a stop."""

PHONES = {
    "6281717407674": "Rani",
    "6281298765432": "Budi Santoso",
    "ID.4fzq0k2m9x7c1w": "langit.biru",
}
"""The phones that exist from the start, with their WhatsApp profile names."""


class Simulator(Starlette):
    """The application; its server calls `simulation.end_streams` before stopping."""

    def __init__(self, credentials: Credentials, delivery: Delivery) -> None:
        chats = Chats()
        for address, profile_name in PHONES.items():
            chats.open(address, profile_name)
        number, files = credentials.phone_number_id, Files()
        simulation = SimulatorState(
            chats=chats,
            requests=RecordedRequests(),
            faults=Faults(),
            delivery=delivery,
            statuses=Statuses(delivery, chats, number),
            files=files,
            phones=Phones(chats, delivery, files, number),
            closing=anyio.Event(),
        )
        self.simulation: SimulatorState = simulation
        static = StaticFiles(directory=Path(__file__).parent / "static")
        super().__init__(
            routes=[
                *list_probes(_find_unreadiness, REGISTRY),
                Mount("/static", static),
                *Control(simulation).routes(),
                *Pages(simulation).routes(),
                *MessagesEndpoint(credentials, simulation).routes(),
                *MediaEndpoint(credentials, files).routes(),
            ],
            middleware=[Middleware(RequestLog, requests=REQUESTS), Middleware(Guard)],
            lifespan=_run,
        )


def create_app(
    *,
    bots: list[str],
    app_secret: str,
    phone_number_id: str,
    access_token: str,
    retry_gaps: Sequence[float] = RETRY_GAPS,
) -> Simulator:
    """A simulator that posts to these bots (base URLs, or webhook URLs) in turn."""
    return Simulator(
        Credentials(access_token, phone_number_id), Delivery(bots, app_secret, retry_gaps)
    )


def create_server(app: Simulator, host: str, port: int) -> HttpServer:
    """A server for the simulator; `await serve()` it, or `run()` it in a thread of its own."""
    return HttpServer(
        app,
        host,
        port,
        end_streams=app.simulation.end_streams,
        protocol=DroppingProtocol,
        stop_timeout=STOP_TIMEOUT,
    )


def serve(settings: Settings, host: str, port: int, bots: list[str]) -> None:
    """Runs the simulator until SIGINT or SIGTERM.

    Raises SettingsError outside `novabot up` and the tests.
    """
    if not settings.simulator_allowed:
        fault = (
            "the simulator runs only under `novabot up`: it plays WhatsApp to the bots,"
            " and any caller that reaches it can write as any client"
        )
        raise SettingsError([fault])
    configure_logging(settings.log_format, "simulator")
    app = create_app(
        bots=bots,
        app_secret=settings.whatsapp_app_secret.get_secret_value(),
        phone_number_id=settings.whatsapp_phone_number_id,
        access_token=settings.whatsapp_access_token.get_secret_value(),
    )
    create_server(app, host, port).run()


@asynccontextmanager
async def _run(app: Starlette) -> AsyncGenerator[None]:
    if not isinstance(app, Simulator):
        raise TypeError("this lifespan belongs to the simulator")
    async with app.simulation.delivery.running():
        yield


async def _find_unreadiness() -> str | None:
    """It is ready once it serves: it depends on nothing."""
    return None
