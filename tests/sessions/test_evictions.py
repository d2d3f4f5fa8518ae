from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import ALL_CLIENTS, SESSION_CHANGED, SESSION_RESET
from app.sessions.evictions import Eviction, read_eviction

ONE = "0191d7a4-3e0b-4c53-9f6e-0b8b2f7f7a11"
TWO = "7d9bb5f2-52a3-4f0e-8a35-3f5f0b7f9d22"
MALFORMED = Eviction("malformed", ALL_CLIENTS)


@pytest.mark.parametrize(
    "client_id",
    [
        "6281717407674@c.us",
        "12025550123@c.us",
        "12345@c.us",
        "ID.4fzq0k2m9x7c1w",
        "BR.ENT.1a2b3c",
        "id.4fzq0k2m9x7c1w",
        "US." + "a" * 128,
    ],
)
def test_a_client_id_by_hand_evicts_that_client(client_id: str) -> None:
    assert read_eviction(SESSION_RESET, client_id) == Eviction("hand", client_id)


@pytest.mark.parametrize("channel", [SESSION_RESET, SESSION_CHANGED])
def test_a_star_by_hand_evicts_all_sessions(channel: str) -> None:
    assert read_eviction(channel, "*") == Eviction("hand", ALL_CLIENTS)


@pytest.mark.parametrize(
    ("payload", "clients", "reset"),
    [
        ({"reset": 42, "clients": [ONE]}, {UUID(ONE)}, 42),
        ({"clients": [ONE, TWO], "reset": 1}, {UUID(ONE), UUID(TWO)}, 1),
        ({"reset": 42, "clients": [ONE, ONE]}, {UUID(ONE)}, 42),
        ({"reset": 42, "clients": []}, set[UUID](), 42),
        ({"reset": 2**63 - 1, "clients": [ONE.upper()]}, {UUID(ONE)}, 2**63 - 1),
        ({"reset": 42, "clients": [ONE], "version": 9, "why": {"a": [1]}}, {UUID(ONE)}, 42),
    ],
)
def test_a_reset_evicts_its_clients_and_is_acknowledged(
    payload: dict[str, Any], clients: set[UUID], reset: int
) -> None:
    expected = Eviction("reset", frozenset(clients), reset)
    assert read_eviction(SESSION_RESET, json.dumps(payload)) == expected


def test_a_reset_of_all_clients_evicts_all_sessions() -> None:
    assert read_eviction(SESSION_RESET, '{"reset": 7, "clients": "*"}') == Eviction(
        "reset", ALL_CLIENTS, 7
    )


@pytest.mark.parametrize(
    ("payload", "clients"),
    [
        ({"clients": [ONE]}, frozenset({UUID(ONE)})),
        ({"clients": "*"}, ALL_CLIENTS),
        ({"clients": [ONE], "reset": 42, "new": None}, frozenset({UUID(ONE)})),
    ],
)
def test_an_edit_evicts_and_is_no_reset(
    payload: dict[str, Any], clients: frozenset[UUID] | str
) -> None:
    assert read_eviction(SESSION_CHANGED, json.dumps(payload)) == Eviction("edit", clients)


def test_the_most_clients_that_the_trigger_names_are_read() -> None:
    clients = [str(UUID(int=number)) for number in range(150)]
    payload = json.dumps({"reset": 2**63 - 1, "clients": clients})
    assert len(payload.encode()) < 8_000
    assert read_eviction(SESSION_RESET, payload) == Eviction(
        "reset", frozenset(UUID(int=number) for number in range(150)), 2**63 - 1
    )


