"""Plain text and Markdown: the text is the file's own, line ends included, so that offsets hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ingest.readers.characters import decode
from ingest.readers.parsed_document import Heading, ParsedDocument

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HASHES = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_NO_PROSE = re.compile(r"[ \t]*$| {4}|\t| {0,3}(?:[>|]|[-*+][ \t]|\d{1,9}[.)][ \t]|[-*_ \t]+$)")
"""Blank lines, indented code, quotes, tables, list items and rules."""


def read_text(data: bytes) -> ParsedDocument:
    """Read plain text.

    Raises:
        UnreadableFile: it is empty, or not text.
    """
    return raw_document(data, "txt", lambda _: ())


def read_markdown(data: bytes) -> ParsedDocument:
    """Read Markdown; headings are found, the text stays raw.

    Raises:
        UnreadableFile: it is empty, or not text.
    """
    return raw_document(data, "md", _headings)


def raw_document(
    data: bytes, media_type: str, find_headings: Callable[[str], Iterable[Heading]]
) -> ParsedDocument:
    """Read a document whose text stays as it is.

    Raises:
        UnreadableFile: it is empty, or not text.
    """
    decoded = decode(data)
    headings = tuple(find_headings(decoded.text))
    return ParsedDocument(
        text=decoded.text,
        media_type=media_type,
        title=headings[0].title if headings else None,
        headings=headings,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        byte_exact=decoded.byte_exact,
        notes=decoded.notes,
    )


def _headings(text: str) -> Iterator[Heading]:
    """Find ATX headings, and setext headings of one line."""
    above: tuple[int, str] | None = None  # the first line of a paragraph, and nothing else of it yet
    in_paragraph = False
    for start, line in _prose_lines(text):
        end = start + len(line)
        if hashes := _HASHES.match(line):
            title = _CLOSING_HASHES.sub("", hashes[2] or "").strip()
            above, in_paragraph = None, False
            if title:
                yield Heading(start, end, len(hashes[1]), title)
        elif above and (underline := _UNDERLINE.match(line)):
            yield Heading(above[0], end, 1 if underline[1][0] == "=" else 2, above[1])
            above, in_paragraph = None, False
        else:
            prose = not _NO_PROSE.match(line)
            above = (start, line.strip()) if prose and not in_paragraph else None
            in_paragraph = prose


def _prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """Find start and text of each line; those of front matter and of fenced code are empty."""
    front_matter = _FRONT_MATTER.match(text)
    prose = front_matter.end() if front_matter else 0
    fence: re.Pattern[str] | None = None
    start = 0
    for whole_line in text.splitlines(keepends=True):
        line = whole_line.rstrip("\r\n") if start >= prose else ""
        if fence:
            if fence.match(line):
                fence = None
            line = ""
        elif opening := _FENCE.match(line):
            fence = re.compile(rf" {{0,3}}{re.escape(opening[1])}{opening[1][0]}*[ \t]*$")
            line = ""
        yield start, line
        start += len(whole_line)
