"""Text that is put together from the blocks of a marked-up document."""

from __future__ import annotations

import re
from dataclasses import replace

from index_data.errors import UnreadableFile
from ingest.readers.limits import MAX_TEXT_CHARACTERS, TOO_MUCH_TEXT
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.remedies import SPLIT

_SPACES = re.compile(r"[ \t\r\n\f]+")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` without control characters and halves of surrogate pairs; tabs and line ends stay."""
    return _NOT_TEXT.sub("", text)


class FlowingText:
    """Collects words and breaks; white space is folded as browsers do it, and never stands at the ends."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._gap = ""
        self._headings: list[Heading] = []
        self._pages: list[int] = []
        self._open_heading: tuple[int, int, int] | None = None  # level, first piece, start

    @property
    def headings(self) -> tuple[Heading, ...]:
        """Those that are complete and not empty, in order."""
        return tuple(self._headings)

    @property
    def pages(self) -> tuple[int, ...]:
        """Where each page starts; one without words starts where the next one does."""
        return tuple(min(start, self._length) for start in self._pages)

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length

    def add(self, text: str) -> None:
        """Continue the block; runs of white space count as one space."""
        words = _SPACES.sub(" ", printable(text))
        if words.startswith(" "):
            self._widen(" ")
        if body := words.strip(" "):
            self._append(body)
            if words.endswith(" "):
                self._widen(" ")

    def add_verbatim(self, text: str) -> None:
        """Continue the block with white space as it is."""
        if body := printable(text):
            self._append(body)

    def tab(self) -> None:
        """Leave the gap between two cells of a row."""
        self._widen("\t")

    def end_line(self) -> None:
        """Let what follows start on a new line."""
        self._widen("\n")

    def end_block(self) -> None:
        """Let what follows start after an empty line."""
        self._widen("\n\n")

    def open_page(self) -> None:
        """Let what follows be on a new page."""
        self.end_block()
        self._pages.append(self._next_start())

    def add_heading(self, title: str, level: int) -> None:
        """Add a whole heading."""
        self.open_heading(level)
        self.add(title)
        self.close_heading()

    def add_part(self, part: ParsedDocument, *, below: int) -> None:
        """Add a whole document as it is; its headings become deeper by `below`, its pages become headings."""
        self.end_block()
        body = part.text.strip()
        shift = self._next_start() - (len(part.text) - len(part.text.lstrip()))
        pages = [Heading(start, start, 1, f"page {number}") for number, start in enumerate(part.pages, 1)]
        deeper = [replace(heading, level=heading.level + bool(pages)) for heading in part.headings]
        if body:
            first, last = self._next_start(), self._next_start() + len(body)
            self._append(body)
            for heading in sorted((*pages, *deeper), key=lambda heading: (heading.start, heading.level)):
                start, end = (min(max(place + shift, first), last) for place in (heading.start, heading.end))
                self._headings.append(Heading(start, end, heading.level + below, heading.title))
        self.end_block()

    def open_heading(self, level: int) -> None:
        """Let what follows, up to `close_heading`, be a heading."""
        self.end_block()
        self._open_heading = (level, len(self._pieces), self._next_start())

    def close_heading(self) -> None:
        """End the heading; one without words leaves no trace."""
        if self._open_heading:
            level, first_piece, start = self._open_heading
            title = " ".join("".join(self._pieces[first_piece:]).split())
            if title:
                self._headings.append(Heading(start, self._length, level, title))
        self._open_heading = None
        self.end_block()

    def text(self) -> str:
        """All of it so far."""
        return "".join(self._pieces)

    def _next_start(self) -> int:
        return self._length + (len(self._gap) if self._length else 0)

    def _append(self, body: str) -> None:
        if self._length:
            self._pieces.append(self._gap)
            self._length += len(self._gap)
        self._gap = ""
        self._pieces.append(body)
        self._length += len(body)
        if self._length > MAX_TEXT_CHARACTERS:
            raise UnreadableFile(TOO_MUCH_TEXT, remedy=SPLIT)

    def _widen(self, gap: str) -> None:
        """Remember the wider of two gaps; nothing is written until words follow."""
        self._gap = max(self._gap, gap, key=_WIDTHS.index)


_WIDTHS = ["", " ", "\t", "\n", "\n\n"]
