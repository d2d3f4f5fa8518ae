"""What can go wrong between us and the database:

TryLater
├── Busy          somebody's lock, or other turns, kept us waiting past the deadline
└── Unavailable   no connection, or none that answers

Either means: nothing is known to have been written; say 503, WhatsApp delivers again.
"""

from __future__ import annotations


class TryLater(Exception):
    """The database did not do it in time."""


class Busy(TryLater):
    """Somebody's lock, or other turns of the same client, kept us waiting past the deadline."""


class Unavailable(TryLater):
    """The database is away, or does not answer."""
