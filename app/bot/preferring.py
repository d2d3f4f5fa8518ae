"""What a person set in WhatsApp about marketing messages is written down, and never answered."""

from __future__ import annotations

from app.bot.whatsapp.preferences import Preference
from app.crm.opting_out import note_preference
from app.database.pool import Pool
from app.telemetry.bot import count_annotation


async def note(pool: Pool, preference: Preference) -> None:
    """Raises TryLater."""
    outcome = await note_preference(
        pool,
        addresses=preference.addresses,
        event_id=preference.id,
        level=preference.level,
        at=preference.at,
    )
    count_annotation(preference.act, outcome)
