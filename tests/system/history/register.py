"""A responder whose answers say which message they answer, and everything that was remembered.

`T 7 Ani` tells a name, `A 8` asks, `F 9` asks to be forgotten. The answer `8|Ani|Ani` carries
the name that the client's row has, and the one that the session's context has.
"""

from __future__ import annotations

from app.messages import Message, Reply, instant
from app.sessions.session import Responder, Session


def factory() -> Responder:
    return _respond


@instant
def _respond(session: Session, message: Message) -> Reply:
    match message.text.split(" "):
        case ["T", number, name]:
            return Reply({"last": name}, (f"{number}|{name}|{name}",), learnt_name=name)
        case ["F", number]:
            return Reply({}, (f"{number}|-|-",), forget=True)
        case [_, number]:
            last = session.context.get("last", "-")
            return Reply(session.context, (f"{number}|{session.nama or '-'}|{last}",))
        case _:
            return Reply(session.context)
