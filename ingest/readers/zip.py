"""ZIP: the documents inside, each below its name; archives inside the archive are not opened."""

from __future__ import annotations

from collections import Counter
from functools import partial

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.parts import Parts, ReadPart
from ingest.readers.remedies import UNPACK


def read_zip(data: bytes, read_part: ReadPart | None) -> ParsedDocument:
    """Read the documents of an archive by `read_part`.

    Raises:
        UnreadableFile: it is broken, too large, or nothing in it could be read.
    """
    if read_part is None:
        raise UnreadableFile("an archive inside another is not opened", remedy=UNPACK)
    archive = Archive(data)
    flow = FlowingText()
    parts = Parts(flow, read_part)
    for name, count in Counter(archive.entries).items():
        if name.endswith("/"):
            continue
        if count > 1:
            parts.note(f"{name!r} is there {count} times; the last one counts")
        parts.add(name, partial(archive.read, name), level=1)
    if not flow.length:
        reason = next(iter(parts.notes), "it is empty")
        raise UnreadableFile(f"nothing in the archive could be read: {reason}", remedy=UNPACK)
    return ParsedDocument(flow.text(), "zip", headings=flow.headings, notes=parts.notes)
