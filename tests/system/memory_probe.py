"""Looks into a bot's memory from inside: NovaBot, with a thread that answers on a socket.

`NOVABOT_RESPONDER=tests.system.memory_probe:factory`; the socket is `probe-PID` in the folder of
NOVABOT_DATA_DIR. A line of JSON `["needle", …]` is answered by one of what holds a text with it.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.nova import nova
from app.sessions.session import Responder


def factory() -> Responder:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(Path(os.environ["NOVABOT_DATA_DIR"]) / f"probe-{os.getpid()}"))
    listening.listen()
    threading.Thread(target=_serve, args=(listening,), daemon=True).start()
    return nova()


def look(directory: Path, pid: int, needles: list[str]) -> list[str]:
    """What that bot's Python objects hold of these, as descriptions."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(str(directory / f"probe-{pid}"))
        peer.sendall(json.dumps(needles).encode() + b"\n")
        with peer.makefile() as answer:
            return json.loads(answer.readline())


def _serve(listening: socket.socket) -> None:
    while True:
        peer, _ = listening.accept()
        with peer, peer.makefile("rw") as stream:
            stream.write(json.dumps(_find(stream.readline())) + "\n")


def _find(line: str) -> list[str]:
    needles: list[str] = json.loads(line)
    binary = [needle.encode() for needle in needles]
    mine = {id(needles), id(binary)}
    gc.collect()
    found: list[str] = []
    for holder in gc.get_objects():
        if id(holder) in mine:
            continue
        for held in _texts_of(holder):
            wanted = needles if isinstance(held, str) else binary
            if held is not line and any(needle in held for needle in wanted):
                kind = type(holder)
                found.append(f"{kind.__module__}.{kind.__qualname__}: {held!r:.200}")
    return found


def _texts_of(holder: Any) -> Iterator[Any]:
    for held in gc.get_referents(holder):
        if isinstance(held, str):
            yield held
        elif isinstance(held, bytes | bytearray | memoryview):
            yield bytes(held)
