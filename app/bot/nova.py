"""`app.bot.nova:nova`, as version 0.1 called the default responder. To be removed in the next."""

from app.nova import nova

__all__ = ["nova"]