@pytest.mark.parametrize(
    "payload",
    [
        "",
        " ",
        "**",
        " *",
        "hello",
        "6281717407674",
        "+6281717407674",
        "081717407674@c.us ",
        " 6281717407674@c.us",
        "6281717407674@c.us\n",
        "6281717407674@C.US",
        "6281717407674@s.whatsapp.net",
        "6281717407674@c.us,6281298765432@c.us",
        "1234@c.us",
        "9" * 21 + "@c.us",
        "٦٢٨١٧١٧٤٠٧٦٧٤@c.us",
        "ID.",
        "IDN.4fzq0k",
        "ID.4fzq-0k",
        "ID." + "a" * 129,
        '\'; DROP TABLE "User"; --',
        "{",
        "{}",
        "[]",
        "[[]]",
        "null",
        "true",
        "42",
        '"*"',
        f'"{ONE}"',
        ONE,
        f'["{ONE}"]',
        '{"reset": 42}',
        f'{{"clients": ["{ONE}"]}}',
        '{"reset": 42, "clients": null}',
        '{"reset": 42, "clients": {}}',
        '{"reset": 42, "clients": {"all": true}}',
        '{"reset": 42, "clients": "**"}',
        '{"reset": 42, "clients": ["*"]}',
        f'{{"reset": 42, "clients": "{ONE}"}}',
        '{"reset": 42, "clients": [42]}',
        '{"reset": 42, "clients": [null]}',
        f'{{"reset": 42, "clients": [["{ONE}"]]}}',
        f'{{"reset": 42, "clients": [{{"incarnation": "{ONE}"}}]}}',
        f'{{"reset": 42, "clients": ["{ONE}", "x"]}}',
        f'{{"reset": 42, "clients": ["{ONE[:-1]}"]}}',
        '{"reset": 42, "clients": [""]}',
        f'{{"reset": "42", "clients": ["{ONE}"]}}',
        f'{{"reset": 42.0, "clients": ["{ONE}"]}}',
        f'{{"reset": true, "clients": ["{ONE}"]}}',
        f'{{"reset": null, "clients": ["{ONE}"]}}',
        f'{{"reset": [42], "clients": ["{ONE}"]}}',
        f'{{"reset": 0, "clients": ["{ONE}"]}}',
        f'{{"reset": -1, "clients": ["{ONE}"]}}',
        f'{{"reset": {2**63}, "clients": ["{ONE}"]}}',
        f'{{"reset": {"9" * 5_000}, "clients": ["{ONE}"]}}',
        f'{{"reset": 1e400, "clients": ["{ONE}"]}}',
        f'{{"reset": NaN, "clients": ["{ONE}"]}}',
        f'{{"v": 2, "resets": [{{"id": 42, "clients": ["{ONE}"]}}]}}',
        f'{{"Reset": 42, "Clients": ["{ONE}"]}}',
        f'{{"reset": 42, "clients": ["{ONE}"]',
        f'{{"reset": 42, "clients": ["{ONE}"]}}}}',
        f"{{'reset': 42, 'clients': ['{ONE}']}}",
        "[" * 7_999,
        '{"a":' * 1_500,
        "x" * 7_999,
        "\ufeff*",
        "\x00",
        "\U0001f9e0" * 1_999,
    ],
)
def test_anything_else_evicts_all_sessions(payload: str) -> None:
    assert read_eviction(SESSION_RESET, payload) == MALFORMED


@pytest.mark.parametrize("payload", ["", "6281717407674@c.us", "{}", '{"clients": 7}', "[" * 7_999])
def test_anything_else_evicts_all_sessions_from_the_other_channel_too(payload: str) -> None:
    assert read_eviction(SESSION_CHANGED, payload) == MALFORMED


@given(st.sampled_from([SESSION_RESET, SESSION_CHANGED]), st.text(max_size=200))
def test_no_text_at_all_is_an_error(channel: str, payload: str) -> None:
    eviction = read_eviction(channel, payload)
    assert eviction.cause in ("hand", "malformed", "edit", "reset")
    assert eviction.cause != "malformed" or eviction.clients == ALL_CLIENTS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(ONE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from([SESSION_RESET, SESSION_CHANGED]), JSON, JSON)
def test_no_json_at_all_is_an_error(channel: str, reset: Any, clients: Any) -> None:
    eviction = read_eviction(channel, json.dumps({"reset": reset, "clients": clients}))
    if eviction.cause == "malformed":
        assert eviction.clients == ALL_CLIENTS
    else:
        assert clients == ALL_CLIENTS or isinstance(clients, list)
