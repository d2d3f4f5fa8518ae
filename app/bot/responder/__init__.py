"""The responder in its bot: found and made, asked, and told whom to forget."""
