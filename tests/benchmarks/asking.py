"""A process of its own, and a pipe to ask it by."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from app.telemetry.logs import configure_logging

Open = Callable[..., AbstractAsyncContextManager[Any]]
"""Opens what is asked over there; its methods are `async def`."""


class Process:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def ask(self, method: str, *arguments: Any) -> Any:
        """Calls a method over there; raises what it raised."""
        self._pipe.send((method, arguments))
        answer = self._pipe.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer


@contextmanager
def run_process(opening: Open, *arguments: Any) -> Generator[Process]:
    """A new process in which `opening(*arguments)` is open and waits for questions."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, opening, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield Process(ours)
        with contextlib.suppress(BrokenPipeError):
            ours.send(None)
        process.join(10)
    finally:
        process.kill()
        process.join()


def silence_logs() -> None:
    """The product's log lines are made as ever, and written to nowhere."""
    shown, sys.stderr = sys.stderr, Path(os.devnull).open("w")  # noqa: SIM115 - for good
    configure_logging("json", "bench")
    sys.stderr = shown


def _run(pipe: Connection, opening: Open, arguments: tuple[Any, ...]) -> None:
    silence_logs()
    uvloop.run(_serve(pipe, opening, arguments))


async def _serve(pipe: Connection, opening: Open, arguments: tuple[Any, ...]) -> None:
    async with opening(*arguments) as asked:
        pipe.send("ready")
        while (question := await asyncio.to_thread(pipe.recv)) is not None:
            method, given = question
            try:
                pipe.send(await getattr(asked, method)(*given))
            except Exception as error:  # noqa: BLE001 - it is raised on the other side
                pipe.send(error)
