"""The emulated endpoint: what bots POST to it, what it answers, and the faults that tests order."""
