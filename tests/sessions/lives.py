"""People whose addresses change, and what WhatsApp has told of them: the model of test_lives.py.

The truth is who had which number and BSUID when. What can be known of it is less, and depends on
what has been delivered. `Known` keeps both apart:

- A number that two people had one after the other is *told apart* once an event names it as left
  by the first or reached by the second, or once each has shown a BSUID with it. Before that nothing
  can be known, and `may_deliver` says so: such an item stays with WhatsApp, as long as need be.
- Addresses are *joined* where one message shows them or one event names them, by the rules of
  docs/identity.md: a reset by one of them is a reset of what was said from all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Node = tuple[str, int]
"""An address of a person, and the how manieth life there: a reset begins another one."""


@dataclass(eq=False)
class Tenancy:
    """A person has a number."""

    number: str
    person: int
    since: int
    ids: dict[str, int] = field(default_factory=dict[str, int])
    """The BSUIDs that were shown with it, and the sender's time of the first such message."""
    is_named: bool = False
    """An event has named the number beside this person's BSUID."""
    left_is_told: bool = False
    reached_is_told: bool = False

    @property
    def key(self) -> str:
        return f"{self.number} since {self.since}"


@dataclass(eq=False)
class Person:
    number: Tenancy | None
    user_id: str | None
    muddled: bool = False
    """An event by number alone met another client: which addresses are theirs is not known."""


@dataclass(eq=False)
class Item:
    """What WhatsApp delivers: a message."""

    number: int
    person: int
    sent: int
    tenancy: Tenancy | None
    user_id: str | None
    name: str | None = None
    """The name it tells."""
    nodes: tuple[Node, ...] = ()
    """Where it was said, once it is delivered."""

    @property
    def addresses(self) -> tuple[str, ...]:
        number = self.tenancy.number if self.tenancy else None
        return tuple(address for address in (number, self.user_id) if address)


@dataclass(eq=False)
class Change:
    """What WhatsApp delivers: an event."""

    number: int
    person: int
    sent: int
    number_changed: bool
    left: Tenancy | None
    reached: Tenancy | None
    old_id: str | None
    new_id: str | None

    @property
    def before(self) -> tuple[str, ...]:
        return _named(self.old_id, self.left)

    @property
    def after(self) -> tuple[str, ...]:
        return _named(self.new_id, self.reached)


@dataclass(eq=False)
class Reset:
    person: int
    at: int
    covers: set[Node]
    """What was said there before is forgotten."""


