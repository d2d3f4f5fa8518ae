"""Echo bots, and a running simulator with clients for its sides, on the loopback interface."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.cloud_api import sign

APP_SECRET = "the app's secret"
ACCESS_TOKEN = "the-token"
PHONE_NUMBER_ID = "106540352242922"
RANI = "6281717407674"
BUDI = "6281298765432"
LANGIT = "ID.4fzq0k2m9x7c1w"
SECONDS = 10.0


@dataclass
class EchoBot:
    """A bot that checks signatures, keeps what it got, and answers texts when `echo` is set."""

    status: int = 200
    echo: bool = False
    url: str = ""
    api_url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    got: threading.Condition = field(default_factory=threading.Condition)

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/webhook", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        raw = await request.body()
        if request.headers.get("x-hub-signature-256") != sign(raw, APP_SECRET):
            return Response(status_code=401)
        if self.status != 200:
            return Response(status_code=self.status)
        body = json.loads(raw)
        with self.got:
            self.raw.append(raw)
            self.bodies.append(body)
            self.got.notify_all()
        messages: list[dict[str, Any]] = body["entry"][0]["changes"][0]["value"].get("messages", [])
        if self.echo:
            for message in messages:
                await self._answer(message)
        return Response()

    def values(self, kind: str) -> list[dict[str, Any]]:
        """Everything received so far under `messages` or `statuses`."""
        found = [body["entry"][0]["changes"][0]["value"] for body in self.bodies]
        return [item for value in found for item in value.get(kind, [])]

    def wait_for(self, kind: str, count: int) -> list[dict[str, Any]]:
        with self.got:
            assert self.got.wait_for(lambda: len(self.values(kind)) >= count, SECONDS), (
                f"{len(self.values(kind))} of {count} {kind} came"
            )
            return self.values(kind)

    async def _answer(self, message: dict[str, Any]) -> None:
        whose = "to" if "from" in message else "recipient"
        payload = {
            "messaging_product": "whatsapp",
            whose: message.get("from") or message["from_user_id"],
            "type": "text",
            "text": {"body": f"You said: {message['text']['body']}"},
            "biz_opaque_callback_data": f"answer to {message['id']}",
        }
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {ACCESS_TOKEN}"}
            await client.post(self.api_url, json=payload, headers=headers)


@dataclass(frozen=True)
class Running:
    """A running simulator, and clients for its sides."""

    url: str
    client: httpx2.Client
    bots: list[EchoBot]
    server: uvicorn.Server

    def send(self, text: str = "Halo", /, **changes: Any) -> httpx2.Response:
        """Sends as a bot would; a change to None leaves the key out."""
        payload: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "to": RANI,
            "type": "text",
            "text": {"body": text},
        }
        payload = {k: v for k, v in (payload | changes).items() if v is not None}
        return self.post(json.dumps(payload).encode())

    def post(
        self, raw: bytes, *, token: str | None = ACCESS_TOKEN, path: str | None = None
    ) -> httpx2.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.client.post(
            path or f"/v24.0/{PHONE_NUMBER_ID}/messages", content=raw, headers=headers
        )

    def order(self, **fault: Any) -> None:
        self.client.post("/control/faults", json=fault).raise_for_status()

    def say(self, text: str = "Halo", **more: Any) -> dict[str, Any]:
        order = {"from": RANI, "text": text, **more}
        return self.client.post("/control/say", json=order).raise_for_status().json()

    def received(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.client.get("/control/messages", params=query).raise_for_status()
        return answer.json()["messages"]


StartSimulator = Callable[..., Running]
"""`start(bots=2, retry_gaps=…)`: echo bots (or how many), and a simulator before them."""


class Servers:
    """Servers in threads of their own; all of them stop together."""

    def __init__(self) -> None:
        self._running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(self, server: uvicorn.Server) -> int:
        """Returns the port, once the server listens."""
        thread = threading.Thread(target=server.run)
        thread.start()
        self._running.append((server, thread))
        deadline = time.monotonic() + SECONDS
        while not server.started:
            assert thread.is_alive(), "the server ended at its start"
            assert time.monotonic() < deadline, "the server does not start"
            thread.join(0.005)
        return server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        for server, _ in self._running:
            server.should_exit = True
        for _, thread in self._running:
            thread.join(SECONDS)
            assert not thread.is_alive(), "the server does not stop"
