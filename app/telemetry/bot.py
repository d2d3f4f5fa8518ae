"""The events and metrics of a bot, its sessions and its sending included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from app.telemetry.errors import describe_error
from app.telemetry.logs import RateLimit, log
from app.telemetry.serving import RequestReports

disable_created_metrics()

REGISTRY = CollectorRegistry()
REQUESTS = RequestReports(REGISTRY)

_turns = Counter("novabot_turns", "Turns taken", ["outcome"], registry=REGISTRY)
_stale_turns = Counter(
    "novabot_stale_turns", "Turns that the fence refused", ["cause"], registry=REGISTRY
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
_failed_groups = Counter(
    "novabot_failed_groups",
    "Statements for many that failed; each was then done alone",
    ["statement"],
    registry=REGISTRY,
)
_ignored = Counter(
    "novabot_webhook_ignored", "Items acknowledged and not stored", ["reason"], registry=REGISTRY
)
_account_events = Counter(
    "novabot_account_events",
    "What WhatsApp told of the business's account, number and templates",
    ["field", "severity"],
    registry=REGISTRY,
)
_annotations = Counter(
    "novabot_annotations",
    "Reactions, edits and revokes of messages",
    ["act", "outcome"],
    registry=REGISTRY,
)
_echoes = Counter(
    "novabot_echoes",
    "What persons wrote, edited or took back on the phone",
    ["act", "outcome"],
    registry=REGISTRY,
)
_identity = Counter(
    "novabot_identity",
    "Changes of who has which address, and those that could not be made",
    ["outcome"],
    registry=REGISTRY,
)
_refused_wishes = Counter(
    "novabot_refused_wishes",
    "Wishes of clients to be forgotten that something in the database refused",
    registry=REGISTRY,
)
_signed_at = Gauge(
    "novabot_webhook_last_signed_timestamp_seconds",
    "When the last webhook with a valid signature came",
    registry=REGISTRY,
)


_malformed_notifications = RateLimit()
_gaps = RateLimit()
_moved_portfolios = RateLimit()
_missed_heartbeats = RateLimit()
_delayed_upkeep = RateLimit()
_unwritable = RateLimit()
_group_failed = RateLimit()


def measure_memory(sessions: Callable[[], float], listening: Callable[[], bool]) -> None:
    """Asked at every scrape: how many sessions are held, whether evictions would be heard."""
    _sessions.set_function(sessions)
    _listener_up.set_function(lambda: float(listening()))


def count_turn(outcome: str) -> None:
    _turns.labels(outcome).inc()


def count_annotation(act: str, outcome: str) -> None:
    _annotations.labels(act, outcome).inc()


def count_echo(act: str, outcome: str) -> None:
    _echoes.labels(act, outcome).inc()


def count_stale_turn(cause: str) -> None:
    _stale_turns.labels(cause).inc()


def count_evictions(cause: str, sessions: int) -> None:
    _evictions.labels(cause).inc(sessions)


def observe_eviction(reset: int, sessions: int, seconds: float) -> None:
    _eviction_seconds.observe(seconds)
    log.info("reset acknowledged", reset=reset, evicted=sessions, ms=round(seconds * 1000, 1))


def report_acknowledgement_delayed(reason: str) -> None:
    log.warning("acknowledgement delayed", reason=reason)


def report_malformed_notification(channel: str, length: int) -> None:
    if _malformed_notifications.permits():
        log.warning("malformed notification: all sessions evicted", channel=channel, length=length)


def report_listener_ready() -> None:
    log.info("listening")


def report_listener_gap(reason: str) -> None:
    _listener_gaps.inc()
    if _gaps.permits():
        log.warning("not listening, nothing remembered", reason=reason)


def report_lost_notifications() -> None:
    log.error(
        "notifications do not arrive: set LISTEN_DATABASE_URL to a connection that does not go"
        " through a transaction pooler"
    )


def report_bot_started(bot: UUID, host: str, port: int) -> None:
    log.info("bot started", bot=str(bot), host=host, port=port)


def report_bot_stopped(bot: UUID, unretired: str | None) -> None:
    if unretired is None:
        log.info("bot stopped", bot=str(bot))
    else:
        log.warning("bot stopped, its row does not say so", bot=str(bot), reason=unretired)


def note_signed_webhook() -> None:
    _signed_at.set_to_current_time()


def count_ignored(reasons: Sequence[str]) -> None:
    for reason in reasons:
        _ignored.labels(reason).inc()


def report_account_event(field: str, event: str, severity: str) -> None:
    """Told once, by the bot that stored it; the page of the bots shows it."""
    _account_events.labels(field, severity).inc()
    told = {"fault": log.error, "warning": log.warning}.get(severity, log.info)
    told("WhatsApp tells of the business's account", field=field, what=event, severity=severity)


def report_wish_refused(reason: str) -> None:
    """The client was told that a person will see to it; the message is `unanswered`."""
    _refused_wishes.inc()
    log.error(
        "a client asked to be forgotten and could not be: remove what keeps the rows, then reset"
        " the client, whose page shows the message as unanswered",
        reason=reason,
    )


def report_turn_refused(reason: str) -> None:
    log.warning("turn refused, WhatsApp delivers again", reason=reason)


def report_item_failed(error: Exception) -> None:
    log.error("item set aside", **describe_error(error))


def report_work_failed(error: Exception) -> None:
    log.error("work for a client failed", **describe_error(error))


def report_responder_failed(error: BaseException) -> None:
    log.error("responder failed", **describe_error(error))


def report_forgetting_failed(error: Exception) -> None:
    """The receipts of these resets say so."""
    log.error("the responder may still remember forgotten clients", **describe_error(error))


def report_heartbeat_missed(reason: str) -> None:
    if _missed_heartbeats.permits():
        log.warning("heartbeat missed", reason=reason)


def report_unwritable(reason: str) -> None:
    """Turns and resets cannot be made, which is tried or looked at each second."""
    if _unwritable.permits():
        log.error("turns and resets cannot be made: run novabot doctor", reason=reason)


def report_rehearsed() -> None:
    log.info("turns and resets can be made again")


def report_upkeep_delayed(reason: str) -> None:
    if _delayed_upkeep.permits():
        log.warning("upkeep delayed", reason=reason)


def report_taken_over(clients: int, abandoned: int) -> None:
    if abandoned:
        log.warning("answers of an ended bot are uncertain", answers=abandoned)
    if clients:
        log.info("work found waiting", clients=clients)


def count_identity_event(outcome: str) -> None:
    """What became of a change of addresses that WhatsApp told."""
    _identity.labels(outcome).inc()
    if outcome == "failed":
        report_identity("move_failed")


def report_identity(result: str) -> None:
    """What a turn or an event did to who is who; an operator has to look at the failures."""
    _identity.labels(result).inc()
    match result:
        case "merged":
            log.info("two clients were one person, and are one client now")
        case "portfolio_moved":
            if _moved_portfolios.permits():
                log.error(
                    "known numbers come with other BSUIDs: the business's number has moved to"
                    " another portfolio; no client is split until that ends"
                )
        case _:
            log.error(
                "an address could not change its client, a lock or a trigger kept it (which, is in"
                " the database's log): two clients stay, their pages say which",
                result=result,
            )


def report_unknown_kinds(kinds: Sequence[str]) -> None:
    """They and what is queued behind them wait; after a downgrade they wait for ever."""
    log.warning("messages of unknown kinds wait for a bot of a newer release", kinds=kinds)


def report_drift(faults: Sequence[str]) -> None:
    """The bot is unready until it is mended; the fence keeps its answers right meanwhile."""
    log.error("the database's triggers are not as shipped: run novabot doctor", faults=faults)


def report_drift_mended() -> None:
    log.info("the database's triggers are as shipped again")


def report_group_failed(statement: str, reason: str) -> None:
    """A statement for many turns or outcomes failed, and each is done alone. Once a second."""
    _failed_groups.labels(statement).inc()
    if _group_failed.permits():
        log.warning("done one by one", statement=statement, reason=reason)
