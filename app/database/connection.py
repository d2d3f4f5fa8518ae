"""Ending a connection that does not answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from psycopg import BaseConnection


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
