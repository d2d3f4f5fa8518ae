"""Who asks, and what they may do: logins, identities, roles."""
