"""Sending against a Cloud API with a will of its own."""
