"""The hits, two lines each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from search.hits import Hit
from terminal.safe_text import safe_text
from terminal.text_output import place
from terminal.tui.messages import HitChosen, HitHighlighted

_BAR_CELLS = 8


class HitList(OptionList):
    """Rank, title, score, language and place of each hit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="hits.down"),
        Binding("k", "cursor_up", "Up", show=False, id="hits.up"),
    ]

    def __init__(self) -> None:
        super().__init__(id="hits", markup=False)
        self._hits: tuple[Hit, ...] = ()

    @property
    def current(self) -> Hit | None:
        """The hit under the cursor."""
        return None if self.highlighted is None else self._hits[self.highlighted]

    def show(self, hits: Sequence[Hit]) -> None:
        """Replace the list and put the cursor on its first hit."""
        self._hits = tuple(hits)
        self.set_options(Option(_row(hit)) for hit in hits)
        self.highlighted = 0 if hits else None

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell which hit the cursor stands on."""
        event.stop()
        self.post_message(HitHighlighted(self._hits[event.option_index]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which hit was entered or clicked."""
        event.stop()
        self.post_message(HitChosen(self._hits[event.option_index]))


def _row(hit: Hit) -> Content:
    filled = round(hit.score * _BAR_CELLS)
    behind = len(hit.copies) + hit.more_in_document
    return Content.assemble(
        (f"{hit.rank:>2} ", "dim"),
        (safe_text(hit.document.title), "bold"),
        "\n   ",
        ("━" * filled, "$success"),
        ("━" * (_BAR_CELLS - filled), "$foreground 20%"),
        f" {hit.score:.2f} ",
        (safe_text("+".join(hit.passage.languages)), "$accent"),
        (f" {place(hit.passage)}", "dim"),
        (" stale", "$warning") if hit.stale else "",
        (f" +{behind}", "dim") if behind else "",
    )
