"""What `up` gives to the services that it starts."""

from __future__ import annotations

from pathlib import Path

import app
from app.local.up import _add_to_path

SOURCE = str(Path(app.__file__).parents[1])


def test_the_services_find_the_package_wherever_they_run() -> None:
    assert _add_to_path({})["PYTHONPATH"] == SOURCE
    assert _add_to_path({"PYTHONPATH": "/shop"})["PYTHONPATH"] == f"{SOURCE}:/shop"
