"""Tests order faults from the simulator, make its phones speak, and wait for what bots send."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.simulator.servers import Running, StartSimulator

RANI = "6281717407674"
BUDI = "6281298765432"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 500}, 500, 131000),
        ({"status": 503}, 503, 131016),
        ({"status": 401}, 401, 190),
        ({"status": 400, "code": 131056}, 400, 131056),
        ({"code": 131047}, 400, 131047),
        ({"code": 190}, 401, 190),
    ],
)
def test_an_ordered_refusal_comes_so_many_times(
    simulator: Running, fault: dict[str, Any], status: int, code: int
) -> None:
    simulator.order(**fault, times=2)
    for _ in range(2):
        answer = simulator.send()
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert simulator.send().status_code == 200
    outcomes = [r["outcome"] for r in simulator.received(to=RANI)]
    assert outcomes == ["refused", "refused", "accepted"]


def test_a_fault_for_one_client_leaves_the_others_alone_until_it_is_cleared(
    simulator: Running,
) -> None:
    simulator.order(code=131056, to=RANI)
    assert [simulator.send().status_code for _ in range(3)] == [400] * 3
    assert simulator.send(to=BUDI).status_code == 200
    assert simulator.client.delete("/control/faults").json() == {"faults": []}
    assert simulator.send().status_code == 200


def test_a_delay_holds_the_answer_back(simulator: Running) -> None:
    simulator.order(delay_seconds=0.2, times=1)
    began = time.monotonic()
    assert simulator.send().status_code == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("drop", "outcome"), [("before", "dropped"), ("after", "accepted")])
def test_a_dropped_connection_gets_no_answer(simulator: Running, drop: str, outcome: str) -> None:
    simulator.order(drop=drop, times=1)
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
        simulator.send(biz_opaque_callback_data="row 9")
    [received] = simulator.received(to=RANI, wait=5)
    assert (received["outcome"], received["status"]) == (outcome, None)
    if drop == "after":
        statuses = [b.wait_for("statuses", 1)[0] for b in simulator.bots]
        assert {s["biz_opaque_callback_data"] for s in statuses} == {"row 9"}
    assert simulator.send().status_code == 200


def test_a_held_send_is_seen_pending_and_goes_on_when_released(simulator: Running) -> None:
    simulator.order(hold=True)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(simulator.send)
        [held] = simulator.received(to=RANI, wait=5)
        assert held["outcome"] == "pending"
        assert not answer.done()
        simulator.client.post("/control/release").raise_for_status()
        assert answer.result(5).status_code == 200
    assert simulator.send().status_code == 200


def test_a_held_send_is_accepted_though_its_sender_is_gone(simulator: Running) -> None:
    simulator.order(hold=True)
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{simulator.url}/v24.0/106540352242922/messages",
            json={"messaging_product": "whatsapp", "to": RANI, "text": {"body": "x"}},
            headers={"Authorization": "Bearer the-token"},
            timeout=0.2,
        )
    simulator.client.post("/control/release").raise_for_status()
    assert len(simulator.received(to=RANI, outcome="accepted", wait=5)) == 1


def test_held_statuses_come_after_the_release(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(1)
    simulator.order(hold_statuses=True, times=1)
    assert simulator.send().status_code == 200
    assert simulator.send(to=BUDI).status_code == 200
    bot = simulator.bots[0]
    assert {s["recipient_id"] for s in bot.wait_for("statuses", 2)} == {BUDI}
    simulator.client.post("/control/release").raise_for_status()
    assert [s["recipient_id"] for s in bot.wait_for("statuses", 4)][2:] == [RANI, RANI]


def test_a_long_poll_returns_as_soon_as_the_message_is_there(simulator: Running) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        found = pool.submit(simulator.received, to=BUDI, after=0, wait=9)
        simulator.send(to=RANI)
        simulator.send("for Budi", to=BUDI)
        [message] = found.result()
    assert time.monotonic() - began < 5
    assert (message["text"], message["sequence"]) == ("for Budi", 2)
    assert abs(message["at"] - time.time()) < 60
    assert simulator.received(to=BUDI, after=2, wait=0.05) == []


def test_cleared_messages_are_gone_and_sequences_go_on(simulator: Running) -> None:
    simulator.send()
    assert simulator.client.delete("/control/messages").json() == {"last": 1}
    simulator.send()
    assert [r["sequence"] for r in simulator.received()] == [2]


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/control/faults", {"statuss": 500}),
        ("/control/faults", {"times": 0}),
        ("/control/faults", {"drop": "never"}),
        ("/control/faults", []),
        ("/control/say", {"text": "from an unknown phone"}),
        ("/control/say", {"from": RANI, "text": 1}),
        ("/control/say", {"from": RANI, "text": "x", "bot": 2}),
    ],
)
def test_a_faulty_order_is_refused_with_the_reason(
    simulator: Running, path: str, order: object
) -> None:
    answer = simulator.client.post(path, json=order)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("query", ["after=x", "wait=x", "wait=-1", "wait=1000"])
def test_a_faulty_question_is_refused(simulator: Running, query: str) -> None:
    assert simulator.client.get(f"/control/messages?{query}").status_code == 400


def test_messages_go_to_the_bots_in_turn_or_to_the_one_named(simulator: Running) -> None:
    assert [simulator.say(f"{n}")["bot"] for n in range(4)] == [0, 1, 0, 1]
    said = simulator.say("named", bot=0)
    assert (said["bot"], said["status"]) == (0, 200)
    texts = [m["text"]["body"] for m in simulator.bots[0].values("messages")]
    assert texts == ["0", "2", "named"]


def test_a_message_a_bot_refuses_is_brought_again_the_same_until_one_takes_it(
    simulator: Running,
) -> None:
    first, second = simulator.bots
    first.status = second.status = 503
    said = simulator.say("keeps coming", bot=1)
    assert said["status"] == 503
    first.status = 200
    [message] = first.wait_for("messages", 1)
    assert (message["id"], message["text"]["body"]) == (said["id"], "keeps coming")
    second.status = 200
    assert simulator.say("afterwards")["status"] == 200


def test_an_unreachable_bot_is_told_and_the_other_gets_the_message(
    start_simulator: StartSimulator,
) -> None:
    first = start_simulator(2)
    here, gone = first.bots
    gone.url = "http://127.0.0.1:9"
    simulator = start_simulator([here, gone])
    said = simulator.say("hello?", bot=1)
    assert said["status"] is None
    assert said["error"]
    assert here.wait_for("messages", 1)[0]["id"] == said["id"]


def test_a_message_that_no_bot_takes_is_shown_as_failed(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(1, retry_gaps=())
    simulator.bots[0].status = 500
    simulator.say("lost")
    assert "not delivered: no bot took it" in simulator.client.get(f"/phones/{RANI}").text


def test_what_is_said_has_the_shape_meta_sends(simulator: Running) -> None:
    simulator.say(
        "Hai/halo", profile_name="Rani", bsuid="ID.abc", timestamp=1700000000, id="wamid.1", bot=0
    )
    bot = simulator.bots[0]
    [message] = bot.wait_for("messages", 1)
    assert message == {
        "from": RANI,
        "from_user_id": "ID.abc",
        "id": "wamid.1",
        "timestamp": "1700000000",
        "text": {"body": "Hai/halo"},
        "type": "text",
    }
    value = bot.bodies[0]["entry"][0]["changes"][0]["value"]
    assert value["contacts"] == [{"profile": {"name": "Rani"}, "wa_id": RANI, "user_id": "ID.abc"}]
    # Meta escapes slashes: a body that is serialised again has another signature.
    assert rb"Hai\/halo" in bot.raw[0]


def test_a_sender_with_a_bsuid_alone_has_no_phone_number(simulator: Running) -> None:
    simulator.say("Halo", **{"from": "ID.abc"}, bot=0)
    [message] = simulator.bots[0].wait_for("messages", 1)
    assert message["from_user_id"] == "ID.abc"
    assert "from" not in message


@pytest.mark.parametrize("kind", ["image", "sticker", "location", "reaction", "unsupported"])
def test_other_types_can_be_said(simulator: Running, kind: str) -> None:
    simulator.say("caption", type=kind, bot=0)
    [message] = simulator.bots[0].wait_for("messages", 1)
    assert message["type"] == kind
    assert ("errors" if kind == "unsupported" else kind) in message


def test_a_whole_value_object_can_be_sent(simulator: Running) -> None:
    raw = {"messages": [{"id": "wamid.a"}, {"id": "wamid.b"}], "strange": [1, None, "\ud800"]}
    answer = simulator.client.post(
        "/control/say", content=json.dumps({"raw": raw, "bot": 0}).encode()
    )
    assert answer.json()["status"] == 200
    body = simulator.bots[0].bodies[0]
    assert body["entry"][0]["changes"][0]["value"] == raw


def test_a_status_can_be_reported_by_hand(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(1)
    order = {"id": "wamid.x", "to": RANI, "status": "failed", "code": 131047}
    assert simulator.client.post("/control/status", json=order).json() == {"status": 200}
    [status] = simulator.bots[0].wait_for("statuses", 1)
    assert status["errors"][0]["code"] == 131047


def test_the_server_stops_at_once_with_streams_polls_and_held_sends_open(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator(1)
    simulator.order(hold=True)
    streaming = threading.Event()

    def stream() -> None:
        with httpx2.stream("GET", f"{simulator.url}/events", trust_env=False) as events:
            for _ in events.iter_lines():
                streaming.set()

    with ThreadPoolExecutor() as pool:
        streamed = pool.submit(stream)
        held = pool.submit(simulator.send)
        polled = pool.submit(simulator.received, after=99, wait=60)
        simulator.received(to=RANI, wait=5)
        assert streaming.wait(5)
        began = time.monotonic()
        simulator.server.should_exit = True
        for waiting in (streamed, held, polled):
            waiting.result(5)
        assert time.monotonic() - began < 1
