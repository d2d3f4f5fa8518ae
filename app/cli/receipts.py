"""`novabot reset`: resets clients, and prints the receipts."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import signal
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

import psycopg
import typer
from psycopg import errors
from rich.console import Console
from rich.text import Text

from app.cli.counting import count
from app.cli.errors import INTERRUPTED
from app.cli.near_misses import describe_near_misses
from app.crm.errors import (
    ResetNotMade,
    ResetUnconfirmed,
    RowsKeptError,
    UnknownReset,
    UnreadableHandle,
)
from app.crm.resets import Receipt, Reset, get_receipt, wait_for_acknowledgements
from app.crm.resetting import MadeReset, reset_incarnation
from app.database.connection import ReplacedConnection, ending_when
from app.database.errors import first_line

_FIND_OUT = "novabot psql -c 'SELECT * FROM reset_receipt({})'"
_OLD_SCHEMA = (errors.UndefinedFunction, errors.InvalidSchemaName)


async def reset_clients(
    url: str, handles: Sequence[str], *, wait: float = 0.0, as_json: bool = False
) -> int:
    """Resets each client and prints its receipt; returns the exit code: 1 if one could not be read
    or reset, or its bots are not known, 130 after Ctrl-C.

    Then waits so many seconds, for all of them together, until every bot has acknowledged, and
    prints which have and which have not. Ctrl-C ends all waiting, and what was reset by then is
    printed nevertheless; so is, where a connection is lost, what became of that reset.

    A handle that leads to no client is told on standard error, with near misses if that is a
    terminal: they are addresses of other clients, and belong in no file.
    """
    connections = ReplacedConnection(url)
    try:
        async with connections.connection():
            pass  # a database that is away is told once, not by each handle
        run = _Run(connections, wait=wait, as_json=as_json)
        with _interruptible(run.interrupted):
            await run.reset(handles)
            await run.print_bots()
    finally:
        await connections.close()
    if run.interrupted.is_set():
        return INTERRUPTED
    return 1 if run.has_failed else 0


class _Run:
    """One run of the command."""

    def __init__(self, connections: ReplacedConnection, *, wait: float, as_json: bool) -> None:
        self.interrupted = asyncio.Event()
        self.has_failed = False
        self._connections = connections
        self._wait = wait
        self._as_json = as_json
        self._actor = _find_user()
        self._made: list[tuple[str, MadeReset]] = []
        self._receipts = Console(soft_wrap=True)
        self._complaints = Console(stderr=True, soft_wrap=True)

    async def reset(self, handles: Sequence[str]) -> None:
        """Resets each client; those left after Ctrl-C, or without a database, are named."""
        for place, handle in enumerate(handles):
            if self.interrupted.is_set():
                reason = "interrupted"
            elif not await self._is_reachable():
                reason = "the database does not answer"
            else:
                await self._reset(handle)
                continue
            for left in handles[place:]:
                self._fail(left, f"nothing was reset: {reason}")
            return

    async def print_bots(self) -> None:
        """Each receipt with its bots, after the wait for them."""
        deadline = time.monotonic() + self._wait
        for handle, made in self._made:
            try:
                await self._wait_for_bots(made, deadline)
                async with self._connections.connection() as conn:
                    receipt = await get_receipt(conn, made.id)
            except (psycopg.Error, UnknownReset) as error:
                self._fail(handle, f"{describe(made)}; its bots are not known: {first_line(error)}")
                counts = json.dumps({"handle": handle, **made.counts_as_json()})
                lines = [counts] if self._as_json else []
            else:
                told = write_json(handle, receipt, made.warning)
                lines = [told] if self._as_json else [*describe_bots(receipt)]
            for line in lines:
                self._receipts.out(line, highlight=False)

    async def _is_reachable(self) -> bool:
        try:
            async with self._connections.connection():
                return True
        except psycopg.OperationalError:
            return False

    async def _reset(self, handle: str) -> None:
        try:
            made = await reset_incarnation(
                self._connections,
                handle,
                None,
                actor=self._actor,
                door="cli",
                seconds=None,
                interrupted=self.interrupted,
            )
        except (UnreadableHandle, RowsKeptError, ResetNotMade) as error:
            self._fail(handle, str(error))
        except ResetUnconfirmed as error:
            self._fail(handle, f"{error}. {_tell_how_to_find_out(error.reset, error.at)}")
        except errors.LockNotAvailable:
            reason = "another transaction holds this client, nothing was reset; try again later"
            self._fail(handle, reason)
        except psycopg.DatabaseError as error:
            if isinstance(error, _OLD_SCHEMA):
                raise
            self._fail(handle, f"nothing was reset: {first_line(error)}")
        else:
            if made is None:
                raise psycopg.DataError(f"the database returned no receipt for {handle}")
            await self._take(handle, made)

    async def _take(self, handle: str, made: MadeReset) -> None:
        self._made.append((handle, made))
        if not self._as_json:
            self._receipts.print(Text(f"{describe(made)}, by {handle}"))
        if made.warning is not None:
            self._complain(handle, f"reset {made.id}: {made.warning}")
        if made.clients == 0:
            self._complain(handle, "no client has this address, so nothing was deleted")
            if sys.stderr.isatty() and not self.interrupted.is_set():
                # Near misses are a help, and receipts are still to be printed.
                with suppress(psycopg.OperationalError):
                    async with self._connections.connection() as conn:
                        self._complaints.print(Text(await describe_near_misses(conn, handle)))

    async def _wait_for_bots(self, made: Reset, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or self.interrupted.is_set():
            return
        try:
            async with (
                self._connections.connection() as conn,
                ending_when(conn, self.interrupted),
            ):
                await wait_for_acknowledgements(conn, made.id, left)
        except psycopg.OperationalError:
            if not self.interrupted.is_set():
                raise

    def _fail(self, handle: str, reason: str) -> None:
        self.has_failed = True
        self._complain(handle, reason)

    def _complain(self, handle: str, text: str) -> None:
        self._complaints.print(Text(f"novabot: {handle}: {text}"))


@contextmanager
def _interruptible(interrupted: asyncio.Event) -> Generator[None]:
    """The first Ctrl-C sets the event, and the next one ends the program as usual."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        typer.echo("novabot: interrupted; looking what was reset", err=True)
        interrupted.set()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _tell_how_to_find_out(reset: int, at: datetime) -> str:
    command = _FIND_OUT.format(reset)
    return f"Once it answers, run {command}: with a row of {at} it was reset, else nothing was"


