"""What can go wrong between us and the database:

TryLater
├── Busy          another transaction's lock, or its writes to the same rows, outlasted the deadline
└── Unavailable   no connection, or none that answers
    └── Unconfirmed   written on this server; no synchronous standby has confirmed it

Busy and Unavailable mean: nothing is known to have been written. Unconfirmed means: it is written
on this server, and a failover may lose it. After each the caller may try again later. Late and
UnconfirmedCommit (connection.py) are OperationalErrors; retrying.py turns them into these.

RowsKept          a reset was refused: something keeps rows of the client

Nothing was written either, and trying again does not help.
"""

from __future__ import annotations

import psycopg


class TryLater(Exception):
    """The database did not do it."""


class Busy(TryLater):
    """Another transaction's lock, or its writes to the same rows, outlasted the deadline."""


class Unavailable(TryLater):
    """The database is away, or does not answer."""


class Unconfirmed(Unavailable):
    """Commits wait for a synchronous standby: what was to be written is on this server alone."""


class RowsKept(Exception):
    """Something keeps rows of a client, or hides them (ST004).

    The text names the tables, what keeps the rows, and what removes that; no client.
    """


ROWS_KEPT = "ST004"
"""The SQLSTATE of a reset that was refused because rows would stay: see sql/kept.sql."""


def describe_rows_kept(error: psycopg.Error) -> str:
    """What keeps the rows and what to do, of an error with the SQLSTATE `ROWS_KEPT`."""
    told = (error.diag.message_primary or "rows would stay", error.diag.message_hint)
    return ". ".join(part.rstrip(".") for part in told if part)


def first_line(error: BaseException) -> str:
    """What an error says, as one line: never PostgreSQL's details, which quote values."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    return str(error).partition("\n")[0] or type(error).__name__
