"""The log of a process: a line an event on standard error, for people or as JSON."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from types import TracebackType
from typing import Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.telemetry.errors import describe_error

LogFormat = Literal["console", "json"]

log: structlog.stdlib.BoundLogger = structlog.get_logger("novabot")


class RateLimit:
    """One line a second of an event that may come in thousands."""

    def __init__(self) -> None:
        self._permitted_at = float("-inf")

    def permits(self) -> bool:
        now = time.monotonic()
        if now - self._permitted_at < 1.0:
            return False
        self._permitted_at = now
        return True


def configure_logging(log_format: LogFormat, service: str) -> None:
    """Sends every event, the libraries' warnings and unexpected errors to standard error.

    Errors are described, never printed: their messages may quote what a client wrote.
    """

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        add_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe_exception,
    ]
    renderer: Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(_write_json)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, _cut_message],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    sys.excepthook = _report_end
    threading.excepthook = _report_thread_end
    sys.unraisablehook = _report_unraisable


def _write_json(event: object, **_: object) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can escape
        return json.dumps(event, default=repr)


def _describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Puts what an error is in the place of its traceback."""
    match event.pop("exc_info", None):
        case BaseException() as error:
            event.update(describe_error(error))
        case (_, BaseException() as error, _):
            event.update(describe_error(error))
        case _:
            pass
    return event


def _cut_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A library's message, without what may quote data: further lines, asyncio's arguments."""
    message = str(event["event"]).strip()
    end = r"[<(\n]" if event.get("logger") == "asyncio" else r"\n"
    event["event"] = re.split(end, message, maxsplit=1)[0].strip()
    return event


def _report_end(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("process ends by an unexpected error", exc_info=error)


def _report_thread_end(ended: threading.ExceptHookArgs) -> None:
    log.error("thread ends by an unexpected error", exc_info=ended.exc_value)


def _report_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """An error that Python cannot raise: of a __del__, of a callback of its own."""
    log.error("unraisable error", exc_info=unraisable.exc_value)
