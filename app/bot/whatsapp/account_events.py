"""What a webhook tells of the business's account, number, quality and templates.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from app.bot.whatsapp.cleaning import clean_json, clean_text, mask_ids
from app.bot.whatsapp.inbound import find_time, name_plainly, read_error
from app.bot.whatsapp.refusals import ACTIONS
from app.crm.account_events import AccountEvent, Severity

CLIENT_FIELDS: Final = frozenset({
    "history", "smb_app_state_sync", "smb_message_echoes", "message_echoes", "user_preferences",
    "calls", "standby", "messaging_handovers", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update",
    "business_username_updates",
})  # fmt: skip
"""Fields that tell of clients: no event of the account, whether or not this release reads them."""
DETAIL_LIMIT: Final = 4096
"""Characters kept of an event's JSON."""

_SEVERITIES: Final[Mapping[str, Mapping[str, Severity]]] = {
    "account_update": {
        "DISABLED_UPDATE": "fault",
        "DISABLED_UPDATE DISABLE": "fault",
        "DISABLED_UPDATE SCHEDULE_FOR_DISABLE": "fault",
        "DISABLED_UPDATE REINSTATE": "over",
        "ACCOUNT_DELETED": "fault",
        "ACCOUNT_RESTRICTION": "fault",
        "ACCOUNT_VIOLATION": "warning",
        "ACCOUNT_OFFBOARDED": "fault",
        "ACCOUNT_RECONNECTED": "over",
        "PARTNER_REMOVED": "fault",
        "PARTNER_APP_UNINSTALLED": "warning",
    },
    "account_alerts": {},
    "account_review_update": {"REJECTED": "fault", "APPROVED": "over"},
    "business_status_update": {"COMPROMISED_NOTIFICATION": "fault"},
    "business_capability_update": {},
    "phone_number_quality_update": {
        "FLAGGED": "warning",
        "DOWNGRADE": "warning",
        "UNFLAGGED": "over",
        "UPGRADE": "over",
    },
    "phone_number_name_update": {"REJECTED": "warning", "APPROVED": "over"},
    "message_template_status_update": {
        "REJECTED": "warning",
        "PAUSED": "warning",
        "DISABLED": "warning",
        "FLAGGED": "warning",
        "LOCKED": "warning",
        "LIMIT_EXCEEDED": "warning",
        "APPROVED": "over",
        "REINSTATED": "over",
        "UNFLAGGED": "over",
        "UNLOCKED": "over",
        "UNPAUSED": "over",
    },
    "message_template_quality_update": {"RED": "warning", "YELLOW": "warning", "GREEN": "over"},
    "message_template_components_update": {},
    "template_category_update": {},
    "security": {
        "PIN_CHANGED": "warning",
        "PIN_RESET_REQUEST": "warning",
        "PIN_RESET_SUCCESS": "warning",
    },
    "payment_configuration_update": {},
    "partner_solutions": {},
}
"""Of the events of each field that this release knows; any other event is a note."""
_ALERTS: Final[Mapping[str, Severity]] = {"CRITICAL": "fault", "WARNING": "warning"}
_EVENT_NAMES: Final = (
    "event", "decision", "new_quality_score", "alert_type", "new_category", "status",
)  # fmt: skip
"""Where the fields say what happened."""
_SAYABLE: Final = re.compile(r"[A-Za-z][A-Za-z_ ]{0,59}")
_OWN: Final = frozenset({
    "phone_number", "display_phone_number", "waba_id", "owner_business_id", "business_id",
    "client_business_id", "entity_id", "message_template_id", "solution_id", "partner_app_id",
    "waba_ban_date", "expiration",
})  # fmt: skip
"""Keys whose numbers are the business's own, or times: they are kept."""
_SUBJECT_LIMIT: Final = 120
_MOST_PARTS: Final = 50
"""Entries kept of an object or a list."""
_LONGEST_NUMBER: Final = 10**10
"""Above Unix seconds: it may be the phone number of a client."""


