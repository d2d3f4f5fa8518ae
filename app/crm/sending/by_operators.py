"""What an operator settles of a message: that it is sent again, or that it arrived."""

from __future__ import annotations

from uuid import UUID

from app.database.queries import Source, fetch_value


async def resend_message(
    source: Source, token: UUID, incarnation: UUID | None, operator: str
) -> str | None:
    """Queues a message again that failed, expired or has been uncertain for ten minutes.

    Any other one stays as it is. Returns the client's id; None if the message, or this incarnation
    of its client, is gone.
    """
    return await fetch_value(
        source,
        "SELECT novabot_internal.resend_message(%s, %s, %s)",
        [token, incarnation, f"operator:{operator}"],
    )


async def note_arrived(source: Source, token: UUID, incarnation: UUID | None) -> str | None:
    """An uncertain message has arrived, as an operator knows; returns as `resend_message`."""
    return await fetch_value(
        source, "SELECT novabot_internal.note_arrived(%s, %s)", [token, incarnation]
    )
