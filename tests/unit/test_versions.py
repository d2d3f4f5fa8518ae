"""The version is written where each reader looks for it: all say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from app.database.migrating.releases import RELEASE
from app.doctor.server import judge_version
from tests.matrix.postgres import _PINS

ROOT = Path(__file__).parents[2]


def test_package_code_schema_and_changelog_name_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == RELEASE
    schema = (ROOT / "sql" / "schema.sql").read_text()
    assert re.search(r"SELECT '([0-9.]+)', '[0-9.]+'", schema)[1] == RELEASE
    assert (
        re.search(r"^## ([0-9.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == RELEASE
    )


def test_the_matrix_fetches_no_server_that_doctor_warns_of() -> None:
    assert len(_PINS) > 4
    for (major, _), pin in _PINS.items():
        named, minor, *_ = pin.version.split(".")
        assert int(named) == major
        assert judge_version(major * 10_000 + int(minor)).level == "ok", pin.version
