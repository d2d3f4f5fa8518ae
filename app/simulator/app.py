"""The simulator's composition root."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.server import HttpServer
from app.settings import Settings, SettingsError
from app.simulator.chats import Chats
from app.simulator.control import Control
from app.simulator.delivery import RETRY_GAPS, Delivery
from app.simulator.drop_connection import HangUpProtocol
from app.simulator.faults import Faults
from app.simulator.guard import Guard
from app.simulator.messages import Credentials, MessagesEndpoint
from app.simulator.pages import Pages
from app.simulator.phones import Phones
from app.simulator.request_log import Record
from app.simulator.state import Parts
from app.simulator.statuses import Statuses

STOP_SECONDS = 1

PHONES = {
    "6281717407674": "Rani",
    "6281298765432": "Budi Santoso",
    "ID.4fzq0k2m9x7c1w": "langit.biru",
}
"""The phones there from the start, with their WhatsApp profile names."""


class Simulator(Starlette):
    """The application; whoever serves it calls `parts.end_streams` before stopping."""

    def __init__(self, credentials: Credentials, delivery: Delivery) -> None:
        chats = Chats()
        for address, profile_name in PHONES.items():
            chats.open(address, profile_name)
        number = credentials.phone_number_id
        parts = Parts(
            chats=chats,
            record=Record(),
            faults=Faults(),
            delivery=delivery,
            statuses=Statuses(delivery, chats, number),
            phones=Phones(chats, delivery, number),
            closing=anyio.Event(),
        )
        self.parts: Parts = parts
        static = StaticFiles(directory=Path(__file__).parent / "static")
        super().__init__(
            routes=[
                Route("/live", _answer_ready, methods=["GET"]),
                Route("/ready", _answer_ready, methods=["GET"]),
                Mount("/static", static),
                *Control(parts).routes(),
                *Pages(parts).routes(),
                *MessagesEndpoint(credentials, parts).routes(),
            ],
            middleware=[Middleware(Guard)],
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
        end_streams=app.parts.end_streams,
        protocol=HangUpProtocol,
        grace=STOP_SECONDS,
    )


def serve(settings: Settings, host: str, port: int, bots: list[str]) -> None:
    """Runs the simulator until SIGINT or SIGTERM.

    Raises SettingsError outside `novabot up` and the tests.
    """
    if not settings.simulator_allowed:
        fault = (
            "the simulator runs only under `novabot up`: it plays WhatsApp to the bots,"
            " and anybody who reaches it can write as any client"
        )
        raise SettingsError([fault])
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
    async with app.parts.delivery.running():
        yield


async def _answer_ready(_request: Request) -> Response:
    return PlainTextResponse("ready\n")
