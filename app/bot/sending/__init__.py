"""Sending: the outbox, what the number may send, farewells."""
