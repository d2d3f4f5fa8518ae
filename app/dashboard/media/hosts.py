"""Which addresses may be asked with the access token."""

from __future__ import annotations

from typing import Final

from yarl import URL

_HOSTS: Final = frozenset({"graph.facebook.com", "lookaside.fbsbx.com"})
_DOMAINS: Final = (".fbsbx.com", ".fbcdn.net")


def may_have_token(url: URL, api_url: URL) -> bool:
    """Whether it is one of Meta's over https, or of the same origin as WHATSAPP_API_URL."""
    if url.scheme not in ("http", "https") or not url.host:
        return False
    if url.user is not None or url.password is not None:
        return False
    if url.origin() == api_url.origin():
        return True
    host = url.host.lower()
    is_metas = host in _HOSTS or host.endswith(_DOMAINS)
    return is_metas and url.scheme == "https" and url.port == 443
