"""The documents name every setting, metric and command that exists, and none that doesn't."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from app.settings import Settings
from app.telemetry import dashboard, sending, simulator
from tests.commands import list_commands

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/*.md", "sql/*.md") for path in ROOT.glob(pattern)
)
INTERNAL = {"NOVABOT_SIMULATOR_ALLOWED"}
REGISTRIES = {
    "bot": sending.REGISTRY,  # of the bot, with what sending adds
    "dashboard": dashboard.REGISTRY,
    "simulator": simulator.REGISTRY,
}


def list_metrics(registry: CollectorRegistry) -> set[str]:
    """Each with its labels, as in `novabot_turns_total{outcome}`."""
    metrics: set[str] = set()
    for metric in registry._collector_to_names:
        name = f"{metric._name}_total" if isinstance(metric, Counter) else metric._name
        labels = ",".join(metric._labelnames)
        metrics.add(f"{name}{{{labels}}}" if labels else name)
    return metrics


def test_every_setting_is_documented_and_no_other() -> None:
    known = {str(field.validation_alias) for field in Settings.model_fields.values()} - INTERNAL
    told = re.findall(r"^\| `([A-Z][A-Z_]+)` \|", OPERATIONS, re.MULTILINE)
    assert sorted(told) == sorted(known)


@pytest.mark.parametrize("service", REGISTRIES)
def test_every_metric_of_a_service_is_documented_and_no_other(service: str) -> None:
    _, _, after = OPERATIONS.partition(f"\n## Metrics ({service})\n")
    section = after.partition("\n## ")[0]
    told = re.findall(r"^\| `(novabot_[^`]+)`", section, re.MULTILINE)
    assert sorted(told) == sorted(list_metrics(REGISTRIES[service]))


def test_every_service_with_metrics_has_a_section_and_no_other() -> None:
    told = re.findall(r"^## Metrics \((\w+)\)$", OPERATIONS, re.MULTILINE)
    assert sorted(told) == sorted(REGISTRIES)


def test_every_command_is_documented_and_no_other() -> None:
    told = re.findall(r"^\| `novabot ([a-z -]+)` \|", OPERATIONS, re.MULTILINE)
    assert sorted(told) == sorted(list_commands())


def test_every_command_says_in_its_help_what_it_does() -> None:
    assert [name for name, command in list_commands().items() if not command.help] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    missing = [link for link in links if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`((?:app|sql|tests|docs)/[\w/.]+)`", document.read_text())
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_every_file_that_the_code_names_exists() -> None:
    """`migrations/NNNN_name.sql` stands for any of them."""
    missing = [
        f"{source.relative_to(ROOT)}: {name}"
        for pattern in ("app/**/*.py", "novabot/*.py", "sql/**/*.sql")
        for source in ROOT.glob(pattern)
        for name in re.findall(
            r"\b(?:app|sql|tests|docs)/[\w/.]+\.(?:py|sql|md|txt)\b", source.read_text()
        )
        if "NNNN" not in name and not (ROOT / name).exists()
    ]
    assert not missing
