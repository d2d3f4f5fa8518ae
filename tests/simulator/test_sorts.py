"""What a phone does beside writing comes to a bot as WhatsApp delivers it."""

from __future__ import annotations

import json

import pytest

from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.payload import SetAside, read_body
from app.messages import Message
from app.simulator.sorts import ABOUT_ANY, ABOUT_OWN, SORTS
from tests.simulator.servers import PHONE_NUMBER_ID, RANI, EchoBot, Running, StartSimulator

READ_AS = {
    "quote": "text",
    "advertisement": "text",
    "forwarded": "text",
    "standby": "text",
    "contact_request": "contacts",
    "form": "interactive",
    "broken_form": "interactive",
    "product": "interactive",
    "call_permission": "interactive",
    "group": "group message",
    "handover": "handover: control_passed",
}
"""The kind of message or annotation, or the reason for setting aside; else the sort itself."""


def read_last(bot: EchoBot) -> Message | Annotation | SetAside:
    (item,) = read_body(json.dumps(bot.bodies[-1]).encode(), PHONE_NUMBER_ID).items
    assert isinstance(item, Message | Annotation | SetAside)
    return item


def name_kind(item: Message | Annotation | SetAside) -> str:
    match item:
        case Message():
            return item.kind
        case Annotation():
            return item.act
        case SetAside():
            return item.reason


@pytest.fixture
def simulator(start_simulator: StartSimulator) -> Running:
    return start_simulator(1)


def test_each_sort_is_read_as_what_it_is_from_the_api_and_from_the_page(
    simulator: Running,
) -> None:
    about = simulator.say("Halo")["id"]
    for sort in SORTS:
        needs = sort in (*ABOUT_ANY, *ABOUT_OWN)
        simulator.say("Ubud", type=sort, **({"quoted": about} if needs else {}))
        by_api = read_last(simulator.bots[0])
        page = f"/phones/{RANI}/sorts"
        posted = simulator.client.post(page, data={"sort": sort, "text": "Ubud"})
        by_page = read_last(simulator.bots[0])
        assert posted.status_code == 303, sort
        for item in (by_api, by_page):
            assert name_kind(item) == READ_AS.get(sort, sort), sort
            if isinstance(item, SetAside):
                assert item.address == RANI, sort
            else:
                assert item.addresses == (RANI,), sort


def test_the_phone_shows_what_became_of_its_message(simulator: Running) -> None:
    page = f"/phones/{RANI}"
    none = simulator.client.post(f"{page}/sorts", data={"sort": "edit"})
    assert none.status_code == 400 and "There is no such message yet." in none.text
    assert simulator.client.post(f"{page}/sorts", data={"sort": "dance"}).status_code == 404
    simulator.say("Hola")
    for sort, text, shown in (
        ("reaction", "", "👍"),
        ("edit", "Halo", "Halo (edited)"),
        ("revoke", "", "(taken back)"),
    ):
        simulator.client.post(f"{page}/sorts", data={"sort": sort, "text": text})
        assert shown in simulator.client.get(page).text
    assert "Halo (edited)" not in simulator.client.get(page).text
