"""A finding: one line for each thing that was checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault breaks a promise of forgetting now; a warning could, or weakens its proof."""

    level: Level
    subject: str
    """What was checked, in a word or three."""
    text: str
    mend: str = ""
    """What to do or to run; empty if nothing."""
