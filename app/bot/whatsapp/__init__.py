"""The Cloud API as a bot meets it: signed payloads in, messages out. Nothing here knows a table."""
