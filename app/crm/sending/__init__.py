"""Sending: the outbox, the state of the number, what operators do with what was not sent."""
