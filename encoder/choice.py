"""Which encoder a new index is made with where nobody names one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from encoder.checkpoint import BUILTIN

AUTO = "auto"
PREFERRED = "bidirlm-1b"
"""The better encoder, where there is a GPU that makes it fast enough and its weights have been fetched."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An encoder, and why it."""

    model: str
    reason: str
    """Half a line, for people."""


def choose(models: Path, device: str) -> Choice:
    """Take the preferred encoder if `models` has its weights and a GPU is there, else the built-in one."""
    if not (models / PREFERRED).is_dir():
        return Choice(BUILTIN, f"since {PREFERRED} has not been fetched")
    # Only who has fetched it waits for torch to tell.
    from encoder.device import place

    kind = place(device).device.type
    if kind == "cpu":
        return Choice(
            BUILTIN, f"since {PREFERRED} would run on the CPU alone; --model {PREFERRED} does it anyway"
        )
    return Choice(PREFERRED, f"since its weights and {kind} are here")
