"""The passage that answers between its neighbours, as lines that scroll."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from terminal.tui.marked_passage import MarkedPassage, Marks
from terminal.tui.rtl_text import rtl_of, shown

_PASSAGE, _NEIGHBOUR, _EDGE = "document--passage", "document--neighbour", "document--edge"
_EDGES = {_PASSAGE: "█ ", _NEIGHBOUR: ""}
"""What stands before each line: the passage has a bar."""


class DocumentView(ScrollView, can_focus=True):
    """One widget that wraps its text itself and paints the lines in sight.

    A widget for each passage would have the whole screen laid out twice for each answer, as Textual does
    where a text gets longer, and every line painted, of which most are out of sight.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {_PASSAGE, _NEIGHBOUR, _EDGE}

    def __init__(self) -> None:
        super().__init__(id="document")
        self.passage = MarkedPassage()
        self._before, self._after = Content(), Content()
        self._lines: list[tuple[str, Content]] = []
        """Wrapped, each with the name of its style."""
        self._painted: dict[int, Strip] = {}
        self._width = 0
        """Cells for which the lines were wrapped."""
        self._top = 0
        """Line at which the passage begins."""
        self._rest = 0.0
        """Line that was scrolled to, unless by the user."""
        self._to_passage = False
        """It is still to be scrolled to, once there is room for a line."""

    def show(self, before: Content, marks: Marks, after: Content, *, again: bool) -> None:
        """Show a passage between its neighbours.

        What is shown again stays where the user has scrolled to.
        """
        self._before, self._after = before, after
        self.passage.show(marks)
        self._to_passage = not again or self.scroll_y == self._rest
        self._lay_out()

    def step(self, by: int) -> None:
        """Go to the next stretch of the passage that answers, or with -1 to the one before."""
        self.passage.step(by)
        self._lay_out()
        if not self._lines:
            return
        line = self._top + self.passage.line_lit(self._room(_PASSAGE))
        self.scroll_to_region(Region(0, line, 1, 3), animate=False, force=True)

    def on_resize(self) -> None:
        """Wrap at another width."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Paint in other colours."""
        self._painted.clear()
        super().notify_style_update()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that is selected with the mouse, and what ends it."""
        return selection.extract("\n".join(line.plain for _, line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual calls it
        """Paint another selection."""
        self._painted.clear()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint what is in sight, at the width that the scroll bar leaves."""
        if self._width != self._width_now:
            self._lay_out()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Paint a line of what is in sight."""
        number = self.scroll_offset.y + y
        if number >= len(self._lines):
            return Strip.blank(self._width, self.visual_style.rich_style)
        if number not in self._painted:
            self._painted[number] = self._paint(number)
        return self._painted[number]

    def _room(self, name: str) -> int:
        return self._width - len(_EDGES[name])

    def _lay_out(self) -> None:
        self._to_passage |= self.scroll_y == self._rest and self._width != self._width_now
        self._wrap()
        if self._width != self._width_now:
            self._wrap()  # the scroll bar has come or gone
        if self._to_passage and self._lines:
            self.scroll_to(y=self._top, animate=False, force=True)
            self._rest, self._to_passage = self.scroll_y, False

    @property
    def _width_now(self) -> int:
        return self.scrollable_content_region.width

    def _wrap(self) -> None:
        self._width = self._width_now
        if self._room(_PASSAGE) <= 0:
            return
        before, after = (self._wrapped(text, _NEIGHBOUR) for text in (self._before, self._after))
        before += [Content()] if before else []
        after = [Content(), *after] if after else []
        passage = self._wrapped(self.passage.written(), _PASSAGE)
        self._top = len(before)
        self._lines = [(_NEIGHBOUR, line) for line in before]
        self._lines += [(_PASSAGE, line) for line in passage]
        self._lines += [(_NEIGHBOUR, line) for line in after]
        self._painted.clear()
        self.virtual_size = Size(self._width, len(self._lines))
        self._scroll_update(self.virtual_size)
        self.refresh()

    def _wrapped(self, text: Content, name: str) -> list[Content]:
        if not text.plain.strip():
            return []
        return shown(text, self._room(name), rtl_of(self)).wrap(self._room(name))

    def _paint(self, number: int) -> Strip:
        name, line = self._lines[number]
        style = self.get_visual_style(name)
        if self.text_selection is not None and (span := self.text_selection.get_span(number)) is not None:
            start, end = span
            selected = Style.from_styles(self.screen.get_component_styles("screen--selection"))
            line = line.stylize(selected, start, len(line.plain) if end == -1 else end)
        strips = Visual.to_strips(self, line, self._room(name), 1, style, apply_selection=False)
        text = strips[0] if strips else Strip.blank(0)
        edge = Content(_EDGES[name]).render_segments(self.get_visual_style(_EDGE))
        painted = text.apply_offsets(0, number).extend_cell_length(self._room(name), style.rich_style)
        return Strip.join([Strip(edge), painted])
