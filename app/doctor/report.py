"""Shows the findings: a table on a terminal, else a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.doctor.finding import Finding, Level

_STYLES: dict[Level, str] = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def show(findings: Iterable[Finding], console: Console | None = None) -> bool:
    """Shows all findings and a summary; False if one of them is a fault."""
    console = console or Console(highlight=False)
    if console.is_terminal:
        with console.status("examining…"):
            made = list(findings)
        console.print(_make_table(made))
    else:
        made = [_print_line(console, finding) for finding in findings]
    counts: Counter[Level] = Counter(finding.level for finding in made)
    console.print(_summarise(counts))
    return counts["fault"] == 0


def _make_table(findings: list[Finding]) -> Table:
    table = Table("", "", "Found", "To mend", header_style="bold", expand=False)
    for finding in findings:
        table.add_row(
            Text(finding.level, style=_STYLES[finding.level]),
            Text(finding.subject),
            Text(finding.text),
            Text(finding.mend),
        )
    return table


def _print_line(console: Console, finding: Finding) -> Finding:
    mend = f" → {finding.mend}" if finding.mend else ""
    line = f"{finding.level:<8} {finding.subject}: {finding.text}{mend}"
    console.print(Text(line), soft_wrap=True)
    return finding


def _summarise(counts: Counter[Level]) -> Text:
    if not counts["fault"] and not counts["warning"]:
        return Text("all is well", style=_STYLES["ok"])
    parts = [
        f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}"
        for level in ("fault", "warning")
        if counts[level]
    ]
    return Text(", ".join(parts), style=_STYLES["fault" if counts["fault"] else "warning"])
