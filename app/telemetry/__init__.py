"""One vocabulary for what happens: an event is one function, which writes the log line and
counts the metric. A module a service, each with a registry of its own, so that a process exposes
its own metrics and no others.

No line holds a client's id, address, name or words. Resets and bots are named by their ids.
"""
