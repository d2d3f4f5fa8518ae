"""The doctor's connections: short-lived, named, and cut when nothing comes back."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from app.database.connection import cut, normalise_session

NAME = "novabot doctor"
"""The application_name, and so the source of the canary's receipt."""
PATIENCE = 30.0
"""Seconds after which a connection is cut, whatever it waits for."""
_CONNECT_TIMEOUT = 5


@contextmanager
def connect(
    url: str, server: Literal["read-write", "any"] = "read-write"
) -> Generator[Connection[tuple[Any, ...]]]:
    """An autocommit connection, which also works through a transaction pooler.

    Raises psycopg.OperationalError if there is none, or it does not answer within PATIENCE.
    """
    conn = psycopg.connect(
        make_conninfo(
            url,
            application_name=NAME,
            connect_timeout=_CONNECT_TIMEOUT,
            target_session_attrs=server,
        ),
        autocommit=True,
        prepare_threshold=None,
    )
    watch = threading.Timer(PATIENCE, cut, (conn,))
    watch.daemon = True
    watch.start()
    try:
        normalise_session(conn)
        yield conn
    finally:
        watch.cancel()
        conn.close()


def first_line(error: BaseException) -> str:
    """What a line has room for; the DETAIL of an error may quote a key."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
