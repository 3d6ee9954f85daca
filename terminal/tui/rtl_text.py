"""Text on the screen, its right-to-left paragraphs set to the right and put in order."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content, Span
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

from terminal.bidi import Rtl, begins_at_the_right, has_right_to_left, levels, visual_line


def shown(content: Content, width: int, how: Rtl) -> Content:
    """Wrap the right-to-left paragraphs of `content` at `width` cells and write them as they are seen.

    Styles stay on the characters that they were on; other paragraphs stay as they are, for Textual to wrap.
    """
    if how is Rtl.OFF or width <= 0 or not has_right_to_left(content.plain):
        return content
    paragraphs = content.split(allow_blank=True)
    return Content("\n").join(line for part in paragraphs for line in _lines(part, width, how))


def shown_in_a_row(content: Content, width: int, how: Rtl, *, start: int = 0) -> Content:
    """Cut each line of `content` to `width` cells, and write what stands behind `start` as it is seen.

    For a title behind a number: it is put in order and stays where it is. `start` is in characters.
    """
    if how is not Rtl.REORDER or not has_right_to_left(content.plain):
        return content
    return Content("\n").join(_row(line, width, start) for line in content.split(allow_blank=True))


def rtl_of(widget: Widget) -> Rtl:
    """Look up who puts text in order in the app that `widget` is part of."""
    how = getattr(widget.app, "rtl", Rtl.OFF)
    return how if isinstance(how, Rtl) else Rtl.OFF


def rtl_text(content: Content, how: Rtl) -> Visual:
    """Give what shows `content` at whatever width a widget has, for `Static.update`."""
    return RtlText(content, how) if how is not Rtl.OFF and has_right_to_left(content.plain) else content


def rtl_row(content: Content, how: Rtl, *, start: int) -> Visual:
    """Give what shows a row of a list, whose lines are cut and not wrapped, for `Option`."""
    wanted = how is Rtl.REORDER and has_right_to_left(content.plain)
    return RtlText(content, how, row_start=start) if wanted else content


class RtlText(Visual):
    """Content that is wrapped and put in order anew whenever the width changes."""

    def __init__(self, content: Content, how: Rtl, *, row_start: int | None = None) -> None:
        self.content = content
        self._how = how
        self._row_start = row_start
        self._shown: tuple[int, Content] | None = None

    def __str__(self) -> str:
        return self.content.plain

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Write the lines."""
        return self._at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Give the width at which no line is wrapped."""
        return self.content.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Count the lines."""
        return self._at(width).get_height(rules, width)

    def _at(self, width: int) -> Content:
        if self._shown is None or self._shown[0] != width:
            start = self._row_start
            made = (
                shown(self.content, width, self._how)
                if start is None
                else shown_in_a_row(self.content, width, self._how, start=start)
            )
            self._shown = width, made
        return self._shown[1]


def _lines(paragraph: Content, width: int, how: Rtl) -> Iterator[Content]:
    paragraph = paragraph.expand_tabs()
    text = paragraph.plain
    if not has_right_to_left(text):
        yield paragraph
        return
    at_the_right, of_characters, end = begins_at_the_right(text), levels(text), 0
    for line in paragraph.wrap(width):
        # Wrapping leaves out nothing but white space at the ends of lines.
        start = text.index(line.plain, end)
        end = start + len(line.plain)
        if how is Rtl.REORDER:
            line = _ordered(line, of_characters[start:end], base=int(at_the_right))
        yield line.pad_left(max(width - line.cell_length, 0)) if at_the_right else line


def _row(line: Content, width: int, start: int) -> Content:
    cut = line.truncate(width, ellipsis=True)
    before, title = cut[:start], cut[start:]
    if not title or not has_right_to_left(title.plain):
        return cut
    text = title.plain
    return before + _ordered(title, levels(text), base=int(begins_at_the_right(text)))


def _ordered(line: Content, of_characters: list[int], *, base: int) -> Content:
    seen = visual_line(line.plain, of_characters, base=base)
    spans = [Span(*place, span.style) for span in line.spans for place in seen.spans((span.start, span.end))]
    return Content(seen.text, spans)
