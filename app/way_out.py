"""The way to Meta that the environment names: its proxy and its certificates."""

from __future__ import annotations

import ssl
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2


class WayOutError(Exception):
    """What the environment names cannot be used; the text says which variable, and what to do."""


def find_proxy(url: str) -> SplitResult | None:
    """The proxy to go by, with its user and password; None if there is none for this host.

    Raises WayOutError for any proxy that cannot be used; its URL may hold a password.
    """
    proxies = getproxies()
    if "*" in (host.strip() for host in proxies.get("no", "").split(",")):
        return None
    usable = {scheme: _read_proxy(scheme, proxies.get(scheme)) for scheme in _SCHEMES}
    target = urlsplit(url)
    if proxy_bypass(f"{target.hostname}:{target.port or 443}"):
        return None
    return usable[target.scheme] or usable["all"]


def check_way_out(url: str) -> None:
    """Raises WayOutError for a proxy or certificates that cannot be used on the way to `url`."""
    if url.startswith("https:"):
        find_proxy(url)
        load_certificates()


_SCHEMES = ("http", "https", "all")


def load_certificates() -> ssl.SSLContext:
    """The certificates to trust. Raises WayOutError if the file of them cannot be read."""
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise WayOutError(
            f"SSL_CERT_FILE: no certificates can be read from it ({error.strerror or error}):"
            " correct it, or unset it"
        ) from error


def _read_proxy(scheme: str, proxy: str | None) -> SplitResult | None:
    if not proxy:
        return None
    url, fault = _parse(proxy if "://" in proxy else f"http://{proxy}")
    if fault is not None:
        name = f"{scheme.upper()}_PROXY"
        raise WayOutError(f"{name}: {fault}: set it to http://host:port, or unset it")
    return url


def _parse(proxy: str) -> tuple[SplitResult | None, str | None]:
    """The URL, or what is wrong with it."""
    try:
        url = urlsplit(proxy)
        has_port = url.port != 0
    except ValueError:
        return None, "it is no URL of a proxy"
    if url.scheme in ("socks5", "socks5h"):
        return None, "a SOCKS proxy cannot be used"
    if url.scheme not in ("http", "https") or not url.hostname or not has_port:
        return None, "it is no URL of a proxy"
    return url, None
