"""Whether what was shown of a file still stands in it, at the very place that was named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from index_data.errors import UnreadableFile
from ingest.parser import Parser


class Verdict(StrEnum):
    """What became of a quotation."""

    HOLDS = "holds"
    """Cut from the file, its place gives the text that was shown."""
    STALE = "stale"
    """The file has changed since it was read, so nothing can be said of the place."""
    GONE = "gone"
    """There is no such file any more, or it cannot be opened."""
    UNREADABLE = "unreadable"
    """The file is as it was, and no reader takes it now."""
    DIFFERS = "differs"
    """The file is as it was, and the place gives another text."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A text, and where it is said to stand."""

    path: Path
    content_hash: str
    """SHA-256 of the file's bytes when it was read, in hexadecimal."""
    text: str
    char: tuple[int, int]
    """Characters of the extracted text."""
    byte: tuple[int, int] | None
    """Bytes of the file; None where the text is not a plain copy of them."""
    encoding: str | None
    """Of these bytes; None where it is not known, and then the file is read anew."""
    span: tuple[int, int] | None = None
    """Characters of the extracted text that were shown of `text`; None where that is not known."""
    shown: str | None = None
    """What was shown of it, on one line."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A quotation and what became of it."""

    quotation: Quotation
    verdict: Verdict
    reason: str
    """One line, for people."""


def check_quotations(quotations: Iterable[Quotation], parser: Parser) -> Iterator[Checked]:
    """Cut each quotation from its file, from its bytes where they are the text, else as `parser` reads it.

    Neighbours from one file are cut from one reading of it.
    """
    path: Path | None = None
    for quotation in quotations:
        if quotation.path != path:
            path, source = quotation.path, _Source(quotation.path, parser)
        yield source.check(quotation)


class _Source:
    """A file, of which no more is read than is needed."""

    def __init__(self, path: Path, parser: Parser) -> None:
        self._path = path
        self._parser = parser
        self._bytes: bytes | None = None
        self._digest = ""
        self._text: str | None = None

    def check(self, quotation: Quotation) -> Checked:
        try:
            return self._compared(quotation)
        except OSError as error:
            return Checked(quotation, Verdict.GONE, (error.strerror or "cannot be opened").lower())
        except UnreadableFile as error:
            return Checked(quotation, Verdict.UNREADABLE, error.message)

    def _compared(self, quotation: Quotation) -> Checked:
        """Compare what is found at the place, and at the part of it that was shown.

        Raises:
            OSError: the file cannot be opened.
            UnreadableFile: no reader takes it.
        """
        if self._bytes is None:
            self._bytes = self._path.read_bytes()
            self._digest = hashlib.sha256(self._bytes).hexdigest()
        if self._digest != quotation.content_hash:
            return Checked(quotation, Verdict.STALE, "the file has changed since it was read")
        found = self._cut(self._bytes, quotation)
        if found != quotation.text:
            return Checked(quotation, Verdict.DIFFERS, "another text stands at this place")
        if quotation.span is not None and quotation.shown is not None:
            start, end = (edge - quotation.char[0] for edge in quotation.span)
            if not 0 <= start <= end <= len(found) or " ".join(found[start:end].split()) != quotation.shown:
                return Checked(quotation, Verdict.DIFFERS, "another text stands where the span is said to be")
        return Checked(quotation, Verdict.HOLDS, "stands where it is said to")

    def _cut(self, data: bytes, quotation: Quotation) -> str:
        if quotation.byte is not None and quotation.encoding is not None:
            return data[slice(*quotation.byte)].decode(quotation.encoding, errors="replace")
        if self._text is None:
            self._text = self._parser.parse(self._path).text
        return self._text[slice(*quotation.char)]
