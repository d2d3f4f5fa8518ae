"""One vocabulary for what happens: an event is one function, which writes the log line and
counts the metric. Ids are shortened before they are logged; message texts never are.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()

REGISTRY = CollectorRegistry()
METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_log: structlog.stdlib.BoundLogger = structlog.get_logger("novabot")


def configure_logging(log_format: Literal["console", "json"], service: str) -> None:
    """Sends every event, and the libraries' warnings, to standard error, a line each."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def shorten(identifier: str) -> str:
    """A client id or address as logs may show it: `62817…@c.us`, `ID.ab…`."""
    name, at, domain = identifier.partition("@")
    return f"{name[:5]}…{at}{domain}"


def render_metrics() -> bytes:
    return generate_latest(REGISTRY)
