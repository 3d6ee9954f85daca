"""How far the answer on the screen has come."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.engine.engine import Stage


@dataclass(frozen=True, slots=True)
class Progress:
    """What is shown of a question, and what is still awaited."""

    loaded: bool = False
    """The encoder is there."""
    shown: Stage | None = None
    awaited: Stage | None = None
    stopped: bool = False
    """The user waits no longer."""
    hint: str | None = None
    """What the line still needs."""
