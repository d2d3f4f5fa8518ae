"""What `make model` checks: bounds, guards, and the faults that the model has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

PROPERTIES = {
    1: "no answer that is sent after a reset's commit carries anything from before it",
    2: "a bot that acknowledged a reset never again answers from that life's memory",
    3: "a turn that nothing else disturbs is not refused twice, and nothing waits for ever",
    4: "no memory is used of a client who was reset longer ago than a proof holds",
    5: "a turn commits only on what it was answered from",
    6: "nobody is told what another person said",
    7: "a reset deletes no client of another person",
    8: "a message is answered once",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One model within bounds. `macros` are what Spin's -D sets; `checks` its properties."""

    name: str
    file: str
    checks: tuple[int, ...]
    bounds: str
    """The bounds in words."""
    macros: Mapping[str, int] = field(default_factory=dict[str, int])

    def within(self, bounds: str, **macros: int) -> Scenario:
        """The same scenario within other bounds."""
        return replace(self, bounds=bounds, macros={**self.macros, **macros})


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard that is taken away by macros, and the property that then breaks."""

    macros: tuple[str, ...]
    words: str
    property: int | None
    """None: none breaks; the README says why."""
    scenario: Scenario
    defect: str | None = None
    """Its name in tests/system/test_defects.py, where the product has the same guard."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A counterexample to the protocol as it is, and what would mend it."""

    name: str
    property: int
    scenario: Scenario
    mends: tuple[str, ...]
    """Macros of a proposal with which the property holds; none if there is none yet."""


def _memory(**changed: int) -> dict[str, int]:
    macros = {
        "BOTS": 1,
        "BATCH": 1,
        "MESSAGES": 3,
        "RESETS": 1,
        "EDITS": 0,
        "LOSSES": 0,
        "AGES": 0,
        "SENDERS": 0,
        "KINDS": 1,
        "QUEUE": 8,
    }
    return {**macros, **changed}


_OF_MEMORY = (1, 2, 3, 4, 5)

TURNS = Scenario(
    "turns",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 1 client, 3 messages, 2 resets, 2 edits",
    _memory(BOTS=2, RESETS=2, EDITS=1),
)
HALVES = Scenario(
    "halves",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 2 clients of one person, 3 messages, 1 reset, merge",
    _memory(BOTS=2, KINDS=7),
)
LISTENER = Scenario(
    "listener",
    "memory.pml",
    _OF_MEMORY,
    "1 bot, 1 client, 3 messages, 2 resets, 2 lost connections, 2 expired proofs",
    _memory(RESETS=2, LOSSES=2, AGES=2),
)
LISTENERS = Scenario(
    "two listeners",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 1 client, 3 messages, 1 reset, 1 lost connection, 1 expired proof",
    _memory(BOTS=2, LOSSES=1, AGES=1),
)
SENDING = Scenario(
    "sending",
    "memory.pml",
    _OF_MEMORY,
    "1 bot, 2 clients of one person, 3 messages and their answers, 2 resets, merge",
    _memory(SENDERS=1, RESETS=2, KINDS=7),
)
BATCH = Scenario(
    "batch",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 2 turns a transaction, 2 clients, 4 messages, 1 open transaction",
    _memory(BOTS=2, BATCH=2, MESSAGES=4, RESETS=0, KINDS=9),
)
BATCH_RESET = Scenario(
    "batch, reset",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 2 turns a transaction, 2 clients, 3 messages, 1 reset, 1 open transaction",
    _memory(BOTS=2, BATCH=2, KINDS=9),
)
BATCH_EDITS = Scenario(
    "batch, edits",
    "memory.pml",
    _OF_MEMORY,
    "2 bots, 2 turns a transaction, 2 clients, 3 messages, 2 edits, 1 open transaction",
    _memory(BOTS=2, BATCH=2, RESETS=0, EDITS=1, KINDS=9),
)


def _moves(*moves: tuple[int, int, int]) -> dict[str, int]:
    """Of each move: who (0: A, 1: B), from which number, to which."""
    return {
        "MOVES": len(moves),
        "MOVERS": sum(who << place for place, (who, _, _) in enumerate(moves)),
        "FROMS": sum(number << 2 * place for place, (_, number, _) in enumerate(moves)),
        "TOS": sum(number << 2 * place for place, (_, _, number) in enumerate(moves)),
    }


def _addresses(**changed: int) -> dict[str, int]:
    nowhere = 3
    macros = {
        "ADDRESSES": 2,
        "LIVES": 5,
        "MESSAGES": 3,
        "RESETS": 1,
        "TURNS": 1,
        "REDELIVERIES": 0,
        "TOLD_IN_ORDER": 0,
        "ALICE_AT": 0,
        "BOB_AT": nowhere,
        "BOB_COMES": nowhere,
    }
    return {**macros, **changed}


_OF_ADDRESSES = (1, 3, 5, 6, 8)

