"""Pages and fragments, made of templates in the reader's language."""

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

from app.dashboard.web.accept_language import choose_language
from app.dashboard.web.i18n import LOCALES, Language, load_language
from app.dashboard.web.state import operator_of, state_of

STATIC = Path(__file__).parent.parent / "static"
TEMPLATES = Path(__file__).parent.parent / "templates"
LANGUAGE_COOKIE = "novabot_language"


def open_templates() -> Environment:
    """Templates; a name that has no value fails, and every value is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
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
    """The URL of a file of static/; it changes with the file, which may be cached for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def language_of(request: Request) -> Language:
    """By the reader's switch, else by the browser's languages, else by NOVABOT_LOCALE."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    for locale in LOCALES:
        if locale == chosen:
            return load_language(locale)
    accepted = request.headers.get("accept-language", "")
    return load_language(choose_language(accepted, LOCALES, state_of(request).settings.locale))


def wants_fragment(request: Request) -> bool:
    """Whether a script on the page asks for the part of it that changes."""
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
    language = language_of(request)
    path = request.url.path
    html = (
        state_of(request)
        .templates.get_template(template)
        .render(
            values,
            language=language,
            t=language.t,
            h=language.h,
            now=datetime.now(UTC),
            operator=operator_of(request),
            path=path,
            here=f"{path}?{request.url.query}" if request.url.query else path,
        )
    )
    return HTMLResponse(html, status, {**(headers or {}), "Vary": "HX-Request"})
