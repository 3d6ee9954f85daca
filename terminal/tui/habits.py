"""How somebody likes the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Habits:
    """What the screen keeps to, whatever is asked."""

    viewer: str | None = None
    """What opens PDF files, as in the setting of that name."""
    rerank: bool = True
    """The best hits are compared once more."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by the id of their binding, where they are others than usual."""
    state: Path | None = None
    """Folder in which the theme and the questions are kept; None: nowhere."""
    history: bool = True
    """Questions are kept there."""

    @property
    def questions(self) -> Path | None:
        """The file of the questions."""
        return self.state / "questions.jsonl" if self.state and self.history else None

    @property
    def theme(self) -> Path | None:
        """The file of the theme."""
        return self.state / "theme.json" if self.state else None
