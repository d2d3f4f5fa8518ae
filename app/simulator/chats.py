"""What the phones show: chats in memory, bounded, gone with the process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Literal

from app.simulator.changes import Changes
from app.simulator.cloud_api import ReplyType

MESSAGE_LIMIT = 500
PHONE_LIMIT = 200
TYPING_SECONDS = 25.0

Author = Literal["phone", "bot"]
State = Literal["sending", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message of a chat.

    Of the phone's: sending until a bot took it, then delivered, read once the bot says so, or
    failed when the simulator gave up. Of the bot's: delivered, read once its page was opened.
    """

    message_id: str
    author: Author
    text: str
    at: float
    state: State
    quoted: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """What can be tapped: ids and titles."""
    reply: ReplyType = "button_reply"
    """What a tap comes back as."""
    reaction: str = ""
    """The other side's emoji."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone as the list shows it."""

    address: str
    profile_name: str
    last: Bubble | None
    unread: int
    typing: bool


@dataclass(slots=True)
class _Chat:
    profile_name: str
    bubbles: dict[str, Bubble] = field(default_factory=dict)
    typing_until: float = 0.0


class Chats:
    """Every phone's chat, oldest message first; `changes` announces each change."""

    def __init__(self, message_limit: int = MESSAGE_LIMIT) -> None:
        self.changes: Changes = Changes()
        self._message_limit: int = message_limit
        self._chats: dict[str, _Chat] = {}

    def open(self, address: str, profile_name: str | None = None) -> None:
        """Adds the phone if it is new; the longest-added one makes room at PHONE_LIMIT."""
        if address in self._chats:
            return
        if len(self._chats) >= PHONE_LIMIT:
            del self._chats[next(iter(self._chats))]
        self._chats[address] = _Chat(profile_name or "WhatsApp user")
        self.changes.announce()

    def profile_name(self, address: str) -> str | None:
        chat = self._chats.get(address)
        return None if chat is None else chat.profile_name

    def phones(self) -> list[Phone]:
        return [_phone(address, chat) for address, chat in self._chats.items()]

    def find(self, address: str) -> Phone | None:
        chat = self._chats.get(address)
        return None if chat is None else _phone(address, chat)

    def bubbles(self, address: str) -> list[Bubble]:
        chat = self._chats.get(address)
        return [] if chat is None else list(chat.bubbles.values())

    def add(self, address: str, bubble: Bubble) -> None:
        """Appends a message; the same id again changes nothing, as on a real phone."""
        self.open(address)
        chat = self._chats[address]
        if bubble.message_id in chat.bubbles:
            return
        chat.bubbles[bubble.message_id] = bubble
        if bubble.author == "bot":
            chat.typing_until = 0.0
        while len(chat.bubbles) > self._message_limit:
            del chat.bubbles[next(iter(chat.bubbles))]
        self.changes.announce()

    def set_state(self, address: str, message_id: str, state: State) -> None:
        """Changes a message's state, if the chat still holds it; read never goes back."""
        chat = self._chats.get(address)
        bubble = None if chat is None else chat.bubbles.get(message_id)
        if chat is None or bubble is None or bubble.state in (state, "read"):
            return
        chat.bubbles[message_id] = replace(bubble, state=state)
        self.changes.announce()

    def react(self, address: str, message_id: str, emoji: str) -> None:
        """An emoji on a message of the other side; an empty one takes the last one back."""
        chat = self._chats.get(address)
        bubble = None if chat is None else chat.bubbles.get(message_id)
        if chat is not None and bubble is not None:
            chat.bubbles[message_id] = replace(bubble, reaction=emoji)
            self.changes.announce()

    def rewrite(self, address: str, message_id: str, text: str) -> None:
        """The phone's own message says something else now, if the chat still holds it."""
        chat = self._chats.get(address)
        bubble = None if chat is None else chat.bubbles.get(message_id)
        if chat is not None and bubble is not None and bubble.author == "phone":
            chat.bubbles[message_id] = replace(bubble, text=text)
            self.changes.announce()

    def take_unread(self, address: str) -> list[str]:
        """Marks the bot's messages as read; returns the ids that were not yet."""
        unread = [
            bubble.message_id
            for bubble in self.bubbles(address)
            if bubble.author == "bot" and bubble.state != "read"
        ]
        for message_id in unread:
            self.set_state(address, message_id, "read")
        return unread

    def read_up_to(self, message_id: str, typing: bool) -> None:
        """The bot has read this message and the phone's earlier ones; it may be typing."""
        for address, chat in self._chats.items():
            if message_id not in chat.bubbles:
                continue
            for bubble in list(chat.bubbles.values()):
                if bubble.author == "phone":
                    self.set_state(address, bubble.message_id, "read")
                if bubble.message_id == message_id:
                    break
            if typing:
                chat.typing_until = time.monotonic() + TYPING_SECONDS
                self.changes.announce()


def _phone(address: str, chat: _Chat) -> Phone:
    bubbles = list(chat.bubbles.values())
    return Phone(
        address=address,
        profile_name=chat.profile_name,
        last=bubbles[-1] if bubbles else None,
        unread=sum(1 for b in bubbles if b.author == "bot" and b.state != "read"),
        typing=chat.typing_until > time.monotonic(),
    )
