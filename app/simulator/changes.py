"""That something changed; what it is now is read from where it is kept."""

from __future__ import annotations

import anyio


class Changes:
    """Counts changes; a waiting task gets the newest count, so none is missed."""

    def __init__(self) -> None:
        self.version: int = 0
        self._changed: anyio.Event = anyio.Event()

    def announce(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = anyio.Event()

    async def wait(self, after: int) -> int:
        """Returns the version as soon as it is above `after`."""
        while self.version <= after:
            await self._changed.wait()
        return self.version
