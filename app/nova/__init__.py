"""NovaBot, the default responder: what it understands and what it says.

After its word lists are loaded, it does no I/O.
"""

from app.nova.responder import nova, respond, say_not_forgotten

__all__ = ["nova", "respond", "say_not_forgotten"]
