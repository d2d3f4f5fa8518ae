"""`novabot reset`: resets clients, and prints the receipts."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from rich.console import Console
from rich.text import Text

from app.cli.counting import count
from app.cli.near_misses import describe_near_misses
from app.crm.errors import UnreadableHandle
from app.crm.resets import Reset, reset_incarnation
from app.database.errors import first_line

_OLD_SCHEMA = (errors.UndefinedFunction, errors.InvalidSchemaName)


async def reset_clients(conn: AsyncConnection[tuple[Any, ...]], handles: Sequence[str]) -> bool:
    """Resets each client and prints its receipt; False if one could not be read or reset.

    A handle that leads to no client is told on standard error, with near misses if that is a
    terminal: they are addresses of other clients, and belong in no file.
    """
    receipts, complaints = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)
    actor = _find_user()
    done = True
    for handle in handles:
        try:
            reset = await reset_incarnation(
                conn, handle, None, actor=actor, door="cli", seconds=None
            )
        except UnreadableHandle as error:
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
            receipts.print(Text(describe(reset)))
            if reset.clients == 0:
                told = f"novabot: {handle}: no client has this address, so nothing was deleted"
                complaints.print(Text(told))
                if sys.stderr.isatty():
                    complaints.print(Text(await describe_near_misses(conn, handle)))
            continue
        complaints.print(Text(f"novabot: {handle}: {reason}"))
        done = False
    return done


def describe(reset: Reset) -> str:
    """`reset 42: 1 client, 1 session, 14 conversations`, as the database's NOTICE has it."""
    counts = (
        count(reset.clients, "client"),
        count(reset.sessions, "session"),
        count(reset.conversations, "conversation"),
    )
    return f"reset {reset.id}: {', '.join(counts)}"


def _find_user() -> str:
    """The name of this process's user in the operating system."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
