"""A plain function in a thread of its own that, unlike an executor's, keeps no process from
ending."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any


async def run_in_thread(
    function: Callable[..., Any], *arguments: Any, ended: Callable[[], None] = lambda: None
) -> Any:
    """What the function returns. The caller may be cancelled; the thread goes on, and `ended`
    is called in the event loop when it is done.
    """
    loop = asyncio.get_running_loop()
    returned: asyncio.Future[Any] = loop.create_future()

    def settle(settled: Callable[[Any], None], value: Any) -> None:
        if not returned.done():
            settled(value)
        ended()

    def run() -> None:
        try:
            outcome = (returned.set_result, function(*arguments))
        except Exception as error:
            outcome = (returned.set_exception, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return await returned
