"""A document's stretches between its headings and page borders: what passages should not reach across."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from ingest.readers.parsed_document import Heading, ParsedDocument

MAX_TITLE_CHARACTERS = 200
_WORD = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class HeadingBlock:
    """A heading, or several with nothing between them, and the place where the text below starts."""

    start: int
    """Characters."""
    body: int
    """Characters."""
    path: tuple[str, ...]
    """Titles above the text below, outermost first."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the text, in characters; the sections of a document tile it."""

    start: int
    end: int
    page: int | None
    """From 1; None for formats without pages."""
    heading_path: tuple[str, ...]
    tokens: int


def heading_blocks(parsed: ParsedDocument) -> list[HeadingBlock]:
    """Find the headings that have text below them, in order."""
    blocks: list[HeadingBlock] = []
    path: list[Heading] = []
    start: int | None = None
    for heading, following in zip_longest(parsed.headings, parsed.headings[1:]):
        path = [*(above for above in path if above.level < heading.level), heading]
        start = _next_word(parsed.text, heading.start) if start is None else start
        body = _next_word(parsed.text, heading.end)
        if body < (following.start if following else len(parsed.text)):
            blocks.append(
                HeadingBlock(start, body, tuple(item.title[:MAX_TITLE_CHARACTERS] for item in path))
            )
            start = None
    return blocks


def sections(
    parsed: ParsedDocument,
    blocks: list[HeadingBlock],
    count_tokens: Callable[[int, int], int],
    *,
    passage_tokens: int,
    tiny_tokens: int,
) -> list[Section]:
    """Divide a text at headings and page borders; sections below `tiny_tokens` join their neighbours.

    `count_tokens(start, end)` counts the tokens of a stretch in characters. Joined sections stay within
    `passage_tokens`, one page and one parent heading.
    """
    text = parsed.text
    first_word = _next_word(text, 0)
    block_starts = [block.start for block in blocks]
    starts = {*block_starts, *(_next_word(text, page) for page in parsed.pages)}
    cuts = [0, *sorted(start for start in starts if first_word < start < len(text)), len(text)]
    joined: list[Section] = []
    for start, end in pairwise(cuts):
        word = max(start, first_word)
        block = bisect_right(block_starts, word) - 1
        path = blocks[block].path if block >= 0 else ()
        page = bisect_right(parsed.pages, word) or None
        section = Section(start, end, page, path, count_tokens(start, end))
        if joined and _belong_together(joined[-1], section, passage_tokens, tiny_tokens):
            joined[-1] = _joined(joined[-1], section)
        else:
            joined.append(section)
    return joined


def _belong_together(before: Section, after: Section, passage_tokens: int, tiny_tokens: int) -> bool:
    depth = max(len(before.heading_path), len(after.heading_path))
    return (
        min(before.tokens, after.tokens) < tiny_tokens
        and before.tokens + after.tokens <= passage_tokens
        and before.page == after.page
        and len(_common_path(before, after)) >= depth - 1
    )


def _joined(before: Section, after: Section) -> Section:
    tokens = before.tokens + after.tokens
    return Section(before.start, after.end, before.page, _common_path(before, after), tokens)


def _common_path(before: Section, after: Section) -> tuple[str, ...]:
    path: list[str] = []
    for ours, theirs in zip(before.heading_path, after.heading_path, strict=False):
        if ours != theirs:
            break
        path.append(ours)
    return tuple(path)


def _next_word(text: str, position: int) -> int:
    """Where the next character that is no white space stands; the end of `text` if there is none."""
    word = _WORD.search(text, position)
    return word.start() if word else len(text)
