from __future__ import annotations

from typing import Any

import pytest

from app.bot.whatsapp.payload import Body, SetAside, read_body
from app.messages import Message
from tests.unit.whatsapp.read_bodies import (
    AT,
    OURS,
    PHONE,
    STAMP,
    USER_ID,
    encode,
    make_change,
    make_message,
    make_status,
    read,
    read_one,
    read_set_aside,
    read_status,
)


def test_a_message_without_an_id_gets_the_same_key_each_time() -> None:
    first, again = read_one(id=...), read_one(id=...)
    assert first.id == again.id and len(first.id) == len("content:") + 64
    others = (
        read_one(id=..., text={"body": "lain"}),
        read_one(id=..., timestamp=str(int(STAMP) + 1)),
        read_one(id=..., **{"from": "6289999999999"}),
    )
    assert len({first.id, *(other.id for other in others)}) == 4


@pytest.mark.parametrize("identifier", ["", None, "x" * 3_000])
def test_an_id_that_none_can_have_is_no_id(identifier: Any) -> None:
    assert read_one(id=identifier).id.startswith("content:")


@pytest.mark.parametrize(
    "stamp", [STAMP, int(STAMP), STAMP + "000", int(STAMP + "999"), f" {STAMP}"]
)
def test_a_time_is_read_to_the_second(stamp: Any) -> None:
    assert read_one(timestamp=stamp).at == AT


@pytest.mark.parametrize(
    "stamp",
    [
        *(..., None, "", "TIMESTAMP", "-1", -1, "0", "1230767999", "7258118400", "9" * 14),
        *("9" * 40, 10**40, "1.5e9", 1.5, "١٢٣٤٥٦٧٨٩٠", True, {}),
    ],
)
def test_a_time_that_cannot_be_is_set_aside(stamp: Any) -> None:
    assert read_set_aside(timestamp=stamp).address == PHONE


def test_texts_keep_all_but_nul_and_lone_surrogates() -> None:
    raw = encode(make_change(messages=[make_message(text={"body": "PLACE"})]))
    raw = raw.replace(b"PLACE", rb"\u0000a\ud800b\udc00c\ud83d\ude00 \u202e\t\n\ufeffe\u0301")
    (message,) = read_body(raw, OURS).items
    assert isinstance(message, Message)
    assert message.text == "\ufffda\ufffdb\ufffdc\U0001f600 \u202e\t\n\ufeffe\u0301"


def test_a_long_text_comes_whole() -> None:
    assert read_one(text={"body": "x" * 65_536}).text == "x" * 65_536


@pytest.mark.parametrize(
    ("given", "meant"),
    [("sent",) * 2, ("delivered",) * 2, ("read",) * 2, ("played", "read"), ("failed",) * 2],
)
def test_a_status_names_message_and_token(given: str, meant: str) -> None:
    status = read_status(status=given, biz_opaque_callback_data="t-1")
    assert (status.message_id, status.token, status.status) == ("wamid.T1VS", "t-1", meant)
    assert (status.error_code, status.error_text) == (None, None)


@pytest.mark.parametrize("timestamp", [..., None, "WHEN", {}])
def test_a_status_needs_no_time(timestamp: Any) -> None:
    assert read_status(timestamp=timestamp).status == "delivered"


def test_a_status_needs_no_token_and_no_recipient() -> None:
    assert read_status(recipient_id=...).token is None


@pytest.mark.parametrize("given", ["deleted", "warning", "Nomor 0812"])
def test_another_status_is_ignored(given: str) -> None:
    body = read(make_change(statuses=[make_status(status=given)]))
    assert body.items == () and body.ignored[0] in {
        "status deleted",
        "status warning",
        "status other",
    }


def test_a_groups_status_is_ignored() -> None:
    status = make_status(recipient_type="group", timestamp="WHEN")
    assert read(make_change(statuses=[status])) == Body(ignored=("group status",))


def test_a_failure_brings_its_reason_without_numbers() -> None:
    details = f"Message to +62 (812) 3456-7890, {PHONE} or {USER_ID} failed\nwamid.QUJD=="
    error = {"code": 131026, "title": "Undeliverable", "error_data": {"details": details}}
    status = read_status(status="failed", errors=[error, {"code": 1}])
    assert status.error_code == 131026
    assert status.error_text == "Undeliverable: Message to …, … or … failed …"


@pytest.mark.parametrize("user_id", ["ID.1", "id.4A5B", "US.ENT.9", "us.ent.x9", "ID." + "9" * 128])
def test_every_user_id_that_is_accepted_is_masked(user_id: str) -> None:
    assert read_one(**{"from": ...}, from_user_id=user_id).addresses == (user_id,)
    error = {"code": 1, "title": f"No such recipient: {user_id}, or ({user_id})"}
    assert read_status(status="failed", errors=[error]).error_text == (
        "No such recipient: …, or (…)"
    )


@pytest.mark.parametrize("errors", [None, [], {}, ["x"], [{}], [{"code": [[]], "title": 5}]])
def test_a_failure_needs_no_readable_reason(errors: Any) -> None:
    status = read_status(status="failed", errors=errors)
    assert (status.error_code, status.error_text) == (None, None)


@pytest.mark.parametrize("fields", [{"id": ...}, {"status": 5}])
def test_an_unreadable_status_is_set_aside_for_its_recipient(fields: dict[str, Any]) -> None:
    (item,) = read(make_change(statuses=[make_status(**fields)])).items
    assert isinstance(item, SetAside) and item.address == PHONE