@dataclass
class Known:
    """What has been delivered, and what follows from it."""

    tenancies: list[Tenancy] = field(default_factory=list[Tenancy])
    resets: list[Reset] = field(default_factory=list[Reset])
    cuts: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    began: dict[Node, int] = field(default_factory=dict[Node, int])
    """The addresses that have been met, and the sender's time of the first message there."""
    groups: dict[Node, set[Node]] = field(default_factory=dict[Node, set[Node]])

    def may_deliver(self, item: Item | Change) -> bool:
        """Whether it can be known whose numbers it names are."""
        if isinstance(item, Item):
            return self._stands_alone(item.tenancy, item.sent, item.user_id)
        return self._stands_alone(
            item.left, item.sent, item.old_id, is_leaving=True
        ) and self._stands_alone(item.reached, item.sent, item.new_id, is_reaching=True)

    def _stands_alone(
        self,
        mine: Tenancy | None,
        sent: int,
        user_id: str | None,
        *,
        is_leaving: bool = False,
        is_reaching: bool = False,
    ) -> bool:
        for other in self._others(mine):
            assert mine is not None
            is_later = other.since > mine.since
            first, second = (mine, other) if is_later else (other, mine)
            if first.left_is_told or second.reached_is_told:
                continue
            if (is_later and is_leaving) or (not is_later and is_reaching):
                continue
            shown = user_id is not None or any(at <= sent for at in mine.ids.values())
            if not other.ids or not (shown or (is_later and mine.ids)):
                return False
        return True

    def _others(self, mine: Tenancy | None) -> list[Tenancy]:
        """Of other people, who have been met at the same number."""
        return [
            other
            for other in self.tenancies
            if mine is not None
            and other.number == mine.number
            and other is not mine
            and self._is_met(other)
        ]

    def _is_met(self, tenancy: Tenancy) -> bool:
        return tenancy.is_named or any(key == tenancy.key for key, _ in self.began)

    def node(self, address: Tenancy | str, at: int) -> Node:
        key = address if isinstance(address, str) else address.key
        return (key, bisect_right(self.cuts.get(key, []), at))

    def hear(self, item: Item) -> None:
        """A message is delivered."""
        numbers = [self.node(item.tenancy, item.sent)] if item.tenancy else []
        ids = [self.node(item.user_id, item.sent)] if item.user_id else []
        item.nodes = (*numbers, *ids)
        if self.is_forgotten(item):
            return
        if item.tenancy and item.user_id:
            (number,), (user_id,) = numbers, ids
            if self._joins(number, user_id, bool(self._others(item.tenancy))):
                if user_id not in self.began and self._ids_in(number):
                    # Another BSUID at a known number: another person, for all that is known.
                    self._cut(item.tenancy.key, item.sent)
                    number = self.node(item.tenancy, item.sent)
                    item.nodes = (number, user_id)
                    item.tenancy.ids.clear()
                self._join((number, user_id))
                item.tenancy.ids.setdefault(item.user_id, item.sent)
        for node in item.nodes:
            self.began[node] = min(self.began.get(node, item.sent), item.sent)

    def _joins(self, number: Node, user_id: Node, has_others: bool) -> bool:
        if user_id not in self.began:
            return True
        if number not in self.began:
            return not has_others
        if user_id in self._group(number):
            return True
        return not (has_others or self._ids_in(number) or self._numbers_in(user_id))

    def hear_change(self, change: Change, people: Sequence[Person]) -> None:
        """An event is delivered."""
        before = self._named_nodes(change.old_id, change.left, change.sent - 1)
        after = self._named_nodes(change.new_id, change.reached, change.sent)
        rivals = [t for t in self._others(change.reached) if t.since < change.sent]
        for tenancy in (change.left, change.reached):
            if tenancy:
                tenancy.is_named = True
        if change.left and change.number_changed:
            change.left.left_is_told = True
        if change.reached and change.number_changed:
            change.reached.reached_is_told = True
        muddled = [t.person for t in rivals if not t.left_is_told]
        met = [node for node in after if node in self.began]
        is_doubtful = bool(muddled) or any(self._began(node) < change.sent for node in met)
        if is_doubtful and not {*before} & set[Node]().union(*map(self._group, after)):
            for person in (change.person, *muddled):
                people[person].muddled = True
            return
        self._join((*before, *after))
        for reset in self.resets:
            if reset.at > change.sent and reset.covers & {*before, *after}:
                self._forget(reset, (*before, *after))

    def _named_nodes(self, user_id: str | None, tenancy: Tenancy | None, at: int) -> list[Node]:
        """Those that are one client: the BSUID, and the number unless it leads to another one."""
        nodes = [self.node(address, at) for address in (user_id, tenancy) if address]
        met = [node for node in nodes if node in self.began]
        if len(met) == 2 and met[1] not in self._group(met[0]):
            return nodes[:1]
        return nodes

    def forget(self, person: int, at: int, nodes: Iterable[Node]) -> None:
        """A person is reset by these addresses."""
        reset = Reset(person, at, set())
        self.resets.append(reset)
        self._forget(reset, nodes)

    def _forget(self, reset: Reset, nodes: Iterable[Node]) -> None:
        for node in set().union(*(self._group(node) for node in nodes)):
            reset.covers.add(node)
            self.began.pop(node, None)
            self._cut(node[0], reset.at)
            for tenancy in self.tenancies:
                if tenancy.key == node[0]:
                    tenancy.ids.clear()

    def may_be_covered(self, person: int, tenancy: Tenancy | None, at: int) -> bool:
        """Whether somebody was reset later who had the number, and is not known to have left it."""
        return any(
            reset.at > at
            and reset.person == other.person != person
            and (not other.left_is_told or other.since > at)
            for other in self.tenancies
            if tenancy is not None and other.number == tenancy.number
            for reset in self.resets
        )

    def is_forgotten(self, item: Item) -> bool:
        """Whether this was said before a reset of those who said it there."""
        return any(
            reset.person == item.person and item.sent < reset.at and reset.covers & {*item.nodes}
            for reset in self.resets
        )

    def _cut(self, key: str, at: int) -> None:
        cuts = self.cuts.setdefault(key, [])
        if at not in cuts:
            cuts.append(at)
            cuts.sort()

    def _group(self, node: Node) -> set[Node]:
        return self.groups.setdefault(node, {node})

    def _join(self, nodes: Sequence[Node]) -> None:
        joined = set().union(*(self._group(node) for node in nodes))
        for node in joined:
            self.groups[node] = joined

    def _began(self, node: Node) -> int:
        return min(self.began[n] for n in self._group(node) if n in self.began)

    def _ids_in(self, node: Node) -> bool:
        return any(key.startswith("ID.") for key, _ in self._group(node))

    def _numbers_in(self, node: Node) -> bool:
        return any(not key.startswith("ID.") for key, _ in self._group(node))


def _named(user_id: str | None, tenancy: Tenancy | None) -> tuple[str, ...]:
    return tuple(a for a in (user_id, tenancy.number if tenancy else None) if a)
