"""Webhook deliveries as Meta makes them: to the bots in turn, again until one takes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
import httpx2
from anyio.abc import TaskGroup

from app.simulator.cloud_api import sign
from app.telemetry import simulator as telemetry

RETRY_GAPS = (0.5, 1.0, 2.0, 4.0, 8.0, *(15.0,) * 40)
ANSWER_TIMEOUT = 10.0
AT_ONCE = 64
"""Deliveries under way; more wait outside of httpx2's pool, where each costs all others time."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to one bot: its HTTP status, or None and why there is none."""

    bot: int
    status: int | None
    error: str | None = None

    @property
    def taken(self) -> bool:
        return self.status == 200


class Delivery:
    """Signs bodies and posts them; `retry_gaps` are the seconds before each further attempt."""

    def __init__(
        self, bots: Sequence[str], app_secret: str, retry_gaps: Sequence[float] = RETRY_GAPS
    ) -> None:
        self._webhooks: list[str] = [webhook_url(bot) for bot in bots]
        self._app_secret: str = app_secret
        self._retry_gaps: tuple[float, ...] = tuple(retry_gaps)
        self._turn: int = 0
        self._places = anyio.Semaphore(AT_ONCE)
        self._tasks: TaskGroup | None = None
        self._client: httpx2.AsyncClient | None = None

    @property
    def webhooks(self) -> list[str]:
        """The bots' webhook URLs."""
        return list(self._webhooks)

    def start(self, work: Callable[..., Awaitable[object]], *args: object) -> None:
        """Does it in the background: an error is logged, and ends nothing else.

        Raises RuntimeError outside running().
        """
        if self._tasks is None:
            raise RuntimeError("the simulator is not running: its lifespan has not started")
        self._tasks.start_soon(_do, work, *args)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Holds the connections and the retries; leaving it abandons the retries."""
        timeout = httpx2.Timeout(ANSWER_TIMEOUT)
        async with (
            httpx2.AsyncClient(timeout=timeout, trust_env=False) as client,
            anyio.create_task_group() as tasks,
        ):
            self._client, self._tasks = client, tasks
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()

    async def deliver(
        self,
        raw: bytes,
        *,
        bot: int | None = None,
        retry: bool = True,
        settled: Callable[[bool], None] | None = None,
    ) -> Attempt:
        """Posts `raw` to the bot named, or the next in turn; returns this first attempt.

        What was not taken is tried again in the background. `settled` is called once, with
        whether a bot took it in the end.
        """
        attempt = await self._post(raw, self._next() if bot is None else bot)
        if not attempt.taken:
            webhook = self._webhooks[attempt.bot]
            telemetry.report_webhook_not_taken(webhook, attempt.status, given_up=not retry)
        if attempt.taken or not retry:
            if settled is not None:
                settled(attempt.taken)
        else:
            self.start(self._retry, raw, attempt.bot, settled)
        return attempt

    async def _retry(self, raw: bytes, bot: int, settled: Callable[[bool], None] | None) -> None:
        attempt = Attempt(bot, None)
        for gap in self._retry_gaps:
            await anyio.sleep(gap)
            attempt = await self._post(raw, (attempt.bot + 1) % len(self._webhooks))
            if attempt.taken:
                break
        else:
            webhook = self._webhooks[attempt.bot]
            telemetry.report_webhook_not_taken(webhook, attempt.status, given_up=True)
        if settled is not None:
            settled(attempt.taken)

    def _next(self) -> int:
        bot = self._turn % len(self._webhooks)
        self._turn += 1
        return bot

    async def _post(self, raw: bytes, bot: int) -> Attempt:
        if self._client is None:
            raise RuntimeError("the simulator is not running: its lifespan has not started")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign(raw, self._app_secret),
        }
        try:
            async with self._places:
                response = await self._client.post(
                    self._webhooks[bot], content=raw, headers=headers
                )
        except httpx2.HTTPError as error:
            attempt = Attempt(bot, None, f"{type(error).__name__}: {error}")
        else:
            attempt = Attempt(bot, response.status_code)
        telemetry.count_webhook(taken=attempt.taken)
        return attempt


async def _do(work: Callable[..., Awaitable[object]], *args: object) -> None:
    try:
        await work(*args)
    except Exception as error:  # whatever it is, the other tasks of the simulator go on
        telemetry.report_task_failed(error)


def webhook_url(bot: str) -> str:
    """A bot's webhook: the URL itself if it names a path, else with /webhook."""
    return bot if urlsplit(bot).path.strip("/") else bot.rstrip("/") + "/webhook"
