"""A document becomes passages, which tile its text, and windows, which hold as many as the encoder sees."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index_data.records import Passage
from ingest.borders import Borders, TokenRuler
from ingest.languages import UNKNOWN, languages_of
from ingest.readers.parsed_document import ParsedDocument
from ingest.sections import Section, heading_blocks, sections
from ingest.windows import PlannedWindow, WindowPlanner

SPLITTER_VERSION = 1
"""Grows when the same document would be cut elsewhere."""
RESERVED_TOKENS = 8
"""Kept free in each window: for special tokens, and because a text by itself may have a few tokens more."""
TINY_TOKENS = 40
"""A shorter section joins its neighbour where it may."""


def cut(
    parsed: ParsedDocument,
    token_spans: NDArray[np.int32],
    *,
    window_tokens: int,
    passage_tokens: int,
    overlap_tokens: int = 0,
    language: str = UNKNOWN,
) -> list[PlannedWindow]:
    """Cut a document whose tokens stand at `token_spans`: int32 (T, 2), characters, in order.

    A passage holds at most `passage_tokens`, a window `window_tokens` less a reserve; of these, up to
    `overlap_tokens` on each side are context, which does not change the passages. Passages stay on one page
    and, where they can, below one heading, and end with a paragraph, else a sentence, line or word.
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
    planner = WindowPlanner(text, ruler, room_tokens=room, overlap_tokens=overlap_tokens)
    return list(planner.windows(list(_passages(parsed, stretches, language))))


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
        main, *others = languages_of(text, expected=language)
        yield Passage(
            ordinal=ordinal,
            text=text,
            start=start,
            end=end,
            line=line,
            language=main,
            byte_start=byte_start if encoding else None,
            byte_end=byte_end if encoding else None,
            page=section.page,
            heading_path=section.heading_path,
            second_language=others[0] if others else None,
        )
        line += text.count(line_break)
