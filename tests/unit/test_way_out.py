"""A proxy or certificates of the environment that cannot be used are named, without a password."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from app.bot.whatsapp.cloud_api import CloudApi
from app.way_out import WayOutError

META = "https://graph.facebook.com/v24.0"
NO_URL = "it is no URL of a proxy"
SOCKS = "a SOCKS proxy cannot be used"


def open_api(url: str = META) -> AbstractAsyncContextManager[CloudApi]:
    return CloudApi.open(url, "106540352242922", "a-token")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("proxy", "fault"),
    [
        ("socks5h://127.0.0.1:1080", SOCKS),
        ("socks5://ana:hunter2@127.0.0.1:1080", SOCKS),
        ("socks4://127.0.0.1:1080", NO_URL),
        ("http://ana:hunter2@[::1", NO_URL),
        ("http://proxy:port", NO_URL),
        ("https://127.0.0.1:99999", NO_URL),
        ('"http://127.0.0.1:3128"', NO_URL),
        ("http://", NO_URL),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_named_and_concerns_the_way_to_meta_alone(
    name: str, proxy: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv(name, proxy)
    with pytest.raises(WayOutError) as caught:
        async with open_api():
            pass
    assert str(caught.value) == f"{name}: {fault}: set it to http://host:port, or unset it"
    async with open_api("http://127.0.0.1:8008/v24.0"):
        pass
    monkeypatch.setenv("NO_PROXY", "127.0.0.1, *")
    async with open_api():
        pass


async def test_certificates_that_cannot_be_read_are_named_and_concern_the_way_to_meta_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    for name in ("missing", "empty", "."):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
        with pytest.raises(WayOutError, match=r"^SSL_CERT_FILE: no certificates can be read"):
            async with open_api():
                pass
    async with open_api("http://127.0.0.1:8008/v24.0"):
        pass
