"""The events and metrics of the phone simulator."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics

from app.telemetry.logs import log
from app.telemetry.serving import RequestReports

disable_created_metrics()

REGISTRY = CollectorRegistry()
REQUESTS = RequestReports(REGISTRY)

_webhooks = Counter(
    "novabot_simulator_webhooks", "Attempts to post to a bot", ["outcome"], registry=REGISTRY
)


def count_webhook(*, taken: bool) -> None:
    _webhooks.labels("taken" if taken else "not_taken").inc()


def report_webhook_not_taken(bot: str, status: int | None, *, given_up: bool) -> None:
    """A bot did not take the simulator's message; it is tried again unless given up."""
    log.warning("simulated message not taken", bot=bot, status=status, given_up=given_up)


def report_task_failed(error: Exception) -> None:
    log.error("background task failed", exc_info=error)
