"""Turns values into pages, in the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.dashboard.access.identity import operator_of
from app.dashboard.web.i18n import Words, choose_words
from app.dashboard.web.state import services_of

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


def open_templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["segment"] = quote_segment
    environment.globals["static"] = static_url
    return environment


def quote_segment(text: str) -> str:
    """An id as one segment of a URL's path, whatever it holds."""
    return quote(text, safe="@")


@cache
def static_url(name: str) -> str:
    """The URL of a file of static/, another one whenever the file changes."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def words_of(request: Request) -> Words:
    return choose_words(request, services_of(request).settings.locale)


def wants_fragment(request: Request) -> bool:
    """Whether a script asks for the part of the page that changes."""
    return "hx-request" in request.headers


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """The page made of a template, or the fragment whose name begins with `_`."""
    words = words_of(request)
    path = request.url.path
    html = (
        services_of(request)
        .templates.get_template(template)
        .render(
            values,
            w=words,
            t=words.t,
            h=words.h,
            now=datetime.now(UTC),
            operator=operator_of(request),
            path=path,
            here=f"{path}?{request.url.query}" if request.url.query else path,
        )
    )
    return HTMLResponse(html, status, {**(headers or {}), "Vary": "HX-Request"})
