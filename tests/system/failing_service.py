"""A service that fails in every way that nothing expects, to test what its log says.

`python -m tests.system.failing_service FORMAT PORT [at-start]` serves until a background task
fails, or fails at its start.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import uvloop
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.server import HttpServer, RequestLog
from app.telemetry.dashboard import REQUESTS
from app.telemetry.logs import LogFormat, configure_logging

SECRET = "rahasia Petang 6281717407674"
"""What a client wrote."""


def fail() -> None:
    raise ValueError(SECRET)


async def fail_in_request(_: Request) -> Response:
    try:
        fail()
    except ValueError as error:
        raise KeyError(SECRET) from error
    return PlainTextResponse("unreachable")


async def fail_in_database(request: Request) -> Response:
    with psycopg.connect(request.query_params["url"], autocommit=True) as conn:
        conn.execute(request.query_params["statement"].encode())
    return PlainTextResponse("it did not fail")


async def fail_in_callback(_: Request) -> Response:
    asyncio.get_running_loop().call_soon(lambda text: fail(), SECRET)
    return PlainTextResponse("it fails soon")


async def fail_in_forgotten_task(_: Request) -> Response:
    async def run(text: str) -> None:
        fail()

    task = asyncio.create_task(run(SECRET), name=SECRET)
    await asyncio.wait([task])
    return PlainTextResponse("it is reported when it is collected")


async def fail_in_thread(_: Request) -> Response:
    thread = threading.Thread(target=fail)
    thread.start()
    await asyncio.to_thread(thread.join)
    return PlainTextResponse("it has failed")


class FailsWhenCollected:
    def __del__(self) -> None:
        fail()


async def fail_in_finalizer(_: Request) -> Response:
    FailsWhenCollected()
    return PlainTextResponse("it has failed")


async def serve(port: int, *, fails_at_start: bool) -> None:
    stopping = asyncio.Event()

    @asynccontextmanager
    async def run(_: Starlette) -> AsyncGenerator[None]:
        if fails_at_start:
            fail()
        yield

    async def end_process(_: Request) -> Response:
        stopping.set()
        return PlainTextResponse("it ends")

    app = Starlette(
        routes=[
            Route("/request/{client}", fail_in_request),
            Route("/database", fail_in_database),
            Route("/callback", fail_in_callback),
            Route("/task", fail_in_forgotten_task),
            Route("/thread", fail_in_thread),
            Route("/finalizer", fail_in_finalizer),
            Route("/end", end_process),
            Route("/ready", lambda _: PlainTextResponse("ready")),
        ],
        middleware=[Middleware(RequestLog, requests=REQUESTS)],
        lifespan=run,
    )

    async def run_background() -> None:
        await stopping.wait()
        fail()

    server = HttpServer(app, "127.0.0.1", port)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        group.create_task(run_background())


def main(log_format: LogFormat, port: str, *, fails_at_start: bool) -> None:
    configure_logging(log_format, "failing")
    uvloop.run(serve(int(port), fails_at_start=fails_at_start))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("console" | "json") as log_format, port]:
            main(log_format, port, fails_at_start=False)
        case [("console" | "json") as log_format, port, "at-start"]:
            main(log_format, port, fails_at_start=True)
        case arguments:
            sys.exit(f"failing_service: {arguments}?")
