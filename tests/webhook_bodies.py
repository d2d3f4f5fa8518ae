"""Webhook bodies as Meta builds them, for tests that post to a bot."""

from __future__ import annotations

from collections.abc import Iterable

from app.simulator.cloud_api import JsonObject, message_body


def text_body(
    sender: str,
    text: str,
    *,
    phone_number_id: str,
    message_id: str | None = None,
    timestamp: int | None = None,
    profile_name: str | None = None,
    bsuid: str | None = None,
) -> JsonObject:
    """A webhook body with one text; `sender` is a phone's digits or a BSUID alone."""
    return message_body(
        sender,
        "text",
        {"body": text},
        phone_number_id=phone_number_id,
        message_id=message_id,
        timestamp=timestamp,
        profile_name=profile_name,
        bsuid=bsuid,
    )


def join_bodies(bodies: Iterable[JsonObject]) -> JsonObject:
    """One body with the messages of all, in their order."""
    first, *others = bodies
    value = first["entry"][0]["changes"][0]["value"]
    for other in others:
        added = other["entry"][0]["changes"][0]["value"]
        value["messages"] += added["messages"]
        value["contacts"] += added["contacts"]
    return first
