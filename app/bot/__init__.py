"""One bot: Meta's webhook in, NovaBot's answers out."""
