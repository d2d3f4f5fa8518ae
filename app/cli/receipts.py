"""`novabot reset`: resets clients, and prints the receipts."""

from __future__ import annotations

import json
import os
import pwd
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from rich.console import Console
from rich.text import Text

from app.cli.counting import count
from app.cli.near_misses import describe_near_misses
from app.crm.errors import RowsKeptError, UnreadableHandle
from app.crm.resets import (
    Receipt,
    Reset,
    get_receipt,
    reset_incarnation,
    wait_for_acknowledgements,
)
from app.database.errors import first_line

_OLD_SCHEMA = (errors.UndefinedFunction, errors.InvalidSchemaName)


async def reset_clients(
    conn: AsyncConnection[tuple[Any, ...]],
    handles: Sequence[str],
    *,
    wait: float = 0.0,
    as_json: bool = False,
) -> bool:
    """Resets each client and prints its receipt; False if one could not be read or reset.

    Then waits so many seconds, for all of them together, until every bot has acknowledged, and
    prints which have and which have not.

    A handle that leads to no client is told on standard error, with near misses if that is a
    terminal: they are addresses of other clients, and belong in no file.
    """
    receipts, complaints = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
    actor = _find_user()
    done = True
    resets: list[tuple[str, Reset]] = []
    for handle in handles:
        try:
            reset = await reset_incarnation(
                conn, handle, None, actor=actor, door="cli", seconds=None
            )
        except (UnreadableHandle, RowsKeptError) as error:
            reason = str(error)
        except errors.LockNotAvailable:
            reason = "another transaction holds this client, nothing was reset; try again later"
        except psycopg.DatabaseError as error:
            if conn.closed or isinstance(error, _OLD_SCHEMA):
                raise
            reason = first_line(error)
        else:
            if reset is None:
                raise psycopg.DataError(f"the database returned no receipt for {handle}")
            resets.append((handle, reset))
            if not as_json:
                receipts.print(Text(f"{describe(reset)}, by {handle}"))
            if reset.clients == 0:
                told = f"novabot: {handle}: no client has this address, so nothing was deleted"
                complaints.print(Text(told))
                if sys.stderr.isatty():
                    complaints.print(Text(await describe_near_misses(conn, handle)))
            continue
        complaints.print(Text(f"novabot: {handle}: {reason}"))
        done = False
    deadline = time.monotonic() + wait
    for handle, reset in resets:
        left = max(0.0, deadline - time.monotonic())
        await wait_for_acknowledgements(conn, reset.id, left)
        receipt = await get_receipt(conn, reset.id)
        lines = [write_json(handle, receipt)] if as_json else [*describe_bots(receipt)]
        for line in lines:
            receipts.out(line, highlight=False)
    return done


def write_json(handle: str, receipt: Receipt) -> str:
    """What the API says of a reset, with the handle, and each bot's milliseconds."""
    written = receipt.as_json()
    for ack, bot in zip(written["acks"], receipt.acknowledged, strict=True):
        ack["milliseconds"] = bot.milliseconds
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
        if bot.milliseconds is None:
            yield f"{where} is missing; it answers nobody from memory"
        elif bot.started_later:
            yield f"{where} started later, and remembered nothing"
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
