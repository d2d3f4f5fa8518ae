"""The simulator as a process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time

import httpx2
import pytest

from app.settings import Settings, SettingsError, load_settings
from app.simulator.app import serve


def settings(allowed: str) -> Settings:
    return load_settings(
        whatsapp_app_secret="secret",
        whatsapp_access_token="token",
        whatsapp_phone_number_id="1",
        simulator_allowed=allowed,
    )


def test_it_refuses_to_run_outside_novabot_up_and_tests() -> None:
    with pytest.raises(SettingsError, match="novabot up"):
        serve(settings("0"), "127.0.0.1", 0, [])


def test_the_process_serves_and_ends_an_open_stream_when_it_stops() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve, args=(settings("1"), "127.0.0.1", port, []))
    process.start()
    try:
        url = f"http://127.0.0.1:{port}"
        transport = httpx2.HTTPTransport(retries=100)
        with httpx2.Client(base_url=url, transport=transport, timeout=5) as client:
            deadline = time.monotonic() + 20
            while True:
                try:
                    assert client.get("/ready").status_code == 200
                    break
                except httpx2.ConnectError:
                    assert time.monotonic() < deadline
                    process.join(0.05)
                    assert process.is_alive()
            with client.stream("GET", "/events") as events:
                lines = events.iter_lines()
                assert next(lines) == "event: changed"
                os.kill(process.pid or 0, signal.SIGTERM)
                # A stream that is cut, and not ended, raises here.
                assert not [line for line in lines if line.startswith("event")]
                process.join(5)
                assert process.exitcode == 0
    finally:
        process.kill()
        process.join()
        process.close()
