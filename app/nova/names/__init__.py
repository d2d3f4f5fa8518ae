"""Names: whether a message tells the name of its writer, and which."""
