"""DOCX: body, tables, text boxes and notes; comments, deleted text, headers and footers stay out."""

from __future__ import annotations

import re

from lxml import etree

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive, local_attribute, local_name
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

_BODY = "word/document.xml"
_STYLES = "word/styles.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_HEADING_NAME = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_SILENT = frozenset(("Fallback", "del", "moveFrom"))
"""What says the same again, or what was deleted."""


def read_docx(data: bytes) -> ParsedDocument:
    """Read a Word document.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    archive = Archive(data)
    levels = _outline_levels(archive.read_xml(_STYLES)) if _STYLES in archive.names else {}
    flow = FlowingText()
    _add_part(archive.read_xml(_BODY), levels, flow)
    for name in _NOTES:
        if name in archive.names:
            _add_part(archive.read_xml(name), levels, flow)
    if not flow.text():
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="docx",
        title=next((heading.title for heading in flow.headings), None),
        headings=flow.headings,
    )


def _outline_levels(styles: etree._Element) -> dict[str, int]:
    """Heading level of each style that has one; a style inherits what it is based on."""
    own: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in (element for element in styles if local_name(element) == "style"):
        identifier = local_attribute(style, "styleId") or ""
        for item in style.iter():
            value = local_attribute(item, "val") or ""
            match local_name(item):
                case "name" if value.lower() == "title":
                    own[identifier] = 1
                case "name" if heading := _HEADING_NAME.match(value):
                    own[identifier] = int(heading[1])
                case "outlineLvl" if re.fullmatch("[0-8]", value):
                    own.setdefault(identifier, int(value) + 1)
                case "basedOn":
                    parents[identifier] = value
    return own | {style: level for style in parents if (level := _inherited(style, own, parents)) is not None}


def _inherited(style: str, own: dict[str, int], parents: dict[str, str]) -> int | None:
    seen: set[str] = set()
    while style not in own and style in parents and style not in seen:
        seen.add(style)
        style = parents[style]
    return own.get(style)


def _add_part(root: etree._Element, levels: dict[str, int], flow: FlowingText) -> None:
    """Add what the part says to `flow`, in its order."""
    open_rows = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local_name(element)
        starts = event == "start"
        if name in _SILENT and starts:
            walk.skip_subtree()
        elif name == "tr":
            open_rows += 1 if starts else -1
            flow.end_line()
        elif name == "tbl":
            flow.end_line() if open_rows else flow.end_block()
        elif name == "p" and not open_rows:
            _turn_paragraph(element, levels, flow, starts=starts)
        elif not starts:
            _add_content(name, element, flow)


def _turn_paragraph(
    paragraph: etree._Element, levels: dict[str, int], flow: FlowingText, *, starts: bool
) -> None:
    level = _level(paragraph, levels)
    if level is None:
        flow.end_block()
    elif starts:
        flow.open_heading(level)
    else:
        flow.close_heading()


def _level(paragraph: etree._Element, levels: dict[str, int]) -> int | None:
    """Heading level of a paragraph: its own outline level, else that of its style."""
    properties = next((child for child in paragraph if local_name(child) == "pPr"), None)
    for item in properties if properties is not None else ():
        value = local_attribute(item, "val") or ""
        if local_name(item) == "outlineLvl" and re.fullmatch("[0-8]", value):
            return int(value) + 1
        if local_name(item) == "pStyle" and value in levels:
            return levels[value]
    return None


def _add_content(name: str, element: etree._Element, flow: FlowingText) -> None:
    """Add what one finished element of a run or a table cell stands for."""
    match name:
        case "t":
            flow.add(element.text or "")
        case "br" | "cr":
            flow.end_line()
        case "tab" if local_name(element.getparent()) == "r":
            flow.add(" ")
        case "noBreakHyphen":
            flow.add("-")
        case "p":
            flow.add(" ")
        case "tc":
            flow.tab()
