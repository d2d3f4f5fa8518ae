"""What can go wrong between us and the database:

TryLater
├── Busy          another transaction's lock, or its writes to the same rows, outlasted the deadline
└── Unavailable   no connection, or none that answers

Either means: nothing is known to have been written, and the caller may try again later.
"""

from __future__ import annotations

import psycopg


class TryLater(Exception):
    """The database did not do it."""


class Busy(TryLater):
    """Another transaction's lock, or its writes to the same rows, outlasted the deadline."""


class Unavailable(TryLater):
    """The database is away, or does not answer."""


def first_line(error: BaseException) -> str:
    """What an error says, as one line: never PostgreSQL's details, which quote values."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    return str(error).partition("\n")[0] or type(error).__name__
