"""Phones in the browser and an emulated WhatsApp Cloud API, for `novabot up` and the tests."""
