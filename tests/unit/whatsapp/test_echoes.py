"""Echoes are read from their own field, for the client to whom the person wrote."""

from __future__ import annotations

from typing import Any

import pytest

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.echoes import FIELD, Echo
from app.messages import Message
from tests.unit.whatsapp.read_bodies import (
    AT,
    PARENT_ID,
    PHONE,
    USER_ID,
    make_change,
    make_message,
    make_status,
    read,
)


def make_echo(**fields: Any) -> dict[str, Any]:
    return make_message(**{"from": "15550009", "to": PHONE} | fields)


def read_echo(people: Any = None, **fields: Any) -> Echo:
    (item,) = read(make_change(FIELD, contacts=people, message_echoes=[make_echo(**fields)])).items
    assert isinstance(item, Echo), item
    return item


@pytest.mark.parametrize(
    ("fields", "addresses"),
    [
        ({}, (PHONE,)),
        ({"to": "+62 812-3456-7890", "to_user_id": USER_ID}, (PHONE, USER_ID)),
        ({"to": ..., "to_user_id": USER_ID}, (USER_ID,)),
        ({"to": USER_ID}, (USER_ID,)),
        ({"to_parent_user_id": PARENT_ID}, (PHONE, PARENT_ID)),
        ({"from_user_id": "US.business", "user_id": "US.business"}, (PHONE,)),
    ],
)
def test_the_addresses_are_the_recipients(fields: Any, addresses: tuple[str, ...]) -> None:
    assert read_echo(**fields).addresses == addresses


def test_the_contact_beside_it_fills_in_what_it_leaves_out() -> None:
    people = [{"wa_id": PHONE, "user_id": USER_ID}, {"wa_id": "15550009", "user_id": "US.x1"}]
    assert read_echo(people).addresses == (PHONE, USER_ID)


def test_a_message_is_read_as_one_of_a_client() -> None:
    echo = read_echo(type="image", image={"id": "1", "caption": "ini", "url": "https://x"})
    message = echo.content
    assert isinstance(message, Message)
    assert (message.kind, message.text, message.detail) == ("image", "ini", {"id": "1"})
    assert (echo.id, echo.act, echo.at, message.account) == ("wamid.QUJD", "message", AT, "1")


@pytest.mark.parametrize(
    ("act", "part"),
    [
        ("edit", {"original_message_id": "wamid.T", "message": make_message(id=...)}),
        ("revoke", {"original_message_id": "wamid.T"}),
        ("reaction", {"message_id": "wamid.T", "emoji": "🙏"}),
    ],
)
def test_what_is_done_to_a_message_names_it(act: str, part: Any) -> None:
    echo = read_echo(type=act, **{act: part})
    annotation = echo.content
    assert isinstance(annotation, Annotation)
    assert (echo.act, annotation.target) == (act, "wamid.T")
    if act == "edit":
        assert annotation.edited is not None
        assert (annotation.edited.id, annotation.edited.text) == ("wamid.T", "halo")


def test_each_field_is_read_for_its_own() -> None:
    parts: Any = {
        "messages": [make_message()],
        "statuses": [make_status()],
        "message_echoes": [make_echo()],
    }
    assert len(read(make_change("messages", **parts)).items) == 2
    (echo,) = read(make_change(FIELD, **parts)).items
    assert isinstance(echo, Echo)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"group_id": "g"}, "group message"),
        ({"recipient_type": "group", "to": "g"}, "group message"),
        ({"type": "system", "system": {"type": "user_changed_number"}}, "type system"),
        ({"type": "ephemeral"}, "type ephemeral"),
    ],
)
def test_what_goes_to_no_one_client_is_counted(fields: Any, reason: str) -> None:
    body = read(make_change(FIELD, message_echoes=[make_echo(**fields)]))
    assert (body.items, body.ignored) == ((), (reason,))
