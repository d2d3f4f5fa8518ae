"""What to do when Meta refuses a message, decided by its code; the texts are not stable.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from app.bot.whatsapp.cleaning import mask_ids

Action = Literal["fail", "retry", "slow_client", "pause_all", "stop"]
"""fail: this message, for good · retry: this message, a few times · slow_client: this client's
messages, in their order, after a growing wait · pause_all: everything, for a while ·
stop: everything, until an operator has mended the cause; the messages stay queued."""

_RETRY = frozenset({1, 2, 131000, 131016, 131057, 133004})
_SLOW_CLIENT = frozenset({131056})
_PAUSE_ALL = frozenset({4, 80007, 130429})
_STOP = frozenset(
    {
        # token, permission
        *(0, 190, 3, 10, *range(200, 300), 131005),
        # spam or quality limit, number not registered
        *(131048, 131064, 133016),
        # locked, blocked, country, payment, certificate, display name
        *(131031, 368, 130497, 131042, 131045, 131037),
    }
)
_FAIL = frozenset(
    {
        # window closed, undeliverable, held back by Meta, opted out
        *(131047, 131026, 131049, 130472, 131050),
        # type or media, our mistake, test-number limits, templates
        *(131051, 131052, 131053, 131008, 131009, 100, 33, 131021, 131030, 131062),
        *range(132000, 132070),
    }
)


@dataclass(frozen=True, slots=True)
class ApiRefusal:
    """Meta answered that it did not take the message."""

    code: int
    """Meta's code, or the HTTP status where it gave none."""
    text: str
    """One line without phone numbers."""
    action: Action


def read_refusal(http_status: int, answer: object) -> ApiRefusal | None:
    """The refusal an API response contains; None if it succeeded or is inconclusive."""
    error = cast("dict[str, Any]", answer).get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        fields = cast("dict[str, Any]", error)
        code = fields.get("code")
        if type(code) is int and abs(code) < 10**9:
            return ApiRefusal(code, _read_text(fields), decide_action(code, http_status))
    if http_status < 300 or http_status == 504:
        # A gateway that waited in vain had passed the message on.
        return None
    return ApiRefusal(http_status, f"HTTP {http_status}", _decide_by_status(http_status))


def decide_action(code: int, http_status: int) -> Action:
    """By Meta's code; by the HTTP status for a code that is not documented."""
    if code in _RETRY:
        return "retry"
    if code in _SLOW_CLIENT:
        return "slow_client"
    if code in _PAUSE_ALL:
        return "pause_all"
    if code in _STOP:
        return "stop"
    if code in _FAIL:
        return "fail"
    return _decide_by_status(http_status)


def _decide_by_status(http_status: int) -> Action:
    if http_status in (401, 403, 404, 405) or 300 <= http_status < 400:
        return "stop"  # the token or the address is wrong, for every message
    if http_status == 429:
        return "pause_all"
    return "retry" if http_status >= 500 or http_status == 408 else "fail"


def _read_text(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else None
    said = dict.fromkeys(
        text for text in (error.get("message"), details) if isinstance(text, str) and text
    )
    return mask_ids(": ".join(said)) or "no reason given"
