"""What is posted to the Cloud API for a message: one builder a kind.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.addresses import is_bsuid
from app.messages import TEXT_LIMIT, Kind, Outgoing

Wire = dict[str, Any]


class UnsendableError(ValueError):
    """WhatsApp would refuse this message; the text says why, without what is in it."""


def build_request(address: str, message: Outgoing, token: str) -> Wire:
    """The JSON to POST. `token` comes back in every status. Raises UnsendableError."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        ("recipient" if is_bsuid(address) else "to"): address,
        "type": message.kind,
        message.kind: BUILDERS[message.kind](message),
        "biz_opaque_callback_data": token,
    }


def _build_text(message: Outgoing) -> Wire:
    if not message.body:
        raise UnsendableError("the text is empty")
    if len(message.body) > TEXT_LIMIT:
        raise UnsendableError(
            f"the text has {len(message.body)} characters; WhatsApp takes {TEXT_LIMIT}"
        )
    return {"body": message.body, "preview_url": False}


BUILDERS: Final[Mapping[Kind, Callable[[Outgoing], Wire]]] = {"text": _build_text}
"""What stands under the name of its kind."""
