"""Plays generated acts at a real PostgreSQL, and judges each answer: for test_lives.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import note

from app.crm.identity import apply_identity_event
from app.database.pool import Pool
from app.messages import Message, Reply, instant
from app.sessions.cache import Cache
from app.sessions.session import Session
from app.sessions.store import Committed
from app.sessions.turn import Turns, ask_at_once
from tests.sessions.lives import Change, Item, Known, Person, Reset, Tenancy

ACCOUNT = "102290129340398"
NUMBERS = ("628110000001", "628110000002", "628110000003", "628110000004")
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
"""Second 0 of each life. Acts are 100 seconds apart: a watermark allows 60 for clocks."""


@instant
def respond(session: Session, message: Message) -> Reply:
    """Answers with everything that is remembered: the row's name, and the context's."""
    number, word, name = message.text.split("|")
    if word == "forget":
        return Reply({}, (f"{number}|forgotten",), forget=True)
    if name:
        return Reply({"name": name}, (f"{number}|{name}",), learnt_name=name)
    told = f"{session.nama}|{session.context.get('name')}"
    return Reply(session.context, (f"{number}|{told}",))


class Life:
    """Plays the acts, and judges each answer."""

    def __init__(self, conn: psycopg.Connection, pool: Pool, kinds: list[str]) -> None:
        self.conn = conn
        self.pool = pool
        self.clock = 0
        self.known = Known()
        self.people = [
            Person(
                self._settle(who, NUMBERS[who]) if kind != "id" else None,
                f"ID.{who}x0" if kind != "number" else None,
            )
            for who, kind in enumerate(kinds)
        ]
        self.waiting: list[Item | Change] = []
        self.delivered: list[Item | Change] = []
        self.told: dict[str, Item] = {}
        self.taken: set[int] = set()
        self.bots = [Turns(pool, Cache(100, lambda: True), ask_at_once(respond)) for _ in range(2)]
        self.count = 0
        self.began = datetime.now(UTC)

    def _settle(self, who: int, number: str) -> Tenancy:
        tenancy = Tenancy(number, who, self.clock)
        self.known.tenancies.append(tenancy)
        return tenancy

    def _next(self) -> int:
        self.count += 1
        return self.count

    async def act(self, act: tuple[Any, ...]) -> None:
        self.clock += 100
        word, who, *rest = act
        if word not in ("deliver", "again", "settler"):
            act = (word, who % len(self.people), *rest)
        match act:
            case ("tell" | "ask" as word, who, shown, at_once):
                item = self._write(who, shown)
                if item is None:
                    return
                if word == "tell":
                    item.name = f"n{item.number}"
                    self.told[item.name] = item
                self.waiting.append(item)
                if at_once:
                    await self._deliver(item)
            case ("move", who, place, how, keeps_id, at_once):
                await self._move(who, place, how, keeps_id, at_once)
            case ("leave", who):
                self.people[who].number = None
            case ("newcomer", who, has_id, shown):
                await self._take_over(who, has_id, shown)
            case ("settler", place, word, has_id):
                await self._settle_free(place, word, has_id)
            case ("heir", who, heir):
                await self._inherit(who, heir % len(self.people))
            case ("new id", who, names_number, at_once):
                person = self.people[who]
                if person.user_id:
                    old, person.user_id = person.user_id, f"ID.{who}x{self._next()}"
                    here = person.number if names_number else None
                    await self._tell_change(
                        Change(
                            self._next(), who, self.clock, False, here, here, old, person.user_id
                        ),
                        at_once,
                    )
            case ("deliver", place):
                if self.waiting:
                    await self._deliver(self.waiting[place % len(self.waiting)])
            case ("again", place):
                if self.delivered:
                    await self._redeliver(self.delivered[-1 - place % len(self.delivered)])
            case ("forget", who, shown):
                item = self._write(who, shown)
                if item is not None and self.known.may_deliver(item):
                    await self._forget(item)
            case ("reset", who, what):
                self._reset(who, what)
            case _:
                raise AssertionError(act)

    async def _take_over(self, who: int, has_id: bool, shown: str) -> None:
        """A person who has not written before gets somebody's number, and asks from it."""
        left, self.people[who].number = self.people[who].number, None
        if left is None:
            return
        newcomer = len(self.people)
        number = self._settle(newcomer, left.number)
        self.people.append(Person(number, f"ID.{newcomer}x0" if has_id else None))
        await self.act(("ask", newcomer, shown, True))

    async def _settle_free(self, place: int, word: str, has_id: bool) -> None:
        """A person who has not written before gets a number that nobody has, and writes."""
        free = self._free_numbers()
        if not free:
            return
        settler = len(self.people)
        number = self._settle(settler, free[place % len(free)])
        self.people.append(Person(number, f"ID.{settler}x0" if has_id else None))
        await self.act((word, settler, "both", True))

    async def _inherit(self, who: int, heir: int) -> None:
        """A known person gets the number that another one has left; no event tells of either."""
        left = self.people[who].number
        if left is None or heir == who:
            return
        self.people[who].number = None
        self.people[heir].number = self._settle(heir, left.number)
        await self.act(("ask", heir, "both", True))

    def _free_numbers(self) -> list[str]:
        taken = {person.number.number for person in self.people if person.number}
        return [number for number in NUMBERS if number not in taken]

    def _write(self, who: int, shown: str) -> Item | None:
        person = self.people[who]
        number = person.number if shown in ("both", "number") else None
        user_id = person.user_id if shown in ("both", "id") else None
        if number is None and user_id is None:
            return None
        return Item(self._next(), who, self.clock, number, user_id)

    async def _move(self, who: int, place: int, how: str, keeps_id: bool, at_once: bool) -> None:
        person = self.people[who]
        free = self._free_numbers()
        if not free:
            return
        number = free[place % len(free)]
        if person.number is None:
            person.number = self._settle(who, number)
            return
        left, person.number = person.number, self._settle(who, number)
        old_id = person.user_id
        if person.user_id and not keeps_id and how in ("both", "ids"):
            person.user_id = f"ID.{who}x{self._next()}"
        names_ids = how in ("both", "ids") and old_id is not None
        if how == "never" or (how == "ids" and person.user_id == old_id):
            return
        names_numbers = how in ("both", "numbers")
        await self._tell_change(
            Change(
                self._next(),
                who,
                self.clock,
                True,
                left if names_numbers else None,
                person.number if names_numbers else None,
                old_id if names_ids else None,
                person.user_id if names_ids else None,
            ),
            at_once,
        )

    async def _tell_change(self, change: Change, at_once: bool) -> None:
        self.waiting.append(change)
        if at_once:
            await self._deliver(change)

    async def _deliver(self, item: Item | Change) -> None:
        if not self.known.may_deliver(item):
            note(f"{self.clock}: cannot be known, waits: {show(item)}")
            return
        self.waiting.remove(item)
        self.delivered.append(item)
        if isinstance(item, Change):
            outcome = await self._hand_in_change(item)
            note(f"{self.clock}: {show(item)} → {outcome}")
            if any(
                self.known.may_be_covered(item.person, tenancy, item.sent)
                for tenancy in (item.left, item.reached)
            ):
                self.people[item.person].muddled = True
                if outcome in ("reset", "forgotten"):
                    # For all that is known, it is of the person who was reset at that number.
                    self.known.resets.append(Reset(item.person, self.clock, set()))
            self.known.hear_change(item, self.people)
        else:
            self.known.hear(item)
            await self._take(item)
        self._pass_time()

    async def _redeliver(self, item: Item | Change) -> None:
        if isinstance(item, Change):
            assert await self._hand_in_change(item) in ("duplicate", "reset", "forgotten")
        else:
            await self._take(item, again=True)
        self._pass_time()

    async def _hand_in_change(self, change: Change) -> str:
        return await apply_identity_event(
            self.pool,
            message_id=f"wamid.{change.number}",
            account=ACCOUNT,
            number_changed=change.number_changed,
            before=change.before,
            after=change.after,
            at=BEGIN + timedelta(seconds=change.sent),
        )

    async def _take(self, item: Item, *, again: bool = False) -> None:
        text = f"{item.number}|{'tell' if item.name else 'ask'}|{item.name or ''}"
        result = await self.bots[item.number % 2 ^ again].take(self._message(item, text))
        note(f"{self.clock}: {show(item)} → {result}")
        if again:
            assert not isinstance(result, Committed), f"{show(item)} was answered twice"
        else:
            assert isinstance(result, Committed) or not self._is_known(item), (
                f"{show(item)} is lost"
            )
        if not isinstance(result, Committed):
            return
        self.taken.add(item.number)
        rows = self.conn.execute(
            "SELECT body, address FROM \"Conversation\" WHERE direction = 'out' AND body LIKE %s",
            (f"{item.number}|%",),
        ).fetchall()
        for body, address in rows:
            self._judge(item, body, address)
        self.conn.execute("UPDATE \"Conversation\" SET status = 'sent' WHERE status = 'queued'")

    def _is_known(self, item: Item) -> bool:
        """Whether its BSUID says whose it is, whatever was reset of other people."""
        return (
            item.user_id is not None
            and not self.people[item.person].muddled
            and all(reset.person != item.person for reset in self.known.resets)
            and not self.known.may_be_covered(item.person, item.tenancy, item.sent)
        )

    def _judge(self, item: Item, body: str, address: str) -> None:
        note(f"      answered {body} to {address}")
        names = set(body.split("|")[1:]) - {"None"}
        if self._is_known(item) and not names:
            for told in self.delivered:
                assert not (
                    isinstance(told, Item)
                    and told.name
                    and told.number in self.taken
                    and (told.person, told.user_id) == (item.person, item.user_id)
                ), f"{show(item)} was answered {body}, and {show(told)} told a name"
        for name in names:
            told = self.told[name]
            assert told.person == item.person, (
                f"person {item.person} asked, and was told what person {told.person} said:"
                f" {show(item)} was answered {body}, and {show(told)} told it"
            )
            assert self.people[item.person].muddled or not self.known.is_forgotten(told), (
                f"what was said before a reset was told again: {show(item)} was answered {body},"
                f" and {show(told)} told it"
            )
        self._judge_address(item, address)

    def _judge_address(self, item: Item, address: str) -> None:
        if address.startswith("ID."):
            assert address.startswith(f"ID.{item.person}x"), f"{show(item)} was answered {address}"
            return
        mine = [t for t in self.known.tenancies if t.number == address and t.person == item.person]
        assert mine, f"{show(item)} was answered at {address}, which its writer never had"
        later = [
            t
            for t in self.known.tenancies
            if t.number == address and t.since > mine[-1].since and t.reached_is_told
        ]
        assert not later, f"{show(item)} was answered at {address}, which is another person's"

    async def _forget(self, item: Item) -> None:
        self.known.hear(item)
        result = await self.bots[item.number % 2].take(
            self._message(item, f"{item.number}|forget|")
        )
        note(f"{self.clock}: forget by {show(item)} → {result}")
        self.known.forget(item.person, self.clock, item.nodes)
        self._pass_time()

    def _reset(self, who: int, what: str) -> None:
        address = self.people[who].number if what == "number" else self.people[who].user_id
        if address is None:
            return
        node = self.known.node(address, self.clock)
        if isinstance(address, Tenancy):
            probe = Item(0, who, self.clock, address, None)
            if not self.known.may_deliver(probe) or node not in self.known.began:
                return
        handle = address.number if isinstance(address, Tenancy) else address
        gone = self.conn.execute("SELECT clients FROM reset_client(%s)", (handle,)).fetchone()
        note(f"{self.clock}: reset by {handle} of person {who} → {gone}")
        self.known.forget(who, self.clock, [node])
        self._pass_time()

    def _message(self, item: Item, text: str) -> Message:
        return Message(
            id=f"wamid.{item.number}",
            addresses=item.addresses,
            kind="text",
            text=text,
            at=BEGIN + timedelta(seconds=item.sent),
            account=ACCOUNT,
        )

    def _pass_time(self) -> None:
        """What the server has dated happened at the second that this life has come to."""
        now = BEGIN + timedelta(seconds=self.clock)
        self.conn.execute('UPDATE "Forgotten" SET at = %s WHERE at >= %s', (now, self.began))
        self.conn.execute(
            'UPDATE "User" SET "createdAt" = %s WHERE "createdAt" >= %s', (now, self.began)
        )
        self.conn.execute(
            'UPDATE "User" SET "activeAt" = %s WHERE "activeAt" >= %s', (now, self.began)
        )

    async def end(self) -> None:
        """WhatsApp delivers the rest as far as it can be known; then all ask."""
        for _ in range(len(self.waiting)):
            for item in list(self.waiting):
                self.clock += 100
                await self._deliver(item)
        for word in ("ask", "tell", "ask"):
            for who in range(len(self.people)):
                for shown in ("number", "id", "both"):
                    await self.act((word, who, shown, True))


def show(item: Item | Change) -> str:
    if isinstance(item, Change):
        return f"change {item.before} → {item.after} of person {item.person} at {item.sent}"
    what = f"tells {item.name}" if item.name else "asks"
    return f"person {item.person} {what} from {item.addresses} at {item.sent}"


def empty(conn: psycopg.Connection) -> None:
    for table in (
        "User",
        "Alias",
        "FormerAlias",
        "IdentityEvent",
        "IdentityNote",
        "Delivery",
        "Forgotten",
        "Reset",
    ):
        conn.execute(f'DELETE FROM "{table}"'.encode())
