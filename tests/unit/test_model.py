"""The model of the protocol, its README and the product's own defects speak of the same guards."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.model.scenarios import FAULTS, GUARDS, PROPERTIES, QUICK, SCENARIOS
from tests.model.spin import MODELS
from tests.system.test_defects import DEFECTS

ROOT = Path(__file__).parents[2]
README = (MODELS / "README.md").read_text()
SOURCES = {path.name: path.read_text() for path in MODELS.glob("*.pml")}


def list_rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of the README."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    return [row.split(" | ") for row in rows[1:]]


def test_each_guard_has_a_row_and_each_row_a_guard() -> None:
    rows = {row[0]: row[-1] for row in list_rows("Each guard, and what happens without it")}
    assert rows == {
        guard.words: f"P{guard.property}" if guard.property else "none" for guard in GUARDS
    }


def test_each_fault_has_a_row_with_its_mends() -> None:
    rows = list_rows("What the model has found in the protocol as it is")
    assert [(row[0], row[2]) for row in rows] == [
        (fault.name, f"P{fault.property}") for fault in FAULTS
    ]
    proposed = set(re.findall(r"MENDED_[A-Z_]+[A-Z]", "".join(row[3] for row in rows)))
    assert proposed == {mend for fault in FAULTS for mend in fault.mends}


def test_each_property_is_explained_and_checked() -> None:
    explained = re.findall(r"^\| P(\d) \|", README, re.MULTILINE)
    assert [int(number) for number in explained] == list(PROPERTIES)
    checked = {number for scenario in SCENARIOS for number in scenario.checks}
    assert checked | {fault.property for fault in FAULTS} == set(PROPERTIES)


def test_the_defects_that_guards_name_exist() -> None:
    named = [guard.defect for guard in GUARDS if guard.defect is not None]
    assert set(named) <= set(DEFECTS)
    assert len(named) == len(set(named))


def test_each_switch_of_a_model_is_used() -> None:
    switches = re.compile(r"\b(?:NO|MENDED)_[A-Z_]+[A-Z]\b")
    for file, source in SOURCES.items():
        used = {macro for guard in GUARDS if guard.scenario.file == file for macro in guard.macros}
        used |= {mend for fault in FAULTS if fault.scenario.file == file for mend in fault.mends}
        in_source = set(switches.findall(re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)))
        assert in_source == used


def test_scenarios_have_names_of_their_own() -> None:
    for scenarios in (SCENARIOS, QUICK):
        assert len({scenario.name for scenario in scenarios}) == len(scenarios)
        assert all(scenario.file in SOURCES for scenario in scenarios)


def test_without_spin_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "tests.model"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "spin and a C compiler are not on the PATH" in done.stderr
    assert "apt-get install --no-install-recommends spin gcc" in done.stderr