MOVE = Scenario(
    "move",
    "addresses.pml",
    _OF_ADDRESSES,
    "2 people, 2 numbers, 4 messages, 1 move, 1 reset",
    _addresses(MESSAGES=4, BOB_COMES=0, **_moves((0, 0, 1))),
)
MOVE_AT_ONCE = Scenario(
    "move, two turns",
    "addresses.pml",
    _OF_ADDRESSES,
    "2 people, 2 numbers, 3 messages, 2 turns at once, 1 move, 2 resets",
    _addresses(TURNS=2, RESETS=2, BOB_COMES=0, **_moves((0, 0, 1))),
)
REDELIVERY = Scenario(
    "redelivery",
    "addresses.pml",
    _OF_ADDRESSES,
    "2 people, 2 numbers, 2 messages delivered up to twice, 2 turns at once, 1 move, 2 resets",
    _addresses(MESSAGES=2, TURNS=2, RESETS=2, REDELIVERIES=1, BOB_COMES=0, **_moves((0, 0, 1))),
)
NEXT_OWNER = Scenario(
    "next owner",
    "addresses.pml",
    (*_OF_ADDRESSES, 7),
    "2 people, 3 numbers, 3 messages, 2 moves (A 0 to 1, then B 2 to 0), 1 reset",
    _addresses(ADDRESSES=3, BOB_AT=2, SPARES=1, **_moves((0, 0, 1), (1, 2, 0))),
)
CHAIN = Scenario(
    "chain",
    "addresses.pml",
    _OF_ADDRESSES,
    "1 person, 3 numbers, 3 messages, 2 moves (A 0 to 1 to 2), 1 reset",
    _addresses(ADDRESSES=3, **_moves((0, 0, 1), (0, 1, 2))),
)
THERE_AND_BACK = Scenario(
    "there and back",
    "addresses.pml",
    _OF_ADDRESSES,
    "1 person, 2 numbers, 3 messages, 2 moves (A 0 to 1 to 0), 1 reset",
    _addresses(**_moves((0, 0, 1), (0, 1, 0))),
)
BACK_IN_ORDER = replace(
    THERE_AND_BACK.within(
        "1 person, 2 numbers, 3 messages, 2 moves (A 0 to 1 to 0, told in order), 1 reset",
        TOLD_IN_ORDER=1,
    ),
    name="there and back, in order",
)

SCENARIOS = (
    TURNS,
    HALVES,
    LISTENER,
    LISTENERS,
    SENDING,
    BATCH,
    BATCH_RESET,
    BATCH_EDITS,
    MOVE,
    MOVE_AT_ONCE,
    REDELIVERY,
    NEXT_OWNER,
    CHAIN,
    BACK_IN_ORDER,
    THERE_AND_BACK,
)
QUICK = (
    TURNS.within("2 bots, 1 client, 2 messages, 1 reset, 2 edits", MESSAGES=2, RESETS=1),
    LISTENER.within(
        "1 bot, 1 client, 3 messages, 1 reset, 1 lost connection, 1 expired proof",
        RESETS=1,
        LOSSES=1,
        AGES=1,
    ),
    SENDING,
    BATCH_RESET.within(
        "2 bots, 2 turns a transaction, 2 clients, 2 messages, 1 reset, 1 open transaction",
        MESSAGES=2,
    ),
    MOVE.within("2 people, 2 numbers, 3 messages, 1 move, 1 reset", MESSAGES=3),
)

_ONE_BOT = TURNS.within("1 bot, 1 client, 3 messages, 1 reset", BOTS=1, RESETS=1, EDITS=0)
_TWO_BOTS = TURNS.within("2 bots, 1 client, 3 messages, 1 reset", RESETS=1, EDITS=0)
_EDITS = TURNS.within("1 bot, 1 client, 2 messages, 2 edits", BOTS=1, MESSAGES=2, RESETS=0)
_LISTENER = QUICK[1]
_MERGE = HALVES.within("1 bot, 2 clients of one person, 3 messages, merge", BOTS=1, RESETS=0)
_BATCH_RESET = BATCH_RESET.within(
    "1 bot, 2 turns a transaction, 2 clients, 3 messages, 1 reset, 1 open transaction", BOTS=1
)
_SENDING = SENDING.within("1 bot, 1 client, 1 message, 1 reset", MESSAGES=1, RESETS=1, KINDS=1)
_MOVE = QUICK[4]