def read_account_event(
    account: str | None, field: object, value: object, time: object
) -> AccountEvent | None:
    """The event of a change, or None if its field tells of clients.

    Of a field that is not known only its name is kept, for it may tell of clients too; it is one
    event an account, however often it comes.
    """
    name = name_plainly(field)
    if name in CLIENT_FIELDS:
        return None
    if name not in _SEVERITIES or not isinstance(value, dict):
        return AccountEvent(account, name, "", "", "note", "", None, _make_key(account, name))
    fields = cast("dict[str, Any]", value)
    if name == "message_template_status_update" and "new_quality_score" in fields:
        name = "message_template_quality_update"  # Meta's page shows it under this field, too
    alert = fields.get("alert_info") if name == "account_alerts" else None
    said = cast("dict[str, Any]", alert) if isinstance(alert, dict) else fields
    event = _name_event(said)
    judged = (
        _ALERTS.get(str(said.get("alert_severity")))
        if name == "account_alerts"
        else _SEVERITIES[name].get(event)
    )
    return AccountEvent(
        account=account,
        field=name,
        event=event,
        subject=_name_subject(fields),
        severity=judged or "note",
        detail=_describe(fields),
        at=find_time({"timestamp": time}),
        key=_make_key(account, name, time, fields),
    )


def read_account_error(account: str | None, error: Mapping[str, Any], time: object) -> AccountEvent:
    """An error of a whole value, which concerns no single message or status."""
    code, _ = read_error(error)
    stops = code is not None and ACTIONS.get(code, "fail").startswith("stop")
    return AccountEvent(
        account=account,
        field="messages",
        event=f"error {code}" if code is not None else "error",
        subject="",
        severity="fault" if stops else "warning",
        detail=_describe(error),
        at=find_time({"timestamp": time}),
        key=_make_key(account, "error", time, error),
    )


def _name_event(fields: Mapping[str, Any]) -> str:
    """In WhatsApp's words, with the state of a ban."""
    words = [_say(fields.get(name)) for name in _EVENT_NAMES]
    event = next((word for word in words if word), "")
    ban = fields.get("ban_info")
    if isinstance(ban, dict):
        state: Any = cast("dict[str, Any]", ban).get("waba_ban_state")
        words = cast("list[Any]", state) if isinstance(state, list) else [state]
        event = " ".join(word for word in (event, *map(_say, words[:1])) if word)
    return event


def _say(word: object) -> str:
    return word if isinstance(word, str) and _SAYABLE.fullmatch(word) else ""


def _name_subject(fields: Mapping[str, Any]) -> str:
    name, language = (
        fields.get("message_template_name"),
        fields.get("message_template_language"),
    )
    number = fields.get("display_phone_number") or fields.get("phone_number")
    parts = (mask_ids(str(name)), mask_ids(str(language or ""))) if name else (str(number or ""),)
    return clean_text(" ".join(part for part in parts if part))[:_SUBJECT_LIMIT]


def _describe(fields: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in fields.items() if name != "metadata"}
    return json.dumps(_mask(clean_json(kept)), ensure_ascii=False)[:DETAIL_LIMIT]


def _mask(value: Any, key: str = "") -> Any:
    """Without what could be a person's number or id; long parts are cut."""
    match value:
        case str():
            return value[:_SUBJECT_LIMIT] if key in _OWN else mask_ids(value)
        case int() if abs(value) >= _LONGEST_NUMBER and key not in _OWN:
            return "…"
        case dict():
            pairs = list(cast("dict[str, Any]", value).items())[:_MOST_PARTS]
            return {mask_ids(name, 60): _mask(inner, name) for name, inner in pairs}
        case list():
            return [_mask(inner, key) for inner in cast("list[Any]", value)[:_MOST_PARTS]]
        case _:
            return value


def _make_key(*parts: Any) -> str:
    whole = json.dumps(clean_json(list(parts)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()
