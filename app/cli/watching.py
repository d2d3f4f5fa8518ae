"""`novabot watch`: prints resets and acknowledgements as they are notified."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any, assert_never
from uuid import UUID

from psycopg import AsyncConnection, Notify, OperationalError
from rich.console import Console
from rich.text import Text

from app.cli.counting import count
from app.cli.receipts import describe
from app.crm.resets import Receipt, ReceiptBot, Reset, find_receipt, find_reset
from app.database.connection import open_async_connection
from app.notifications import (
    RESET_ACKNOWLEDGED,
    SESSION_RESET,
    ListeningBegan,
    ListeningFailed,
    ResetAcknowledged,
    SessionReset,
    connect_listener,
    follow,
    listen,
    read_notification,
)

NAME = "novabot watch"
CHANNELS = (SESSION_RESET, RESET_ACKNOWLEDGED)

_LONGEST_PAYLOAD = 80
"""Characters of a notification sent by hand that are shown."""


async def watch_resets(url: str) -> None:
    """Prints until it is interrupted; a lost connection is replaced.

    The first connection is not: raises psycopg.Error if there is none, or no schema.
    """
    async with connect_listener(url, NAME) as conn:
        await listen(conn, CHANNELS)
        await find_reset(conn, 0)
    watch = _Watch(url)
    try:
        await watch.run()
    finally:
        await watch.close()


class _Watch:
    """What is printed of each notification, with a connection to read the tables."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._console = Console(highlight=False, soft_wrap=True)
        self._reader: AsyncConnection[tuple[Any, ...]] | None = None
        self._connected = True
        self._shown: set[tuple[int, UUID]] = set()

    async def run(self) -> None:
        async with aclosing(follow(self._url, CHANNELS, NAME)) as events:
            async for event in events:
                match event:
                    case ListeningBegan():
                        self._connected = True
                        self._console.print("watching for resets; Ctrl-C ends it", style="dim")
                    case ListeningFailed():
                        self._print_loss()
                    case Notify():
                        await self._take(event)
                    case _:
                        assert_never(event)

    async def close(self) -> None:
        if self._reader is not None:
            await self._reader.close()

    async def _take(self, notify: Notify) -> None:
        # The server may have ended the reader since it was last used: a new one gets one attempt.
        for _ in range(2):
            try:
                await self._show(notify)
            except OperationalError:
                continue
            self._connected = True
            return
        self._print_loss()

    async def _show(self, notify: Notify) -> None:
        notification = read_notification(notify.channel, notify.payload)
        reader = await self._open_reader()
        if isinstance(notification, ResetAcknowledged):
            # Which ones were acknowledged is not said of very many at once.
            if notification.reset != "*" and (
                receipt := await find_receipt(reader, notification.reset)
            ):
                self._print_acknowledgements(receipt)
        elif isinstance(notification, SessionReset) and (
            reset := await find_reset(reader, notification.reset)
        ):
            self._print_reset(reset)
        elif notify.channel == SESSION_RESET:
            text = f"notified by hand: {notify.payload[:_LONGEST_PAYLOAD]!r}"
            self._console.print(Text(text, style="yellow"))

    async def _open_reader(self) -> AsyncConnection[tuple[Any, ...]]:
        if self._reader is None or self._reader.closed:
            self._reader = await open_async_connection(self._url)
        return self._reader

    def _print_loss(self) -> None:
        """Once, however many attempts it takes to connect again."""
        if self._connected:
            self._connected = False
            self._console.print("the connection is lost; trying again", style="yellow")

    def _print_reset(self, reset: Reset) -> None:
        self._console.print(
            Text.assemble(
                (f"{reset.at.astimezone():%H:%M:%S}  ", "dim"),
                (describe(reset), "bold"),
                (f"  by {reset.actor} ({reset.source})", "dim"),
            )
        )

    def _print_acknowledgements(self, receipt: Receipt) -> None:
        """Those that have not been printed: a notification stands for several bots' rows."""
        for bot in receipt.acknowledged:
            if bot.acked_at is None or (receipt.reset.id, bot.id) in self._shown:
                continue
            self._shown.add((receipt.reset.id, bot.id))
            self._console.print(
                Text(
                    f"{bot.acked_at.astimezone():%H:%M:%S}    reset {receipt.reset.id}:"
                    f" bot {str(bot.id)[:8]} (process {bot.pid}) {_describe_eviction(bot)}"
                    + (f"; its responder may still remember: {bot.error}" if bot.error else ""),
                    style="green" if bot.error is None else "yellow",
                )
            )


def _describe_eviction(bot: ReceiptBot) -> str:
    if bot.milliseconds is None:
        return "was not connected, or is of 0.1; it confirmed that it forgot"
    return f"dropped {count(bot.evicted or 0, 'session')} after {bot.milliseconds:.1f} ms"
