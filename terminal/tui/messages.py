"""What the widgets tell the screen."""

from __future__ import annotations

from textual.message import Message

from search.hits import Hit


class HitHighlighted(Message):
    """The cursor stands on a hit."""

    def __init__(self, hit: Hit) -> None:
        super().__init__()
        self.hit = hit


class HitChosen(Message):
    """A hit was entered or clicked."""

    def __init__(self, hit: Hit) -> None:
        super().__init__()
        self.hit = hit


class MarksChanged(Message):
    """Other hits are marked than before."""
