"""A real browser: the distribution's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a profile; skips the test where there is none."""
    program = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(base_url: str, **context: object) -> Iterator[Page]:
    """A page of a new browser profile. `context` as for Playwright's new_context."""
    with open_browser() as browser:
        page = browser.new_context(base_url=base_url, **context).new_page()
        page.set_default_timeout(20_000)
        yield page


def find_chromium() -> str:
    """NOVABOT_TEST_CHROMIUM, or the browser on the path. Without one CI fails, others skip."""
    found = (
        os.environ.get("NOVABOT_TEST_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        message = (
            "there is no Chromium: apt-get install chromium, or name it in NOVABOT_TEST_CHROMIUM"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found
