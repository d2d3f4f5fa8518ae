"""What the matrix raises for a version that this machine cannot have."""

from __future__ import annotations


class Missing(Exception):
    """A PostgreSQL or Python that is neither here nor can be fetched; the text says what to do."""
