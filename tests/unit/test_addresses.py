from __future__ import annotations

import pytest

from app.addresses import is_bsuid, is_client_id, is_phone, replace_bsuids, write_address

BSUIDS = [
    "ID.1",
    "ID.4fzq0k2m9x7c1w",
    "id.4fzq",
    "Us.13491208655302741918",
    "ID.ENT.4fzq",
    "id.ent.4fzq",
    "ID.ENT",
    "ID." + "a" * 128,
]
PHONES = ["62817", "6281717407674", "1" * 20]
NEITHER = [
    "",
    "1234",
    "1" * 21,
    "+6281717407674",
    "٦٢٨١٧١٧",
    "ID.",
    "ID.ENT.",
    "I.4fzq",
    "IDN.4fzq",
    "1D.4fzq",
    "ID.4f_zq",
    "ID.4fé",
    "ID.ENT.4f.zq",
    "ID." + "a" * 129,
    "ID.4fzq\n",
    "62817\n",
    " ID.4fzq",
]


@pytest.mark.parametrize("address", BSUIDS)
def test_a_bsuid(address: str) -> None:
    assert is_bsuid(address) and not is_phone(address)
    assert is_client_id(address)
    assert write_address(address) == address


@pytest.mark.parametrize("address", PHONES)
def test_a_phone_number(address: str) -> None:
    assert is_phone(address) and not is_bsuid(address)
    assert is_client_id(f"{address}@c.us") and not is_client_id(address)


@pytest.mark.parametrize("address", NEITHER)
def test_neither(address: str) -> None:
    assert not is_phone(address) and not is_bsuid(address)
    assert not is_client_id(address) and not is_client_id(f"{address}@c.us")


@pytest.mark.parametrize("address", BSUIDS)
def test_a_bsuid_is_found_in_a_text(address: str) -> None:
    assert replace_bsuids(f"to {address}, ({address})", "…") == "to …, (…)"


@pytest.mark.parametrize("text", ["Recipient is not valid.", "HTTP 400. Try again", "a.b"])
def test_a_text_without_one_stays(text: str) -> None:
    assert replace_bsuids(text, "…") == text


@pytest.mark.parametrize("suffix", ["", "@c.us", "@s.whatsapp.net"])
def test_a_number_is_written_as_people_write_it(suffix: str) -> None:
    assert write_address(f"6281717407674{suffix}") == "+62 817-1740-7674"


def test_an_earlier_client_of_a_number_is_told_from_its_owner() -> None:
    earlier = "6281717407674#1f0c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"
    assert write_address(earlier) == "+62 817-1740-7674 #1f0c2d3e"
    assert write_address("walk-in #7") == "walk-in #7"


@pytest.mark.parametrize("address", ["abc", "x@c.us", "", "٦٢٨١٧١٧"])
def test_what_is_no_number_is_written_as_it_is(address: str) -> None:
    assert write_address(address) == address
