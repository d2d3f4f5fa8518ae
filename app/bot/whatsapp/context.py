"""What a message says of other messages: that it is forwarded, what it quotes, which product.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

QUOTED_LIMIT = 512
"""Characters of the id of a quoted message; a longer one is not WhatsApp's."""


def is_forwarded(item: Mapping[str, Any]) -> bool:
    fields = _read_fields(item)
    return bool(fields.get("forwarded") or fields.get("frequently_forwarded"))


def read_context(item: Mapping[str, Any]) -> dict[str, Any]:
    """For a message's detail: `quotes` (id, from), `product`, `frequentlyForwarded`; each only
    where it is given. The text of what is quoted is not among it: it stays in its own row.
    """
    fields = _read_fields(item)
    found: dict[str, Any] = {}
    quoted, author = fields.get("id"), fields.get("from")
    if isinstance(quoted, str) and 0 < len(quoted) <= QUOTED_LIMIT:
        found["quotes"] = {"id": quoted}
        if isinstance(author, str) and author:
            found["quotes"]["from"] = author
    if isinstance(product := fields.get("referred_product"), dict):
        found["product"] = product
    if fields.get("frequently_forwarded"):
        found["frequentlyForwarded"] = True
    return found


def _read_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    context = item.get("context")
    return cast("dict[str, Any]", context) if isinstance(context, dict) else {}