GUARDS = (
    Guard(("NO_FENCE",), "the fence", 1, _TWO_BOTS, "the fence removed"),
    Guard(
        ("NO_CLIENT_REVISION",),
        "the client's revision in the fence",
        5,
        _EDITS,
        "only the session's revision compared",
    ),
    Guard(
        ("NO_SESSION_REVISION",),
        "the session's revision in the fence",
        5,
        _EDITS,
        "only the client's revision compared",
    ),
    Guard(
        ("NO_CLIENT_NEEDED",),
        "the client's row in the fence",
        1,
        _ONE_BOT,
        "a client made again from what was remembered",
    ),
    Guard(("NO_WATERMARK",), "the watermark of a reset", 1, _ONE_BOT),
    Guard(
        ("NO_LOADS_UNKEPT",),
        "what a load brought is not kept",
        2,
        _ONE_BOT,
        "an overtaken load kept in memory",
    ),
    Guard(
        ("NO_MARK",),
        "what an eviction overtook is not kept",
        2,
        _ONE_BOT,
        "an overtaken commit kept in memory",
    ),
    Guard(("NO_EVICTION_FIRST",), "evicted before acknowledged", 2, _ONE_BOT),
    Guard(
        ("NO_DROP_AT_LOSS", "NO_DROP_AFTER_LISTEN"),
        "memory dropped around a lost connection",
        2,
        _LISTENER,
        "memory kept across a reconnection",
    ),
    Guard(("NO_DROP_AT_LOSS",), "no memory while not listening", 2, _LISTENER),
    Guard(("NO_DROP_AFTER_LISTEN",), "memory dropped after LISTEN", 2, _LISTENER),
    Guard(
        ("NO_FRESHNESS",),
        "memory trusted only with a fresh proof",
        4,
        _LISTENER,
        "memory trusted after the process stood still",
    ),
    Guard(("NO_PROOF_DATED",), "a proof is as old as its sending", 4, _LISTENER),
    Guard(
        ("NO_MERGE_SENDS_BACK",),
        "a merge sends its turn back",
        5,
        _MERGE,
        "a turn committed that was answered before a merge",
    ),
    Guard(("NO_ABSORBED",), "a reset tells of the lives merged before", None, HALVES),
    Guard(("NO_ANSWERS_DELETED",), "a reset deletes queued answers", 1, _SENDING),
    Guard(
        ("NO_SENDING_ASKED",),
        "a sender that was held up asks again",
        1,
        _SENDING,
        "an answer sent late without asking whether it still may be",
    ),
    Guard(
        ("NO_SENDING_COMMITTED",),
        "`sending` committed before each attempt",
        1,
        _SENDING,
        "an answer sent again without `sending` committed",
    ),
    Guard(("NO_LOCK_ORDER",), "a batch locks its rows in one order", 3, BATCH),
    Guard(("NO_BATCH_IN_TURN",), "a batch compares after it has written the turn before", 5, BATCH),
    Guard(
        ("NO_BATCH_FENCE",),
        "the fence compares every turn of a batch",
        1,
        _BATCH_RESET,
        "the fence checked for the first turn of a group only",
    ),
    Guard(
        ("NO_BATCH_LOCKS",),
        "a batch writes no row that it has not locked",
        1,
        _BATCH_RESET,
        "a group that commits past a locked row",
    ),
    Guard(("NO_BATCH_APART",), "a stale turn goes back alone from its batch", 3, BATCH_EDITS),
    Guard(("NO_BATCH_SPLIT",), "a locked row keeps its own turn alone", 3, BATCH),
    Guard(
        ("NO_DELIVERIES",),
        "message ids outlive a reset",
        8,
        REDELIVERY.within(
            "2 people, 2 numbers, 2 messages delivered up to twice, 1 move, 1 reset",
            TURNS=1,
            RESETS=1,
        ),
        "deliveries forgotten by a reset",
    ),
    Guard(
        ("NO_TIME_OF_OWNER",),
        "an address leads to its owner at the sender's time",
        6,
        _MOVE,
        "rule 3: a late message given to who has the number now",
    ),
    Guard(
        ("NO_LINKING",),
        "a kept move is carried out when its client appears",
        6,
        _MOVE,
        "rule 8: a kept change not carried out when its client appears",
    ),
    Guard(
        ("NO_TIME_OF_LINK",),
        "a kept move is of who had the number then",
        6,
        NEXT_OWNER,
        "rule 8: a kept change linked to who came to its old number later",
    ),
    Guard(
        ("NO_RESET_BY_EVENT",),
        "a move told after a reset resets the other side",
        1,
        _MOVE,
        "rule 8: a change older than a reset carried out",
    ),
    Guard(("NO_RESET_ONWARD",), "a reset goes on along the kept moves from there", 1, CHAIN),
    Guard(
        ("NO_EARLIER_OWNER_SPARED",), "a move spares an earlier owner of its number", 7, NEXT_OWNER
    ),
    Guard(("NO_TIME_OF_LEAVING",), "a kept move leaves what its client had then", 1, BACK_IN_ORDER),
    Guard(
        ("NO_TIME_OF_PARTING",), "a number's messages are parted by their time", 1, BACK_IN_ORDER
    ),
    Guard(
        ("NO_MARK_OF_FORMER",),
        "a former number is marked, whichever client has it by now",
        1,
        THERE_AND_BACK,
    ),
    Guard(
        ("NO_SPAN_OF_WATERMARK",),
        "a watermark ends where the next owner begins",
        7,
        NEXT_OWNER,
        "rule 9: a reset that ends what the next owner of a number has",
    ),
)


FAULTS: tuple[Fault, ...] = ()
