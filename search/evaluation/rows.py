"""Lines of JSON, and of tables, that others wrote."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index_data.errors import UsageError


def find_rows(folder: Path, name: str) -> Path | None:
    """Find `name`.jsonl in `folder`, also compressed by gzip."""
    names = (folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz")
    return next((file for file in names if file.is_file()), None)


def json_rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each object of a file with the number of its line, from 1.

    Raises:
        UsageError: the file cannot be read, or a line is no JSON object.
    """
    for number, line in text_lines(file):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{file}, line {number}: {error}", remedy=_ONE_OBJECT) from error
        if not isinstance(row, dict):
            raise UsageError(f"{file}, line {number}: it is no JSON object", remedy=_ONE_OBJECT)
        yield number, row


def text_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield each line that is not blank with its number, from 1.

    Raises:
        UsageError: the file cannot be read.
    """
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}", remedy="It has to be text in UTF-8.") from error


def named(row: dict[str, Any], names: tuple[str, ...], place: str) -> str:
    """Return the first of these fields that `row` has.

    Raises:
        UsageError: it has none of them, or what it has is neither a text nor a whole number.
    """
    value = next((row[name] for name in names if row.get(name) is not None), None)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise UsageError(
            f"{place}: it has no {names[0]!r}", remedy="Each line has to name its id, and queries a text."
        )
    return str(value)


_ONE_OBJECT = "Each line has to be one JSON object, as in BEIR."
