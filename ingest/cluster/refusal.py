"""Why a worker cannot work, as a value: errors of ours do not travel between processes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error's message and its remedy."""

    message: str
    remedy: str
