"""What may be known of a message after its POST, and how the API's answer is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

from app.bot.whatsapp.cleaning import clean_text
from app.bot.whatsapp.connection import Answer
from app.bot.whatsapp.refusals import ApiRefusal, read_refusal


@dataclass(frozen=True, slots=True)
class Accepted:
    """Meta took it, which is not yet delivered."""

    message_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The API received nothing: safe to send again."""

    text: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may be on its way: not to be sent again."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`may_write` said no: nothing was written."""


@dataclass(frozen=True, slots=True)
class Unsendable:
    """WhatsApp would refuse it, for a reason that does not pass: nothing was written."""

    text: str


Outcome = Accepted | ApiRefusal | NotSent | Uncertain | Withdrawn | Unsendable


def read_answer(answered: Answer) -> Outcome:
    """What an answer means."""
    status, content = answered.status, answered.content
    if content is None and status == 400:
        # Not accepted; but nearly every reason, a passing one too, comes as a 400.
        return ApiRefusal(status, f"HTTP {status}, the answer broke off", "retry")
    answer = _decode(content or b"")
    return read_refusal(status, answer, answered.retry_after) or _read_acceptance(status, answer)


def _decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _read_acceptance(status: int, answer: object) -> Accepted | Uncertain:
    message_id = _find_message_id(answer)
    if not 200 <= status < 300 or not isinstance(message_id, str) or not message_id:
        return Uncertain(f"HTTP {status} without a readable message id")
    return Accepted(clean_text(message_id))


def _find_message_id(answer: object) -> object:
    """`answer["messages"][0]["id"]`, or None."""
    rows = cast("dict[str, Any]", answer).get("messages") if isinstance(answer, dict) else None
    first = cast("list[Any]", rows)[0] if isinstance(rows, list) and rows else None
    return cast("dict[str, Any]", first).get("id") if isinstance(first, dict) else None
