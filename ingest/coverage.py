"""Whether all of a document's text reaches the encoder, and what of its pages was read."""

from __future__ import annotations

from collections.abc import Sequence

from index_data.errors import UnreadableFile
from index_data.records import Coverage
from ingest.readers.parsed_document import ParsedDocument
from ingest.windows import PlannedWindow

_REMEDY = "Please report it, with the document if you may; until then leave it out or convert it."


def coverage_of(parsed: ParsedDocument, readers: str) -> Coverage:
    """Take stock of what `readers` of this version found."""
    return Coverage(
        characters=len(parsed.text),
        pages=len(parsed.pages) or None,
        textless_pages=parsed.textless_pages,
        recognised_pages=parsed.recognised_pages,
        readers=readers,
    )


def refuse_gaps(text: str, windows: Sequence[PlannedWindow]) -> None:
    """Let only windows pass whose passages, in order, are the whole of `text`, and are seen by the encoder.

    White space at the end of a passage need not be seen.

    Raises:
        UnreadableFile: a part of it is missing, comes twice or is something else.
    """
    place = _covered(text, windows)
    if place != len(text):
        reason = f"its passages lose text at character {place:,} of {len(text):,}, so none of them is kept"
        raise UnreadableFile(reason, remedy=_REMEDY)


def _covered(text: str, windows: Sequence[PlannedWindow]) -> int:
    """How many characters from the start of `text` are in the passages, without a gap."""
    place = 0
    for window in windows:
        seen = window.window
        for passage, (start, end) in zip(window.passages, seen.spans, strict=True):
            is_whole = passage.start == place and passage.text == text[place : passage.end]
            if not is_whole or seen.text[start:end] != passage.text.rstrip():
                return place
            place = passage.end
    return place