def write_json(handle: str, receipt: Receipt, warning: str | None = None) -> str:
    """What the API says of a reset, with the handle, each bot's milliseconds, and the warning that
    no standby has confirmed it."""
    written = receipt.as_json()
    for ack, bot in zip(written["acks"], receipt.acknowledged, strict=True):
        ack["milliseconds"] = bot.milliseconds
    if warning is not None:
        written["warning"] = warning
    return json.dumps({"handle": handle, **written})


def describe(reset: Reset) -> str:
    """`reset 42: 1 client, 1 session, 14 conversations`, as the database's NOTICE has it."""
    counts = (
        count(reset.clients, "client"),
        count(reset.sessions, "session"),
        count(reset.conversations, "conversation"),
    )
    return f"reset {reset.id}: {', '.join(counts)}"


def describe_bots(receipt: Receipt) -> Iterator[str]:
    """A line a bot: when it forgot, or that it is missing."""
    for bot in receipt.bots:
        where = f"reset {receipt.reset.id}: bot {bot.id} ({bot.host}, pid {bot.pid})"
        if bot.silent_since is not None:
            since = f"{bot.silent_since.astimezone():%Y-%m-%d %H:%M:%S}"
            yield (
                f"{where} is silent since {since}: killed or stopped; it answers no client"
                " from memory"
            )
        elif bot.acked_at is None:
            yield f"{where} is missing; it answers no client from memory"
        elif bot.started_later:
            yield f"{where} started later, and remembered nothing"
        elif bot.milliseconds is None:
            at = f"{bot.acked_at.astimezone():%H:%M:%S}"
            yield f"{where} was not connected, or is of 0.1; it confirmed at {at} that it forgot"
        else:
            dropped = count(bot.evicted or 0, "session")
            yield f"{where} forgot {dropped} in {bot.milliseconds:.1f} ms"
        if bot.error is not None:
            yield f"{where}: its responder may still remember: {bot.error}"


def _find_user() -> str:
    """The name of this process's user in the operating system."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
