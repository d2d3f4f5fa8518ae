"""Whether the business's number may send."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from app.crm.sending.number import describe_mending, describe_trouble, list_numbers
from app.doctor.connections import connect_async
from app.doctor.finding import Finding


async def check_number(database_url: str) -> AsyncGenerator[Finding]:
    async with connect_async(database_url) as conn:
        troubles = await list_numbers(conn)
    for trouble in troubles:
        level = "fault" if trouble.state == "stopped" else "warning"
        yield Finding(level, "number", describe_trouble(trouble), describe_mending(trouble))
    if not troubles:
        yield Finding("ok", "number", "sends")
