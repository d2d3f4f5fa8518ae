"""The phones in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.simulator.servers import Running, StartSimulator

CHROMIUM = Path("/usr/bin/chromium")
RANI = "6281717407674"
BUDI = "6281298765432"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
        ]  # fmt: skip
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


def test_answers_arrive_live_while_the_focus_stays_in_the_composer(
    simulator: Running, browser: Browser
) -> None:
    for bot in simulator.bots:
        bot.echo = True
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(simulator.url)
    page.get_by_role("link", name="Rani").click()
    box = page.get_by_label("Message", exact=True)
    for text in ("Hai, nama saya Petang", "siapa nama saya?"):
        box.fill(text)
        box.press("Enter")
        expect(page.locator(".bubble.bot").last).to_contain_text(f"You said: {text}")
        expect(box).to_be_focused()
        expect(box).to_have_value("")
    expect(page.locator(".bubble.phone")).to_have_count(2)
    expect(page.locator(".bubble.phone .ticks.delivered")).to_have_count(2)
    expect(page.locator(".bubble").last).to_be_in_viewport()
    # Another phone's message shows in the list, as unread, without a reload.
    simulator.send("Untuk Budi", to=BUDI)
    expect(page.get_by_role("link", name="Budi Santoso")).to_contain_text("1 unread")
    simulator.send('"><img src=x onerror=alert(1)>')
    expect(page.locator(".bubble.bot").last).to_contain_text('"><img src=x onerror=alert(1)>')
    assert errors == []
    page.close()


def test_many_messages_keep_the_newest_in_view_and_shift_enter_makes_a_line(
    simulator: Running, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 700})
    page.goto(f"{simulator.url}/phones/{RANI}")
    box = page.get_by_label("Message", exact=True)
    for number in range(30):
        simulator.send(f"message {number}")
    expect(page.locator(".bubble.bot").last).to_be_in_viewport()
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.phone p").last).to_have_text("one\ntwo")
    expect(page.locator(".bubble.phone").last).to_be_in_viewport()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    page.close()


def test_it_works_without_javascript(start_simulator: StartSimulator, browser: Browser) -> None:
    simulator = start_simulator(1)
    simulator.bots[0].echo = True
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(simulator.url)
    page.get_by_label("Add a phone").fill("0812")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("is not a phone number")
    page.get_by_label("Add a phone").fill("0812-3456-7890")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Message", exact=True).fill("Hai")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.phone")).to_contain_text("Hai")
    simulator.received(to="6281234567890", outcome="accepted", wait=5)
    page.get_by_role("link", name="Reload", exact=True).click()
    expect(page.locator(".bubble.bot")).to_contain_text("You said: Hai")
    context.close()
