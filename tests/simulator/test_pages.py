"""The phones in the browser, as a browser without JavaScript uses them."""

from __future__ import annotations

import json
import re

import httpx2
import pytest

from tests.simulator.servers import Running, StartSimulator

RANI = "6281717407674"
BUDI = "6281298765432"
LANGIT = "ID.4fzq0k2m9x7c1w"


def test_the_start_page_lists_the_phones_and_runs_no_inline_script(simulator: Running) -> None:
    answer = simulator.client.get("/")
    assert answer.status_code == 200
    for address in (RANI, BUDI, LANGIT):
        assert f'href="/phones/{address}#latest"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", answer.text)
    for source in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert simulator.client.get(source).status_code == 200


def test_a_message_is_written_answered_and_read_by_form_posts_alone(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator(1)
    simulator.bots[0].echo = True
    posted = simulator.client.post(f"/phones/{RANI}/messages", data={"text": "Hai"})
    assert (posted.status_code, posted.headers["location"]) == (303, f"/phones/{RANI}#latest")
    assert simulator.bots[0].wait_for("messages", 1)[0]["from"] == RANI
    simulator.received(to=RANI, outcome="accepted", wait=5)
    page = simulator.client.get(f"/phones/{RANI}").text
    assert page.index("Hai</p>") < page.index("You said: Hai</p>")
    assert "delivered to the bot" in page
    assert [s["status"] for s in simulator.bots[0].wait_for("statuses", 3)].count("read") == 1


def test_a_phone_with_a_bsuid_alone_gets_its_answer_too(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(1)
    simulator.bots[0].echo = True
    simulator.client.post(f"/phones/{LANGIT}/messages", data={"text": "Hai"})
    simulator.received(to=LANGIT, outcome="accepted", wait=5)
    assert "You said: Hai" in simulator.client.get(f"/phones/{LANGIT}").text


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("0812-3456-7890", "6281234567890"),
        ("+62 812 3456 7890", "6281234567890"),
        ("6281234567890@c.us", "6281234567890"),
        ("+1 555 000 1111", "15550001111"),
        ("US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
    ],
)
def test_a_phone_is_added_by_its_number_in_any_usual_spelling(
    simulator: Running, typed: str, address: str
) -> None:
    answer = simulator.client.post("/phones", data={"address": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/phones/{address}")
    assert f'id="phone-{address}"' in simulator.client.get("/").text


@pytest.mark.parametrize("typed", ["", "  ", "hello", "0812", "+62" + "1" * 30, '"><script>'])
def test_what_is_no_number_is_refused_with_a_clear_word_and_kept_in_the_field(
    simulator: Running, typed: str
) -> None:
    answer = simulator.client.post("/phones", data={"address": typed})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "0817-1740-7674" in answer.text
    assert '"><script>' not in answer.text


@pytest.mark.parametrize("text", ["", " \n ", "x" * 65_537])
def test_an_empty_or_endless_message_is_refused_with_a_clear_word(
    simulator: Running, text: str
) -> None:
    answer = simulator.client.post(f"/phones/{RANI}/messages", data={"text": text})
    assert answer.status_code == 400
    assert re.search(r'id="text-error" role="alert" >[^<]+<', answer.text)


def test_a_long_message_goes_through(simulator: Running) -> None:
    answer = simulator.client.post(f"/phones/{RANI}/messages", data={"text": "å" * 65_536})
    assert answer.status_code == 303


def test_an_address_that_cannot_exist_is_not_found(simulator: Running) -> None:
    assert simulator.client.get("/phones/unknown").status_code == 404


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "</p><img src=x onerror=alert(1)>", "'; DROP TABLE"]
)
def test_hostile_text_is_shown_as_text(simulator: Running, text: str) -> None:
    simulator.say(text, **{"from": "15550001111"}, profile_name=text)
    simulator.send(text, to="15550001111")
    for path in ("/phones/15550001111", "/phones/15550001111/messages", "/phones", "/"):
        page = simulator.client.get(path).text
        assert "<script>" not in page
        assert "<img" not in page


def test_text_that_no_page_can_hold_is_shown_with_substitutes(simulator: Running) -> None:
    order = json.dumps({"from": RANI, "text": "a\0b\ud800c\u202ed"})
    simulator.client.post("/control/say", content=order.encode()).raise_for_status()
    assert "a\ufffdb?c\u202ed" in simulator.client.get(f"/phones/{RANI}").text


def test_a_chat_keeps_its_newest_five_hundred_messages(start_simulator: StartSimulator) -> None:
    simulator = start_simulator(0)
    for number in range(510):
        simulator.send(f"message {number};")
    page = simulator.client.get(f"/phones/{RANI}/messages").text
    assert page.count('class="bubble bot') == 500
    assert "message 9;" not in page
    assert "message 10;" in page
    assert "message 509;" in page


def test_without_bots_the_page_says_that_no_bot_would_get_it(
    start_simulator: StartSimulator,
) -> None:
    simulator = start_simulator(0)
    answer = simulator.client.post(f"/phones/{RANI}/messages", data={"text": "Hai"})
    assert answer.status_code == 400
    assert "without bots" in answer.text


def test_the_stream_tells_of_every_change(simulator: Running) -> None:
    with httpx2.stream("GET", f"{simulator.url}/events", trust_env=False, timeout=5) as events:
        lines = events.iter_lines()
        assert next(lines) == "event: changed"
        before = next(line for line in lines if line.startswith("data:"))
        simulator.send("news")
        after = next(line for line in lines if line.startswith("data:"))
    assert after != before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Sec-Fetch-Site": "same-origin"}, 400),
        ({"Sec-Fetch-Site": "none"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
    ],
)
def test_another_sites_page_cannot_post(
    simulator: Running, headers: dict[str, str], status: int
) -> None:
    for path in ("/phones", "/control/say"):
        assert simulator.client.post(path, headers=headers).status_code == status


def test_it_is_live_and_ready(simulator: Running) -> None:
    assert simulator.client.get("/live").status_code == 200
    assert simulator.client.get("/ready").status_code == 200
