"""What a log line says about an error, what a request is counted as, and that no event is idle."""

from __future__ import annotations

import ast
import errno
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

import app
from app.telemetry.errors import LONGEST_CHAIN, describe_error
from app.telemetry.serving import RequestReports

SECRET = "Petang"
APP = Path(app.__file__).parent


def catch(error: Exception) -> Exception:
    """The same, raised here, so that it has a place."""
    try:
        raise error
    except type(error) as raised:
        return raised


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert describe_error(ValueError(SECRET)) == {"error": "ValueError", "at": "?", "trace": "?"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(SECRET), "ValueError"),
        (OSError(errno.ENOSPC, SECRET, SECRET), "OSError: No space left on device"),
        (OSError(SECRET), "OSError"),
        (
            psycopg.OperationalError("connection failed: Connection refused\n\tfurther advice"),
            "OperationalError: connection failed: Connection refused",
        ),
        (psycopg.errors.InvalidTextRepresentation(SECRET), "InvalidTextRepresentation 22P02"),
        (psycopg.DataError(SECRET), "DataError"),
    ],
)
def test_an_error_is_named_without_what_may_quote_data(error: Exception, told: str) -> None:
    described = describe_error(catch(error))
    assert described["error"] == told
    assert described["at"].startswith("unit/test_telemetry.py:")
    assert SECRET not in "".join(described.values())


def test_members_of_groups_and_causes_are_told_with_their_places() -> None:
    cause = catch(KeyError(SECRET))
    member = catch(ValueError(SECRET))
    member.__cause__ = cause
    described = describe_error(catch(ExceptionGroup(SECRET, [catch(OSError()), member])))
    assert described["error"] == "ExceptionGroup"
    kinds = [part.partition(" at ")[0] for part in described["caused_by"].split("; ")]
    assert kinds == ["OSError", "ValueError", "KeyError"]


def test_a_chain_that_is_long_or_leads_back_to_itself_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert describe_error(first)["caused_by"] == "KeyError at ?"
    last = ValueError()
    for _ in range(100):
        following = ValueError()
        following.__cause__ = last
        last = following
    assert len(describe_error(last)["caused_by"].split("; ")) == LONGEST_CHAIN - 1


def test_requests_are_counted_without_probes_and_with_a_bounded_set_of_methods() -> None:
    registry = CollectorRegistry()
    requests = RequestReports(registry)
    requests.report("GET", "/ready", 200, 0.001)
    requests.report("BREW", "/clients/{id}", 405, 0.001)
    requests.report("PROPFIND", "/clients/{id}", 405, 0.001)

    def count(**labels: str) -> float | None:
        return registry.get_sample_value("novabot_request_seconds_count", labels)

    assert count(method="other", route="/clients/{id}", status="405") == 2
    assert count(method="GET", route="/ready", status="200") is None


def list_names(module: Path) -> Iterator[str]:
    """What the module defines: its functions, its classes, its metrics."""
    for node in ast.parse(module.read_text()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case _:
                pass


@pytest.mark.parametrize(
    "module", sorted((APP / "telemetry").glob("[!_]*.py")), ids=lambda p: p.stem
)
def test_every_event_is_reported_and_every_metric_set(module: Path) -> None:
    own = module.read_text()
    others = "".join(path.read_text() for path in APP.rglob("*.py") if path != module)
    idle = [
        name
        for name in list_names(module)
        if len(re.findall(rf"\b{name}\b", own if name.startswith("_") else own + others)) < 2
    ]
    assert idle == []
