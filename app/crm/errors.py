"""What the functions of this package refuse:

CrmError
├── UnreadableHandle   a handle that is neither a client id, a phone number nor a BSUID
├── UnreadableCursor   a position in a list that this program has not given out
├── UnknownClient      a handle that leads to no client
├── RowsKeptError      a reset that something keeps from deleting a row
├── ResetNotMade       a reset that the database did not do: nothing was reset
├── ResetUnconfirmed   a reset of which it is not known yet whether it was made
├── UnknownReset       a number that no reset has
└── AccountsError      an account or token that can't be made

The text is one line for the person or program that asked. Errors of the database are psycopg's.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from psycopg import Error

from app.database.errors import ROWS_KEPT, describe_rows_kept

_UNREADABLE_HANDLE = "ST001"
"""The SQLSTATE of a handle that the database can't read."""


class CrmError(Exception):
    """What was asked for can't be done; the text says why."""


class UnreadableHandle(CrmError):
    """A handle that is neither a client id, a phone number nor a BSUID."""


class UnreadableCursor(CrmError):
    """A position in a list that this program has not given out."""

    def __init__(self) -> None:
        super().__init__("this is no cursor of this list")


class UnknownClient(CrmError):
    """A handle that leads to no client."""

    def __init__(self) -> None:
        super().__init__("no client has this address")


class RowsKeptError(CrmError):
    """Something keeps rows of the client: nothing was reset. The text says what keeps them, and the
    statement that removes it."""


class ResetNotMade(CrmError):
    """The connection was lost, or there was none, or it took too long: nothing was reset."""


class ResetUnconfirmed(CrmError):
    """The connection was lost at the commit, and the database cannot be asked since: whether it was
    made is not known yet. If it was, it has this receipt."""

    def __init__(self, reset: int, at: datetime, reason: str) -> None:
        super().__init__(
            f"it is not known whether this was reset: the connection was lost at the commit, and"
            f" the database cannot be asked ({reason})"
        )
        self.reset = reset
        self.at = at
        """After a crash another reset may have its number, at another time."""


class UnknownReset(CrmError):
    """A number that no reset has."""

    def __init__(self) -> None:
        super().__init__("there is no such reset")


class AccountsError(CrmError):
    """The account or token can't be made; the text says why and what to do."""


@contextmanager
def reading_handle() -> Generator[None]:
    """Raises UnreadableHandle in place of the database's ST001."""
    try:
        yield
    except Error as error:
        if error.sqlstate != _UNREADABLE_HANDLE:
            raise
        told = (error.diag.message_primary or "unreadable handle", error.diag.message_hint)
        raise UnreadableHandle(". ".join(part for part in told if part)) from error


@contextmanager
def resetting() -> Generator[None]:
    """Raises UnreadableHandle and RowsKeptError in place of the database's ST001 and ST004."""
    try:
        with reading_handle():
            yield
    except Error as error:
        if error.sqlstate != ROWS_KEPT:
            raise
        raise RowsKeptError(f"nothing was reset: {describe_rows_kept(error)}") from error
