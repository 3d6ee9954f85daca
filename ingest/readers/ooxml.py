"""What the Office formats share: which part belongs to which, and the text of drawings."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from ingest.readers.archive import Archive, local_name
from ingest.readers.flowing_text import FlowingText

_TITLES = frozenset(("title", "ctrTitle"))
_SURROUNDINGS = frozenset(("sldNum", "sldImg", "dt", "ftr", "hdr"))
"""Placeholders that say the same on every slide."""
_DRAWINGS = frozenset(("drawing", "diagramData", "chart"))
_COMPUTED = ("slidenum", "datetime")


@dataclass(frozen=True, slots=True)
class Relationship:
    """A part that another one refers to."""

    kind: str
    """The last word of its type, such as slide."""
    name: str
    """Its entry in the archive, which may be missing."""


def relationships(archive: Archive, part: str) -> dict[str, Relationship]:
    """Find what `part` refers to inside the archive, by identifier.

    Raises:
        UnreadableFile: the list is broken.
    """
    folder, file = posixpath.split(part)
    name = posixpath.join(folder, "_rels", f"{file}.rels")
    if name not in archive.names:
        return {}
    return {
        element.get("Id", ""): Relationship(
            kind=element.get("Type", "").rpartition("/")[2],
            name=posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/"),
        )
        for element in archive.read_xml(name)
        if local_name(element) == "Relationship" and element.get("TargetMode") != "External"
    }


def target(reference: etree._Element, related: Mapping[str, Relationship], archive: Archive) -> str | None:
    """Find the entry that the `r:id` of an element means; None where there is none."""
    identifier = next((value for key, value in reference.attrib.items() if key.endswith("}id")), "")
    part = related.get(identifier)
    return part.name if part and part.name in archive.names else None


def add_drawings(archive: Archive, part: str, flow: FlowingText) -> None:
    """Add the text of the drawings, diagrams and charts that `part` refers to.

    Raises:
        UnreadableFile: one of them is broken.
    """
    for drawing in _drawings(archive, part):
        flow.end_block()
        if drawing.kind == "chart":
            _add_chart(archive.read_xml(drawing.name), flow)
        else:
            add_shapes(archive.read_xml(drawing.name), flow)
        flow.end_block()


def _drawings(archive: Archive, part: str) -> Iterator[Relationship]:
    """Find what is drawn on `part`, and what is placed on a drawing there."""
    for drawing in relationships(archive, part).values():
        if drawing.kind in _DRAWINGS and drawing.name in archive.names:
            yield drawing
            if drawing.kind == "drawing":
                placed = relationships(archive, drawing.name).values()
                yield from (item for item in placed if item.kind == "chart" and item.name in archive.names)


def add_shapes(root: etree._Element, flow: FlowingText) -> None:
    """Add the text of the shapes and tables below `root`; the title of a slide becomes a heading."""
    open_rows = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local_name(element)
        starts = event == "start"
        if starts and _is_silent(name, element):
            walk.skip_subtree()
        elif name == "sp":
            _turn_shape(element, flow, starts=starts)
        elif name == "tr":
            open_rows += 1 if starts else -1
            flow.end_line()
        elif name == "tbl":
            flow.end_block()
        elif name == "p":
            _end_paragraph(flow, in_table=open_rows > 0)
        elif not starts:
            _add_content(name, element, flow)


def _end_paragraph(flow: FlowingText, *, in_table: bool) -> None:
    if in_table:
        flow.add(" ")
    else:
        flow.end_line()


def _is_silent(name: str, element: etree._Element) -> bool:
    match name:
        case "Fallback":
            return True
        case "fld":
            return str(element.get("type", "")).startswith(_COMPUTED)
        case "sp":
            return _placeholder(element) in _SURROUNDINGS
    return False


def _placeholder(shape: etree._Element) -> str | None:
    placeholder = next(shape.iter("{*}ph"), None)
    return None if placeholder is None else placeholder.get("type")


def _turn_shape(shape: etree._Element, flow: FlowingText, *, starts: bool) -> None:
    if _placeholder(shape) not in _TITLES:
        flow.end_block()
    elif starts:
        flow.open_heading(1)
    else:
        flow.close_heading()


def _add_content(name: str, element: etree._Element, flow: FlowingText) -> None:
    match name:
        case "t":
            flow.add(element.text or "")
        case "br":
            flow.end_line()
        case "tc":
            flow.tab()


def _add_chart(root: etree._Element, flow: FlowingText) -> None:
    """Add the words of a chart, each once: titles, names of series and categories."""
    titles = ("".join(title.itertext("{*}t")) for title in root.iter("{*}p"))
    names = (name.text or "" for cache in root.iter("{*}strCache") for name in cache.iter("{*}v"))
    for words in dict.fromkeys((*titles, *names)):
        flow.add(words)
        flow.end_line()
