"""The emulated endpoint judges what it gets as Meta's does."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import pytest

from app.bot.whatsapp.outbound import build_request
from app.message_kinds import KINDS
from app.simulator.endpoint.contents import READERS
from tests.simulator.servers import Running, StartSimulator
from tests.unit.outgoing import ONE_OF_EACH

RANI = "6281717407674"
BUTTON = {"type": "reply", "reply": {"id": "1", "title": "Ya"}}
LANGIT = "ID.4fzq0k2m9x7c1w"


def interactive(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "body": {"text": "?"}, "action": {"buttons": [BUTTON]}} | changes


def button(**reply: Any) -> dict[str, Any]:
    return interactive(action={"buttons": [{"type": "reply", "reply": BUTTON["reply"] | reply}]})


def listing(*rows: dict[str, Any], **action: Any) -> dict[str, Any]:
    sections = [{"rows": [*rows]}]
    return interactive(type="list", action={"button": "Lihat", "sections": sections} | action)


ROW = {"id": "1", "title": "Apel"}
FAULTY: list[tuple[str, Any, int]] = [
    ("interactive", {"type": "poll"}, 100),
    ("interactive", interactive(body=None), 131008),
    ("interactive", interactive(body={"text": "b" * 1_025}), 131009),
    ("interactive", interactive(header={"type": "text", "text": "h" * 61}), 131009),
    ("interactive", interactive(footer="f"), 100),
    ("interactive", interactive(action={"buttons": []}), 131009),
    ("interactive", interactive(action={"buttons": [BUTTON] * 4}), 131009),
    ("interactive", interactive(action={"buttons": [BUTTON] * 2}), 131009),
    ("interactive", interactive(action={"buttons": [{"type": "url"}]}), 100),
    ("interactive", button(title="x" * 21), 131009),
    ("interactive", button(title=""), 131009),
    ("interactive", button(id="i" * 257), 131009),
    ("interactive", listing(), 131009),
    ("interactive", listing(ROW, ROW), 131009),
    ("interactive", listing(*[{"id": f"{n}", "title": "x"} for n in range(11)]), 131009),
    ("interactive", listing(ROW | {"title": "x" * 25}), 131009),
    ("interactive", listing(ROW | {"description": "x" * 73}), 131009),
    ("interactive", listing(ROW, button="x" * 21), 131009),
    ("interactive", listing(ROW, sections=[{"rows": [ROW]}, {"rows": [ROW]}]), 131008),
    ("image", {}, 100),
    ("image", {"id": "1", "link": "https://a/"}, 100),
    ("image", {"link": "ftp://a/"}, 131009),
    ("image", {"id": "1", "caption": "c" * 1_025}, 131009),
    ("audio", {"id": "1", "caption": "c"}, 100),
    ("video", {"id": "1", "filename": "c"}, 100),
    ("template", {"name": "order"}, 131008),
    ("template", {"language": {"code": "id"}}, 131008),
    ("template", {"name": "o", "language": {"code": "id"}, "components": [1]}, 100),
    ("reaction", {"emoji": "👍"}, 131008),
    ("reaction", {"message_id": "1", "emoji": "👍"}, 131009),
]


def test_an_accepted_text_is_answered_as_meta_answers(simulator: Running) -> None:
    answer = simulator.send("Halo", to="+62 817-1740-7674")
    assert answer.status_code == 200
    body = answer.json()
    assert body["messaging_product"] == "whatsapp"
    assert body["contacts"] == [{"input": "+62 817-1740-7674", "wa_id": RANI}]
    [message] = body["messages"]
    prefix, _, packed = message["id"].partition(".")
    assert prefix == "wamid"
    assert RANI.encode() in base64.b64decode(packed, validate=True)


def test_a_bsuid_goes_into_recipient_and_comes_back_as_user_id(simulator: Running) -> None:
    answer = simulator.send(to=None, recipient=LANGIT)
    assert answer.json()["contacts"] == [{"input": LANGIT, "user_id": LANGIT}]
    assert simulator.received(to=LANGIT)[0]["text"] == "Halo"


def test_with_both_the_phone_number_wins(simulator: Running) -> None:
    answer = simulator.send(to=RANI, recipient=LANGIT)
    assert answer.json()["contacts"] == [{"input": RANI, "wa_id": RANI}]


@pytest.mark.parametrize(
    "path",
    [
        "/106540352242922/messages",
        "/v18.0/106540352242922/messages",
        "/v24.0/106540352242922/messages",
    ],
)
def test_any_version_of_the_api_is_accepted(simulator: Running, path: str) -> None:
    payload = {"messaging_product": "whatsapp", "to": RANI, "text": {"body": "Halo"}}
    assert simulator.post(json.dumps(payload).encode(), path=path).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"messaging_product": None}, 100),
        ({"messaging_product": "sms"}, 100),
        ({"recipient_type": "group"}, 100),
        ({"to": None}, 100),
        ({"to": 6281717407674}, 100),
        ({"to": "unknown"}, 131009),
        ({"to": ""}, 131009),
        ({"to": LANGIT}, 131009),
        ({"to": None, "recipient": RANI}, 131009),
        ({"type": "telegram"}, 100),
        ({"type": 7}, 100),
        ({"type": "template"}, 131008),
        ({"text": None}, 131008),
        ({"text": "Halo"}, 131008),
        ({"text": {}}, 100),
        ({"text": {"body": 1}}, 100),
        ({"text": {"body": ""}}, 131009),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {"body": "x", "preview_url": "yes"}}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"biz_opaque_callback_data": 42}, 100),
        ({"context": {}}, 100),
        *[({"type": kind, kind: content}, code) for kind, content, code in FAULTY],
        ({"status": "sent", "message_id": "wamid.x"}, 100),
        ({"status": "read"}, 131009),
        ({"status": "read", "message_id": "wamid.x", "typing_indicator": {"type": "x"}}, 100),
    ],
)
def test_a_faulty_request_is_refused_with_metas_error(
    simulator: Running, changes: dict[str, Any], code: int
) -> None:
    answer = simulator.send(**changes)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].startswith(f"(#{code})")
    assert error["type"] == "OAuthException"
    assert error["fbtrace_id"]
    if code in (131008, 131009):
        assert error["error_data"]["messaging_product"] == "whatsapp"
        assert error["error_data"]["details"]
    [received] = simulator.received()
    assert (received["accepted"], received["status"], received["code"]) == (False, 400, code)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": {"body": "x" * 4096}},
        {"text": {"body": "\ud800 \0 \u202e"}},
        {"recipient_type": "individual"},
        {"biz_opaque_callback_data": "x" * 512},
        {"context": {"message_id": "wamid.x"}},
        {"type": "template", "template": {"name": "hello", "language": {"code": "id"}}},
    ],
)
def test_a_right_request_is_accepted(simulator: Running, changes: dict[str, Any]) -> None:
    assert simulator.send(**changes).status_code == 200


SHOWN = {
    "text": "halo é",
    "template": "[order_ready] · John",
    "image": "[image] Kursi",
    "video": "[video]",
    "audio": "[audio]",
    "document": "[document] nota.pdf Nota",
    "sticker": "[sticker]",
    "buttons": "Jadi?",
    "list": "Pilih",
    "reaction": "",
    "quote": "Yang ini?",
}
"""What the phone's page shows of the one of each kind; a reaction, on the message it is to."""


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_bot_builds_of_each_kind_is_accepted_and_shown(
    simulator: Running, kind: str
) -> None:
    message = ONE_OF_EACH[kind]  # type: ignore[index]
    request = build_request(RANI, message, "row-7")
    answer = simulator.post(json.dumps(request).encode())
    assert answer.status_code == 200, answer.text
    assert request["type"] in READERS  # and not taken as it comes
    assert SHOWN[kind] in simulator.client.get(f"/phones/{RANI}").text


