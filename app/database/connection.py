"""What every connection needs: the settings we read by, and an end when it does not answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

from psycopg import BaseConnection

_SPOKEN: Mapping[str, tuple[str, LiteralString]] = {
    "client_encoding": ("UTF8", "SET client_encoding = 'UTF8'"),
    "DateStyle": ("ISO", "SET DateStyle = 'ISO, MDY'"),
    "standard_conforming_strings": ("on", "SET standard_conforming_strings = on"),
}
KEEP_OPEN: LiteralString = "SET idle_session_timeout = 0"
"""For who listens: it is idle by profession."""


def settings_to_mend(conn: BaseConnection[Any]) -> list[LiteralString]:
    """What to execute on a new connection, as a rule nothing, before we understand each other.

    A role or a database may have been given other settings (`ALTER ROLE … SET`); the server has
    told them already.
    """
    return [
        statement
        for name, (wanted, statement) in _SPOKEN.items()
        if not (conn.info.parameter_status(name) or "").startswith(wanted)
    ]


def cut(conn: BaseConnection[Any]) -> None:
    """Ends a connection at once, from this side, whatever its peer does.

    Who waits on it gets an OperationalError. Cancelling instead would first ask the server, which
    may be the very one that does not answer; closing the descriptor would leave the event loop
    waiting on a number that the next connection is given.
    """
    if conn.closed:
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as peer:
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the peer was faster


@contextmanager
def cutting_after(conn: BaseConnection[Any], seconds: float) -> Generator[None]:
    """Cuts the connection if what is asked of it inside takes longer."""
    watch = asyncio.get_running_loop().call_later(seconds, cut, conn)
    try:
        yield
    finally:
        watch.cancel()
