"""The order in which the characters of a line stand on a screen that does not know right-to-left scripts.

Arabic letters are not joined here: their joined forms are other characters, which could not be copied or
looked for. A terminal that draws Arabic well joins the letters itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, chain, groupby, pairwise
from unicodedata import mirrored

import regex
from bidi import get_base_level, get_display
from bidi.mirror import MIRRORED

Span = tuple[int, int]
"""First character, and the one behind the last."""

_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_BUT_THE_LEVELS = b"Level() \n"
"""What stands in the library's list around `1,,2,,`."""
_CLUSTER = regex.compile(r"\X")
"""What a reader sees as one character."""


class Rtl(StrEnum):
    """Who puts right-to-left text in order."""

    TERMINAL = "terminal"
    """The terminal does; paragraphs are set to the right."""
    REORDER = "reorder"
    """Lines are given to the terminal in the order in which they are seen, set to the right."""
    OFF = "off"
    """Nobody: text stands as it is stored."""


_ORDERS_ITSELF = ("VTE_VERSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION")
_PROGRAMS_THAT_ORDER = {"mintty", "Apple_Terminal"}
"""Names in $TERM_PROGRAM."""
_BROWSER = "textual"


@dataclass(frozen=True, slots=True)
class VisualLine:
    """A line as it is seen, from left to right."""

    text: str
    places: tuple[int, ...]
    """For each character of `text`, which one of the line it is; brackets among them may be mirrored."""

    def spans(self, span: Span) -> list[Span]:
        """Find where the characters of a span of the line stand: one span, or several that do not touch."""
        inside = [span[0] <= place < span[1] for place in self.places]
        edges = [shown for shown, (a, b) in enumerate(pairwise([False, *inside, False])) if a != b]
        return [*zip(edges[::2], edges[1::2], strict=True)]


def rtl_for(environment: Mapping[str, str]) -> Rtl:
    """Choose for the terminal that `environment` tells of: most know no order but that of the cells."""
    if environment.get("TERM_PROGRAM") == _BROWSER:
        return Rtl.REORDER  # whatever terminal the server was started from
    orders = any(environment.get(name) for name in _ORDERS_ITSELF)
    if orders or environment.get("TERM_PROGRAM") in _PROGRAMS_THAT_ORDER:
        return Rtl.TERMINAL
    return Rtl.REORDER


def has_right_to_left(text: str) -> bool:
    """Tell whether any of it is read from right to left."""
    return _RIGHT_TO_LEFT.search(text) is not None


def begins_at_the_right(paragraph: str) -> bool:
    """Tell whether its first letter is read from right to left, so that the whole of it is."""
    return bool(get_base_level(paragraph))


def levels(paragraph: str) -> list[int]:
    """Find the embedding level of each character (UAX 9): an odd one is read from right to left.

    A paragraph is text without a line end.
    """
    if not paragraph:
        return []
    # Told in bytes, after a text whose own line ends are escaped.
    told = str(get_display(paragraph, debug=True)).rpartition("\n    levels: [\n")[2]
    listed = told.partition("\n    ],\n    paragraphs: [\n")[0]
    of_bytes = [
        int(level) for level in listed.encode().translate(None, _BUT_THE_LEVELS).split(b",,") if level
    ]
    sizes = (len(character.encode()) for character in paragraph[:-1])
    return [of_bytes[start] for start in accumulate(sizes, initial=0)]


def visual_line(line: str, levels: Sequence[int], *, base: int) -> VisualLine:
    """Put a line of a paragraph whose level is `base` in the order in which it is seen.

    What a reader sees as one character stays whole: its marks still follow the letter that they stand on.
    """
    settled = [*levels]
    for place in range(len(line.rstrip()), len(line)):
        settled[place] = base
    if any(settled):
        for cluster in _CLUSTER.finditer(line):
            start, end = cluster.span()
            if end > start + 1:
                settled[start:end] = [settled[start]] * (end - start)
    places = tuple(chain.from_iterable(_seen_places(line, settled)))
    return VisualLine("".join(_seen(line[place], settled[place]) for place in places), places)


def displayed(text: str, how: Rtl) -> str:
    """Put a text of one line, such as a title, in the order in which it is seen; not cut, not set right."""
    if how is not Rtl.REORDER or not has_right_to_left(text):
        return text
    return visual_line(text, levels(text), base=get_base_level(text)).text


def _seen(character: str, level: int) -> str:
    return MIRRORED.get(character, character) if level % 2 and mirrored(character) else character


def _seen_places(line: str, levels: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give the characters run by run, from left to right."""
    starts = [place for place in range(len(line)) if not place or levels[place] != levels[place - 1]]
    runs = [((start, end), levels[start]) for start, end in pairwise([*starts, len(line)])]
    lowest = min((level for _, level in runs if level % 2), default=0)
    highest = max((level for _, level in runs), default=0)
    for least in range(highest, lowest - 1, -1) if lowest else ():
        runs = _turned(runs, least)
    for (start, end), level in runs:
        yield _backwards(line, start, end) if level % 2 else range(start, end)


def _turned(runs: list[tuple[Span, int]], least: int) -> list[tuple[Span, int]]:
    """Turn round the order of neighbouring runs whose level is `least` or higher (rule L2)."""
    stretches = groupby(runs, lambda run: run[1] >= least)
    return [*chain.from_iterable([*runs][:: -1 if inside else 1] for inside, runs in stretches)]


def _backwards(line: str, start: int, end: int) -> list[int]:
    """Give the clusters of a run from its last to its first, each of them forwards."""
    clusters = [cluster.span() for cluster in _CLUSTER.finditer(line, start, end)]
    return [place for cluster in reversed(clusters) for place in range(*cluster)]
