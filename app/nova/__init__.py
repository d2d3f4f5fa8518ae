"""NovaBot, the default responder: what it understands and what it says. Pure, no I/O."""

from app.nova.responder import nova, respond

__all__ = ["nova", "respond"]