def test_a_reaction_stands_on_its_message_and_quotes_none(simulator: Running) -> None:
    said = simulator.say("Halo")
    reaction = {"message_id": said["id"], "emoji": "👍"}
    assert simulator.send(type="reaction", reaction=reaction, text=None).status_code == 200
    assert "👍" in simulator.client.get(f"/phones/{RANI}").text
    simulator.send(type="reaction", reaction=reaction | {"emoji": ""}, text=None)
    assert "👍" not in simulator.client.get(f"/phones/{RANI}").text
    context = {"message_id": said["id"]}
    refused = simulator.send(type="reaction", reaction=reaction, text=None, context=context)
    assert refused.json()["error"]["code"] == 100


@pytest.mark.parametrize("kind", ["buttons", "list"])
def test_a_choice_is_tapped_by_a_form_post(start_simulator: StartSimulator, kind: str) -> None:
    simulator = start_simulator(1)
    request = build_request(RANI, ONE_OF_EACH[kind], "row-7")  # type: ignore[index]
    sent = simulator.post(json.dumps(request).encode()).json()["messages"][0]["id"]
    choice, title = {"buttons": ("no", "Tidak"), "list": ("p", "Pisang")}[kind]

    def tap(choice: str) -> httpx2.Response:
        form = {"message": sent, "choice": choice}
        return simulator.client.post(f"/phones/{RANI}/choices", data=form)

    assert tap("another").status_code == 404
    assert tap(choice).status_code == 303
    (message,) = simulator.bots[0].wait_for("messages", 1)
    name = "button_reply" if kind == "buttons" else "list_reply"
    assert message["interactive"] == {"type": name, name: {"id": choice, "title": title}}
    assert message["context"]["id"] == sent


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(simulator: Running, raw: bytes) -> None:
    answer = simulator.post(raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_wrong_token_is_refused_before_anything_else(
    simulator: Running, token: str | None
) -> None:
    answer = simulator.post(b"{", token=token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_an_unknown_phone_number_id_is_refused(simulator: Running) -> None:
    answer = simulator.post(b"{}", path="/v24.0/1/messages")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)


def test_the_answer_reaches_the_bots_as_statuses_that_carry_its_callback_data(
    simulator: Running,
) -> None:
    message_id = simulator.send(biz_opaque_callback_data="row 7").json()["messages"][0]["id"]
    reported: list[dict[str, Any]] = []
    # One each: the bots take turns.
    for bot in simulator.bots:
        reported += bot.wait_for("statuses", 1)
    assert {status["status"] for status in reported} == {"sent", "delivered"}
    for status in reported:
        assert status["id"] == message_id
        assert status["recipient_id"] == RANI
        assert status["biz_opaque_callback_data"] == "row 7"
        assert status["timestamp"].isdecimal()
        assert status["pricing"]["pricing_model"] == "PMP"


def test_looking_at_the_phone_reports_its_messages_as_read_once(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator(1)
    simulator.send()
    simulator.bots[0].wait_for("statuses", 2)
    for _ in range(2):
        assert simulator.client.get(f"/phones/{RANI}").status_code == 200
    simulator.send("another", to="6281298765432")
    statuses = [s["status"] for s in simulator.bots[0].wait_for("statuses", 5)]
    assert sorted(statuses) == ["delivered", "delivered", "read", "sent", "sent"]


def test_a_status_to_a_bsuid_names_no_phone(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(1)
    simulator.send(to=None, recipient=LANGIT)
    status = simulator.bots[0].wait_for("statuses", 1)[0]
    assert status["recipient_user_id"] == LANGIT
    assert "recipient_id" not in status


def test_the_bot_can_mark_a_message_as_read_and_show_that_it_types(simulator: Running) -> None:
    said = simulator.say("Halo")
    answer = simulator.send(
        status="read", message_id=said["id"], typing_indicator={"type": "text"}, to=None
    )
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    page = simulator.client.get(f"/phones/{RANI}").text
    assert "read by the bot" in page
    assert "typing" in page
