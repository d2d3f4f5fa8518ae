"""Measurements of the real parts: `python -m tests.benchmarks`, explained in docs/benchmarks.md."""
