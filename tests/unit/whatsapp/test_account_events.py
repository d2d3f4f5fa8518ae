"""What a body tells of the business's account; the invented bodies have the shapes of Meta's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.whatsapp.account_events import CLIENT_FIELDS, DETAIL_LIMIT
from app.bot.whatsapp.payload import read_body
from app.crm.account_events import AccountEvent, find_topic
from tests.unit.whatsapp.read_bodies import OURS, PHONE, USER_ID, make_change, make_message

NUMBER = "15550009000"
TEMPLATE = {
    "message_template_id": 99_887_766_554_433,
    "message_template_name": "pesanan_siap",
    "message_template_language": "id",
}
ACCOUNT, STATUS = "account_update", "message_template_status_update"
BAN = {"event": "DISABLED_UPDATE", "phone_number": NUMBER}


def read_events(*changes: dict[str, Any], time: Any = 1_790_000_000) -> list[AccountEvent]:
    entry = {"id": "900", "time": time, "changes": changes}
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    items = read_body(json.dumps(body).encode(), OURS).items
    return [item for item in items if isinstance(item, AccountEvent)]


def read_event(field: Any, value: Any, time: Any = 1_790_000_000) -> AccountEvent:
    (event,) = read_events({"field": field, "value": value}, time=time)
    return event


@pytest.mark.parametrize(
    ("field", "value", "event", "subject", "severity"),
    [
        (ACCOUNT, BAN | {"ban_info": {"waba_ban_state": ["DISABLE"]}},
         "DISABLED_UPDATE DISABLE", NUMBER, "fault"),
        (ACCOUNT, BAN | {"ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}},
         "DISABLED_UPDATE SCHEDULE_FOR_DISABLE", NUMBER, "fault"),
        (ACCOUNT, BAN | {"ban_info": {"waba_ban_state": "REINSTATE"}},
         "DISABLED_UPDATE REINSTATE", NUMBER, "over"),
        (ACCOUNT, BAN | {"ban_info": {"waba_ban_state": []}}, "DISABLED_UPDATE", NUMBER, "fault"),
        (ACCOUNT, {"event": "ACCOUNT_RESTRICTION"}, "ACCOUNT_RESTRICTION", "", "fault"),
        (ACCOUNT, {"event": "VERIFIED_ACCOUNT"}, "VERIFIED_ACCOUNT", "", "note"),
        ("account_review_update", {"decision": "REJECTED"}, "REJECTED", "", "fault"),
        ("account_alerts", {"alert_info": {"alert_severity": "CRITICAL", "alert_type": "X_Y"}},
         "X_Y", "", "fault"),
        ("account_alerts", {"alert_severity": "INFORMATIONAL", "alert_type": "X_Y"},
         "X_Y", "", "note"),
        ("business_status_update", {"event": "COMPROMISED_NOTIFICATION"},
         "COMPROMISED_NOTIFICATION", "", "fault"),
        ("business_capability_update", {"max_phone_numbers_per_waba": 25}, "", "", "note"),
        ("phone_number_quality_update", {"display_phone_number": NUMBER, "event": "FLAGGED"},
         "FLAGGED", NUMBER, "warning"),
        ("phone_number_name_update", {"display_phone_number": NUMBER, "decision": "APPROVED"},
         "APPROVED", NUMBER, "over"),
        (STATUS, TEMPLATE | {"event": "REJECTED"}, "REJECTED", "pesanan_siap id", "warning"),
        ("message_template_quality_update", TEMPLATE | {"new_quality_score": "RED"},
         "RED", "pesanan_siap id", "warning"),
        ("message_template_components_update", TEMPLATE, "", "pesanan_siap id", "note"),
        ("template_category_update", TEMPLATE | {"new_category": "MARKETING"},
         "MARKETING", "pesanan_siap id", "note"),
        ("security", {"display_phone_number": NUMBER, "event": "PIN_RESET_REQUEST"},
         "PIN_RESET_REQUEST", NUMBER, "warning"),
        ("payment_configuration_update", {"status": "Needs Testing"}, "Needs Testing", "", "note"),
        ("partner_solutions", {"event": "SOLUTION_CREATED"}, "SOLUTION_CREATED", "", "note"),
    ],
)  # fmt: skip
def test_each_field_says_what_happened_to_what(
    field: str, value: dict[str, Any], event: str, subject: str, severity: str
) -> None:
    read = read_event(field, value)
    assert (read.account, read.field) == ("900", field)
    assert (read.event, read.subject, read.severity) == (event, subject, severity)
    assert read.at is not None
    assert read.at.timestamp() == 1_790_000_000
    assert read.detail
    assert severity in {"note", "over"} or find_topic(field, event) != "other"


def test_a_templates_quality_is_read_under_either_field() -> None:
    event = read_event(STATUS, TEMPLATE | {"new_quality_score": "GREEN"})
    assert (event.field, event.event, event.severity) == (
        "message_template_quality_update", "GREEN", "over",
    )  # fmt: skip


@pytest.mark.parametrize("field", sorted(CLIENT_FIELDS))
def test_a_field_that_tells_of_clients_is_no_event_of_the_account(field: str) -> None:
    assert read_events(make_change(field, messages=[make_message()])) == []


def test_of_a_field_that_is_not_known_nothing_but_its_name_is_kept() -> None:
    first, second = (read_event("new_thing", {"from": PHONE, "n": n}, time=n) for n in (1, 2))
    assert (first.field, first.event, first.subject, first.detail) == ("new_thing", "", "", "")
    assert first.key == second.key, "it would be a row each time"


def test_an_error_of_a_whole_value_is_an_event_without_the_number_it_quotes() -> None:
    said = f"Message to {PHONE} ({USER_ID}) failed, wamid.HBgLMTIwNjY3NzQ3OTgVAgASGBQzQUY3"
    errors = [
        {"code": code, "title": said, "error_data": {"details": said}} for code in (1, 131031)
    ]
    one, other = read_events(make_change(errors=errors, messages=[make_message()]))
    assert [(event.event, event.severity) for event in (one, other)] == [
        ("error 1", "warning"), ("error 131031", "fault"),
    ]  # fmt: skip
    for secret in (PHONE, USER_ID, "HBgL"):
        assert secret not in one.detail
    assert one.key != other.key


def test_the_same_event_at_another_time_is_another_one() -> None:
    keys = {read_event(STATUS, TEMPLATE | {"event": "PAUSED"}, time=n).key for n in (1, 1, 2)}
    assert len(keys) == 2


def test_what_could_be_a_persons_number_is_masked_and_what_is_long_is_cut() -> None:
    value = {"event": "PIN_RESET_REQUEST", "requester": PHONE, "user": int(PHONE), PHONE: 1}
    event = read_event("security", value | {"display_phone_number": NUMBER})
    assert PHONE not in event.detail
    assert NUMBER in event.detail
    event = read_event("security", {"event": "x" * 9_000, "list": [["y" * 900] * 99] * 99})
    assert event.event == ""
    assert len(event.detail) == DETAIL_LIMIT


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.sampled_from([ACCOUNT, STATUS, "account_alerts", "security", "phone_number_name_update"]),
    st.dictionaries(
        st.sampled_from(["event", "ban_info", "decision", "phone_number", "alert_info"])
        | st.sampled_from(["message_template_name", "alert_severity", "metadata"]),
        JSON,
    )
    | JSON,
    JSON,
)
def test_any_value_of_a_known_field_is_one_event(field: str, value: Any, time: Any) -> None:
    event = read_event(field, value, time)
    assert len(event.detail) <= DETAIL_LIMIT
    assert "\0" not in event.detail + event.event + event.subject
