from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.bot.whatsapp.answers import Uncertain
from app.bot.whatsapp.refusals import ApiRefusal, read_retry_after
from tests.bot.misbehaving_servers import (
    PHONE,
    USER_ID,
    answering,
    refusing,
    send_to,
)


@pytest.mark.parametrize(
    ("status", "code", "action", "resumes"),
    [
        (401, 0, "stop_now", "probe"),
        (401, 190, "stop_now", "probe"),
        (400, 190, "stop_now", "probe"),
        (403, 10, "stop_if_confirmed", "probe"),
        (400, 3, "stop_if_confirmed", "probe"),
        (403, 200, "stop_if_confirmed", "probe"),
        (403, 299, "stop_if_confirmed", "probe"),
        (403, 131005, "stop_if_confirmed", "probe"),
        (400, 131048, "stop_if_confirmed", "by_hand"),
        (400, 131064, "stop_if_confirmed", "by_hand"),
        (400, 133016, "stop_if_confirmed", "by_hand"),
        (400, 368, "stop_if_confirmed", "by_hand"),
        (400, 131031, "stop_if_confirmed", "by_hand"),
        (400, 131042, "stop_if_confirmed", "by_hand"),
        (400, 131045, "stop_if_confirmed", "by_hand"),
        (400, 131037, "stop_if_confirmed", "by_hand"),
        (400, 4, "slow_number", "probe"),
        (400, 80007, "slow_number", "probe"),
        (429, 130429, "slow_number", "probe"),
        (400, 131056, "slow_client", "probe"),
        (500, 1, "retry", "probe"),
        (503, 2, "retry", "probe"),
        (500, 131000, "retry", "probe"),
        (400, 131016, "retry", "probe"),
        (400, 131057, "retry", "probe"),
        (503, 133004, "retry", "probe"),
        (400, 130497, "fail", "probe"),
        (400, 131047, "fail", "probe"),
        (500, 131026, "fail", "probe"),
        (400, 131049, "fail", "probe"),
        (400, 130472, "fail", "probe"),
        (400, 131050, "fail", "probe"),
        (400, 131051, "fail", "probe"),
        (404, 100, "fail", "probe"),
        (400, 131030, "fail", "probe"),
        (400, 131062, "fail", "probe"),
        (404, 132001, "fail", "probe"),
        (400, 999999, "fail", "probe"),
        (500, 999999, "fail", "probe"),
        (401, 999999, "fail", "probe"),
        (200, 131000, "retry", "probe"),
        (504, 131000, "retry", "probe"),
    ],
)
async def test_a_refusal_is_acted_on_by_its_code_whatever_its_http_status(
    status: int, code: int, action: str, resumes: str
) -> None:
    outcome = await send_to(refusing(status, code, message="no"))
    assert isinstance(outcome, ApiRefusal)
    assert (outcome.code, outcome.text, outcome.action) == (code, "no", action)
    assert outcome.resumes == resumes


BODIES = [b"", b"<html>", b"[]", b'{"error":"x"}', b"[" * 9_000]


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (302, "stop_if_confirmed"),
        (400, "fail"),
        (401, "stop_if_confirmed"),
        (403, "stop_if_confirmed"),
        (404, "stop_if_confirmed"),
        (413, "fail"),
        (429, "slow_number"),
    ],
)
@pytest.mark.parametrize("body", BODIES)
async def test_a_refusal_without_an_error_object_is_acted_on_by_its_status(
    status: int, action: str, body: bytes
) -> None:
    assert await send_to(answering(status, body)) == ApiRefusal(status, f"HTTP {status}", action)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("body", BODIES)
async def test_a_server_error_without_an_error_object_may_have_been_accepted(
    status: int, body: bytes
) -> None:
    assert await send_to(answering(status, body)) == Uncertain(
        f"HTTP {status} without a readable message id"
    )


async def test_an_error_object_without_a_code_is_a_refusal() -> None:
    outcome = await send_to(answering(500, b'{"error":{"message":"no","code":"x"}}'))
    assert outcome == ApiRefusal(500, "no", "fail")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), (" 7 ", 7), ("99999999", 3600), ("0", 0), ("soon", None), ("-1", None), ("", None)],
)
async def test_a_refusal_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    assert read_retry_after(header) == seconds
    answer = answering(429, b"", headers={"retry-after": header})
    assert await send_to(answer) == ApiRefusal(429, "HTTP 429", "slow_number", seconds)


def test_a_wait_is_given_as_a_date_too() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert read_retry_after(at) == pytest.approx(60, abs=5)
    assert read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert read_retry_after("Wed, 99 Oct 2015 07:28:00 GMT") is None


async def test_a_refusal_is_told_without_numbers_and_ids() -> None:
    details = f"to +62 812-3456-7890,\n{PHONE} and {USER_ID} after wamid.QUJD=="
    error = {"message": "(#131026) Undeliverable", "error_data": {"details": details}}
    outcome = await send_to(refusing(400, 131026, **error))
    assert isinstance(outcome, ApiRefusal)
    assert outcome.text == "(#…) Undeliverable: to …, … and … after …"


async def test_a_refusal_that_breaks_off_may_have_been_a_passing_one() -> None:
    outcome = await send_to(answering(400, b'{"err', claimed=99))
    assert isinstance(outcome, ApiRefusal) and (outcome.code, outcome.action) == (400, "retry")


@pytest.mark.parametrize(("status", "action"), [(401, "stop_if_confirmed"), (429, "slow_number")])
async def test_a_refusal_that_breaks_off_is_what_its_status_says(status: int, action: str) -> None:
    outcome = await send_to(answering(status, b'{"err', claimed=99))
    assert isinstance(outcome, ApiRefusal) and outcome.action == action


async def test_a_server_error_that_breaks_off_may_have_been_accepted() -> None:
    assert isinstance(await send_to(answering(500, b"oo", claimed=99)), Uncertain)
