from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import (
    ALL_CLIENTS,
    RESET_ACKNOWLEDGED,
    SESSION_CHANGED,
    SESSION_RESET,
    Malformed,
    ResetAcknowledged,
    SentByHand,
    SessionChanged,
    SessionReset,
    read_notification,
)

CHANNELS = (SESSION_RESET, SESSION_CHANGED, RESET_ACKNOWLEDGED)


def test_each_channel_has_its_value() -> None:
    fields = json.dumps({"reset": 7, "clients": "*", "later": None})
    assert [read_notification(channel, fields) for channel in CHANNELS] == [
        SessionReset(7, ALL_CLIENTS),
        SessionChanged(ALL_CLIENTS),
        ResetAcknowledged(7),
    ]


def test_only_the_channels_of_the_bots_take_a_notification_by_hand() -> None:
    read = [read_notification(channel, "*") for channel in CHANNELS]
    assert read == [SentByHand("*"), SentByHand("*"), Malformed()]
    read = [read_notification(channel, "6281717407674@c.us") for channel in CHANNELS]
    assert read == [SentByHand("6281717407674@c.us"), Malformed(), Malformed()]


@pytest.mark.parametrize(
    "payload", ["", "42", "{}", '{"reset": "7"}', '{"reset": 0}', '{"reset": true}', "[" * 7_999]
)
def test_an_acknowledgement_names_a_reset(payload: str) -> None:
    assert read_notification(RESET_ACKNOWLEDGED, payload) == Malformed()


def test_very_many_resets_are_acknowledged_without_their_ids() -> None:
    assert read_notification(RESET_ACKNOWLEDGED, '{"reset": "*"}') == ResetAcknowledged("*")
    assert read_notification(SESSION_RESET, '{"reset": "*", "clients": "*"}') == Malformed()


def test_an_unknown_channel_has_no_meaning() -> None:
    payload = json.dumps({"reset": 7, "clients": "*"})
    assert read_notification("another", payload) == Malformed()


@given(st.sampled_from(CHANNELS), st.text(max_size=200))
def test_no_payload_raises(channel: str, payload: str) -> None:
    read_notification(channel, payload)
