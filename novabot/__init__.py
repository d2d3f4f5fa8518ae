"""For the author of a responder: the values it is given and those it returns.

`NOVABOT_RESPONDER=shop.bot:make` names a factory; docs/operations.md shows one.
"""

from app.messages import Message, Outgoing, Reply, instant
from app.sessions.session import Responder, Session

__all__ = ["Message", "Outgoing", "Reply", "Responder", "Session", "instant"]
