"""What the cache promises, as slow and plain as can be: a list, searched from end to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from app.sessions.cache import Cache
from app.sessions.session import Session

CLIENTS = 6
LIVES = 3
LIMIT = 4
IDS = [f"62811000{number}@c.us" for number in range(CLIENTS)]
ADDRESSES = [f"62811000{number}" for number in range(CLIENTS)] + ["ID.a1", "ID.b2", "ID.c3"]
INCARNATIONS = [UUID(int=number + 1) for number in range(CLIENTS * LIVES)]


@dataclass(frozen=True)
class Step:
    """One call, on one of few clients: the numbers are taken modulo what there is."""

    kind: Literal["find", "keep", "keep late", "evict", "evict id", "evict all", "distrust"]
    client: int = 0
    incarnation: int = 0
    address: int = 0
    name: str | None = None


@dataclass
class Entry:
    session: Session
    addresses: set[str]


@dataclass
class Model:
    """Entries in order of use, the least recent first."""

    entries: list[Entry] = field(default_factory=list[Entry])
    trusted: bool = True

    def find(self, address: str) -> Session | None:
        if not self.trusted:
            self.entries = []
        for entry in self.entries:
            if address in entry.addresses:
                self.entries.remove(entry)
                self.entries.append(entry)
                return entry.session
        return None

    def keep(self, session: Session, address: str) -> bool:
        if not self.trusted:
            return False
        same = [e for e in self.entries if _is_same_life(e.session, session)]
        addresses = {address}.union(*(entry.addresses for entry in same))
        self.entries = [
            e
            for e in self.entries
            if e.session.id != session.id
            and e.session.incarnation != session.incarnation
            and address not in e.addresses
        ]
        self.entries.append(Entry(session, addresses))
        self.entries = self.entries[-LIMIT:]
        return True

    def evict(self, incarnation: UUID) -> int:
        return self._drop([e for e in self.entries if e.session.incarnation == incarnation])

    def evict_client(self, client_id: str) -> int:
        return self._drop([e for e in self.entries if e.session.id == client_id])

    def evict_all(self) -> int:
        return self._drop(self.entries)

    def _drop(self, dropped: list[Entry]) -> int:
        self.entries = [entry for entry in self.entries if entry not in dropped]
        return len(dropped)


def _is_same_life(one: Session, other: Session) -> bool:
    return (one.id, one.incarnation) == (other.id, other.incarnation)


class Play:
    """Takes the same steps in the cache and in the model, and compares what both say."""

    def __init__(self) -> None:
        self.model = Model()
        self.cache = Cache(LIMIT, lambda: self.model.trusted)
        self.old_mark = self.cache.mark()

    def take(self, step: Step) -> None:
        client_id = IDS[step.client % CLIENTS]
        incarnation = INCARNATIONS[step.incarnation % len(INCARNATIONS)]
        address = ADDRESSES[step.address % len(ADDRESSES)]
        session = Session(id=client_id, incarnation=incarnation, nama=step.name)
        cache, model = self.cache, self.model
        match step.kind:
            case "find":
                expected = model.find(address)
                assert cache.find(address) is expected
                model.trusted = True
            case "keep":
                assert cache.keep(session, address, cache.mark()) == model.keep(session, address)
            case "keep late":
                overtaken = self.old_mark != cache.mark()
                expected_kept = not overtaken and model.keep(session, address)
                assert cache.keep(session, address, self.old_mark) == expected_kept
                self.old_mark = cache.mark()
            case "evict":
                assert cache.evict([incarnation]) == model.evict(incarnation)
            case "evict id":
                assert cache.evict_client(client_id) == model.evict_client(client_id)
            case "evict all":
                assert cache.evict_all() == model.evict_all()
            case "distrust":
                model.trusted = False
        assert len(cache) == len(model.entries)

    def compare(self) -> None:
        """All clients, at every address; also the order in which they would be dropped."""
        self.model.trusted = True
        for address in ADDRESSES:
            assert self.cache.find(address) is self.model.find(address)
