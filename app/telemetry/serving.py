"""The events that all services share: a request was answered, or could not be."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Histogram

from app.telemetry.errors import describe_error
from app.telemetry.logs import RateLimit, log

PROBES = frozenset({"/live", "/ready", "/metrics"})

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Any other is counted as `other`, so that callers cannot make series without end."""

_unready = RateLimit()


class RequestReports:
    """The line and the metric of every request, in the registry of one service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "novabot_request_seconds",
            "Requests, by route template; a stream counts when it ends",
            ["method", "route", "status"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self._known: dict[tuple[str, str, int], Histogram] = {}

    def report(self, method: str, route: str, status: int, seconds: float) -> None:
        """Not for probes: why a service is unready is an event of its own."""
        if route in PROBES:
            return
        counted = method if method in _METHODS else "other"
        key = counted, route, status
        series = self._known.get(key)
        if series is None:
            series = self._known[key] = self._seconds.labels(counted, route, str(status))
        series.observe(seconds)
        write = log.info if status < 500 else log.warning
        write("request", method=counted, route=route, status=status, ms=round(seconds * 1e3, 1))


def report_database_unready(reason: str) -> None:
    """/ready, which says less to its unauthenticated callers, is asked about once a second."""
    if _unready.permits():
        log.warning("the database cannot be used", reason=reason)


def report_application_failed(error: Exception) -> None:
    """It could not start, or not stop in order."""
    log.error("application failed", **describe_error(error))
