"""Faults struck at the real processes, each with what must hold; the table is docs/faults.md."""
