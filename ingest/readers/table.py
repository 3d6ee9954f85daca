"""Tables: a row is a line in which each value stands after the name of its column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ingest.readers.flowing_text import FlowingText

Row = Mapping[int, str]
"""The cells of a row that hold something, by column from 0, in order."""

_ROWS_ABOVE_HEADER = 10
_LONGEST_NAME = 80
_NUMBER = re.compile(r"[\d\s.,:/%+()€$£¥-]+")
"""Numbers, amounts, dates and times."""


def add_table(rows: Iterable[Row], flow: FlowingText) -> None:
    """Add rows to `flow`; the first of them whose cells look like names of columns is the header."""
    header: dict[int, str] = {}
    above = 0
    flow.end_block()
    for row in rows:
        if header:
            flow.add("; ".join(_labelled(header.get(column), value) for column, value in row.items()))
        else:
            flow.add("; ".join(row.values()))
            above += 1
            if above <= _ROWS_ABOVE_HEADER and _names_columns(row):
                header = {column: " ".join(name.split()).rstrip(":") for column, name in row.items()}
        if row:
            flow.end_line()
        else:
            flow.end_block()
    flow.end_block()


def _labelled(name: str | None, value: str) -> str:
    return f"{name}: {value}" if name else value


def _names_columns(row: Row) -> bool:
    names = [value.strip() for value in row.values()]
    return (
        len(names) >= 2
        and len(set(names)) == len(names)
        and all(0 < len(name) <= _LONGEST_NAME and not _NUMBER.fullmatch(name) for name in names)
    )
