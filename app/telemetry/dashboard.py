"""The events and metrics of the dashboard."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics

from app.telemetry.errors import describe_error
from app.telemetry.logs import log
from app.telemetry.serving import RequestReports

disable_created_metrics()

REGISTRY = CollectorRegistry()
REQUESTS = RequestReports(REGISTRY)

_listener_up = Gauge(
    "novabot_dashboard_listener_up",
    "1 while the database's notifications arrive",
    registry=REGISTRY,
)
_streams = Gauge("novabot_dashboard_streams", "Live pages that are open", registry=REGISTRY)
_resets = Counter(
    "novabot_dashboard_resets", "Resets made through this process", ["source"], registry=REGISTRY
)
_logins = Counter("novabot_dashboard_logins", "Tries to log in", ["outcome"], registry=REGISTRY)
_media = Counter(
    "novabot_dashboard_media",
    "Files of clients that were asked for",
    ["outcome"],
    registry=REGISTRY,
)


def track_stream() -> AbstractContextManager[object]:
    """Counts a live page as open while the context lasts."""
    return _streams.track_inprogress()


def count_reset(source: Literal["dashboard", "api"]) -> None:
    _resets.labels(source).inc()


def report_login(operator: str) -> None:
    _logins.labels("accepted").inc()
    log.info("operator logged in", operator=operator)


def report_login_refused(reason: Literal["password", "throttled"]) -> None:
    _logins.labels(reason).inc()
    log.warning("login refused", reason=reason)


def count_media(outcome: Literal["sent", "left"]) -> None:
    """A file was passed on whole, or the browser went away before its end."""
    _media.labels(outcome).inc()


def report_media_failed(outcome: str, reason: str) -> None:
    """A file was not shown; the operator has been told why. `reason` names no client or file."""
    _media.labels(outcome).inc()
    log.warning("a client's file was not shown", outcome=outcome, reason=reason)


def report_media_broken_off(reason: str) -> None:
    """A file ended before its end."""
    _media.labels("broken_off").inc()
    log.warning("a client's file broke off", reason=reason)


def report_database_failure(error: BaseException) -> None:
    """A request could not be served."""
    log.warning("request failed in the database", **describe_error(error))


def report_rows_kept(reason: str) -> None:
    """A reset was refused: nothing was deleted."""
    log.error("a reset was refused: remove what keeps the rows", reason=reason)


def report_listening() -> None:
    _listener_up.set(1)
    log.info("listening to the database's notifications")


def report_listener_lost(error: BaseException) -> None:
    _listener_up.set(0)
    log.warning("the database's notifications do not arrive", **describe_error(error))


def report_listener_ended(error: BaseException) -> None:
    """A fault of ours: the process ends, and its supervisor starts another."""
    _listener_up.set(0)
    log.error("dashboard ends: its listener failed", **describe_error(error))
