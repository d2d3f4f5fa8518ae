"""The dashboard: clients, resets and their receipts, for people and for programs."""
