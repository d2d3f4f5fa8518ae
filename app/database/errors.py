"""What can go wrong between us and the database:

TryLater
├── Busy          somebody's lock, or others at the same rows, kept us waiting past the deadline
└── Unavailable   no connection, or none that answers

Either means: nothing is known to have been written, and the caller may try again later.
"""

from __future__ import annotations


class TryLater(Exception):
    """The database did not do it."""


class Busy(TryLater):
    """Somebody's lock, or others at the same rows, kept us waiting past the deadline."""


class Unavailable(TryLater):
    """The database is away, or does not answer."""
