"""What to do when Meta refuses a message, decided by its code; the texts are not stable.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, cast

from app.bot.whatsapp.cleaning import mask_ids

Action = Literal["fail", "retry", "slow_client", "slow_number", "stop_now", "stop_if_confirmed"]
"""fail: this message, for good · retry: this message, a few times · slow_client: this client's
messages, in their order, after a growing wait · slow_number: the whole number, a while ·
stop_now: the whole number, until the cause is mended; its messages stay queued ·
stop_if_confirmed: the same, once a message to a second client is refused so too."""
Resumption = Literal["probe", "by_hand"]
"""How a stopped number goes on: by single messages at growing distances that try whether the cause
is mended, or when a person says so (`novabot number resume`)."""

_ACCOUNT = frozenset({131031, 368, 131042, 131045, 131037, 131048, 131064, 133016})
"""Locked, blocked, payment, certificate, display name, spam or quality limit, not registered."""
ACTIONS: Final[Mapping[int, Action]] = {
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), "retry"),
    131056: "slow_client",
    **dict.fromkeys((4, 80007, 130429), "slow_number"),
    # The token.
    **dict.fromkeys((0, 190), "stop_now"),
    # Permissions.
    **dict.fromkeys((3, 10, *range(200, 300), 131005), "stop_if_confirmed"),
    **dict.fromkeys(_ACCOUNT, "stop_if_confirmed"),
    # Window closed, undeliverable, held back by Meta, opted out, country of the recipient.
    **dict.fromkeys((131047, 131026, 131049, 130472, 131050, 130497), "fail"),
    # Type or media, our mistake, test-number limits, templates.
    **dict.fromkeys((131051, 131052, 131053, 131008, 131009, 100, 33), "fail"),
    **dict.fromkeys((131021, 131030, 131062, *range(132000, 132070)), "fail"),
}
"""What each documented code asks for."""

_RETRY_AFTER_AT_MOST = 3600.0


@dataclass(frozen=True, slots=True)
class ApiRefusal:
    """Meta answered that it did not take the message."""

    code: int
    """Meta's code, or the HTTP status where it gave none."""
    text: str
    """One line without phone numbers."""
    action: Action
    retry_after: float | None = None
    """Seconds that the Retry-After header asks for; at most an hour."""

    @property
    def resumes(self) -> Resumption:
        """How a number that is stopped by this goes on."""
        return "by_hand" if self.code in _ACCOUNT else "probe"


def read_refusal(
    http_status: int, answer: object, retry_after: str | None = None
) -> ApiRefusal | None:
    """The refusal that an API response contains; None if it succeeded or is inconclusive.

    An error object means that the message was not accepted, whatever the HTTP status, and its code
    decides. Without one a server error says nothing: the message may have been taken before. `4xx`
    and `3xx` say by themselves that it was not. `retry_after` is the header's text.
    """
    after = read_retry_after(retry_after)
    error = cast("dict[str, Any]", answer).get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        fields = cast("dict[str, Any]", error)
        code = fields.get("code")
        if type(code) is int and abs(code) < 10**9:
            return ApiRefusal(code, _read_text(fields), decide_action(code), after)
        return ApiRefusal(http_status, _read_text(fields), _decide_by_status(http_status), after)
    if 300 <= http_status < 500 and http_status != 408:
        return ApiRefusal(http_status, f"HTTP {http_status}", _decide_by_status(http_status), after)
    return None


def decide_action(code: int) -> Action:
    """By Meta's code; a message that is refused for an unknown reason has failed."""
    return ACTIONS.get(code, "fail")


def read_retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, in either form; None without a readable one."""
    if text is None:
        return None
    try:
        seconds = float(text) if text.strip().isdigit() else _seconds_until(text)
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _RETRY_AFTER_AT_MOST)


def _seconds_until(date: str) -> float:
    at = parsedate_to_datetime(date)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - time.time()


def _decide_by_status(http_status: int) -> Action:
    if http_status in (401, 403, 404, 405) or 300 <= http_status < 400:
        return "stop_if_confirmed"  # the token or the address is wrong, for every message
    if http_status == 429:
        return "slow_number"
    return "fail"


def _read_text(error: dict[str, Any]) -> str:
    data = error.get("error_data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else None
    said = dict.fromkeys(
        text for text in (error.get("message"), details) if isinstance(text, str) and text
    )
    return mask_ids(": ".join(said)) or "no reason given"
