"""The responder in its bot: loads it, calls it, passes it the clients to forget."""
