"""What a reader makes of a file: its text, with the places of pages and headings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a document's text; `start` and `end` are characters, end-exclusive."""

    start: int
    end: int
    level: int
    """From 1, the outermost."""
    title: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The text of one file and its structure."""

    text: str
    media_type: str
    """The kind of file, by the suffix that is usual for it; one of the values of `MEDIA_TYPES`."""
    title: str | None = None
    """What the document calls itself; None where it does not say."""
    pages: tuple[int, ...] = ()
    """Where each page starts in `text`, in characters; empty for formats without pages."""
    headings: tuple[Heading, ...] = ()
    """In the order of the text."""
    encoding: str | None = None
    """Python's name of the character encoding; None for formats that name their own."""
    bom_bytes: int = 0
    """Length of the byte order mark before the text."""
    byte_exact: bool = False
    """The file is its byte order mark and then `text` in `encoding`, nothing else."""
    textless_pages: tuple[int, ...] = ()
    """From 1: pages on which nothing was found to read."""
    recognised_pages: tuple[int, ...] = ()
    """From 1: pages whose text comes from text recognition (OCR)."""
    notes: tuple[str, ...] = ()
    """What was not read or is uncertain, a sentence each."""
