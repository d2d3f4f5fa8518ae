from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.whatsapp.signature import verify_signature

SECRET = "an-app-secret"
RAW = b'{"object":"whatsapp_business_account"}'
DIGEST = hmac.new(SECRET.encode(), RAW, hashlib.sha256).hexdigest()


def test_a_body_signed_with_the_secret_is_accepted() -> None:
    assert verify_signature(RAW, f"sha256={DIGEST}", SECRET)


def test_the_hexadecimal_digits_may_be_in_capitals() -> None:
    assert verify_signature(RAW, f"sha256={DIGEST.upper()}", SECRET)


def test_one_changed_byte_is_refused() -> None:
    assert not verify_signature(RAW + b" ", f"sha256={DIGEST}", SECRET)


def test_another_secret_is_refused() -> None:
    assert not verify_signature(RAW, f"sha256={DIGEST}", SECRET + "x")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        DIGEST,
        f"SHA256={DIGEST}",
        f"sha1={DIGEST}",
        f"sha256={DIGEST[:-1]}",
        f"sha256={DIGEST}0",
        f"sha256={DIGEST}\n",
        f" sha256={DIGEST}",
        f"sha256={DIGEST[:-1]}g",
        f"sha256={DIGEST[:-1]}٣",
        f"sha256={DIGEST}, sha256={DIGEST}",
        "sha256=" + "é" * 64,
        "\ud800",
    ],
)
def test_a_header_of_any_other_form_is_refused(header: str | None) -> None:
    assert not verify_signature(RAW, header, SECRET)


@given(st.binary(), st.text(), st.text())
def test_no_header_whatever_makes_it_raise(raw: bytes, header: str, secret: str) -> None:
    assert not verify_signature(raw, header, secret)
    assert not verify_signature(raw, f"sha256={header}", secret)
