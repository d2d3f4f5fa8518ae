"""The version is written where each reader looks for it: all say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from app.database.releases import RELEASE

ROOT = Path(__file__).parents[2]


def test_package_code_schema_and_changelog_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == RELEASE
    schema = (ROOT / "sql" / "schema.sql").read_text()
    assert re.search(r"SELECT '([0-9.]+)', '[0-9.]+'", schema)[1] == RELEASE
    assert (
        re.search(r"^## ([0-9.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == RELEASE
    )
