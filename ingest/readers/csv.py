"""CSV and TSV: each row a line with the names of its columns; the delimiter is found."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText
from ingest.readers.limits import MAX_TEXT_CHARACTERS
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.table import Row, add_table

_DELIMITERS = ("\t", ";", "|", ",")
"""Of several that fit, the first is taken: a comma may be part of a number."""
_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 100
_FITS = 0.9
"""Share of rows that have the same number of columns."""
_DECLARED = re.compile(r"sep=([\t;|,])\r?\n", re.IGNORECASE)


def read_csv(data: bytes) -> ParsedDocument:
    """Read values that are separated by commas, semicolons, tabs or bars.

    Raises:
        UnreadableFile: it is empty, not text, or has too much of it.
    """
    return _parsed(data, "csv")


def read_tsv(data: bytes) -> ParsedDocument:
    """Read values that are separated by tabs.

    Raises:
        UnreadableFile: it is empty, not text, or has too much of it.
    """
    return _parsed(data, "tsv")


def _parsed(data: bytes, media_type: str) -> ParsedDocument:
    decoded = decode(data)
    declared = _DECLARED.match(decoded.text)
    text = decoded.text[declared.end() :] if declared else decoded.text
    delimiter = declared[1] if declared else _delimiter(text)
    notes = decoded.notes
    csv.field_size_limit(MAX_TEXT_CHARACTERS)
    flow = FlowingText()
    try:
        add_table(_rows(text, delimiter, csv.QUOTE_MINIMAL), flow)
    except csv.Error:
        flow = FlowingText()
        add_table(_rows(text, delimiter, csv.QUOTE_NONE), flow)
        notes = (*notes, "the quotation marks do not match; they were read as text")
    return ParsedDocument(
        flow.text(), media_type, encoding=decoded.encoding, bom_bytes=decoded.bom_bytes, notes=notes
    )


def _rows(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[Row]:
    lines = io.StringIO(text, newline="")
    for cells in csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=quoting != csv.QUOTE_NONE):
        yield {column: cell for column, cell in enumerate(cells) if cell.strip()}


def _delimiter(text: str) -> str:
    """Find the delimiter that divides most rows of a sample alike."""
    sample = text[:_SAMPLE_CHARACTERS]
    lines = io.StringIO(sample[: sample.rfind("\n") + 1] or sample)
    rows = [line for line in islice(lines, _SAMPLE_ROWS) if line.strip()]
    shares = {delimiter: _share_alike(rows, delimiter) for delimiter in _DELIMITERS}
    fitting = [delimiter for delimiter, share in shares.items() if share >= _FITS]
    return fitting[0] if fitting else max(shares, key=lambda delimiter: shares[delimiter])


def _share_alike(lines: list[str], delimiter: str) -> float:
    """Share of lines with the most common number of columns; 0 if that is one."""
    try:
        columns = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return 0
    most_common, times = max(columns.items(), key=lambda item: item[1], default=(1, 0))
    return times / columns.total() if most_common > 1 else 0
