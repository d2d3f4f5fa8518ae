"""What can go wrong between a turn and the database:

StoreError
├── Busy          somebody's lock, or other turns, kept us waiting past the deadline
└── Unavailable   no connection, or none that answers

Either means: nothing is known to have been written; say 503, WhatsApp delivers again.
"""

from __future__ import annotations


class StoreError(Exception):
    """The database did not take this turn in time."""


class Busy(StoreError):
    """Somebody's lock, or other turns of the same client, kept us waiting past the deadline."""


class Unavailable(StoreError):
    """The database is away, or does not answer."""
