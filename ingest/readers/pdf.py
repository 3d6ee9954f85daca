"""PDF: text page by page, read by PDFium; where it turns, tears or repeats words, pypdf helps."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import accumulate

import pypdf
import pypdfium2
from pypdf.errors import PyPdfError

from index_data.errors import UnreadableFile
from ingest.readers.flowing_text import printable
from ingest.readers.limits import MAX_PDF_PAGES, MAX_TEXT_CHARACTERS, TOO_MUCH_TEXT
from ingest.readers.page_text import (
    joined_like,
    mostly_arabic,
    mostly_indic,
    mostly_thai,
    repaired,
    spelt_like,
    without_repeats,
)
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.recognition import Recogniser
from ingest.readers.remedies import CONVERT, RECOGNISE, SPLIT, UNLOCK

_PYPDF_FAILURES = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError,
    RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What pypdf raises on damaged files, by experience."""
_SECOND_READER_SECONDS = 20
"""Of computing for one file; pypdf may take seconds for a page."""
_NO_TITLE = re.compile(
    r"untitled|microsoft|powerpoint|\.(?:docx?|pptx?|tex|dvi|indd|qxd|pdf|html?)$", re.IGNORECASE
)


def read_pdf(data: bytes, recogniser: Recogniser | None = None) -> ParsedDocument:
    """Read a PDF file; pages without text, or all, with a `recogniser`.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    document = _opened(data)
    try:
        pages = list(_pages(document, data))
        recognised = _recognised(document, pages, recogniser) if recogniser else {}
        title = " ".join(printable(document.get_metadata_value("Title")).split())
    finally:
        document.close()
    pages = [recognised.get(number, page) for number, page in enumerate(pages, 1)]
    if not any(pages):
        tried = "even by recognition" if recogniser else "a scan? Tesseract would recognise it"
        where = f"its {len(pages)} pages" if len(pages) > 1 else "its page"
        raise UnreadableFile(f"no text on {where} ({tried})", remedy=RECOGNISE)
    textless = tuple(number for number, page in enumerate(pages, 1) if not page)
    starts = accumulate((len(page) + 1 for page in pages[:-1]), initial=0)
    return ParsedDocument(
        text="\n".join(pages),
        media_type="pdf",
        title=title if title and not _NO_TITLE.search(title) else None,
        pages=tuple(starts),
        textless_pages=textless,
        recognised_pages=tuple(recognised),
        notes=(_textless(textless),) if textless else (),
    )


def _recognised(document: pypdfium2.PdfDocument, pages: list[str], recogniser: Recogniser) -> dict[int, str]:
    """Recognise the pages that need it: the texts that were found, by number.

    Raises:
        UnreadableFile: together with the other pages they are too long.
    """
    found: dict[int, str] = {}
    characters = sum(map(len, pages))
    recogniser.begin()
    for number, text in enumerate(pages, 1):
        if text and not recogniser.all_pages:
            continue
        with closing(document[number - 1]) as page:
            recognised = repaired(recogniser.text_of(page))
        if recognised:
            found[number] = recognised
            characters += len(recognised)
        if characters > MAX_TEXT_CHARACTERS:
            raise UnreadableFile(TOO_MUCH_TEXT, remedy=SPLIT)
    return found


def _textless(pages: tuple[int, ...]) -> str:
    """Say which pages have no text, runs of neighbours in short."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], page]
        else:
            runs.append([page])
    listed = ", ".join("-".join(map(str, run)) for run in runs)
    return f"no text on page{'s' if len(pages) > 1 else ''} {listed} (a scan?)"


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile("encrypted", remedy=UNLOCK) from error
        raise UnreadableFile("broken PDF: its structure cannot be read", remedy=CONVERT) from error
    if len(document) > MAX_PDF_PAGES:
        document.close()
        raise UnreadableFile(f"more than {MAX_PDF_PAGES:,} pages", remedy=CONVERT)
    return document


def _pages(document: pypdfium2.PdfDocument, data: bytes) -> Iterator[str]:
    """Read each page; an empty text for one that has none.

    Raises:
        UnreadableFile: together they are too long.
    """
    second_reader: pypdf.PdfReader | None = None
    deadline = time.process_time() + _SECOND_READER_SECONDS
    characters = 0
    for number in range(len(document)):
        text = repaired(_pdfium_text(document, number))
        if (read_with := _second_reading(text)) and time.process_time() < deadline:
            second_reader = second_reader or _pypdf_reader(data)
            text = read_with(_pypdf_text(second_reader, number), text)
        characters += len(text)
        if characters > MAX_TEXT_CHARACTERS:
            raise UnreadableFile(TOO_MUCH_TEXT, remedy=SPLIT)
        yield text


def _second_reading(text: str) -> Callable[[str, str], str] | None:
    """Choose how a second reading of a page helps, given the first: by the script that it is in."""
    if mostly_arabic(text):
        return lambda other, text: spelt_like(repaired(other), text)
    if mostly_indic(text):
        return joined_like
    if mostly_thai(text):
        return lambda other, text: joined_like(other, without_repeats(other, text))
    return None


def _pdfium_text(document: pypdfium2.PdfDocument, number: int) -> str:
    try:
        with closing(document[number]) as page, closing(page.get_textpage()) as content:
            text: str = content.get_text_range()
    except pypdfium2.PdfiumError:
        return ""
    return text


def _pypdf_reader(data: bytes) -> pypdf.PdfReader | None:
    try:
        return pypdf.PdfReader(io.BytesIO(data))
    except _PYPDF_FAILURES:
        return None


def _pypdf_text(reader: pypdf.PdfReader | None, number: int) -> str:
    """Read a page by pypdf; an empty text where it fails, so that PDFium's stands."""
    try:
        return reader.pages[number].extract_text() if reader else ""
    except _PYPDF_FAILURES:
        return ""
