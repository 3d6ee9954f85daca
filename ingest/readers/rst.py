"""reStructuredText: the text stays raw, the lines that are underlined are headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.plain import raw_document

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*$")
_SHORTEST = 4
"""A shorter adornment has to be as long as its title."""


def read_rst(data: bytes) -> ParsedDocument:
    """Read reStructuredText.

    Raises:
        UnreadableFile: it is empty, or not text.
    """
    return raw_document(data, "rst", _headings)


def _headings(text: str) -> Iterator[Heading]:
    """Find section titles; how they are adorned tells their level, in the order of appearance."""
    whole_lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, whole_lines))]
    lines = [line.rstrip() for line in whole_lines]
    styles: list[str] = []
    last = -1  # the line where the last heading ends
    for number in range(1, len(lines)):
        title, under = lines[number - 1], lines[number]
        over = lines[number - 2] if number - 2 > last else ""
        style = _style(over, title, under)
        if style and number - 1 > last:
            if style not in styles:
                styles.append(style)
            first = number - 2 if len(style) == 2 else number - 1
            end = starts[number] + len(under)
            yield Heading(starts[first], end, styles.index(style) + 1, title.strip())
            last = number


def _style(over: str, title: str, under: str) -> str:
    """Name the adornment of a title, twice if it stands above as well; empty for no title."""
    if not title or not _ADORNMENT.match(under) or _ADORNMENT.match(title):
        return ""
    if over == under:
        return 2 * under[0]
    long_enough = len(under) >= min(len(title), _SHORTEST)
    return under[0] if not over and not title[0].isspace() and long_enough else ""
