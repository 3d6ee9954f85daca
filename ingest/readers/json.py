"""JSON and JSON lines: each object is a block of `path: value` lines, prose before the rest."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TypeAlias

from ingest.readers.characters import Decoded, decode
from ingest.readers.flowing_text import FlowingText, printable
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.plain import read_text

_BYTES = re.compile(r"data:[\w/+.-]*[;,]|[A-Za-z0-9+/_=-]{512}", re.ASCII)
"""How a value starts that holds no words."""
_WORD = re.compile(r"[^\W\d_]+")
_NAMES = ("title", "name")

Value: TypeAlias = "str | bool | list[Value] | tuple[tuple[str, Value], ...] | None"
"""Numbers are text, as they stand; an object is its members in their order, none of them lost."""


def read_json(data: bytes) -> ParsedDocument:
    """Read a JSON file; one that is broken is read as plain text.

    Raises:
        UnreadableFile: it is empty, not text, or has too much of it.
    """
    decoded = decode(data)
    if values := _values(decoded.text):
        return _parsed(values, decoded, "json")
    if _values(decoded.text.lstrip().partition("\n")[0]):
        return read_jsonl(data)
    note = "read as plain text: it is not valid JSON, or too deep"
    return replace(read_text(data), media_type="json", notes=(*decoded.notes, note))


def read_jsonl(data: bytes) -> ParsedDocument:
    """Read a file with a JSON value in each line; a line that is broken is read as it stands.

    Raises:
        UnreadableFile: it is empty, not text, or has too much of it.
    """
    decoded = decode(data)
    lines = [line for line in decoded.text.split("\n") if line.strip()]
    parsed = [_values(line) for line in lines]
    if not any(parsed) and (whole := _values(decoded.text)):
        return _parsed(whole, decoded, "jsonl")
    values = [value for line, found in zip(lines, parsed, strict=True) for value in found or [line]]
    broken = sum(not found for found in parsed)
    notes = (f"lines read as plain text, since they are not valid JSON: {broken}",) if broken else ()
    return _parsed(values, decoded, "jsonl", notes)


def _values(text: str) -> list[Value]:
    """Parse one value; nothing where it is not valid JSON."""
    try:
        value: Value = json.loads(
            text, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str
        )
    except (ValueError, RecursionError):
        return []
    return [value]


def _parsed(
    values: list[Value], decoded: Decoded, media_type: str, notes: tuple[str, ...] = ()
) -> ParsedDocument:
    flow = FlowingText()
    left_out = sum(_add_value(value, flow) for value in values)
    if left_out:
        notes = (*notes, f"values that are bytes, not words, and were not read: {left_out}")
    return ParsedDocument(
        text=flow.text(),
        media_type=media_type,
        title=_title(values[0]) if len(values) == 1 else None,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=(*decoded.notes, *notes),
    )


def _title(value: Value) -> str | None:
    members = value if isinstance(value, tuple) else ()
    titles = (
        " ".join(printable(text).split()) for key, text in members if key in _NAMES and isinstance(text, str)
    )
    return next(filter(None, titles), None)


def _add_value(value: Value, flow: FlowingText) -> int:
    """Add a value, block by block; the answer is how many of its texts were left out."""
    left_out = 0
    waiting = [("", value)]
    while waiting:
        lines, inner = _block(*waiting.pop())
        waiting += reversed(inner)
        flow.end_block()
        for path, text in sorted(lines, key=lambda line: not _is_prose(line[1])):
            if _BYTES.match(text):
                left_out += 1
                continue
            for line in (f"{path}: {text}" if path else text).split("\n"):
                flow.add(line)
                flow.end_line()
    return left_out


def _block(path: str, value: Value) -> tuple[list[tuple[str, str]], list[tuple[str, Value]]]:
    """Divide a value into its lines, and what is in its arrays and so makes blocks of its own."""
    lines: list[tuple[str, str]] = []
    inner: list[tuple[str, Value]] = []
    waiting = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, tuple):
            waiting += reversed([(f"{path}.{key}" if path else key, member) for key, member in value])
        elif isinstance(value, list):
            texts = [_text(item) for item in value if not isinstance(item, list | tuple)]
            lines += [(path, text) for text in texts if _is_prose(text)]
            lines += [(path, ", ".join(text for text in texts if text and not _is_prose(text)))]
            inner += [(path, item) for item in value if isinstance(item, list | tuple)]
        else:
            lines.append((path, _text(value)))
    return [(path, text) for path, text in lines if text.strip()], inner


def _text(value: Value) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value).lower()


def _is_prose(text: str) -> bool:
    """Tell whether a text is mostly letters, and more than one word of ASCII."""
    letters = sum(map(len, _WORD.findall(text)))
    return 2 * letters >= len(text) and (" " in text.strip() or not text.isascii())
