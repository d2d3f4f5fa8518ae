from __future__ import annotations

import pytest

from app.bot.whatsapp.refusals import ApiRefusal
from tests.bot.misbehaving_servers import (
    PHONE,
    USER_ID,
    answering,
    refusing,
    send_to,
)


@pytest.mark.parametrize(
    ("status", "code", "action"),
    [
        (401, 0, "stop"),
        (401, 190, "stop"),
        (400, 190, "stop"),
        (403, 10, "stop"),
        (400, 3, "stop"),
        (403, 200, "stop"),
        (403, 299, "stop"),
        (403, 131005, "stop"),
        (400, 131048, "stop"),
        (400, 131064, "stop"),
        (400, 133016, "stop"),
        (400, 368, "stop"),
        (400, 131031, "stop"),
        (400, 131042, "stop"),
        (400, 4, "pause_all"),
        (400, 80007, "pause_all"),
        (429, 130429, "pause_all"),
        (400, 131056, "slow_client"),
        (500, 1, "retry"),
        (503, 2, "retry"),
        (500, 131000, "retry"),
        (400, 131016, "retry"),
        (400, 131057, "retry"),
        (503, 133004, "retry"),
        (400, 131047, "fail"),
        (500, 131026, "fail"),
        (400, 131049, "fail"),
        (400, 130472, "fail"),
        (400, 131050, "fail"),
        (400, 131051, "fail"),
        (404, 100, "fail"),
        (400, 131030, "fail"),
        (400, 131062, "fail"),
        (404, 132001, "fail"),
        (400, 999999, "fail"),
        (500, 999999, "retry"),
        (401, 999999, "stop"),
    ],
)
async def test_a_refusal_is_acted_on_by_its_code(status: int, code: int, action: str) -> None:
    outcome = await send_to(refusing(status, code, message="no"))
    assert isinstance(outcome, ApiRefusal)
    assert (outcome.code, outcome.text, outcome.action) == (code, "no", action)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (302, "stop"),
        (400, "fail"),
        (401, "stop"),
        (403, "stop"),
        (404, "stop"),
        (408, "retry"),
        (413, "fail"),
        (429, "pause_all"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error":"x"}', b'{"error":{"code":"x"}}', b"[" * 9_000]
)
async def test_a_refusal_without_a_code_is_acted_on_by_its_status(
    status: int, action: str, body: bytes
) -> None:
    assert await send_to(answering(status, body)) == ApiRefusal(status, f"HTTP {status}", action)


async def test_a_refusal_inside_a_success_is_a_refusal() -> None:
    outcome = await send_to(refusing(200, 131056))
    assert isinstance(outcome, ApiRefusal) and outcome.action == "slow_client"


async def test_a_refusal_is_told_without_numbers_and_ids() -> None:
    details = f"to +62 812-3456-7890,\n{PHONE} and {USER_ID} after wamid.QUJD=="
    error = {"message": "(#131026) Undeliverable", "error_data": {"details": details}}
    outcome = await send_to(refusing(400, 131026, **error))
    assert isinstance(outcome, ApiRefusal)
    assert outcome.text == "(#…) Undeliverable: to …, … and … after …"


async def test_a_refusal_that_breaks_off_may_have_been_a_passing_one() -> None:
    outcome = await send_to(answering(400, b'{"err', claimed=99))
    assert isinstance(outcome, ApiRefusal) and (outcome.code, outcome.action) == (400, "retry")


async def test_a_server_error_that_breaks_off_is_a_refusal() -> None:
    outcome = await send_to(answering(500, b"oo", claimed=99))
    assert isinstance(outcome, ApiRefusal) and outcome.action == "retry"
