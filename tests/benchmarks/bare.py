"""The floor of the webhook: a bare Starlette handler that checks the HMAC and writes the same rows.

No session, no fence, no watermark, no queue: one statement a message, in a process of its own with
the bot's server, event loop and pool. It sends nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.bot.app import POOL_SIZE
from tests.benchmarks.chat import ANSWER, CONTEXT

_WRITE = """
    WITH delivered AS (
        INSERT INTO "Delivery" (digest) VALUES (sha256(convert_to(%(id)s, 'UTF8')))
        ON CONFLICT DO NOTHING
    ),
    seen AS (
        UPDATE "User" SET "activeAt" = now(), revision = gen_random_uuid() WHERE id = %(client)s
    ),
    remembered AS (
        UPDATE "Session"
        SET context = %(context)s, revision = gen_random_uuid(), "updatedAt" = now()
        WHERE "userId" = %(client)s
    )
    INSERT INTO "Conversation" ("userId", direction, body, status, address, "waMessageId")
    VALUES
        (%(client)s, 'in', %(text)s, 'answered', NULL, %(id)s),
        (%(client)s, 'out', %(answer)s, 'sent', %(phone)s, NULL)
"""


class Bare:
    """The handler's process."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def pid(self) -> int:
        return os.getpid()


@asynccontextmanager
async def open_bare(url: str, secret: str) -> AsyncIterator[Bare]:
    pool = AsyncConnectionPool(
        url, kwargs={"autocommit": True}, min_size=POOL_SIZE, max_size=POOL_SIZE, open=False
    )
    await pool.open(wait=True)

    async def receive(request: Request) -> Response:
        raw = await request.body()
        signature = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("x-hub-signature-256", ""), signature):
            return PlainTextResponse("not signed\n", 401)
        for entry in json.loads(raw)["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", ()):
                    async with pool.connection() as conn:
                        await conn.execute(
                            _WRITE,
                            {
                                "id": message["id"],
                                "client": f"{message['from']}@c.us",
                                "phone": message["from"],
                                "text": message["text"]["body"],
                                "answer": ANSWER,
                                "context": Jsonb(CONTEXT),
                            },
                        )
        return PlainTextResponse("ok\n")

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        Starlette(routes=[Route("/webhook", receive, methods=["POST"])]),
        log_config=None,
        access_log=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield Bare(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await serving
        await pool.close()
