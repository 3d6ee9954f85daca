"""ODT, ODS and ODP: headings, lists, tables, sheets and slides; comments and deleted text stay out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive, local_attribute, local_name
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT, UNLOCK
from ingest.readers.table import Row, add_table

_CONTENT = "content.xml"
_META = "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
_SILENT = frozenset((
    "note", "annotation", "annotation-end", "tracked-changes", "table-of-content", "ruby-text", "desc",
    "title", "object", "object-ole", "image", "page-number", "page-thumbnail", "forms", "scripts",
))  # fmt: skip
"""Elements that come later, are no text of the document, say it again, or were deleted."""
_SURROUNDINGS = frozenset(("header", "footer", "date-time", "page-number"))
"""What stands on every slide."""
_OBJECT = re.compile(r"[^/]+/content\.xml")
_MAX_COLUMNS = 16_384


def read_odt(data: bytes) -> ParsedDocument:
    """Read an OpenDocument text.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    return _parsed(data, "odt")


def read_odp(data: bytes) -> ParsedDocument:
    """Read an OpenDocument presentation.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    return _parsed(data, "odp")


def read_ods(data: bytes) -> ParsedDocument:
    """Read an OpenDocument spreadsheet.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    return _parsed(data, "ods")


def _parsed(data: bytes, media_type: str) -> ParsedDocument:
    archive = Archive(data)
    if _MANIFEST in archive.names and archive.read_xml(_MANIFEST).find(".//{*}encryption-data") is not None:
        raise UnreadableFile("encrypted", remedy=UNLOCK)
    text = _Text()
    for part in archive.read_xml(_CONTENT).iterfind("{*}body/*"):
        if media_type == "ods":
            text.add_sheets(part)
        else:
            text.add(part)
    if not text.filled:
        raise UnreadableFile("no text in it", remedy=CONVERT)
    titles = [heading.title for heading in text.flow.headings if media_type != "ods"]
    objects = sum(_OBJECT.fullmatch(name) is not None for name in archive.names)
    return ParsedDocument(
        text=text.flow.text(),
        media_type=media_type,
        title=_title(archive) or next(iter(titles), None),
        pages=text.flow.pages,
        headings=text.flow.headings,
        notes=(
            *text.notes,
            *([f"charts, formulas and the like that were not read: {objects}"] if objects else ()),
        ),
    )


def _title(archive: Archive) -> str | None:
    title = archive.read_xml(_META).find(".//{*}title") if _META in archive.names else None
    return " ".join("".join(title.itertext()).split()) or None if title is not None else None


class _Text:
    """Collects what the body of a document says, in its order; footnotes come last."""

    def __init__(self) -> None:
        self.flow = FlowingText()
        self.notes: list[str] = []
        self.filled = False
        """Something was said, other than the names of sheets."""
        self._footnotes: list[etree._Element] = []
        self._open_rows = 0
        self._open_lists = 0
        self._in_heading = False
        self._page_start = 0

    def add(self, root: etree._Element) -> None:
        """Add what `root` says, and then its footnotes."""
        self._walk(root)
        for footnote in self._footnotes:
            self.flow.end_block()
            self._walk(footnote)
        self._footnotes.clear()
        self.filled = self.flow.length > 0

    def add_sheets(self, spreadsheet: etree._Element) -> None:
        """Add each sheet below its name."""
        for sheet in spreadsheet.iterfind("{*}table"):
            self.flow.add_heading(local_attribute(sheet, "name") or "", 1)
            before = self.flow.length
            add_table(_rows(sheet), self.flow)
            for shapes in sheet.iterfind("{*}shapes"):
                self._walk(shapes)
            self.filled = self.filled or self.flow.length > before

    def _walk(self, root: etree._Element) -> None:
        walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            name = local_name(element)
            if event == "start" and _is_left_out(name, element):
                self._footnotes += element.iterfind("{*}note-body") if name == "note" else ()
                walk.skip_subtree()
            elif event == "start":
                self._turn(name, element, starts=True)
                self.flow.add(element.text or "")
            else:
                if event == "end" and not _is_left_out(name, element):
                    self._turn(name, element, starts=False)
                self.flow.add((element.tail or "") if element is not root else "")

    def _turn(self, name: str, element: etree._Element, *, starts: bool) -> None:
        """Enter or leave an element."""
        match name:
            case "h" | "frame" if _heading_level(name, element) and not self._open_rows:
                self._turn_heading(_heading_level(name, element), starts=starts)
            case "table-row":
                self._open_rows += 1 if starts else -1
                self.flow.end_line()
            case "table-cell" if not starts:
                self.flow.tab()
            case "list":
                self._open_lists += 1 if starts else -1
                self._end_paragraph()
            case "page":
                self._turn_page(starts=starts)
            case "p" | "h":
                self._end_paragraph()
            case "s" | "tab":
                self.flow.add(" ")
            case "line-break":
                self.flow.end_line()
            case "table" | "notes" | "frame" | "text-box" if not self._open_rows:
                self.flow.end_block()

    def _turn_heading(self, level: int, *, starts: bool) -> None:
        self._in_heading = starts
        if starts:
            self.flow.open_heading(level)
        else:
            self.flow.close_heading()

    def _turn_page(self, *, starts: bool) -> None:
        if starts:
            self.flow.open_page()
            self._page_start = self.flow.length
        elif self.flow.length == self._page_start:
            self.notes.append(f"slide {len(self.flow.pages)} has no text")

    def _end_paragraph(self) -> None:
        if self._open_rows:
            self.flow.add(" ")
        elif self._open_lists or self._in_heading:
            self.flow.end_line()
        else:
            self.flow.end_block()


def _is_left_out(name: str, element: etree._Element) -> bool:
    return name in _SILENT or _presented_as(element) in _SURROUNDINGS


def _heading_level(name: str, element: etree._Element) -> int:
    """Level of a heading or of the frame that holds a slide's title; 0 for any other frame."""
    if name == "frame":
        return int(_presented_as(element) == "title")
    level = local_attribute(element, "outline-level") or ""
    return int(level) if re.fullmatch("[1-9]", level) else 1


def _presented_as(element: etree._Element) -> str | None:
    """Role of an element on a slide, such as title or footer."""
    return next(
        (value for key, value in element.attrib.items() if key.endswith("presentation:1.0}class")), None
    )


def _rows(sheet: etree._Element) -> Iterator[Row]:
    """Read the rows of a sheet; those that only repeat the one above are left out."""
    for row in sheet.iter("{*}table-row"):
        yield dict(_cells(row))


def _cells(row: etree._Element) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row:
        repeated = local_attribute(cell, "number-columns-repeated") or ""
        count = int(repeated) if re.fullmatch("[0-9]{1,9}", repeated) else 1
        if text := " ".join(filter(None, map(_words, cell.iterfind("{*}p")))):
            yield from ((place, text) for place in range(column, min(column + count, _MAX_COLUMNS)))
        column += count


def _words(paragraph: etree._Element) -> str:
    """Join the pieces of a paragraph in a cell."""
    text = _Text()
    text.add(paragraph)
    return text.flow.text()
