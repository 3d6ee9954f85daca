"""A document becomes passages, which tile its text, and windows, which hold as many as the encoder sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.records import Passage
from ingest.borders import Borders, TokenRuler
from ingest.languages import UNKNOWN, language_of
from ingest.readers.parsed_document import ParsedDocument
from ingest.sections import Section, heading_blocks, sections

SPLITTER_VERSION = 1
"""Grows when the same document would be cut elsewhere."""
RESERVED_TOKENS = 8
"""Kept free in each window: for special tokens, and because a text by itself may have a few tokens more."""
TINY_TOKENS = 40
"""A shorter section joins its neighbour where it may."""


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """Neighbouring passages that the encoder sees at once."""

    text: str
    passages: tuple[Passage, ...]
    tokens: int

    @property
    def window(self) -> Window:
        """What the encoder gets; white space after a passage is context, not content."""
        offset = self.passages[0].start
        starts = [passage.start - offset for passage in self.passages]
        lengths = [len(passage.text.rstrip()) for passage in self.passages]
        spans = tuple((start, start + length) for start, length in zip(starts, lengths, strict=True))
        return Window(self.text, spans)


def cut(
    parsed: ParsedDocument,
    token_spans: NDArray[np.int32],
    *,
    window_tokens: int,
    passage_tokens: int,
    language: str = UNKNOWN,
) -> list[PlannedWindow]:
    """Cut a document whose tokens stand at `token_spans`: int32 (T, 2), characters, in order.

    A passage holds at most `passage_tokens`, a window `window_tokens` less a reserve. Passages stay on one
    page and, where they can, below one heading, and end with a paragraph, else a sentence, line or word.
    `language` is that of the document. A text of white space has no passages.
    """
    text = parsed.text
    if not text.strip():
        return []
    room = max(1, window_tokens - RESERVED_TOKENS)
    # A window of 512 tokens should hold two passages of 256, reserve or not.
    most = max(1, min(passage_tokens, room // max(1, window_tokens // passage_tokens)))
    tiny = min(TINY_TOKENS, most // 4)
    ruler = TokenRuler(token_spans)
    blocks = heading_blocks(parsed)
    borders = Borders(text, ruler, blocks, most)
    stretches = [
        (start, end, section)
        for section in sections(parsed, blocks, ruler.count, passage_tokens=most, tiny_tokens=tiny)
        for start, end in pairwise((section.start, *borders.passage_ends(section.start, section.end)))
    ]
    return list(_windows(text, list(_passages(parsed, stretches, language)), ruler, room))


def _passages(
    parsed: ParsedDocument, stretches: list[tuple[int, int, Section]], language: str
) -> Iterator[Passage]:
    line_break = "\n" if "\n" in parsed.text else "\r"
    line = 1
    encoding = parsed.encoding if parsed.byte_exact else None
    byte_end = parsed.bom_bytes
    for ordinal, (start, end, section) in enumerate(stretches):
        text = parsed.text[start:end]
        byte_start, byte_end = byte_end, byte_end + len(text.encode(encoding)) if encoding else byte_end
        yield Passage(
            ordinal=ordinal,
            text=text,
            start=start,
            end=end,
            line=line,
            language=language_of(text, expected=language),
            byte_start=byte_start if encoding else None,
            byte_end=byte_end if encoding else None,
            page=section.page,
            heading_path=section.heading_path,
        )
        line += text.count(line_break)


def _windows(text: str, passages: list[Passage], ruler: TokenRuler, room: int) -> Iterator[PlannedWindow]:
    """Fill windows one after the other; a passage that is too long for any has one of its own."""
    held: list[Passage] = []
    for passage in passages:
        if held and ruler.count(held[0].start, passage.end) > room:
            yield _window(text, held, ruler)
            held = []
        held.append(passage)
    if held:
        yield _window(text, held, ruler)


def _window(text: str, held: list[Passage], ruler: TokenRuler) -> PlannedWindow:
    start, end = held[0].start, held[-1].end
    return PlannedWindow(text[start:end], tuple(held), ruler.count(start, end))
