"""The one grammar of addresses: the digits of a phone number, or WhatsApp's user id (BSUID).

sql/addresses.sql says the same to the database. A BSUID is the two letters of a country, a period
and up to 128 letters and digits (`ID.4fzq0k2m9x`); that of a parent account has `ENT.` in between.
Letters in either case are accepted, and compared as they are given.

A phone number has several national spellings in Mexico (52 1 or 52), Argentina (54 9 or 54) and
Brazil (55, area, a 9 or none before a mobile number): `canonical` makes one of them.
https://developers.facebook.com/docs/whatsapp/business-management-api/business-scoped-user-ids
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BSUID_SHAPE = r"[A-Za-z]{2}\.(?:[Ee][Nn][Tt]\.)?[A-Za-z0-9]{1,128}"
_PHONE = re.compile(r"[0-9]{5,20}")
_BSUID = re.compile(_BSUID_SHAPE)
_BSUID_IN_TEXT = re.compile(rf"\b{_BSUID_SHAPE}\b", re.ASCII)
_MEXICO = re.compile(r"521[0-9]{10}")
_ARGENTINA = re.compile(r"54[0-9]{10}")
_BRAZIL = re.compile(r"55[1-9][0-9][6-9][0-9]{7}")
_HOSTS = ("@c.us", "@s.whatsapp.net")
_EARLIER_CLIENT = re.compile(r"([0-9]{5,20})#([0-9a-f]{8})[0-9a-f-]{28}")


def is_phone(address: str) -> bool:
    """Whether this is a phone number: its digits alone, with the country code."""
    return _PHONE.fullmatch(address) is not None


def is_bsuid(address: str) -> bool:
    """Whether this is a business-scoped user id."""
    return _BSUID.fullmatch(address) is not None


def canonical(address: str) -> str:
    """The one form under which an address is compared; what is no phone number stays."""
    if _MEXICO.fullmatch(address):
        return "52" + address[3:]
    if _ARGENTINA.fullmatch(address):
        return "549" + address[2:]
    if _BRAZIL.fullmatch(address):
        return f"{address[:4]}9{address[4:]}"
    return address


def deciding_address(addresses: Sequence[str]) -> str:
    """Of a sender's addresses, the one that decides who writes: a BSUID if there is one."""
    return canonical(next((address for address in addresses if is_bsuid(address)), addresses[0]))


def is_client_id(text: str) -> bool:
    """Whether this has the shape of `"User".id`: `6281717407674@c.us`, or a BSUID."""
    digits = text.removesuffix("@c.us")
    return is_phone(digits) if digits != text else is_bsuid(text)


def replace_bsuids(text: str, replacement: str) -> str:
    """`text` with something else in place of every BSUID in it."""
    return _BSUID_IN_TEXT.sub(replacement, text)


def write_address(address: str) -> str:
    """A phone number, or its client id, as people write it: +62 817-1740-7674; others unchanged.

    `6281717407674#1f0c…`, an earlier client of a number, is +62 817-1740-7674 #1f0c2d3e: the number
    is another client's now.
    """
    # Bots need the grammar and not this: the package costs tens of milliseconds of their start.
    import phonenumbers

    if earlier := _EARLIER_CLIENT.fullmatch(address):
        return f"{write_address(earlier[1])} #{earlier[2]}"
    digits = address
    for host in _HOSTS:
        digits = digits.removesuffix(host)
    if not (digits.isascii() and digits.isdigit()):
        return address
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
