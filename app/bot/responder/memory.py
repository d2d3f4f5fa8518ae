"""What a responder remembers by itself: a dict, a vector store, a provider's thread.

The bot cannot drop that, so it tells the responder of every reset and merge, before it
acknowledges them: the object that NOVABOT_RESPONDER's factory returns may have
`forgotten(incarnations)`, a plain or an async function. It is not told of edits, nor that the
listener lost its connection: nothing was forgotten then.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import OrderedDict
from typing import Any
from uuid import UUID

from app.bot.responder.threads import run_in_thread
from app.sessions.session import Forgotten, Responder
from app.telemetry.bot import report_forgetting_failed

FORGOTTEN_TIMEOUT = 10.0
"""Seconds that `forgotten` may take: the acknowledgement waits for it."""
_MOST = 100_000
"""Incarnations that are known to be forgotten, in case the responder is still at one of them."""


class ResponderMemory:
    """Tells a responder that has `forgotten` who was forgotten; others have nothing to be told."""

    def __init__(self, responder: Responder) -> None:
        self._forgotten: Forgotten | None = getattr(responder, "forgotten", None)
        self._told: OrderedDict[UUID, None] = OrderedDict()
        self._all_told = 0
        """How often it was told to forget all clients."""
        self._telling: set[asyncio.Task[str | None]] = set()

    @property
    def exists(self) -> bool:
        """Whether the responder has `forgotten`."""
        return self._forgotten is not None

    async def tell(self, incarnations: frozenset[UUID] | None) -> str | None:
        """Why the responder may still remember these (None: any) clients; None if it does not."""
        if self._forgotten is None or incarnations == frozenset():
            return None
        self._note(incarnations)
        try:
            async with asyncio.timeout(FORGOTTEN_TIMEOUT):
                await _call(self._forgotten, incarnations)
        except TimeoutError:
            failure = f"forgotten did not end within {FORGOTTEN_TIMEOUT:g} s"
        except Exception as error:
            report_forgetting_failed(error)
            return f"forgotten failed: {type(error).__name__}"
        else:
            return None
        report_forgetting_failed(TimeoutError(failure))
        return failure

    def mark(self) -> int:
        """To be given to `note_answered`, from before the responder is asked."""
        return self._all_told

    def note_answered(self, incarnation: UUID | None, mark: int) -> None:
        """The responder has returned. If its client was forgotten meanwhile, it may have written
        down what it was told to forget, so it is told again."""
        if self._forgotten is None or incarnation is None:
            return
        if incarnation in self._told or mark != self._all_told:
            telling = asyncio.create_task(self.tell(frozenset({incarnation})))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    def _note(self, incarnations: frozenset[UUID] | None) -> None:
        if incarnations is None:
            self._all_told += 1
        self._told |= dict.fromkeys(incarnations or ())
        while len(self._told) > _MOST:
            self._told.popitem(last=False)
            self._all_told += 1  # the one dropped may be a client whose answer is being made


async def _call(forgotten: Forgotten, incarnations: frozenset[UUID] | None) -> None:
    if inspect.iscoroutinefunction(forgotten):
        await forgotten(incarnations)
        return
    returned: Any = await run_in_thread(forgotten, incarnations)
    if inspect.isawaitable(returned):
        await returned
