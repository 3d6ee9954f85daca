"""PPTX: each slide is a page, its title a heading, its notes below; comments and footers stay out."""

from __future__ import annotations

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive
from ingest.readers.flowing_text import FlowingText
from ingest.readers.ooxml import add_drawings, add_shapes, relationships, target
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

_PRESENTATION = "ppt/presentation.xml"


def read_pptx(data: bytes) -> ParsedDocument:
    """Read a PowerPoint presentation.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    archive = Archive(data)
    related = relationships(archive, _PRESENTATION)
    flow = FlowingText()
    notes: list[str] = []
    for number, slide in enumerate(archive.read_xml(_PRESENTATION).iter("{*}sldId"), 1):
        flow.open_page()
        before = flow.length
        part = target(slide, related, archive)
        if part is None:
            notes.append(f"slide {number} is missing")
            continue
        _add_slide(archive, part, flow)
        if flow.length == before:
            notes.append(f"slide {number} has no text")
    if not flow.length:
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="pptx",
        title=next((heading.title for heading in flow.headings), None),
        pages=flow.pages,
        headings=flow.headings,
        notes=tuple(notes),
    )


def _add_slide(archive: Archive, part: str, flow: FlowingText) -> None:
    add_shapes(archive.read_xml(part), flow)
    add_drawings(archive, part, flow)
    for related in relationships(archive, part).values():
        if related.kind == "notesSlide" and related.name in archive.names:
            flow.end_block()
            add_shapes(archive.read_xml(related.name), flow)
    flow.end_block()
