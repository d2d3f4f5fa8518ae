"""SIGTERM ends a command as Ctrl-C does: what it asked of the server is cancelled first."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def interrupted_by_sigterm() -> Generator[None]:
    """Raises Terminated in the main thread on SIGTERM; psycopg then cancels the statement."""
    before = signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise(*_: object) -> None:
    raise Terminated
