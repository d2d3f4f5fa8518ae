"""The responder that NOVABOT_RESPONDER names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, cast

from app.sessions.session import Responder

_OURS = ("app", "novabot")
"""Packages of this program: a responder's own package needs another name."""


class ResponderError(Exception):
    """NOVABOT_RESPONDER cannot be used; the text says why and what to do."""


def load_responder(path: str) -> Responder:
    """What the factory `package.module:factory` makes. Raises ResponderError.

    The module may be installed, or lie in the working directory.
    """
    module, _, name = path.partition(":")
    if not module or not name:
        raise ResponderError(
            f"NOVABOT_RESPONDER: {path!r} is no package.module:factory, such as shop.bot:make"
        )
    _search_working_directory()
    try:
        factory: Any = getattr(importlib.import_module(module), name)
        responder: Any = factory()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        if _is_ours(module) or (isinstance(error, ImportError) and _is_ours(error.name or "")):
            reason += ". The packages app and novabot are Nova's: give yours another name"
        raise ResponderError(f"NOVABOT_RESPONDER: {path} can't be used: {reason}") from error
    if not callable(responder):
        raise ResponderError(
            f"NOVABOT_RESPONDER: {path} returned {type(responder).__qualname__}:"
            " it has to return the function that answers"
        )
    if not callable(getattr(responder, "forgotten", int)):
        raise ResponderError(
            f"NOVABOT_RESPONDER: {path}: `forgotten` of what it returned is no function"
        )
    return cast("Responder", responder)


def _search_working_directory() -> None:
    """Last, so that what lies there shadows no module."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS
