"""What `up` gives to the services that it starts, and how it watches over the server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import app
from app.local.embedded import EmbeddedServer
from app.local.up import UpError, _add_to_path, _watch_server

SOURCE = str(Path(app.__file__).parents[1])


def test_the_services_find_the_package_wherever_they_run() -> None:
    assert _add_to_path({})["PYTHONPATH"] == SOURCE
    assert _add_to_path({"PYTHONPATH": "/shop"})["PYTHONPATH"] == f"{SOURCE}:/shop"


async def test_a_server_whose_log_is_gone_is_still_watched_over(data_dir: Path) -> None:
    with EmbeddedServer(data_dir, durable=False) as server:
        server.log_path.unlink()
        stop = asyncio.Event()
        watcher = asyncio.create_task(_watch_server(server, stop))
        done, _ = await asyncio.wait([watcher], timeout=1.2)
        assert not done, "a log that is gone ended the watch"
        assert server.process is not None
        server.process.kill()
        with pytest.raises(UpError, match="PostgreSQL ended unexpectedly"):
            await asyncio.wait_for(watcher, 10)
        assert stop.is_set()
