"""The hits, two lines each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.visual import Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from search.hits import Hit
from terminal.safe_text import safe_text
from terminal.text_output import place
from terminal.tui import keys
from terminal.tui.bar import bar
from terminal.tui.messages import HitChosen, HitHighlighted, MarksChanged
from terminal.tui.rtl_text import rtl_of, rtl_row

_BAR_CELLS = 6
_BEFORE_TITLE = 3
"""Characters of a row before the title of its hit."""


class HitList(OptionList):
    """Rank, title, score, language and place of each hit, and which of them are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.HITS]

    def __init__(self) -> None:
        super().__init__(id="hits", markup=False)
        self._hits: tuple[Hit, ...] = ()
        self._marked: set[int] = set()
        """Ids of passages; they stay marked while other hits are shown."""
        self._offered: int | None = None
        """Id of the passage on which the cursor was put, unless by the user."""

    @property
    def current(self) -> Hit | None:
        """The hit under the cursor."""
        return None if self.highlighted is None else self._hits[self.highlighted]

    @property
    def marked(self) -> frozenset[int]:
        """Ids of the passages that are marked, of those shown."""
        return frozenset(hit.passage_id for hit in self._hits if hit.passage_id in self._marked)

    def show(self, hits: Sequence[Hit], *, same_question: bool) -> None:
        """Replace the hits in place.

        The cursor goes to the first one; but to the same question, a later answer leaves it on the passage to
        which the user has moved it.
        """
        current = self.current
        moved = same_question and current is not None and current.passage_id != self._offered
        ids = [hit.passage_id for hit in hits]
        stays = moved and current is not None and current.passage_id in ids
        row = ids.index(current.passage_id) if stays and current else 0
        in_place = ids == [hit.passage_id for hit in self._hits]
        self._hits = tuple(hits)
        with self.prevent(OptionList.OptionHighlighted):
            if in_place:
                self._repaint()
            else:
                self.set_options(Option(self._row(hit)) for hit in hits)
            self.highlighted = row if hits else None
        if hits and not stays:
            self._offered = ids[0]
        if hits:
            self.post_message(HitHighlighted(self._hits[row]))

    def action_mark(self) -> None:
        """Mark the hit under the cursor, or take its mark away, and go on to the next."""
        if self.current is not None:
            self._marked ^= {self.current.passage_id}
            self._repaint()
            self.post_message(MarksChanged())
            if self.highlighted is not None and self.highlighted + 1 < len(self._hits):
                self.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark all hits, or none if they all are."""
        shown = {hit.passage_id for hit in self._hits}
        self._marked = self._marked - shown if shown <= self._marked else self._marked | shown
        self._repaint()
        self.post_message(MarksChanged())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell which hit the cursor stands on."""
        event.stop()
        if event.option_index < len(self._hits):
            self.post_message(HitHighlighted(self._hits[event.option_index]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which hit was entered or clicked."""
        event.stop()
        if event.option_index < len(self._hits):
            self.post_message(HitChosen(self._hits[event.option_index]))

    def _repaint(self) -> None:
        for number, hit in enumerate(self._hits):
            self.replace_option_prompt_at_index(number, self._row(hit))

    def _row(self, hit: Hit) -> Content | Visual:
        row = _row(hit, marked=hit.passage_id in self._marked)
        return rtl_row(row, rtl_of(self), start=_BEFORE_TITLE)


def _row(hit: Hit, *, marked: bool) -> Content:
    behind = len(hit.copies) + hit.more_in_document
    return Content.assemble(
        (f"{hit.rank:>2}", "dim"),
        ("✓" if marked else " ", "bold $text-success"),
        (safe_text(hit.document.title), "bold"),
        "\n   ",
        bar(hit.score, _BAR_CELLS),
        f" {hit.score:.2f} ",
        (safe_text("+".join(hit.passage.languages)), "$text-accent"),
        (f" {safe_text(hit.collection)}", "$text-secondary") if hit.collection else "",
        (" stale", "$text-warning") if hit.stale else "",
        (f" +{behind}", "dim") if behind else "",
        # What a narrow list cuts off stands above the passage, too.
        (f" {place(hit.passage)}", "dim"),
    )
