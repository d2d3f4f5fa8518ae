"""What WhatsApp told of the business's account and nothing has ended since."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Final

from app.crm.account_events import Topic, find_topic, list_open_account_events
from app.doctor.connections import connect_async
from app.doctor.finding import Finding

MENDING: Final[Mapping[Topic, str]] = {
    "account": "see Business Support Home in Meta Business Suite, and ask for a review there;"
    " messages may not reach clients until it is lifted",
    "restriction": "see Business Support Home in Meta Business Suite for what is restricted and"
    " until when; the restriction ends by itself or by a review",
    "violation": "see Business Support Home in Meta Business Suite for the policy, and stop what"
    " violates it: a restriction or a ban follows",
    "access": "let the app into the account again in Meta Business Suite, and subscribe it to the"
    " account's webhooks",
    "review": "see Business Support Home in Meta Business Suite for the reason, and ask for a"
    " review",
    "quality": "send less that clients did not ask for: they block or report the number; WhatsApp"
    " Manager shows its quality",
    "name": "choose another display name in WhatsApp Manager",
    "template": "mend the template in WhatsApp Manager; messages by it are refused until then",
    "security": "make sure in Meta Business Suite that one of you did this; if not, change the PIN"
    " and the passwords",
    "alert": "see Business Support Home in Meta Business Suite",
    "error": "look the code up in Meta's list of error codes; novabot number says whether the"
    " number still sends",
    "other": "see WhatsApp Manager",
}
"""What to do, by what it is about."""


async def check_account_events(database_url: str) -> AsyncGenerator[Finding]:
    """A warning for each: that the number sends no more is told by the check of the number."""
    async with connect_async(database_url) as conn:
        events = await list_open_account_events(conn)
    for event in events:
        named = " ".join(filter(None, (event.field, event.event, event.subject)))
        account = f" of account {event.account}" if event.account else ""
        at = event.at.astimezone().isoformat(sep=" ", timespec="seconds")
        yield Finding(
            "warning",
            "account",
            f"WhatsApp told at {at}: {named}{account}",
            MENDING[find_topic(event.field, event.event)],
        )
    if not events:
        yield Finding("ok", "account", "WhatsApp has told of nothing that is wrong with it")
