"""The items of a webhook body in lines, a client's in one: lines are seen to side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from app.addresses import canonical
from app.bot.whatsapp.annotations import Annotation
from app.bot.whatsapp.echoes import Echo
from app.bot.whatsapp.identity_events import IdentityEvent
from app.bot.whatsapp.inbound import StatusUpdate
from app.bot.whatsapp.payload import Item, SetAside
from app.bot.whatsapp.preferences import Preference
from app.crm.account_events import AccountEvent
from app.messages import Message


def group_by_owner(items: Sequence[Item]) -> list[list[Item]]:
    """The items in lines that may be handled side by side: what shares an address shares a line."""
    above: dict[str, str] = {}

    def find_line(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for item in items:
        first, *others = _find_keys(item)
        for other in others:
            above[find_line(other)] = find_line(first)
    lines: dict[str, list[Item]] = {}
    for item in items:
        lines.setdefault(find_line(_find_keys(item)[0]), []).append(item)
    for line in lines.values():
        for event in [item for item in line if isinstance(item, IdentityEvent)]:
            _put_before_texts(event, line)
    return list(lines.values())


def _put_before_texts(event: IdentityEvent, line: list[Item]) -> None:
    """A message that a person wrote after a change is answered after it."""
    place = line.index(event)
    new = {canonical(address) for address in event.after}
    for earlier, item in enumerate(line[:place]):
        if (
            isinstance(item, Message | Echo)
            and item.at >= event.at
            and new.intersection(map(canonical, item.addresses))
        ):
            line.insert(earlier, line.pop(place))
            return


def _find_keys(item: Item) -> Sequence[str]:
    match item:
        case Message() | Annotation() | Echo() | IdentityEvent() | Preference():
            return [canonical(address) for address in item.addresses]
        case StatusUpdate():
            return [f"status {item.message_id}"]
        case AccountEvent() | SetAside():
            return [type(item).__name__]
        case _:
            assert_never(item)
