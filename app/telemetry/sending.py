"""What a bot's sending counts and says, in the registry of the bot."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from app.telemetry.bot import REGISTRY
from app.telemetry.logs import log

_sent = Counter("novabot_messages_sent", "Attempts to send", ["outcome"], registry=REGISTRY)
_marks = Counter(
    "novabot_read_marks", "Read marks and typing indicators", ["outcome"], registry=REGISTRY
)
_number_stopped = Gauge(
    "novabot_sending_stopped",
    "1 while the number sends nothing until it is seen to",
    registry=REGISTRY,
)


def count_sending(outcome: str) -> None:
    _sent.labels(outcome).inc()


def count_mark(outcome: str) -> None:
    _marks.labels(outcome).inc()


def report_number(state: str, code: int | None, reason: str | None, *, by_hand: bool) -> None:
    """Whether the business's number may send, when that changes."""
    _number_stopped.set(state == "stopped")
    match state:
        case "stopped":
            log.error(
                "sending is stopped: mend the cause"
                + (", then run novabot number resume" if by_hand else "; it is tried now and then"),
                code=code,
                reason=reason,
            )
        case "slowed":
            log.warning("sending is slowed: WhatsApp refused the rate", code=code, reason=reason)
        case _:
            log.info("sending goes on")


def report_number_unwritten(code: int | None, text: str, reason: str) -> None:
    log.error(
        "what WhatsApp said of the number could not be written", code=code, said=text, reason=reason
    )


def report_unsettled(reason: str) -> None:
    log.error(
        "the outcome of a sent answer could not be written: it becomes uncertain", reason=reason
    )
