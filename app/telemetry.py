"""One vocabulary for what happens: an event is one function, which writes the log line and
counts the metric. Ids are shortened before they are logged; message texts never are.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID

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
_PROBES = frozenset({"/live", "/ready", "/metrics"})
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


_turns = Counter("novabot_turns", "Turns taken", ["outcome"], registry=REGISTRY)
_stale_turns = Counter(
    "novabot_stale_turns", "Turns that the fence sent back", ["cause"], registry=REGISTRY
)
_sessions = Gauge("novabot_sessions", "Sessions in memory", registry=REGISTRY)
_evictions = Counter(
    "novabot_evictions", "Sessions dropped from memory", ["cause"], registry=REGISTRY
)
_eviction_seconds = Histogram(
    "novabot_eviction_seconds",
    "From a reset to its eviction here",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30),
    registry=REGISTRY,
)
_listener_up = Gauge(
    "novabot_listener_up", "1 while the listener's last proof is fresh", registry=REGISTRY
)
_listener_gaps = Counter(
    "novabot_listener_gaps", "Times the listener lost its connection", registry=REGISTRY
)
_sent = Counter("novabot_messages_sent", "Attempts to send", ["outcome"], registry=REGISTRY)
_ignored = Counter(
    "novabot_webhook_ignored", "Items acknowledged and not stored", ["reason"], registry=REGISTRY
)
_signed_at = Gauge(
    "novabot_webhook_last_signed_timestamp_seconds",
    "When the last rightly signed webhook came",
    registry=REGISTRY,
)


class _RateLimit:
    """One event a second; the others are only counted."""

    def __init__(self) -> None:
        self._permitted_at = float("-inf")

    def permits(self) -> bool:
        now = time.monotonic()
        if now - self._permitted_at < 1.0:
            return False
        self._permitted_at = now
        return True


_malformed_notifications = _RateLimit()
_gaps = _RateLimit()
_rounds = _RateLimit()


def measure_memory(sessions: Callable[[], float], listening: Callable[[], bool]) -> None:
    """Asked at every scrape: how many sessions are held, whether evictions would be heard."""
    _sessions.set_function(sessions)
    _listener_up.set_function(lambda: float(listening()))


def count_turn(outcome: str) -> None:
    _turns.labels(outcome).inc()


def count_stale_turn(cause: str) -> None:
    _stale_turns.labels(cause).inc()


def count_evictions(cause: str, sessions: int) -> None:
    _evictions.labels(cause).inc(sessions)


def observe_eviction(reset: int, sessions: int, seconds: float) -> None:
    _eviction_seconds.observe(seconds)
    _log.info("reset acknowledged", reset=reset, evicted=sessions, ms=round(seconds * 1000, 1))


def report_acknowledgement_delayed(reason: str) -> None:
    _log.warning("acknowledgement delayed", reason=reason)


def report_malformed_notification(channel: str, length: int) -> None:
    if _malformed_notifications.permits():
        _log.warning("malformed notification: all sessions evicted", channel=channel, length=length)


def report_listener_ready() -> None:
    _log.info("listening")


def report_listener_gap(reason: str) -> None:
    _listener_gaps.inc()
    if _gaps.permits():
        _log.warning("not listening, nothing remembered", reason=reason)


def report_deafness() -> None:
    _log.error(
        "LISTEN hears nothing: set LISTEN_DATABASE_URL to a connection that does not go"
        " through a transaction pooler"
    )


def report_bot_started(bot: UUID, host: str, port: int) -> None:
    _log.info("bot started", bot=str(bot), host=host, port=port)


def report_bot_stopped(bot: UUID, unretired: str | None) -> None:
    if unretired is None:
        _log.info("bot stopped", bot=str(bot))
    else:
        _log.warning("bot stopped, its row does not say so", bot=str(bot), reason=unretired)


def note_signed_webhook() -> None:
    _signed_at.set_to_current_time()


def count_ignored(reasons: Sequence[str]) -> None:
    for reason in reasons:
        _ignored.labels(reason).inc()


def report_turn_refused(reason: str) -> None:
    _log.warning("turn refused, WhatsApp delivers again", reason=reason)


def report_item_failed(error: Exception) -> None:
    _log.error("item set aside", error=_name_error(error), at=_find_place(error))


def report_work_failed(error: Exception) -> None:
    _log.error("work for a client failed", error=_name_error(error), at=_find_place(error))


def report_responder_failed(error: BaseException) -> None:
    _log.error("responder failed", error=_name_error(error), at=_find_place(error))


def report_round_missed(reason: str) -> None:
    if _rounds.permits():
        _log.warning("round missed", reason=reason)


def report_taken_over(clients: int, abandoned: int) -> None:
    if abandoned:
        _log.warning("answers of an ended bot are uncertain", answers=abandoned)
    if clients:
        _log.info("work found waiting", clients=clients)


def count_sending(outcome: str) -> None:
    _sent.labels(outcome).inc()


def report_sending_paused(code: int, text: str, seconds: float) -> None:
    _log.error("sending paused", code=code, reason=text, seconds=seconds)


def report_unsettled(reason: str) -> None:
    _log.error("what became of an answer could not be written: it will be uncertain", reason=reason)


def report_request(method: str, route: str, status: int, seconds: float) -> None:
    """Probes are not worth a line: why a service is unready is an event of its own."""
    if route in _PROBES:
        return
    level = logging.INFO if status < 500 else logging.WARNING
    _log.log(
        level, "request", method=method, route=route, status=status, ms=round(seconds * 1e3, 1)
    )


def report_login(operator: str) -> None:
    _log.info("operator logged in", operator=operator)


def report_login_refused(reason: Literal["password", "throttled"]) -> None:
    _log.warning("login refused", reason=reason)


def report_database_failure(error: BaseException, sqlstate: str | None) -> None:
    """A page could not be served; the error's own text may quote data and is left out."""
    _log.warning("dashboard could not be served", error=type(error).__name__, sqlstate=sqlstate)


def report_signals_heard() -> None:
    _log.info("dashboard hears the database")


def report_signals_ended(error: BaseException) -> None:
    """A fault of ours: the process ends, and whoever supervises it starts another."""
    _log.error("dashboard ends", error=_name_error(error), at=_find_place(error))


def report_signals_lost(error: BaseException) -> None:
    _log.warning("dashboard lost the database's signals", error=type(error).__name__)


def report_webhook_not_taken(bot: str, status: int | None, *, given_up: bool) -> None:
    """The simulator's message was not taken by a bot; it is tried again unless given up."""
    _log.warning("simulated message not taken", bot=bot, status=status, given_up=given_up)


def report_drift(faults: Sequence[str]) -> None:
    """The bot is unready until it is mended; the fence keeps its answers right meanwhile."""
    _log.error("the database's triggers are not as shipped: run novabot doctor", faults=faults)


def report_drift_mended() -> None:
    _log.info("the database's triggers are as shipped again")


def _name_error(error: BaseException) -> str:
    """The kind alone: a message may quote what a client wrote."""
    return type(error).__qualname__


def _find_place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
