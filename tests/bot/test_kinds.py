"""One body of each sort that WhatsApp delivers, posted once, twice, and to two bots at once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg

from app.nova import nova
from app.simulator.cloud_api import BUSINESS_ACCOUNT_ID, encode
from tests.bot.conftest import StartBot
from tests.bot.running_bots import NUMBER_ID, Api, RunningBot
from tests.sessions.turns import find_everywhere
from tests.sessions.waiting import until

_numbers = count(1)


@dataclass(frozen=True)
class Expected:
    """What one body leaves behind, however often it is delivered."""

    name: str
    item: dict[str, Any]
    field: str = "messages"
    key: str = "messages"
    rows: int = 1
    """Of the sender, incoming."""
    answers: int = 0
    kind: str | None = None
    aside: int = 0


def _interactive(kind: str, part: object) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, kind: part}}


def _text(body: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}, **more}


CALL = {"event": "terminate", "direction": "USER_INITIATED", "status": "FAILED"}
HANDOVER = Expected(
    "handover", {"type": "control_passed"}, "messaging_handovers", "", rows=0, aside=1
)
TABLE = [
    # code R, stored and answered
    Expected("text", _text("halo"), answers=1, kind="text"),
    Expected("button", {"type": "button", "button": {"text": "Ya"}}, answers=1, kind="button"),
    Expected(
        "choice",
        _interactive("list_reply", {"id": "1", "title": "Teh"}),
        answers=1,
        kind="interactive",
    ),
    Expected("quote", _text("yang ini", context={"id": "wamid.x", "from": "1"}), answers=1),
    Expected("advertisement", _text("info?", referral={"headline": "Promo"}), answers=1),
    # code M, stored, one polite answer at most
    Expected("image", {"type": "image", "image": {"id": "1"}}, answers=1, kind="image"),
    Expected("form", _interactive("nfm_reply", {"response_json": "{broken"}), answers=1),
    Expected("form without answers", _interactive("nfm_reply", {}), answers=1),
    Expected("order", {"type": "order", "order": {"catalog_id": "7"}}, answers=1, kind="order"),
    Expected("place", {"type": "location", "location": {"latitude": 1}}, answers=1),
    Expected("card", {"type": "contacts", "contacts": [{"name": {}}]}, answers=1),
    Expected("permission to call", _interactive("call_permission_reply", {"response": "accept"})),
    Expected("product", _interactive("product", {"catalog_id": "7"}), answers=1),
    Expected("call", CALL, "calls", "calls", kind="call"),
    Expected("standby", _text("hapus data saya"), "standby"),
    # code E, a placeholder
    Expected(
        "unsupported",
        {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "edit"}},
        kind="unsupported",
    ),
    # code Q, about a message that is not there
    Expected(
        "reaction", {"type": "reaction", "reaction": {"message_id": "x", "emoji": "👍"}}, rows=0
    ),
    Expected("revoke", {"type": "revoke", "revoke": {"original_message_id": "y"}}, rows=0),
    # codes S and I, statuses and identity events of the unknown
    Expected("status", {"status": "read", "recipient_id": "62"}, key="statuses", rows=0),
    Expected(
        "number changed",
        {
            "type": "system",
            "system": {"type": "user_changed_number", "body": "…"},
        },
        rows=0,
    ),
    # codes H and G, acknowledged
    Expected("history", _text("lama"), "history", rows=0),
    Expected("contacts of the phone", {"type": "contact"}, "smb_app_state_sync", rows=0),
    Expected("ringing", CALL | {"event": "connect"}, "calls", "calls", rows=0),
    Expected("group of the account", {}, "group_lifecycle_update", "groups", rows=0),
    Expected("account error", {"code": 130429}, key="errors", rows=0),
    # code G, handed over or in a group: kept outside the chats; code X, set aside
    HANDOVER,
    Expected("group", _text("semua?", group_id="g"), rows=0, aside=1),
    Expected("unreadable", {"type": "text", "text": {"body": 5}}, rows=0, aside=1),
    Expected("without a sender", _text("siapa?", **{"from": None}), rows=0, aside=1),
]


TIMES = ("once", "twice", "side by side")


async def test_each_sort_of_body_leaves_what_it_should_once_twice_and_on_two_bots(
    start_bot: StartBot, connection: psycopg.Connection, api: Api
) -> None:
    bots = [await start_bot(nova()), await start_bot(nova())]
    phones: dict[tuple[str, str], str] = {}
    for expected in TABLE:
        for times in TIMES:
            phone = phones[expected.name, times] = f"62813{next(_numbers):08}"
            raw = encode(make_one(expected, phone, f"{expected.name} {times};"))
            assert set(await post(bots, raw, times)) == {200}, (expected.name, times)
    for raw in (b"{", b"[]", b'{"object": "whatsapp_business_account"', b"\xff"):
        assert {(await bot.post(raw)).status_code for bot in bots} == {400}
    assert set(await post(bots, b'{"from": "62811", "text": {}}', "twice")) == {200}

    due = len(TIMES) * sum(expected.answers for expected in TABLE)
    await until(lambda: len(api.texts()) >= due, "the answers")
    for expected in TABLE:
        for times in TIMES:
            found = look_at(connection, phones[expected.name, times], f"{expected.name} {times};")
            wanted = (expected.rows, expected.answers, expected.aside)
            assert found[:3] == wanted, (expected.name, times)
            assert expected.kind in (None, found[3]), (expected.name, times)
    assert connection.execute('SELECT count(*) FROM "User"').fetchone() == (
        len(TIMES) * sum(expected.rows for expected in TABLE),
    )
    assert sorted(api.recipients()) == sorted(
        phones[expected.name, times]
        for expected in TABLE
        for times in TIMES
        for _ in range(expected.answers)
    )


async def test_a_reset_of_who_wrote_in_a_group_or_called_takes_all_of_it(
    bot: RunningBot, connection: psycopg.Connection
) -> None:
    phone = "6281300000000"
    wanted = {"text", "group", "call", "standby", "handover"}
    for expected in TABLE:
        if expected.name in wanted:
            assert await bot.deliver(make_one(expected, phone, "Rahasia")) == 200
    assert {"Conversation", "SetAside"} <= set(find_everywhere(connection, phone))
    assert look_at(connection, phone, "Rahasia")[::2] == (3, 2)
    connection.execute("SELECT reset_client(%s)", (phone,))
    assert find_everywhere(connection, phone) == find_everywhere(connection, "Rahasia") == []


async def post(bots: list[RunningBot], raw: bytes, times: str) -> list[int]:
    match times:
        case "once":
            answers = [await bots[0].post(raw)]
        case "twice":
            answers = [await bots[0].post(raw), await bots[1].post(raw)]
        case _:
            answers = await asyncio.gather(*(bot.post(raw) for bot in bots))
    return [answer.status_code for answer in answers]


def make_one(expected: Expected, phone: str, note: str) -> dict[str, Any]:
    item = {
        "id": f"wamid.{phone}.{expected.name}",
        "from": phone,
        "timestamp": str(int(time.time())),
        "note": note,
    }
    item |= expected.item
    if expected.name == "number changed":
        item["system"] = {**item["system"], "wa_id": f"{phone}0"}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER_ID}}
    value |= (
        item | {"sender": {"phone_number": phone}} if not expected.key else {expected.key: [item]}
    )
    change = {"field": expected.field, "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": BUSINESS_ACCOUNT_ID, "changes": [change]}],
    }


def look_at(
    connection: psycopg.Connection, phone: str, note: str
) -> tuple[int, int, int, str | None]:
    """Messages in and out of that client, items set aside, the kind of what came in."""
    row = connection.execute(
        """
        SELECT
            count(*) FILTER (WHERE c.direction = 'in'),
            count(*) FILTER (WHERE c.direction = 'out'),
            (SELECT count(*) FROM "SetAside" AS s WHERE position(%s IN s.item) > 0),
            min(c.kind) FILTER (WHERE c.direction = 'in')
        FROM "Alias" AS a JOIN "Conversation" AS c USING ("userId")
        WHERE a.alias = %s
        """,
        (note, phone),
    ).fetchone()
    assert row is not None
    return row
