"""The releases that a database may be upgraded from.

The folder named like a release holds `dump.sql`, schema and data that the release's own processes
left in a database (`make_release.py` made it), and the responders that its bots are tested with.

When a release is tagged: date its entry in CHANGELOG.md, add it to RELEASES, run `make_release.py`,
commit the dump, add the hashes of its migrations to FROZEN in tests/database/test_migrations.py,
and add to `test_data.py` what migrations since give to rows of its database. Then raise the version
for the next one: RELEASE (app/database/migrating/releases.py), `schema_release()` (sql/schema.sql)
and that of pyproject.toml, with a new entry in CHANGELOG.md.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Release:
    version: str
    commit: str
    stays_ready: bool
    """Whether its bots stay ready on a newer, compatible schema."""

    @property
    def directory(self) -> Path:
        return Path(__file__).parent / self.version

    @property
    def dump(self) -> Path:
        return self.directory / "dump.sql"


RELEASES = (Release("0.1.0", "fab97392494f6a43644d1e9e91ca50cf95360e8a", stays_ready=False),)
LAST = RELEASES[-1]
"""Its bots answer rightly on the current schema, until they are replaced."""
SAME_SCHEMA = "the schema is still that of the last release"
"""Why a test is skipped that needs one to be upgraded."""


class NoReleaseError(Exception):
    """The sources of a release cannot be had; the text says why and what to do."""


def unpack(release: Release, directory: Path) -> Path:
    """Puts the sources of a release into a folder, from git; no network. Raises NoReleaseError."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--format=tar", release.commit, "app", "sql"],
        capture_output=True,
        check=False,
    )
    if archive.returncode != 0:
        raise NoReleaseError(
            f"git cannot give commit {release.commit}, which is release {release.version}:"
            f" {archive.stderr.decode(errors='replace').strip()}; in a shallow clone run"
            " `git fetch --unshallow`, and outside a clone the upgrade cannot be tested"
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(directory, filter="data")
    return directory


def run_from(code: Path, release: Release) -> dict[str, str]:
    """The environment in which `python -m app` runs these sources, wherever it is started.

    Modules of the release's folder can be named as responders.
    """
    return {
        "PYTHONSAFEPATH": "1",  # the working directory holds an `app` too, and would come first
        "PYTHONPATH": os.pathsep.join((str(code), str(release.directory))),
    }
