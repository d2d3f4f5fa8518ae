"""The heart: what a bot remembers of its clients, and how the database revokes it."""
