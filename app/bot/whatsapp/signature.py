"""Meta's signature of a webhook body.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
"""

from __future__ import annotations

import hashlib
import hmac
import re

_HEADER = re.compile(r"sha256=([0-9a-fA-F]{64})")


def verify_signature(raw: bytes, header: str | None, secret: str) -> bool:
    """Whether `X-Hub-Signature-256` signs exactly these bytes; constant time, never raises."""
    match = _HEADER.fullmatch(header or "")
    if match is None:
        return False
    expected = hmac.digest(secret.encode(errors="surrogatepass"), raw, hashlib.sha256)
    return hmac.compare_digest(expected, bytes.fromhex(match[1]))
