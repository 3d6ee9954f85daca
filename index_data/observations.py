"""What is looked at when something is odd: one thing, how it is, and what helps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but with less speed, safety or room than it might."""
    FAULT = "fault"
    """Something will not work, or is not safe."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that was looked at."""

    subject: str
    verdict: Verdict
    what: str
    """One sentence for people, without its full stop."""
    remedy: str = ""
    """What helps; empty where all is well."""
