"""The database cluster in the data folder: made once, and only opened by its own version."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from app.local.data_folder import DataFolderError
from app.local.postgres_programs import ENVIRONMENT, read_major_version
from app.local.system_user import SystemUser

ROLE = "novabot"

_REASON = re.compile(r"error:|(FATAL|PANIC|ERROR):")


def find_or_make_cluster(
    programs: Path, data: Path, password_file: Path, user: SystemUser, *, durable: bool
) -> None:
    """Raises DataFolderError if initdb fails, or the data is of another major version."""
    if not data.exists():
        _make_cluster(programs, data, password_file, user, durable=durable)
    ours, theirs = read_major_version(programs), (data / "PG_VERSION").read_text().strip()
    if str(ours) != theirs:
        raise DataFolderError(
            f"{data} was made by PostgreSQL {theirs}, and this is {ours}: move it with"
            " pg_upgrade, or give another folder with --data DIR"
        )


def _make_cluster(
    programs: Path, data: Path, password_file: Path, user: SystemUser, *, durable: bool
) -> None:
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    locale = ["--locale=C.UTF-8"]
    if read_major_version(programs) >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    made = subprocess.run(
        [
            str(programs / "initdb"),
            f"--pgdata={fresh}",
            f"--username={ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            *locale,
            *([] if durable else ["--no-sync"]),
        ],
        cwd="/",
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        **user.drop,
    )
    if made.returncode != 0:
        raise DataFolderError(f"initdb failed: {_find_reason(made.stderr)}")
    fresh.rename(data)


def _find_reason(told: str) -> str:
    """The line with the reason: what initdb tells last is that it cleans up."""
    lines = told.strip().splitlines()
    reasons = [line for line in lines if _REASON.search(line)] or lines[-1:]
    return reasons[0] if reasons else "it gave no reason"
