"""Addresses of the simulated phones: the digits of a number, or a BSUID."""

from __future__ import annotations

import phonenumbers

from app.addresses import is_bsuid

HOME_REGION = "ID"


class AddressError(ValueError):
    """What was typed is no phone number and no BSUID; the message says what to type."""


def read_address(typed: str) -> str:
    """The address meant by `typed`: 0817-1740-7674, +62 817…, 62817…@c.us or ID.4fzq0….

    Raises AddressError.
    """
    trimmed = typed.strip().removesuffix("@c.us")
    if is_bsuid(trimmed):
        return trimmed
    if not trimmed:
        raise AddressError("Type a phone number, such as 0817-1740-7674.")
    # WhatsApp writes numbers with their country code and no plus.
    international = trimmed if trimmed.startswith(("0", "+")) else f"+{trimmed}"
    try:
        number = phonenumbers.parse(international, HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise AddressError(_advice(trimmed)) from error
    if not phonenumbers.is_possible_number(number):
        raise AddressError(_advice(trimmed))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


def _advice(typed: str) -> str:
    return (
        f"“{typed[:40]}” is not a phone number. Type it like 0817-1740-7674"
        " or +62 817-1740-7674, or a BSUID like ID.4fzq0k2."
    )
