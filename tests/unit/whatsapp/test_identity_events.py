"""Changes of addresses, as Meta's pages and real bodies spell them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import Ignored, UnreadableError, read_message
from app.bot.whatsapp.payload import SetAside, read_body
from app.bot.whatsapp.senders import Sender, read_contacts
from app.simulator.cloud_api import encode, envelope

OLD, NEW = "628110000001", "628110000002"
A, B = "ID.100000000000000001", "ID.100000000000000002"
AT = datetime(2026, 11, 27, 3, 23, 20, tzinfo=UTC)


def item(system: Any, **more: Any) -> dict[str, Any]:
    seconds = str(int(AT.timestamp()))
    return {"id": "wamid.S", "timestamp": seconds, "type": "system", "system": system, **more}


def changed(kind: str = "user_changed_number", **fields: str) -> dict[str, str]:
    return {"type": kind, "body": "User Contoh changed", **fields}


NUMBER = [
    (item(changed(wa_id=NEW), **{"from": OLD}), (OLD,), (NEW,)),
    (item(changed(new_wa_id=NEW), **{"from": OLD}), (OLD,), (NEW,)),
    (item(changed(new_wa_id=NEW, wa_id=OLD)), (OLD,), (NEW,)),
    (item(changed(new_wa_id=NEW, wa_id=NEW), **{"from": OLD}), (OLD,), (NEW,)),
    (item(changed(wa_id=NEW, customer=OLD), **{"from": NEW}), (OLD,), (NEW,)),
    (item(changed("customer_changed_number", wa_id=NEW), **{"from": OLD}), (OLD,), (NEW,)),
    (item(changed(wa_id=f"+{NEW}"), **{"from": f"+{OLD}"}), (OLD,), (NEW,)),
    (item(changed(previous_user_id=A, user_id=B, wa_id=NEW)), (A,), (B, NEW)),
    (item(changed(previous_user_id=A, user_id=B)), (A,), (B,)),
    (item(changed(previous_user_id=A, user_id=B, wa_id=NEW), **{"from": OLD}), (A, OLD), (B, NEW)),
    (item(changed(user_id=B, wa_id=NEW), from_user_id=A), (A,), (B, NEW)),
    (
        item(
            changed(
                previous_user_id=A,
                previous_parent_user_id="ID.ENT.1",
                user_id=B,
                parent_user_id="ID.ENT.2",
            )
        ),
        (A, "ID.ENT.1"),
        (B, "ID.ENT.2"),
    ),
]
USER_ID = [
    (item(changed("user_changed_user_id", previous_user_id=A, user_id=B)), (A,), (B,)),
    (
        item(changed("user_changed_user_id", previous_user_id=A, user_id=B), **{"from": OLD}),
        (A, OLD),
        (B, OLD),
    ),
    (
        item(changed("user_changed_user_id", user_id=B, wa_id=OLD)),
        (OLD,),
        (B, OLD),
    ),
]


@pytest.mark.parametrize(("message", "before", "after"), NUMBER)
def test_a_change_of_number_is_read_in_every_spelling(
    message: dict[str, Any], before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    read = read_message(message, Sender(), "1")
    assert read == IdentityEvent("wamid.S", True, before, after, AT, "1")


@pytest.mark.parametrize(("message", "before", "after"), USER_ID)
def test_a_change_of_bsuid_keeps_the_number(
    message: dict[str, Any], before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    read = read_message(message, Sender(), "1")
    assert read == IdentityEvent("wamid.S", False, before, after, AT, "1")


def test_the_new_bsuid_may_stand_in_the_contact_of_the_new_number() -> None:
    contacts = read_contacts([{"wa_id": NEW, "user_id": B}])
    message = item(changed(wa_id=NEW), **{"from": OLD})
    read = read_message(message, Sender(), "1", contacts)
    assert read == IdentityEvent("wamid.S", True, (OLD,), (B, NEW), AT, "1")


@pytest.mark.parametrize("system", [None, "x", {}, {"type": "customer_identity_changed"}])
def test_other_system_messages_are_ignored(system: Any) -> None:
    assert read_message(item(system), Sender()) == Ignored("type system")


@pytest.mark.parametrize(
    "message",
    [
        item(changed(wa_id=NEW)),
        item(changed(), **{"from": OLD}),
        item(changed(wa_id=OLD), **{"from": OLD}),
        item(changed(wa_id="5511987654321"), **{"from": "551187654321"}),
        item(changed(wa_id="NEW_WA_ID"), **{"from": "WA_ID"}),
        item(changed("user_changed_user_id", user_id=A, previous_user_id=A)),
    ],
)
def test_a_change_without_two_sides_is_set_aside(message: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="both sides"):
        read_message(message, Sender())


def test_a_change_without_a_time_is_set_aside_for_both_of_its_addresses() -> None:
    message = item(changed(wa_id=NEW), **{"from": OLD})
    del message["timestamp"]
    (found,) = read_body(encode(envelope({"messages": [message]})), "1").items
    assert isinstance(found, SetAside)
    assert found.address == OLD
    assert NEW in found.item
