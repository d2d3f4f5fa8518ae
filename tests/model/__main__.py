"""`make model`: the protocol, as a model, in every order of its steps within bounds.

First that the properties hold; then that each guard is needed: it is taken away, and the shortest
counterexample is told; then that the faults which the model has found are still there. `--quick`
checks smaller bounds, and takes away only guards that the product's own tests do too.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.model.scenarios import (
    FAULTS,
    GUARDS,
    PROPERTIES,
    QUICK,
    SCENARIOS,
    Fault,
    Guard,
    Scenario,
)
from tests.model.spin import Failed, Missing, Result, Tools, find_tools, search


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller bounds, within a minute")
    parser.add_argument("--words", action="store_true", help="tell every counterexample's steps")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4), metavar="N")
    arguments = parser.parse_args()
    try:
        tools = find_tools()
    except Missing as missing:
        sys.exit(str(missing))
    began = time.monotonic()
    quick: bool = arguments.quick
    scenarios = QUICK if quick else SCENARIOS
    guards = tuple(guard for guard in GUARDS if guard.defect or not quick)
    faults = () if quick else FAULTS
    with ThreadPoolExecutor(arguments.jobs) as jobs:
        holding = [jobs.submit(_check, tools, scenario) for scenario in scenarios]
        taken = [jobs.submit(_take_away, tools, guard) for guard in guards]
        found = [jobs.submit(_look_for, tools, fault) for fault in faults]
        for number, words in PROPERTIES.items():
            print(f"P{number}  {words}")
        failed = _show_scenarios(scenarios, [future.result for future in holding])
        failed += _show_guards(guards, [future.result for future in taken], arguments.words)
        failed += _show_faults(faults, [future.result for future in found], arguments.words)
    print(f"\n{time.monotonic() - began:.0f} s; {failed or 'nothing'} unexpected")
    sys.exit(1 if failed else 0)


def _check(tools: Tools, scenario: Scenario) -> Result:
    return search(tools, scenario.file, scenario.macros, shortest=False, end_states=True)


def _take_away(tools: Tools, guard: Guard) -> Result:
    """Only the guard's own property counts, so that the table says what it is for."""
    macros = {**guard.scenario.macros, **dict.fromkeys(guard.macros, 1)}
    if guard.property is None:
        return search(tools, guard.scenario.file, macros, shortest=False, end_states=True)
    return search(
        tools,
        guard.scenario.file,
        {**macros, "ONLY": guard.property},
        shortest=True,
        end_states=guard.property == 3,
    )


def _look_for(tools: Tools, fault: Fault) -> tuple[Result, Result | None]:
    """The counterexample, and the same scenario with the proposed mends."""
    scenario = fault.scenario
    macros = {**scenario.macros, "ONLY": fault.property}
    is_there = search(tools, scenario.file, macros, shortest=True, end_states=False)
    if not fault.mends:
        return is_there, None
    mended = {**scenario.macros, **dict.fromkeys(fault.mends, 1)}
    return is_there, search(tools, scenario.file, mended, shortest=False, end_states=True)


def _show_scenarios(scenarios: Sequence[Scenario], results: Sequence[Callable[[], Result]]) -> int:
    print("\nheld in every order of steps    properties      states       s  within")
    failed = 0
    for scenario, result in zip(scenarios, results, strict=True):
        checked = " ".join(f"P{number}" for number in scenario.checks)
        try:
            done = result()
        except Failed as error:
            failed += 1
            print(f"{scenario.name:<24} FAILED: {error}")
            continue
        print(
            f"{scenario.name:<24}{checked:>18}{done.states:>12,}{done.seconds:>8.1f}"
            f"  {scenario.bounds}",
            flush=True,
        )
        if done.steps:
            failed += 1
            print("  COUNTEREXAMPLE")
            _tell(done.steps)
    return failed


def _show_guards(
    guards: Sequence[Guard], results: Sequence[Callable[[], Result]], with_words: bool
) -> int:
    print(f"\n{'guard taken away':<54}breaks  steps  within")
    failed = 0
    for guard, result in zip(guards, results, strict=True):
        try:
            done = result()
        except Failed as error:
            failed += 1
            print(f"{guard.words:<54}FAILED: {error}")
            continue
        broken = f"P{guard.property}" if done.steps and guard.property else "none"
        if done.steps and guard.property is None:
            broken = "some"
        expected = bool(done.steps) == (guard.property is not None)
        failed += not expected
        print(
            f"{guard.words:<54}{broken:<6}{len(done.steps) or '-':>7}  {guard.scenario.bounds}"
            f"{'' if expected else '  UNEXPECTED'}",
            flush=True,
        )
        if with_words or not expected:
            _tell(done.steps)
    return failed


def _show_faults(
    faults: Sequence[Fault],
    results: Sequence[Callable[[], tuple[Result, Result | None]]],
    with_words: bool,
) -> int:
    failed = 0
    for fault, result in zip(faults, results, strict=True):
        if fault is faults[0]:
            print(f"\n{'found in the protocol as it is':<54}breaks  steps  with the mend")
        try:
            is_there, mended = result()
        except Failed as error:
            failed += 1
            print(f"{fault.name:<54}FAILED: {error}")
            continue
        holds = "no proposal"
        if mended is not None:
            holds = "COUNTEREXAMPLE" if mended.steps else f"holds, {mended.states:,} states"
        if not is_there.steps:
            holds = "NOT FOUND ANY MORE: take it out of tests/model/scenarios.py"
        failed += not is_there.steps or (mended is not None and bool(mended.steps))
        print(f"{fault.name:<54}P{fault.property:<5}{len(is_there.steps):>7}  {holds}", flush=True)
        if with_words:
            _tell(is_there.steps)
        if mended is not None and mended.steps:
            _tell(mended.steps)
    return failed


def _tell(steps: Sequence[str]) -> None:
    for number, step in enumerate(steps, start=1):
        print(f"    {number:>2}. {step}")


if __name__ == "__main__":
    main()
