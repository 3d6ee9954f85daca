"""IPYNB: the cells of a notebook in order, and of their outputs the text; pictures are noted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.plain import read_markdown
from ingest.readers.remedies import CONVERT

_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def read_ipynb(data: bytes) -> ParsedDocument:
    """Read a Jupyter notebook.

    Raises:
        UnreadableFile: it is not a notebook, or has no text.
    """
    decoded = decode(data)
    flow = FlowingText()
    pictures = 0
    for cell in _cells(decoded.text):
        source = _text(cell.get("source", cell.get("input")))
        if cell.get("cell_type") == "markdown":
            _add_markdown(source, flow)
        else:
            _add_verbatim(source, flow)
        for output in _members(cell.get("outputs")):
            text = _output(output)
            pictures += not text
            _add_verbatim(text, flow)
    if not flow.length:
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="ipynb",
        title=next((heading.title for heading in flow.headings), None),
        headings=flow.headings,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=(
            *decoded.notes,
            *([f"outputs without text that were not read: {pictures}"] if pictures else ()),
        ),
    )


def _cells(text: str) -> Iterator[Mapping[str, Any]]:
    """Find the cells; before version 4 they stood in worksheets.

    Raises:
        UnreadableFile: there are none, or the JSON is broken.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile("a broken notebook: it is not valid JSON", remedy=CONVERT) from error
    if not isinstance(notebook, dict) or not notebook.keys() & {"cells", "worksheets"}:
        raise UnreadableFile("not a notebook", remedy=CONVERT)
    yield from _members(notebook.get("cells"))
    for sheet in _members(notebook.get("worksheets")):
        yield from _members(sheet.get("cells"))


def _members(value: Any) -> list[dict[str, Any]]:
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Join the lines of a text, which is a string or a list of them."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))


def _output(output: Mapping[str, Any]) -> str:
    """Text of an output; empty for a picture and the like."""
    data = output.get("data")
    shown = data.get("text/plain") if isinstance(data, dict) else None
    error = (output.get(key) for key in ("ename", "evalue"))
    message = ": ".join(part for part in error if isinstance(part, str))
    return _TERMINAL_CODES.sub("", _text(output.get("text")) or _text(shown) or message)


def _add_markdown(source: str, flow: FlowingText) -> None:
    if source.strip():
        flow.add_part(read_markdown(source.encode("utf-8", "replace")), below=0)


def _add_verbatim(text: str, flow: FlowingText) -> None:
    flow.end_block()
    flow.add_verbatim(text.strip("\n"))
    flow.end_block()
