"""XLSX: each sheet below its name, each row a line with the names of its columns; formulas by their values.

Comments, formats and macros stay out; numbers are as they are stored, dates are written out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from lxml import etree

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive, local_name
from ingest.readers.flowing_text import FlowingText
from ingest.readers.ooxml import add_drawings, relationships, target
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT
from ingest.readers.table import Row, add_table

_WORKBOOK = "xl/workbook.xml"
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_COLUMN = re.compile(r"[A-Z]{1,3}(?=\d)")
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
"""Numbers of the formats for dates and times that every workbook has."""
_NO_DATE_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_DURATION = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_DATE_CODE = re.compile(r"[ymdhs]", re.IGNORECASE)
_DAYS = 2_958_466
"""Until the end of the year 9999."""


def read_xlsx(data: bytes) -> ParsedDocument:
    """Read an Excel workbook.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    archive = Archive(data)
    workbook = archive.read_xml(_WORKBOOK)
    related = relationships(archive, _WORKBOOK)
    cells = _Cells(archive, counts_from_1904=_is_true(next(workbook.iter("{*}workbookPr"), None), "date1904"))
    flow = FlowingText()
    notes: list[str] = []
    filled = False
    for sheet in workbook.iter("{*}sheet"):
        name = sheet.get("name", "")
        part = target(sheet, related, archive)
        if part is None:
            notes.append(f"the sheet {name!r} is missing")
            continue
        flow.add_heading(name, 1)
        before = flow.length
        add_table(cells.rows(part), flow)
        add_drawings(archive, part, flow)
        filled = filled or flow.length > before
    if not filled:
        raise UnreadableFile("no text in it", remedy=CONVERT)
    if cells.unvalued:
        notes.append(f"formulas without a stored value: {cells.unvalued}")
    return ParsedDocument(flow.text(), "xlsx", headings=flow.headings, notes=tuple(notes))


class _Cells:
    """Turns the cells of a workbook into text."""

    def __init__(self, archive: Archive, *, counts_from_1904: bool) -> None:
        self.unvalued = 0
        """Formulas whose value is not in the file."""
        self._archive = archive
        strings = archive.iter_xml(_STRINGS, "si") if _STRINGS in archive.names else ()
        self._strings = [_words(item) for item in strings]
        self._date_styles = _date_styles(archive.read_xml(_STYLES)) if _STYLES in archive.names else set()
        self._days_ahead = 1462 if counts_from_1904 else 0

    def rows(self, part: str) -> Iterator[Row]:
        """Read the rows of a sheet; one or more empty ones between them count as one."""
        last = 0
        for row in self._archive.iter_xml(part, "row"):
            number = int(row.get("r", "")) if _DIGITS.fullmatch(row.get("r", "")) else last + 1
            if number > last + 1:
                yield {}
            last = number
            yield dict(self._row(row))

    def _row(self, row: etree._Element) -> Iterator[tuple[int, str]]:
        column = -1
        for cell in row.iter("{*}c"):
            name = _COLUMN.match(cell.get("r", ""))
            column = _column_number(name[0]) if name else column + 1
            if text := self._text(cell):
                yield column, text

    def _text(self, cell: etree._Element) -> str:
        parts = {local_name(child): child for child in cell}
        value = (parts["v"].text or "") if "v" in parts else ""
        kind = cell.get("t", "n")
        if "f" in parts and not value and kind != "str":
            self.unvalued += 1
        match kind:
            case "inlineStr":
                return _words(parts["is"]) if "is" in parts else ""
            case "s":
                known = _DIGITS.fullmatch(value) and int(value) < len(self._strings)
                return self._strings[int(value)] if known else ""
            case "b":
                return {"0": "FALSE", "1": "TRUE"}.get(value, value)
            case "n" if value:
                return self._number(value, cell.get("s", "0"))
        return value

    def _number(self, value: str, style: str) -> str:
        """Write a number as a spreadsheet does, or the moment that it stands for."""
        try:
            number = float(value)
        except ValueError:
            return value
        if style in self._date_styles and 0 <= number < _DAYS:
            return _moment(number + self._days_ahead)
        return value if _DIGITS.fullmatch(value) else format(number, ".15g")


def _words(item: etree._Element) -> str:
    """Join the pieces of a string, without the readings above Japanese words."""
    return "".join(
        text.text or "" for text in item.iter("{*}t") if local_name(text.getparent()) in {"si", "is", "r"}
    )


def _column_number(letters: str) -> int:
    """Count from 0 for A."""
    return functools.reduce(lambda number, letter: 26 * number + ord(letter) - 64, letters, 0) - 1


def _date_styles(styles: etree._Element) -> set[str]:
    """Find the styles of cells that show a number as a date or time."""
    formats = {str(number) for number in _DATE_FORMATS}
    for item in styles.iter("{*}numFmt"):
        code = item.get("formatCode", "")
        if _DATE_CODE.search(_NO_DATE_CODE.sub("", code)) and not _DURATION.search(code):
            formats.add(item.get("numFmtId", ""))
    cell_styles = next(styles.iter("{*}cellXfs"), ())
    return {str(number) for number, style in enumerate(cell_styles) if style.get("numFmtId") in formats}


def _moment(days: float) -> str:
    """Write out days since the end of 1899; there, 1900 has a 29 February."""
    moment = datetime(1899, 12, 30) + timedelta(seconds=round(86_400 * (days + (days < 60))))  # noqa: DTZ001
    if days < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d" if moment.time() == time() else "%Y-%m-%d %H:%M:%S")


def _is_true(element: etree._Element | None, attribute: str) -> bool:
    return element is not None and element.get(attribute) in {"1", "true"}
