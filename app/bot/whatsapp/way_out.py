"""The way to Meta that the environment names: its proxy and its certificates."""

from __future__ import annotations

import ssl
from urllib.request import getproxies

import httpx2


class WayOutError(Exception):
    """What the environment names cannot be used; the text says which variable, and what to do."""


def check_proxies() -> None:
    """Raises WayOutError for a proxy that httpx2 cannot use; its URL may hold a password."""
    proxies = getproxies()
    if "*" in (host.strip() for host in proxies.get("no", "").split(",")):
        return
    for scheme in ("http", "https", "all"):
        proxy = proxies.get(scheme)
        fault = _find_fault(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        if fault is not None:
            name = f"{scheme.upper()}_PROXY"
            raise WayOutError(f"{name}: {fault}: set it to http://host:port, or unset it")


def load_certificates() -> ssl.SSLContext:
    """The certificates to trust. Raises WayOutError if the file of them cannot be read."""
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise WayOutError(
            f"SSL_CERT_FILE: no certificates can be read from it ({error.strerror or error}):"
            " correct it, or unset it"
        ) from error


def _find_fault(proxy: str) -> str | None:
    try:
        url = httpx2.Proxy(proxy).url
    except (ValueError, httpx2.InvalidURL):
        return "it is no URL of a proxy"
    if url.scheme.startswith("socks"):
        return "a SOCKS proxy cannot be used"
    if not url.host or (url.port or 0) > 65535:
        return "it is no URL of a proxy"
    return None
