"""Live pages: what the database notifies, as server-sent events."""
