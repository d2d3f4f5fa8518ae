"""The sessions that one bot remembers: bounded, and revocable at any moment.

What is kept here is a copy that hurries a turn; the fence decides whether it was still right.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, MutableMapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from app.sessions.session import Session

_SLICE = 2_000
"""Sessions freed at a time: dropping a million in one go would hold up the loop for 0.2 s."""


class Cache:
    """At most `limit` sessions, the least recently used going first.

    `is_trusted` is asked at every use: a bot that can't hear evictions remembers no client.
    """

    def __init__(self, limit: int, is_trusted: Callable[[], bool]) -> None:
        self._limit = limit
        self._is_trusted = is_trusted
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._addresses: dict[str, dict[str, None]] = {}
        self._ids_by_address: dict[str, str] = {}
        self._ids_by_incarnation: dict[UUID, str] = {}
        self._evictions = 0
        self._suspensions = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, address: str) -> Session | None:
        """The session remembered for the client who writes from this address."""
        if not self._sessions or self._suspensions:
            return None
        if not self._is_trusted():
            self.evict_all()
            return None
        client_id = self._ids_by_address.get(address)
        if client_id is None:
            return None
        self._sessions.move_to_end(client_id)
        return self._sessions[client_id]

    def mark(self) -> int:
        """Taken before a load or commit, handed to `keep` with what it brought."""
        return self._evictions

    def keep(self, session: Session, address: str, mark: int) -> bool:
        """Remembers what a load or commit returned, unless an eviction overtook it."""
        if session.id is None or session.incarnation is None:
            return False
        if mark != self._evictions or self._suspensions or not self._is_trusted():
            return False
        known = self._sessions.get(session.id)
        if known is not None and known.incarnation != session.incarnation:
            self._drop(session.id)
        # The address may have led to another client, and this one may have had another id.
        for elsewhere in (
            self._ids_by_address.get(address),
            self._ids_by_incarnation.get(session.incarnation),
        ):
            if elsewhere not in (None, session.id) and elsewhere in self._sessions:
                self._drop(elsewhere)
        self._sessions[session.id] = session
        self._sessions.move_to_end(session.id)
        self._addresses.setdefault(session.id, {})[address] = None
        self._ids_by_address[address] = session.id
        self._ids_by_incarnation[session.incarnation] = session.id
        if len(self._sessions) > self._limit:
            self._drop(next(iter(self._sessions)))
        return True

    @contextmanager
    def suspend(self) -> Generator[None]:
        """Within, no session is found and none is kept: who was reset is still being read."""
        self._suspensions += 1
        try:
            yield
        finally:
            self._suspensions -= 1

    def evict(self, incarnations: Iterable[UUID]) -> int:
        """Forgets these incarnations; returns how many sessions that dropped."""
        self._evictions += 1
        dropped = 0
        for incarnation in incarnations:
            client_id = self._ids_by_incarnation.get(incarnation)
            if client_id is not None:
                self._drop(client_id)
                dropped += 1
        return dropped

    def evict_client(self, client_id: str) -> int:
        """Forgets the client with this id; returns how many sessions that dropped."""
        self._evictions += 1
        if client_id not in self._sessions:
            return 0
        self._drop(client_id)
        return 1

    def evict_all(self) -> int:
        """Forgets all clients; returns how many sessions that dropped."""
        self._evictions += 1
        dropped = len(self._sessions)
        if dropped:
            emptied = (
                self._sessions,
                self._addresses,
                self._ids_by_address,
                self._ids_by_incarnation,
            )
            self._sessions, self._addresses = OrderedDict(), {}
            self._ids_by_address, self._ids_by_incarnation = {}, {}
            for mapping in emptied:
                _free(mapping)
        return dropped

    def _drop(self, client_id: str) -> None:
        session = self._sessions.pop(client_id)
        for address in self._addresses.pop(client_id):
            del self._ids_by_address[address]
        if session.incarnation is not None:
            del self._ids_by_incarnation[session.incarnation]


def _free(mapping: MutableMapping[Any, Any]) -> None:
    """Frees an unreachable mapping, a slice each time the loop comes round."""
    for _ in range(min(_SLICE, len(mapping))):
        mapping.popitem()
    if mapping:
        asyncio.get_running_loop().call_soon(_free, mapping)
